package demo

import (
	"slices"
	"strconv"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// story plays one conversation, change by change, until its plot ends or the
// present is reached. What it changes, it changes as package conversation does.
type story struct {
	*set
	dice
	plot    plot
	place   *place
	stage   stage
	who     *person  // nil: no one known
	visitor *visitor // nil: by e-mail
	voice   *voice
	// newcomer: the visitor has no row yet.
	newcomer bool

	c        ent.Conversation
	before   ent.Conversation
	events   []store.Event
	messages []*ent.Message
	traces   []*ent.MessageRevision
	read     map[*colleague]int
	readers  []*colleague
	block    *blocking

	at   clock.Micros
	over bool
}

// blocking is a block that the story made.
type blocking struct {
	sender string
	by     *colleague
	at     clock.Micros
}

// most messages of a conversation.
const mostMessages = 12

// passTime lets time go by, and reports whether it is still the past.
func (s *story) passTime(low, high time.Duration) bool {
	return s.passTimeUntil(s.at.Add(s.span(low, high)))
}

// passTimeUntil goes on to a time, if it is in the past and later than the last
// change.
func (s *story) passTimeUntil(t clock.Micros) bool {
	if s.over || t >= s.now {
		s.over = true
		return false
	}
	s.at = max(t, s.at+1)
	return true
}

// changeConversation makes one change of the conversation: its folder is derived
// again, its revision rises and its events go into the log.
func (s *story) changeConversation(by actor, apply func()) {
	s.before = s.c
	apply()
	conversation.File(&s.c)
	s.c.Revision++
	conversation.AddChanges(&s.before, &s.c, s.events)
	for _, e := range s.events {
		s.log.appendEvent(s.at, by, e)
	}
	s.events = s.events[:0]
}

func (s *story) emit(t vocab.EventType) *store.Event {
	s.events = append(s.events, store.Event{Type: t, InboxID: s.c.InboxID, ConversationID: s.c.ID})
	return &s.events[len(s.events)-1]
}

// outside is the contact or visitor, as the author of messages.
func (s *story) outside() actor {
	if s.visitor != nil {
		return actor{viewer.Visitor, s.visitor.id}
	}
	return actor{viewer.Visitor, s.who.id}
}

func (s *story) bot() robot { return s.bots[s.place.bot] }

// openConversation opens the conversation with its first message. Reasons file it
// under Filtered at once (IN-9).
func (s *story) openConversation(reasons vocab.FilteredReasons) {
	s.changeConversation(s.outside(), func() {
		s.emit(vocab.ConversationCreated)
		if reasons != 0 {
			s.filter(reasons)
		}
		s.addMessage(s.outside(), vocab.Incoming, s.voice.firstMessage(s), nil)
	})
}

func (s *story) filter(reasons vocab.FilteredReasons) {
	event := vocab.ConversationUpdated
	if s.c.Filtered == 0 {
		event = vocab.ConversationFiltered
	}
	if s.c.Filtered|reasons != s.c.Filtered {
		s.c.Filtered |= reasons
		s.emit(event)
	}
}

// content is a message's text, and its HTML if it has any.
type content struct{ text, html string }

// addMessage writes a message within a change.
func (s *story) addMessage(by actor, direction vocab.MessageDirection, what content, mentions []string) *ent.Message {
	c := &s.c
	c.LastNumber++
	visible, at := 0, s.at
	if direction != vocab.Note {
		c.LastVisibleNumber++
		visible = c.LastVisibleNumber
		at = max(at, s.before.LastMessageAt+1)
		c.LastMessageAt, c.ActivityAt = at, at
		c.Preview = conversation.Preview(what.text)
	}
	delivery := vocab.DeliveryDelivered
	switch direction {
	case vocab.Incoming:
		c.LastIncomingNumber, c.VisitorActiveAt = c.LastNumber, at
		c.VisitorReadNumber = max(c.VisitorReadNumber, c.LastVisibleNumber-1)
		s.recordSeen(at)
	case vocab.Outgoing:
		delivery, c.LastOutgoingNumber = vocab.DeliverySent, c.LastNumber
		s.recordResponse(by, at)
	}
	m := &ent.Message{
		ID: s.ids.at(id.Message, at), Number: c.LastNumber, VisibleNumber: visible, Direction: direction,
		AuthorKind: by.kind, AuthorID: by.id, Text: what.text, HTML: what.html, Mentions: mentions, Delivery: delivery, CreatedAt: at,
	}
	s.messages = append(s.messages, m)
	s.emit(vocab.MessageCreated).MessageID = m.ID
	return m
}

func (s *story) recordSeen(at clock.Micros) {
	if s.visitor != nil {
		s.visitor.seenAt = max(s.visitor.seenAt, at)
	}
	if s.who != nil {
		s.who.seenAt = max(s.who.seenAt, at)
	}
}

// recordResponse keeps the first response to the contact (IN-32).
func (s *story) recordResponse(by actor, at clock.Micros) {
	first := slices.IndexFunc(s.messages, func(m *ent.Message) bool { return m.Direction == vocab.Incoming })
	if s.c.FirstRespondedAt.IsSet() || first < 0 || by.kind != viewer.Admin && by.kind != viewer.Agent {
		return
	}
	s.c.FirstRespondedAt, s.c.FirstRespondedBy = at, by.id
	s.c.FirstResponseSeconds = int(at.Time().Sub(s.messages[first].CreatedAt.Time()) / time.Second)
}

// resolver is who resolves what they close; "" for Parley itself.
func resolver(by actor) string {
	if by.kind == viewer.SystemKind {
		return ""
	}
	return by.id
}

// full reports whether the conversation has enough messages.
func (s *story) full() bool { return s.c.LastNumber >= mostMessages }

// writeMore has the contact or visitor write on: it reopens and wakes (IN-7).
func (s *story) writeMore(what content) {
	if s.full() {
		return
	}
	s.changeConversation(s.outside(), func() {
		m := s.addMessage(s.outside(), vocab.Incoming, what, nil)
		if s.c.WaitingSince == clock.Never {
			s.c.WaitingSince = m.CreatedAt
		}
		if s.c.Status == vocab.Closed {
			s.c.Status, s.c.ClosedAt, s.c.ResolvedBy = vocab.Open, 0, ""
			s.c.ReopenCount++
			s.emit(vocab.ConversationReopened)
		}
		if s.c.SnoozedUntil.IsSet() {
			s.c.SnoozedUntil = 0
			s.emit(vocab.ConversationUnsnoozed)
		}
	})
}

// addReply has a colleague or the bot answer.
func (s *story) addReply(by actor, what content) {
	if s.full() {
		return
	}
	s.changeConversation(by, func() {
		m := s.addMessage(by, vocab.Outgoing, what, nil)
		if s.c.Kind == vocab.Email && s.chance(1) {
			m.Delivery, m.DeliveryError = vocab.DeliveryFailed, "550 5.2.2 The mailbox is full."
		}
		s.c.WaitingSince = clock.Never
		if by.kind != viewer.Bot {
			s.takeOver()
		}
	})
}

func (s *story) takeOver() {
	if s.c.BotState != vocab.BotNone && s.c.BotState != vocab.BotTakenOver {
		s.c.BotState = vocab.BotTakenOver
		s.emit(vocab.BotTakenOverEvent)
	}
}

func (s *story) addNote(by *colleague, what content, mentions []string) {
	if !s.full() {
		s.changeConversation(by.actor(), func() { s.addMessage(by.actor(), vocab.Note, what, mentions) })
	}
}

// assign gives the conversation to a colleague, whom its team keeps if they are
// of it.
func (s *story) assign(by actor, to *colleague) {
	s.changeConversation(by, func() {
		if s.c.AssignedTeamID != "" && !s.teamHas(s.c.AssignedTeamID, to) {
			s.c.AssignedTeamID = ""
		}
		s.takeOver()
		s.c.AssigneeID = to.id
		s.emit(vocab.ConversationAssigned)
	})
}

func (s *story) teamHas(teamID string, c *colleague) bool {
	for _, t := range s.teams {
		for _, m := range t.members {
			if t.id == teamID && s.colleagues[m] == c {
				return true
			}
		}
	}
	return false
}

// assignTeam gives the conversation only to a team.
func (s *story) assignTeam(by actor, t *team) {
	s.changeConversation(by, func() {
		s.c.AssignedTeamID, s.c.AssigneeID = t.id, ""
		s.emit(vocab.ConversationAssigned)
	})
}

func (s *story) close(by actor) {
	s.changeConversation(by, func() {
		s.c.Status, s.c.ClosedAt, s.c.ResolvedBy = vocab.Closed, s.at, resolver(by)
		s.c.WaitingSince, s.c.SnoozedUntil = clock.Never, 0
		s.emit(vocab.ConversationClosed)
	})
}

// rewriteMessage changes a message and keeps what it said; no text makes a tombstone
// of it (IN-14).
func (s *story) rewriteMessage(m *ent.Message, what content) {
	s.changeConversation(actor{m.AuthorKind, m.AuthorID}, func() {
		s.traces = append(s.traces, &ent.MessageRevision{
			ID: s.ids.at("revision", s.at), MessageID: m.ID, Text: m.Text, HTML: m.HTML, ReplacedBy: m.AuthorID, CreatedAt: s.at,
		})
		m.Text, m.HTML = what.text, what.html
		kind := vocab.MessageUpdated
		if what.text == "" {
			m.DeletedAt, m.Mentions, kind = s.at, nil, vocab.MessageDeleted
		} else {
			m.EditedAt = s.at
		}
		if m.VisibleNumber > 0 && m.VisibleNumber == s.c.LastVisibleNumber {
			s.c.Preview = conversation.Preview(m.Text)
		}
		s.emit(kind).MessageID = m.ID
	})
}

// markReadBy has a colleague read all that is there (IN-15).
func (s *story) markReadBy(by *colleague) {
	if s.read[by] == s.c.LastNumber {
		return
	}
	if s.read[by] == 0 {
		s.readers = append(s.readers, by)
	}
	s.read[by] = s.c.LastNumber
	s.log.appendEvent(s.at, by.actor(), store.Event{
		Type: vocab.ConversationRead, InboxID: s.c.InboxID, ConversationID: s.c.ID, UserID: by.id, Revision: s.c.Revision,
		Changes: []vocab.FieldChange{went("readNumber", strconv.Itoa(s.c.LastNumber))},
	})
}

// addTo adds the conversation as it came to be, and what belongs to it.
func (s *story) addTo(b *batch) {
	c := &s.c
	if s.newcomer {
		name, address := "", ""
		if s.who != nil {
			name, address = s.who.first, s.who.email
		}
		b.add(visitors, s.visitor.id, c.InboxID, c.ChannelID, c.ContactID, c.ContactID != "", name, address, int64(s.visitor.seenAt), int64(c.OpenedAt))
	}
	b.add(conversations, c.ID, c.InboxID, c.ChannelID, string(c.Kind), string(c.Folder), string(c.Status), c.ContactID, c.VisitorID,
		c.AssigneeID, c.AssignedTeamID, c.Subject, c.Preview, int64(c.OpenedAt), int64(c.LastMessageAt), int64(c.ActivityAt), int64(c.WaitingSince), int64(c.ClosedAt),
		int64(c.Filtered), int64(c.DeletedAt), c.BotID, string(c.BotState), c.EverAssigned, c.InBots, int64(c.VisitorActiveAt), c.OriginURL,
		c.TargetedMessageID, c.TargetedMessageVersion, string(c.Priority), jsonText(c.Tags), int64(c.SnoozedUntil), c.LastNumber,
		c.LastVisibleNumber, c.LastIncomingNumber, c.LastOutgoingNumber, c.VisitorReadNumber, c.LastVisibleNumber, int64(c.FirstRespondedAt), c.FirstRespondedBy,
		c.FirstResponseSeconds, c.ReopenCount, c.ResolvedBy, c.PriorityRank, c.Revision)
	for _, by := range s.readers {
		b.add(readPositions, s.ids.at("read", s.at), c.InboxID, c.ID, by.id, s.read[by])
	}
	header := []string{c.Subject}
	if s.who != nil {
		header = append(header, s.who.name, s.who.email)
	}
	b.documents = append(b.documents, document{c.InboxID, c.ID, "", search.Document(s.number, header...)})
	for _, m := range s.messages {
		var mentions any
		if len(m.Mentions) > 0 {
			mentions = jsonText(m.Mentions)
		}
		b.add(messages, m.ID, c.InboxID, c.ID, m.Number, m.VisibleNumber, string(m.Direction), string(m.AuthorKind), m.AuthorID, m.Text, m.HTML,
			mentions, string(m.Delivery), m.DeliveryError, int64(m.EditedAt), int64(m.DeletedAt), int64(m.CreatedAt))
		b.documents = append(b.documents, document{c.InboxID, c.ID, m.ID, search.Document(s.number, m.Text)})
	}
	for _, r := range s.traces {
		b.add(messageRevisions, r.ID, c.InboxID, c.ID, r.MessageID, r.Text, r.HTML, r.ReplacedBy, int64(r.CreatedAt))
	}
	if s.block != nil {
		b.add(blocks, s.ids.at(id.Block, s.block.at), c.InboxID, c.ChannelID, string(c.Kind), s.block.sender, s.block.by.id, int64(s.block.at))
	}
	s.set.messages += len(s.messages)
	s.set.conversations++
}
