package conversation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/vocab"
)

// history is a random life of an account.
type history struct {
	*stage
	r       *rand.Rand
	people  []*person
	all     []string
	said    []string
	contact []string
}

func (s *stage) history(seed uint64) *history {
	h := &history{stage: s, r: rand.New(rand.NewPCG(seed, 1)), all: s.ConversationIDs[:], contact: []string{s.ContactID, s.desk.contact("Zoe", "")}}
	for _, ctx := range []context.Context{s.Agent(0), s.Agent(1), s.Admin} {
		h.people = append(h.people, newPerson(ctx))
	}
	return h
}

// selection is what somebody may look at.
func (h *history) selection() conversation.Selection {
	sel := conversation.Selection{View: pick(h.r, views...), Order: pick(h.r, orders...)}
	f := &sel.Filter
	if h.r.IntN(3) == 0 {
		sel.InboxID = &h.InboxIDs[0]
	}
	switch h.r.IntN(10) {
	case 0:
		f.Statuses = []vocab.ConversationStatus{vocab.Open}
	case 1:
		f.Unread = ptr(h.r.IntN(2) == 0)
	case 2, 3, 9:
		f.Text = ptr(pick(h.r, "apple", "pear plum", "zoe", "caf*"))
	case 4:
		f.Assignees = &conversation.AssigneeFilter{Me: true, Nobody: h.r.IntN(2) == 0}
	case 5:
		f.ContactIDs = []string{h.contact[0]}
	case 6:
		f.ActiveAfter = ptr(clock.Of(monday.Add(time.Duration(h.r.IntN(90)) * time.Minute)))
	case 7:
		f.Priorities, f.Snoozed = []vocab.Priority{vocab.PriorityHigh}, vocab.SnoozedInclude
	case 8:
		f.Tags = []string{"vip"}
	}
	return sel
}

// step lets something happen. Much of it is refused, and changes nothing.
func (h *history) step() {
	h.t.Helper()
	c, who := pick(h.r, h.all...), pick(h.r, h.people...)
	ctx := who.context(h.t.Context())
	visitor := h.r.IntN(3)
	words := pick(h.r, wordNames...) + " " + pick(h.r, wordNames...)
	h.clock.Advance(time.Duration(h.r.IntN(3)) * time.Minute)
	switch h.r.IntN(29) {
	case 0, 1, 26:
		change := []func(*conversation.Start){}
		if h.r.IntN(3) == 0 {
			change = append(change, withBot)
		}
		h.all = append(h.all, h.begin(visitor, words, change...).ID)
	case 2, 3, 4:
		if m, err := h.receive(c, visitor, words); err == nil {
			h.said = append(h.said, m.ID)
		}
	case 5, 6, 28:
		if m, _, err := h.SendMessage(ctx, conversation.SendMessageInput{ConversationID: c, Text: &words, Note: h.r.IntN(2) == 0}); err == nil {
			h.said = append(h.said, m.ID)
		}
	case 7, 8:
		_, _ = h.Close(ctx, conversation.CloseConversationInput{ConversationID: c})
	case 9:
		_, _ = h.Reopen(ctx, conversation.ReopenConversationInput{ConversationID: c})
	case 10, 11:
		_, _ = h.Assign(ctx, conversation.AssignConversationInput{ConversationID: c, UserID: &pick(h.r, h.people...).viewer.ActorID})
	case 12:
		_, _ = h.Unassign(ctx, conversation.UnassignConversationInput{ConversationID: c})
	case 13:
		_, _ = h.MarkAsSpam(ctx, conversation.MarkAsSpamInput{ConversationID: c})
	case 14:
		_, _ = h.MarkAsNotSpam(ctx, conversation.MarkAsNotSpamInput{ConversationID: c})
	case 15:
		_, _ = h.Delete(ctx, conversation.DeleteConversationInput{ConversationID: c})
	case 16:
		_, _ = h.Restore(ctx, conversation.RestoreConversationInput{ConversationID: c})
	case 17:
		_, _ = h.Purge(ctx, conversation.PurgeConversationInput{ConversationID: c})
	case 18, 19:
		_, _ = h.MarkRead(ctx, conversation.MarkConversationReadInput{ConversationID: c})
	case 20:
		_, _ = h.MarkUnread(ctx, conversation.MarkConversationUnreadInput{ConversationID: c})
	case 21:
		h.relate(c)
	case 22, 27:
		h.revise()
	case 23:
		h.sort(c)
	case 24:
		h.rename(pick(h.r, h.contact...), pick(h.r, "Zoe", "Apple", "Dora"))
	case 25:
		h.member(who)
	}
}

// relate links a conversation with another contact.
func (h *history) relate(c string) {
	_, _ = h.LinkContact(h.Agent(1), conversation.LinkContactInput{ConversationID: c, ContactID: pick(h.r, h.contact...)})
	if h.r.IntN(3) == 0 {
		_, _ = h.UnlinkContact(h.Agent(1), conversation.UnlinkContactInput{ConversationID: c})
	}
}

// revise edits or deletes what somebody said.
func (h *history) revise() {
	if len(h.said) == 0 {
		return
	}
	m := pick(h.r, h.said...)
	for _, who := range h.people {
		if h.r.IntN(2) == 0 {
			_, _ = h.EditMessage(who.context(h.t.Context()), conversation.EditMessageInput{MessageID: m, Text: ptr(pick(h.r, wordNames...))})
		} else {
			_, _ = h.DeleteMessage(who.context(h.t.Context()), conversation.DeleteMessageInput{MessageID: m})
		}
	}
}

// sort gives a conversation tags, a priority, or a later time.
func (h *history) sort(c string) {
	ctx := h.Agent(1)
	_, _ = h.Tag(ctx, conversation.TagConversationInput{ConversationID: c, Tags: []string{pick(h.r, tagNames...)}})
	_, _ = h.SetPriority(ctx, conversation.SetConversationPriorityInput{ConversationID: c, Priority: pick(h.r, vocab.PriorityHigh, vocab.PriorityNone)})
	if h.r.IntN(2) == 0 {
		_, _ = h.Snooze(ctx, conversation.SnoozeConversationInput{ConversationID: c, Until: clock.Of(h.clock.Now().Add(100 * time.Hour))})
	} else {
		_, _ = h.Unsnooze(ctx, conversation.UnsnoozeConversationInput{ConversationID: c})
		_, _ = h.Untag(ctx, conversation.UntagConversationInput{ConversationID: c, Tags: tagNames[:1]})
	}
}

// member has somebody join and leave inboxes; sometimes the streams learn of it
// by other ways first.
func (h *history) member(who *person) {
	inboxes := [][]string{{h.InboxIDs[0]}, h.InboxIDs[:], {h.InboxIDs[1]}, {}}[h.r.IntN(4)]
	if h.r.IntN(3) == 0 {
		who.becomes(inboxes...)
		who.notices()
	}
	h.joins(who, inboxes...)
}

// NT-5: whatever happens, in any order, and whenever a client looks: what it
// makes of the snapshot and of the changes is what a list shows.
func TestViewsOfAnyHistory(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for seed := range uint64(16) {
			f := *d
			fresh := deskOn(t, d.Store, d.clock)
			f.Fixture, f.Service = fresh.Fixture, fresh.Service
			h := stageOn(&f, &wire{}).history(seed)
			var screens []*screen
			h.LimitSpare(int(seed % 3))
			for range 60 {
				h.step()
			}
			for i := range 150 {
				if i%15 == 0 {
					who := pick(h.r, h.people...)
					sel := h.selection()
					if sel.InboxID != nil && !who.viewer.InInbox(*sel.InboxID) {
						sel.InboxID = nil
					}
					screens = append(screens, h.watches(who, sel, pick(h.r, 1, 3, 8)))
				}
				h.step()
				if h.r.IntN(4) == 0 {
					pick(h.r, screens...).right(fmt.Sprintf("seed %d, step %d", seed, i))
				}
			}
			for _, c := range screens {
				c.right(fmt.Sprintf("seed %d, at last", seed))
				c.ViewStream.Close()
			}
			if t.Failed() {
				return
			}
		}
	})
}
