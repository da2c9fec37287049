package notification

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/libraryshare"
	entmessage "parley/ent/message"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// happenedWithin is how old an event may be to be told still: after a long standstill no one
// gets last week's.
const happenedWithin = 24 * time.Hour

// notice is what is told of one event.
type notice struct {
	kind  vocab.NotificationKind
	users []string
	// shown, mailed, pushed and slacked are who wants it in the list, by e-mail, by push, and in Slack.
	shown, mailed, pushed, slacked map[string]bool
	// conversation is what it is about; nil: none.
	conversation *ent.Conversation
	messageID    string
	// number is up to where the conversation is read then.
	number    int
	subjectID string
	event     *event.Entry
}

// inboxID is the inbox that it is about; "": none.
func (n *notice) inboxID() string {
	if n.conversation == nil {
		return ""
	}
	return n.conversation.InboxID
}

func (n *notice) conversationID() string {
	if n.conversation == nil {
		return ""
	}
	return n.conversation.ID
}

// reading says that a user has read a conversation up to a message.
type reading struct {
	userID, conversationID string
	number                 int
}

// handle tells what an event is about to those whom it is for.
func (s *Service) handle(ctx context.Context, e *event.Entry) error {
	switch e.Type {
	case vocab.TokenRevoked, vocab.SignedOut, vocab.UserDeactivated: // a shared computer shows no more (NT-1)
		ctx = viewer.NewContext(ctx, viewer.System("notify", e.AccountID))
		return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error { return dropBrowsersOf(ctx, tx, e.SubjectID) })
	}
	if e.OccurredAt < s.store.Now().Add(-happenedWithin) && e.Type != vocab.TokenCreated { // which no one misses (AC-13)
		return nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("notify", e.AccountID))
	read := readBy(e)
	notified, err := s.notified(ctx, e)
	if err != nil {
		return err
	}
	escalates, err := s.escalating(ctx, e)
	if err != nil || read == nil && len(notified) == 0 && escalates == nil {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		if read != nil {
			if err := s.markConversationRead(ctx, tx, *read); err != nil {
				return err
			}
		}
		if escalates != nil {
			if err := escalates(ctx, tx); err != nil {
				return err
			}
		}
		for _, n := range notified {
			if err := s.write(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// notified are the notices of an event that someone gets.
func (s *Service) notified(ctx context.Context, e *event.Entry) ([]*notice, error) {
	list, err := s.noticesOf(ctx, e)
	if err != nil {
		return nil, err
	}
	notified := list[:0]
	for _, n := range list {
		if n.users, err = s.whoIsNotified(ctx, n); err != nil {
			return nil, err
		}
		if len(n.users) > 0 {
			notified = append(notified, n)
		}
	}
	return notified, nil
}

// escalating is what an event does to the escalation of its conversation; nil: nothing.
func (s *Service) escalating(ctx context.Context, e *event.Entry) (func(ctx context.Context, tx *store.Tx) error, error) {
	answered, err := s.isAnswered(ctx, e)
	if err != nil {
		return nil, err
	}
	if answered {
		return func(ctx context.Context, tx *store.Tx) error { return settleEscalation(ctx, tx, e.ConversationID) }, nil
	}
	undone, err := s.isUndone(ctx, e)
	if err != nil || !undone {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx) error { return awaitAgain(ctx, tx, e) }, nil
}

// readBy is what a user has read by an event: they say so, or they do something there.
func readBy(e *event.Entry) *reading {
	switch e.Type {
	case vocab.ConversationRead:
		number, err := strconv.Atoi(changedTo(e, "readNumber"))
		if err != nil {
			return nil
		}
		return &reading{e.UserID, e.ConversationID, number}
	case vocab.MessageCreated, vocab.ConversationClosed:
		if e.ActorKind == viewer.Agent || e.ActorKind == viewer.Admin {
			return &reading{e.ActorID, e.ConversationID, maxNumber}
		}
	}
	return nil
}

// maxNumber is above the number of any message.
const maxNumber = 1<<31 - 1

// changedTo is what a field has from an event on; "": nothing, or the event is not about it.
func changedTo(e *event.Entry, field string) string {
	for _, c := range e.Changes {
		if c.Field == field && c.To != nil {
			return *c.To
		}
	}
	return ""
}

// noticesOf finds out what is to be told of an event, and whom it is for in the first place.
func (s *Service) noticesOf(ctx context.Context, e *event.Entry) ([]*notice, error) {
	switch e.Type {
	case vocab.EngagementTaskDue, vocab.QuoteAcceptedEvent, vocab.ChannelStateChanged, vocab.TokenCreated, vocab.WebhookEndpointPaused, vocab.SlackWorkspaceUpdated, vocab.SlackChannelUpdated:
		n, err := s.noticeOfRecord(ctx, e)
		if n == nil || err != nil {
			return nil, err
		}
		n.event = e
		return []*notice{n}, nil
	case vocab.ConversationRead, vocab.ConversationClosed:
		return nil, nil
	}
	c, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ID(e.ConversationID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && (c.DeletedAt.IsSet() || c.Filtered != 0) {
		return nil, nil // what is filtered is not told (IN-9)
	}
	if err != nil {
		return nil, err
	}
	list, err := s.noticesIn(ctx, e, c)
	for _, n := range list {
		n.conversation, n.event = c, e
	}
	return list, err
}

// noticesIn finds out what is to be told of an event of a conversation.
func (s *Service) noticesIn(ctx context.Context, e *event.Entry, c *ent.Conversation) ([]*notice, error) {
	switch e.Type {
	case vocab.ConversationCreated, vocab.BotHandedOffEvent, vocab.ConversationUnfiltered:
		return s.noticesOfNew(ctx, c)
	case vocab.ConversationAssigned:
		if to := changedTo(e, "assignee"); to != "" && to == c.AssigneeID {
			return []*notice{{kind: vocab.NotifyAssigned, users: []string{to}, number: c.LastNumber}}, nil
		}
	case vocab.MessageCreated:
		return s.noticesOfMessage(ctx, e, c)
	case vocab.MessageDeliveryChanged:
		if changedTo(e, "delivery") != string(vocab.DeliveryFailed) {
			return nil, nil
		}
		m, err := s.message(ctx, e.MessageID)
		if m == nil || err != nil || !isUser(m.AuthorKind) {
			return nil, err
		}
		return []*notice{{kind: vocab.NotifyDeliveryFailed, users: []string{m.AuthorID}, messageID: m.ID}}, nil
	case vocab.DocumentOpened:
		share, err := s.store.Client(ctx).LibraryShare.Get(ctx, e.SubjectID)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []*notice{{kind: vocab.NotifyDocumentOpened, users: []string{share.SenderID}, subjectID: share.ID}}, nil
	case vocab.LibraryLinkClicked:
		return s.noticesOfLink(ctx, e)
	case vocab.ConversationEscalated:
		return s.noticesOfEscalation(ctx, c)
	case vocab.ProposalCreatedEvent:
		if c.AssigneeID != "" {
			return []*notice{{kind: vocab.NotifyProposalWaiting, users: []string{c.AssigneeID}, subjectID: e.SubjectID}}, nil
		}
	}
	return nil, nil
}

// noticesOfLink tells who sent a meeting link that it was opened (CO-8).
func (s *Service) noticesOfLink(ctx context.Context, e *event.Entry) ([]*notice, error) {
	client := s.store.Client(ctx)
	item, err := client.LibraryItem.Get(ctx, e.SubjectID)
	if ent.IsNotFound(err) || err == nil && item.Kind != vocab.MeetingLinkItem {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// Of several that were sent in a conversation, it is the one that was opened last.
	share, err := client.LibraryShare.Query().Where(libraryshare.ConversationID(e.ConversationID), libraryshare.ItemID(item.ID), libraryshare.LastOpenedAtGT(0)).
		Order(libraryshare.ByLastOpenedAt(entsql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []*notice{{kind: vocab.NotifyMeetingLink, users: []string{share.SenderID}, subjectID: share.ID}}, nil
}

// noticesOfNew tells of a conversation that is assigned to no one, and that a contact began.
func (s *Service) noticesOfNew(ctx context.Context, c *ent.Conversation) ([]*notice, error) {
	if c.AssigneeID != "" || c.InBots || c.Status == vocab.Closed || c.LastIncomingNumber == 0 {
		return nil, nil
	}
	n := &notice{kind: vocab.NotifyNewEmail, number: c.LastNumber}
	users, err := s.members(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	if c.Kind.Abilities().OnlyToAvailable { // it is live
		n.kind = vocab.NotifyNewChat
		if there := slices.DeleteFunc(slices.Clone(users), func(m member) bool { return !m.available }); len(there) > 0 {
			users = there
		}
		users = users[:min(len(users), mostAvailable)]
	}
	for _, m := range users {
		n.users = append(n.users, m.userID)
	}
	first, err := s.store.Client(ctx).Message.Query().Where(entmessage.ConversationID(c.ID), entmessage.Number(c.LastIncomingNumber)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if first != nil {
		n.messageID = first.ID
	}
	return []*notice{n}, nil
}

// noticesOfMessage tells of a reply, or whom a note mentions.
func (s *Service) noticesOfMessage(ctx context.Context, e *event.Entry, c *ent.Conversation) ([]*notice, error) {
	m, err := s.message(ctx, e.MessageID)
	if m == nil || err != nil {
		return nil, err
	}
	n := &notice{messageID: m.ID, number: m.Number}
	switch {
	case m.Direction == vocab.Note:
		n.kind, n.users = vocab.NotifyMention, slices.DeleteFunc(slices.Clone(m.Mentions), func(userID string) bool { return userID == m.AuthorID })
	case m.Direction == vocab.Incoming && m.Number > 1:
		if automatic, err := s.isAutomatic(ctx, m); err != nil || automatic {
			return nil, err // bounces and auto-replies (IN-7)
		}
		followers, err := s.followers(ctx, c)
		if err != nil {
			return nil, err
		}
		n.kind = vocab.NotifyReply
		who := map[string]bool{}
		for _, userID := range append(followers, c.AssigneeID) {
			who[userID] = userID != ""
		}
		delete(who, "")
		n.users = slices.Sorted(maps.Keys(who))
	}
	if len(n.users) == 0 && m.Direction == vocab.Incoming && c.Kind.LeavesBy(vocab.ByConnector) {
		return s.noticesOfBegun(ctx, c, m)
	}
	if len(n.users) == 0 {
		return nil, nil
	}
	return []*notice{n}, nil
}

// message loads one that is still there; nil: it is not.
func (s *Service) message(ctx context.Context, messageID string) (*ent.Message, error) {
	m, err := s.store.Client(ctx).Message.Query().Where(entmessage.ID(messageID), entmessage.DeletedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return m, err
}

func isUser(kind viewer.Kind) bool { return kind == viewer.Agent || kind == viewer.Admin }

// noticesOfBegun are those of a new conversation for the contact's first message in a thread
// that the team began in the medium's own app (CC-2).
func (s *Service) noticesOfBegun(ctx context.Context, c *ent.Conversation, m *ent.Message) ([]*notice, error) {
	if m.Number == 1 { // as the conversation was made
		return nil, nil
	}
	before, err := s.store.Client(ctx).Message.Query().
		Where(entmessage.ConversationID(c.ID), entmessage.DirectionEQ(vocab.Incoming), entmessage.NumberLT(m.Number)).Exist(ctx)
	if err != nil || before {
		return nil, err
	}
	return s.noticesOfNew(ctx, c)
}

// noticeOfRecord finds out what is to be told of an event that is about no conversation.
func (s *Service) noticeOfRecord(ctx context.Context, e *event.Entry) (*notice, error) {
	client := s.store.Client(ctx)
	switch e.Type {
	case vocab.EngagementTaskDue:
		task, err := client.Engagement.Get(ctx, e.SubjectID)
		if task == nil || err != nil {
			return nil, ent.MaskNotFound(err)
		}
		return &notice{kind: vocab.NotifyTaskDue, users: only(task.AssigneeID, task.OwnerID), subjectID: task.ID}, nil
	case vocab.QuoteAcceptedEvent:
		q, err := client.Quote.Get(ctx, e.SubjectID)
		if q == nil || err != nil {
			return nil, ent.MaskNotFound(err)
		}
		return &notice{kind: vocab.NotifyQuoteAccepted, users: only(q.OwnerID), subjectID: q.ID}, nil
	case vocab.ChannelStateChanged:
		if changedTo(e, "state") != string(vocab.EmailError) {
			return nil, nil
		}
		admins, err := s.admins(ctx, e.AccountID)
		return &notice{kind: vocab.NotifyChannelError, users: admins, subjectID: e.SubjectID}, err
	case vocab.SlackWorkspaceUpdated, vocab.SlackChannelUpdated:
		switch changedTo(e, "state") {
		case string(vocab.SlackRevoked), string(vocab.SlackChannelShared), string(vocab.SlackChannelUnreachable):
			admins, err := s.admins(ctx, e.AccountID)
			return &notice{kind: vocab.NotifyChannelError, users: admins, subjectID: e.SubjectID}, err
		}
	case vocab.WebhookEndpointPaused:
		admins, err := s.admins(ctx, e.AccountID)
		return &notice{kind: vocab.NotifyWebhookPaused, users: admins, subjectID: e.SubjectID}, err
	case vocab.TokenCreated:
		// Whoever sets the server up knows.
		if owner := changedTo(e, "user"); owner != "" && e.ActorID != "bootstrap" {
			return &notice{kind: vocab.NotifyTokenCreated, users: []string{owner}, subjectID: e.SubjectID}, nil
		}
	}
	return nil, nil
}

// only is the first id that is given.
func only(ids ...string) []string {
	for _, one := range ids {
		if one != "" {
			return []string{one}
		}
	}
	return nil
}
