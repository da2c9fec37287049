package conversation_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

// crowd is a population of conversations of every kind and state, as a slow
// and simple program knows it.
type crowd struct {
	all      []*ent.Conversation
	messages map[string][]*ent.Message
	read     map[string]map[string]int // conversation, user: number
	contacts []string
	teams    []string
}

var (
	tagNames  = []string{"vip", "urgent", `quote"d`, "café"}
	wordNames = []string{"apple", "pear", "plum", "café"}
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// moment is one of few, so that many are the same.
func moment(n int) clock.Micros { return clock.Of(monday.Add(time.Duration(n) * time.Hour)) }

// crowd makes n conversations in both inboxes.
func (d *desk) crowd(r *rand.Rand, n int) *crowd {
	d.t.Helper()
	w := &crowd{messages: map[string][]*ent.Message{}, read: map[string]map[string]int{}}
	for i := range 3 {
		w.contacts = append(w.contacts, d.contact(fmt.Sprint("Contact ", i), ""))
		w.teams = append(w.teams, d.team(false))
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
	for range n {
		w.all = append(w.all, d.stranger(r, w))
	}
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error { return d.save(ctx, tx, r, w) })
	return w
}

// stranger draws a conversation.
func (d *desk) stranger(r *rand.Rand, w *crowd) *ent.Conversation {
	inbox := r.IntN(2)
	c := &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: d.AccountID, InboxID: d.InboxIDs[inbox], ChannelID: d.ChannelIDs[inbox],
		Kind: pick(r, vocab.Chat, vocab.Chat, vocab.Email), Status: pick(r, vocab.Open, vocab.Closed),
		ContactID: pick(r, append(w.contacts, "")...), AssigneeID: pick(r, "", "", d.AgentIDs[0], d.AgentIDs[1], d.AdminID),
		AssignedTeamID: pick(r, append(w.teams, "", "")...), OpenedAt: moment(r.IntN(5)), LastMessageAt: moment(5 + r.IntN(5)),
		WaitingSince: pick(r, clock.Never, clock.Never, moment(r.IntN(5))), VisitorActiveAt: moment(0),
		Priority: pick(r, vocab.PriorityNone, vocab.PriorityHigh, vocab.PriorityUrgent), BotState: vocab.BotNone, Tags: []string{},
	}
	if r.IntN(8) == 0 {
		c.DeletedAt = moment(9)
	}
	if r.IntN(6) == 0 {
		c.Filtered = pick(r, vocab.ReasonSpam.Bit(), vocab.ReasonBlockedSender.Bit())
	}
	if c.Kind == vocab.Chat && r.IntN(2) == 0 {
		c.BotState = pick(r, vocab.BotActive, vocab.BotEnded, vocab.BotHandedOff, vocab.BotTakenOver)
	}
	if c.Status == vocab.Open && r.IntN(5) == 0 {
		c.SnoozedUntil = moment(100)
	}
	c.EverAssigned = r.IntN(4) == 0
	for _, tag := range tagNames {
		if r.IntN(4) == 0 {
			c.Tags = append(c.Tags, tag)
		}
	}
	return c
}

func (d *desk) save(ctx context.Context, tx *store.Tx, r *rand.Rand, w *crowd) error {
	for _, c := range w.all {
		for n := range 1 + r.IntN(3) {
			c.LastNumber = n + 1
			m := &ent.Message{ID: id.New(id.Message), Number: c.LastNumber, Text: pick(r, wordNames...) + " " + pick(r, wordNames...), CreatedAt: moment(r.IntN(10))}
			m.Direction = pick(r, vocab.Incoming, vocab.Outgoing, vocab.Note)
			if m.Direction == vocab.Incoming {
				c.LastIncomingNumber = m.Number
			}
			w.messages[c.ID] = append(w.messages[c.ID], m)
		}
		filed := *c
		conversation.File(&filed)
		if err := tx.Client.Conversation.Create().SetID(c.ID).SetInboxID(c.InboxID).SetChannelID(c.ChannelID).SetKind(c.Kind).
			SetStatus(c.Status).SetContactID(c.ContactID).SetAssigneeID(c.AssigneeID).SetAssignedTeamID(c.AssignedTeamID).
			SetOpenedAt(c.OpenedAt).SetLastMessageAt(c.LastMessageAt).SetWaitingSince(c.WaitingSince).SetVisitorActiveAt(c.VisitorActiveAt).
			SetPriority(c.Priority).SetBotState(c.BotState).SetDeletedAt(c.DeletedAt).SetFiltered(c.Filtered).SetSnoozedUntil(c.SnoozedUntil).
			SetEverAssigned(filed.EverAssigned).SetTags(c.Tags).SetFolder(filed.Folder).SetInBots(filed.InBots).
			SetLastNumber(c.LastNumber).SetLastIncomingNumber(c.LastIncomingNumber).Exec(ctx); err != nil {
			return err
		}
		if err := d.saveMessages(ctx, tx, c, w.messages[c.ID]); err != nil {
			return err
		}
		w.read[c.ID] = map[string]int{}
		for _, user := range []string{d.AdminID, d.AgentIDs[0], d.AgentIDs[1]} {
			if number := r.IntN(c.LastNumber + 1); number > 0 {
				w.read[c.ID][user] = number
				if err := tx.Client.ReadPosition.Create().SetID(id.New("read")).SetInboxID(c.InboxID).SetConversationID(c.ID).
					SetUserID(user).SetNumber(number).Exec(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *desk) saveMessages(ctx context.Context, tx *store.Tx, c *ent.Conversation, messages []*ent.Message) error {
	for _, m := range messages {
		if err := tx.Client.Message.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetNumber(m.Number).
			SetVisibleNumber(m.Number).SetDirection(m.Direction).SetAuthorKind(viewer.Visitor).SetAuthorID("").SetText(m.Text).
			SetDelivery(vocab.DeliverySent).SetCreatedAt(m.CreatedAt).Exec(ctx); err != nil {
			return err
		}
		if err := conversation.Index(ctx, tx, c, m.ID, m.Text); err != nil {
			return err
		}
	}
	return nil
}

// list is what a selection ought to show a viewer.
func (w *crowd) list(t tester, v *viewer.Viewer, sel conversation.Selection) []string {
	var rows []*ent.Conversation
	for _, c := range w.all {
		member := slices.Contains(v.InboxIDs, c.InboxID) && (sel.InboxID == nil || *sel.InboxID == c.InboxID)
		if member && inView(c, sel.View, sel.Filter.Snoozed, v.ActorID) && w.passes(t, c, sel.Filter, v.ActorID) {
			rows = append(rows, c)
		}
	}
	keys := map[vocab.ConversationOrder]func(*ent.Conversation) clock.Micros{
		vocab.LastMessageDesc: func(c *ent.Conversation) clock.Micros { return -c.LastMessageAt },
		vocab.LastMessageAsc:  func(c *ent.Conversation) clock.Micros { return c.LastMessageAt },
		vocab.OpenedDesc:      func(c *ent.Conversation) clock.Micros { return -c.OpenedAt },
		vocab.OpenedAsc:       func(c *ent.Conversation) clock.Micros { return c.OpenedAt },
		vocab.LongestWaiting:  func(c *ent.Conversation) clock.Micros { return c.WaitingSince },
	}
	desc := sel.Order == vocab.LastMessageDesc || sel.Order == vocab.OpenedDesc
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

// passes is IN-3.
func (w *crowd) passes(t tester, c *ent.Conversation, f conversation.Filter, me string) bool {
	within := func(m clock.Micros, after, before *clock.Micros) bool {
		return (after == nil || m >= *after) && (before == nil || m < *before)
	}
	active := f.ActiveAfter == nil && f.ActiveBefore == nil
	for _, m := range w.messages[c.ID] {
		active = active || within(m.CreatedAt, f.ActiveAfter, f.ActiveBefore)
	}
	tagged := f.Tags == nil
	for _, tag := range c.Tags {
		tagged = tagged || slices.Contains(f.Tags, tag)
	}
	unread := c.Filtered == 0 && c.LastIncomingNumber > w.read[c.ID][me]
	return active && tagged &&
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

func assignedAsAsked(c *ent.Conversation, f *conversation.AssigneeFilter, me string) bool {
	if f == nil || !f.Me && !f.Nobody && len(f.UserIDs)+len(f.TeamIDs) == 0 {
		return true
	}
	return f.Me && c.AssigneeID == me || f.Nobody && c.AssigneeID == "" ||
		c.AssigneeID != "" && slices.Contains(f.UserIDs, c.AssigneeID) ||
		c.AssignedTeamID != "" && slices.Contains(f.TeamIDs, c.AssignedTeamID)
}

func (w *crowd) says(t tester, c *ent.Conversation, text *string) bool {
	if text == nil {
		return true
	}
	words := must(search.Parse(*text))(t)
	return slices.ContainsFunc(w.messages[c.ID], func(m *ent.Message) bool { return words.Match(m.Text) })
}
