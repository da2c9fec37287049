package view_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// crowd is a population of conversations of every kind and state, as a slow
// and simple program knows it.
type crowd struct {
	all      []*ent.Conversation
	messages map[string][]*ent.Message
	read     map[string]map[string]view.Position // by conversation and user
	contacts []string
	teams    []string
	levels   map[string]float64 // of conversations
	tiers    map[string]string  // of contacts
	// facts are what was noted of conversations and is so now: "kind=value" in lower case.
	facts map[string][]string
	// tags are the ids of tags by what a filter may name them by: names of any case,
	// names and ids of tags that were merged into them, and their own ids.
	tags map[string]string
}

// crowd makes n conversations in both inboxes.
func (d *suite) crowd(r *rand.Rand, n int) *crowd {
	d.T.Helper()
	w := &crowd{messages: map[string][]*ent.Message{}, read: map[string]map[string]view.Position{}}
	for i := range 3 {
		w.contacts = append(w.contacts, d.NewContact(fmt.Sprint("Contact ", i), ""))
		w.teams = append(w.teams, d.NewTeam(false))
	}
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		// The fixture's own are out of the way.
		if _, err := tx.Client.Visitor.Delete().Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM messages WHERE account_id = $1", d.AccountID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM conversations WHERE account_id = $1", d.AccountID)
		return err
	})
	w.tags = map[string]string{"unknown": ""}
	for _, name := range desk.TagNames {
		made, old := d.NewTag(name), d.NewTag("old "+name)
		d.MergeTags(made, old)
		for _, word := range []string{name, " " + strings.ToUpper(name), "old " + name, made.ID, old.ID} {
			w.tags[word] = made.ID
		}
	}
	for i := range n {
		w.all = append(w.all, d.stranger(r, w))
		if i < 4 { // unique in the account
			w.all[i].ExternalID = new(fmt.Sprint("external ", i))
		}
	}
	d.define(vocab.PropertyOfConversation, "level", vocab.NumberProperty)
	d.define(vocab.PropertyOfContact, "tier", vocab.TextProperty)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		if err := d.save(ctx, tx, r, w); err != nil {
			return err
		}
		if err := d.annotate(ctx, tx, r, w); err != nil {
			return err
		}
		return d.values(ctx, tx, r, w)
	})
	return w
}

// channelTypes are what custom channels call themselves.
var channelTypes = []string{"telegram", "fax"}

// stranger draws a conversation.
func (d *suite) stranger(r *rand.Rand, w *crowd) *ent.Conversation {
	inbox := r.IntN(2)
	c := &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: d.AccountID, InboxID: d.InboxIDs[inbox], ChannelID: d.ChannelIDs[inbox],
		Kind: desk.Pick(r, vocab.Chat, vocab.Chat, vocab.Email, vocab.Custom), Status: desk.Pick(r, vocab.Open, vocab.Closed),
		ContactID: desk.Pick(r, append(w.contacts, "")...), AssigneeID: desk.Pick(r, "", "", d.AgentIDs[0], d.AgentIDs[1], d.AdminID),
		AssignedTeamID: desk.Pick(r, append(w.teams, "", "")...), OpenedAt: desk.Moment(r.IntN(5)), LastMessageAt: desk.Moment(5 + r.IntN(5)), ActivityAt: desk.Moment(5 + r.IntN(8)), WokenRevision: desk.Pick(r, 0, 0, 0, 2),
		WaitingSince: desk.Pick(r, clock.Never, clock.Never, desk.Moment(r.IntN(5))), VisitorActiveAt: desk.Moment(0),
		Priority: desk.Pick(r, vocab.PriorityNone, vocab.PriorityHigh, vocab.PriorityUrgent), BotState: vocab.BotNone, Tags: []string{},
	}
	if r.IntN(8) == 0 {
		c.DeletedAt = desk.Moment(9)
	}
	if r.IntN(6) == 0 {
		c.Filtered = desk.Pick(r, vocab.ReasonSpam.Bit(), vocab.ReasonBlockedSender.Bit())
	}
	if c.Kind == vocab.Chat && r.IntN(2) == 0 {
		c.BotState = desk.Pick(r, vocab.BotActive, vocab.BotEnded, vocab.BotHandedOff, vocab.BotTakenOver)
	}
	if c.Status == vocab.Open && r.IntN(5) == 0 {
		c.SnoozedUntil = desk.Moment(100)
	}
	if c.Kind == vocab.Custom {
		c.ChannelType = desk.Pick(r, channelTypes...)
	}
	c.EverAssigned = r.IntN(4) == 0
	c.Rating = desk.Pick(r, 0, 0, 0, 1, 4, 5)
	for _, word := range slices.Sorted(maps.Keys(w.tags)) {
		if id.Is(word, id.Tag) && r.IntN(8) == 0 {
			c.Tags = append(c.Tags, word)
		}
	}
	return c
}

func (d *suite) save(ctx context.Context, tx *store.Tx, r *rand.Rand, w *crowd) error {
	for _, c := range w.all {
		for n := range 1 + r.IntN(3) {
			c.LastNumber = n + 1
			m := &ent.Message{ID: id.New(id.Message), Number: c.LastNumber, Text: desk.Pick(r, desk.WordNames...) + " " + desk.Pick(r, desk.WordNames...), CreatedAt: desk.Moment(r.IntN(10))}
			m.Direction = desk.Pick(r, vocab.Incoming, vocab.Outgoing, vocab.Note)
			switch m.Direction {
			case vocab.Incoming:
				c.LastIncomingNumber = m.Number
			case vocab.Outgoing:
				c.LastOutgoingNumber = m.Number
			}
			w.messages[c.ID] = append(w.messages[c.ID], m)
		}
		filed := *c
		conversation.File(&filed)
		if err := tx.Client.Conversation.Create().SetID(c.ID).SetInboxID(c.InboxID).SetChannelID(c.ChannelID).SetKind(c.Kind).
			SetStatus(c.Status).SetContactID(c.ContactID).SetAssigneeID(c.AssigneeID).SetAssignedTeamID(c.AssignedTeamID).
			SetOpenedAt(c.OpenedAt).SetLastMessageAt(c.LastMessageAt).SetActivityAt(c.ActivityAt).SetWokenRevision(c.WokenRevision).SetWaitingSince(c.WaitingSince).SetVisitorActiveAt(c.VisitorActiveAt).
			SetPriority(c.Priority).SetBotState(c.BotState).SetDeletedAt(c.DeletedAt).SetFiltered(c.Filtered).SetSnoozedUntil(c.SnoozedUntil).
			SetEverAssigned(filed.EverAssigned).SetTags(c.Tags).SetFolder(filed.Folder).SetInBots(filed.InBots).
			SetLastNumber(c.LastNumber).SetLastIncomingNumber(c.LastIncomingNumber).SetLastOutgoingNumber(c.LastOutgoingNumber).
			SetPriorityRank(filed.PriorityRank).SetChannelType(c.ChannelType).SetRating(c.Rating).SetNillableExternalID(c.ExternalID).Exec(ctx); err != nil {
			return err
		}
		if err := d.saveMessages(ctx, tx, c, w.messages[c.ID]); err != nil {
			return err
		}
		w.read[c.ID] = map[string]view.Position{}
		for _, user := range []string{d.AdminID, d.AgentIDs[0], d.AgentIDs[1]} {
			if number := r.IntN(c.LastNumber + 1); number > 0 {
				w.read[c.ID][user] = view.Position{Number: number, Revision: r.IntN(4)}
				if err := tx.Client.ReadPosition.Create().SetID(id.New("read")).SetInboxID(c.InboxID).SetConversationID(c.ID).
					SetUserID(user).SetNumber(number).SetRevision(w.read[c.ID][user].Revision).Exec(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *suite) saveMessages(ctx context.Context, tx *store.Tx, c *ent.Conversation, messages []*ent.Message) error {
	for _, m := range messages {
		if err := tx.Client.Message.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetNumber(m.Number).
			SetVisibleNumber(m.Number).SetDirection(m.Direction).SetAuthorKind(viewer.Visitor).SetAuthorID("").SetText(m.Text).
			SetDelivery(vocab.DeliverySent).SetCreatedAt(m.CreatedAt).Exec(ctx); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.MessageCreated, InboxID: c.InboxID, ConversationID: c.ID, MessageID: m.ID})
		if err := d.index(ctx, tx, c, m.ID, m.Text); err != nil {
			return err
		}
	}
	return nil
}

// list is what a selection ought to show a viewer.
func (w *crowd) list(t check.Tester, v *viewer.Viewer, sel view.Selection) []string {
	var rows []*ent.Conversation
	for _, c := range w.all {
		member := slices.Contains(v.InboxIDs, c.InboxID) && (sel.InboxID == nil || *sel.InboxID == c.InboxID)
		if member && inView(c, sel.View, sel.Filter.Snoozed, v.ActorID) && w.passes(t, c, sel.Filter, v.ActorID) {
			rows = append(rows, c)
		}
	}
	urgency := []vocab.Priority{vocab.PriorityNone, vocab.PriorityLow, vocab.PriorityNormal, vocab.PriorityHigh, vocab.PriorityUrgent}
	keys := map[vocab.ConversationOrder]func(*ent.Conversation) clock.Micros{
		vocab.ActivityDesc:   func(c *ent.Conversation) clock.Micros { return -c.ActivityAt },
		vocab.ActivityAsc:    func(c *ent.Conversation) clock.Micros { return c.ActivityAt },
		vocab.OpenedDesc:     func(c *ent.Conversation) clock.Micros { return -c.OpenedAt },
		vocab.OpenedAsc:      func(c *ent.Conversation) clock.Micros { return c.OpenedAt },
		vocab.LongestWaiting: func(c *ent.Conversation) clock.Micros { return c.WaitingSince },
		vocab.PriorityDesc:   func(c *ent.Conversation) clock.Micros { return -clock.Micros(slices.Index(urgency, c.Priority)) },
	}
	desc := slices.Contains([]vocab.ConversationOrder{vocab.ActivityDesc, vocab.OpenedDesc, vocab.PriorityDesc}, sel.Order)
	slices.SortFunc(rows, func(a, b *ent.Conversation) int {
		if n := cmp.Compare(keys[sel.Order](a), keys[sel.Order](b)); n != 0 {
			return n
		}
		if desc {
			return cmp.Compare(b.ID, a.ID)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	ids := []string{}
	for _, c := range rows {
		ids = append(ids, c.ID)
	}
	return ids
}

// inView is IN-2, word by word.
func inView(c *ent.Conversation, view vocab.ConversationView, snoozed vocab.SnoozedFilter, me string) bool {
	switch {
	case snoozed == vocab.SnoozedOnly && !c.SnoozedUntil.IsSet():
		return false
	case c.DeletedAt.IsSet():
		return view == vocab.ViewTrash
	case c.Filtered != 0:
		return view == vocab.ViewFiltered
	case view == vocab.ViewTrash || view == vocab.ViewFiltered:
		return false
	case view == vocab.ViewBots:
		begun := c.BotState == vocab.BotActive || c.BotState == vocab.BotEnded || c.BotState == vocab.BotHandedOff
		return begun && c.AssigneeID == "" && !c.EverAssigned
	case c.BotState == vocab.BotActive || c.BotState == vocab.BotEnded:
		return false
	case c.SnoozedUntil.IsSet() && snoozed != vocab.SnoozedInclude && snoozed != vocab.SnoozedOnly:
		return false
	}
	switch view {
	case vocab.ViewMine:
		return c.AssigneeID == me
	case vocab.ViewUnassigned:
		return c.AssigneeID == ""
	case vocab.ViewEmail:
		return c.Kind == vocab.Email
	case vocab.ViewChat:
		return c.Kind == vocab.Chat
	}
	return true
}

// drawFilter draws a filter; passes says what it admits.
func (d *suite) drawFilter(t *rapid.T, w *crowd) view.Filter {
	f := d.drawWithin(t, w, 1)
	f.InboxIDs = some(t, "inboxes", d.InboxIDs[:]...)
	f.ContactIDs = some(t, "contacts", w.contacts...)
	f.Text = perhaps(t, "text", "apple", "apple pear", "caf*", `"plum plum"`)
	if f.Criteria() > 19 { // one more may come
		f.Any, f.Not, f.Properties, f.ContactProperties, f.Annotations = nil, nil, nil, nil, nil
	}
	return f
}

// drawWithin draws a filter as it may stand within others, at a level.
func (d *suite) drawWithin(t *rapid.T, w *crowd, level int) view.Filter {
	var f view.Filter
	f.Statuses = some(t, "statuses", vocab.Open, vocab.Closed)
	f.Channels = some(t, "channels", vocab.Chat, vocab.Email, vocab.Custom)
	f.WaitingOn = perhaps(t, "waiting on", vocab.WaitingOnTeam, vocab.WaitingOnContact)
	f.ChannelTypes = some(t, "channel types", channelTypes...)
	f.Rating = some(t, "rating", 0, 1, 3, 4, 5)
	f.ExternalIDs = some(t, "external ids", "external 0", "external 1", "external 2", "external 3", "else")
	if level < 3 && rapid.IntRange(0, 3).Draw(t, "any?") == 0 {
		for range rapid.IntRange(1, 2).Draw(t, "any") {
			f.Any = append(f.Any, d.drawWithin(t, w, level+1))
		}
	}
	if level < 3 && rapid.IntRange(0, 3).Draw(t, "not?") == 0 {
		for range rapid.IntRange(1, 2).Draw(t, "not") {
			f.Not = append(f.Not, d.drawWithin(t, w, level+1))
		}
	}
	drawProperties(t, &f)
	drawAnnotations(t, &f)
	f.Tags = some(t, "tags", slices.Sorted(maps.Keys(w.tags))...)
	f.Priorities = some(t, "priorities", vocab.PriorityNone, vocab.PriorityHigh, vocab.PriorityLow)
	f.OpenedAfter, f.OpenedBefore = span(t, "opened", 0, 4)
	f.LastMessageAfter, f.LastMessageBefore = span(t, "last message", 5, 9)
	f.ActiveAfter, f.ActiveBefore = span(t, "active", 0, 9)
	f.Snoozed = rapid.SampledFrom([]vocab.SnoozedFilter{"", vocab.SnoozedExclude, vocab.SnoozedInclude, vocab.SnoozedOnly}).Draw(t, "snoozed")
	f.Unread = perhaps(t, "unread", true, false)
	if rapid.IntRange(0, 3).Draw(t, "assignees?") == 0 {
		f.Assignees = &view.AssigneeFilter{
			Me: rapid.Bool().Draw(t, "me"), Nobody: rapid.Bool().Draw(t, "nobody"),
			UserIDs: some(t, "users", d.AgentIDs[0], d.AdminID), TeamIDs: some(t, "teams", w.teams...),
		}
	}
	return f
}

// passes is IN-3.
func (w *crowd) passes(t check.Tester, c *ent.Conversation, f view.Filter, me string) bool {
	within := func(m clock.Micros, after, before *clock.Micros) bool {
		return (after == nil || m >= *after) && (before == nil || m < *before)
	}
	active := f.ActiveAfter == nil && f.ActiveBefore == nil
	for _, m := range w.messages[c.ID] {
		active = active || within(m.CreatedAt, f.ActiveAfter, f.ActiveBefore)
	}
	tagged := f.Tags == nil
	for _, word := range f.Tags {
		tagged = tagged || slices.ContainsFunc(c.Tags, func(has string) bool { return w.tags[has] == w.tags[word] })
	}
	read := w.read[c.ID][me]
	unread := c.Filtered == 0 && c.DeletedAt == 0 && (c.LastIncomingNumber > read.Number || c.WokenRevision > read.Revision) // IN-15, IN-18, IN-34
	anyOf, notOf := f.Any == nil, true
	for _, g := range f.Any {
		anyOf = anyOf || passesWithin(t, w, c, g, me)
	}
	for _, g := range f.Not {
		notOf = notOf && !passesWithin(t, w, c, g, me)
	}
	var waitsFor []vocab.WaitingOn
	if c.LastIncomingNumber > c.LastOutgoingNumber {
		waitsFor = append(waitsFor, vocab.WaitingOnTeam)
	} else if c.LastOutgoingNumber > 0 {
		waitsFor = append(waitsFor, vocab.WaitingOnContact)
	}
	return active && tagged && w.has(c, f) && w.noted(c, f.Annotations) && anyOf && notOf &&
		(f.WaitingOn == nil || slices.Contains(waitsFor, *f.WaitingOn)) &&
		(f.Rating == nil || slices.Contains(f.Rating, c.Rating)) &&
		(f.ChannelTypes == nil || slices.Contains(f.ChannelTypes, c.ChannelType)) &&
		(f.ExternalIDs == nil || c.ExternalID != nil && slices.Contains(f.ExternalIDs, *c.ExternalID)) &&
		(f.InboxIDs == nil || slices.Contains(f.InboxIDs, c.InboxID)) &&
		(f.Statuses == nil || slices.Contains(f.Statuses, c.Status)) &&
		(f.Channels == nil || slices.Contains(f.Channels, c.Kind)) &&
		(f.ContactIDs == nil || slices.Contains(f.ContactIDs, c.ContactID)) &&
		(f.Priorities == nil || slices.Contains(f.Priorities, c.Priority)) &&
		within(c.OpenedAt, f.OpenedAfter, f.OpenedBefore) &&
		within(c.LastMessageAt, f.LastMessageAfter, f.LastMessageBefore) &&
		(f.Unread == nil || *f.Unread == unread) &&
		assignedAsAsked(c, f.Assignees, me) && w.says(t, c, f.Text)
}

// passesWithin is passes within any and not, where snoozed is a condition if it is
// said at all.
func passesWithin(t check.Tester, w *crowd, c *ent.Conversation, f view.Filter, me string) bool {
	switch {
	case f.Snoozed == vocab.SnoozedOnly && !c.SnoozedUntil.IsSet(), f.Snoozed == vocab.SnoozedExclude && c.SnoozedUntil.IsSet():
		return false
	}
	return w.passes(t, c, f, me)
}

func assignedAsAsked(c *ent.Conversation, f *view.AssigneeFilter, me string) bool {
	if f == nil || !f.Me && !f.Nobody && len(f.UserIDs)+len(f.TeamIDs) == 0 {
		return true
	}
	return f.Me && c.AssigneeID == me || f.Nobody && c.AssigneeID == "" ||
		c.AssigneeID != "" && slices.Contains(f.UserIDs, c.AssigneeID) ||
		c.AssignedTeamID != "" && slices.Contains(f.TeamIDs, c.AssignedTeamID)
}

func (w *crowd) says(t check.Tester, c *ent.Conversation, text *string) bool {
	if text == nil {
		return true
	}
	words := check.Must(search.Parse(*text))(t)
	return slices.ContainsFunc(w.messages[c.ID], func(m *ent.Message) bool { return words.Match(m.Text) })
}
