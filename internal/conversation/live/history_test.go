package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	entproperty "parley/ent/property"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/tag"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
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
	// properties are a level of conversations, and a tier of contacts.
	properties []string
}

func (s *stage) history(seed uint64) *history {
	h := &history{stage: s, r: rand.New(rand.NewPCG(seed, 1)), all: s.ConversationIDs[:], contact: []string{s.ContactID, s.Desk.NewContact("Zoe", "")}}
	for _, ctx := range []context.Context{s.Agent(0), s.Agent(1), s.Admin} {
		h.people = append(h.people, newPerson(ctx))
	}
	h.properties = s.defineProperties()
	return h
}

// defineProperties makes a level of conversations and a tier of contacts, and returns their
// ids.
func (s *stage) defineProperties() (ids []string) {
	s.T.Helper()
	properties := property.New(s.Store)
	for _, in := range []property.CreatePropertyInput{
		{Object: vocab.PropertyOfConversation, Name: "level", Kind: vocab.NumberProperty}, {Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty},
	} {
		ids = append(ids, check.Must(properties.Create(s.Admin, in))(s.T).ID)
	}
	return ids
}

// selection is what someone may look at.
func (h *history) selection() view.Selection {
	sel := view.Selection{View: desk.Pick(h.r, desk.BuiltInViews...), Order: desk.Pick(h.r, desk.Orders...)}
	f := &sel.Filter
	if h.r.IntN(3) == 0 {
		sel.InboxID = &h.InboxIDs[0]
	}
	switch h.r.IntN(13) {
	case 0:
		f.Statuses = []vocab.ConversationStatus{vocab.Open}
	case 1:
		f.Unread = check.Ptr(h.r.IntN(2) == 0)
	case 2, 3, 9:
		f.Text = check.Ptr(desk.Pick(h.r, "apple", "pear plum", "zoe", "caf*"))
	case 4:
		f.Assignees = &view.AssigneeFilter{Me: true, Nobody: h.r.IntN(2) == 0}
	case 5:
		f.ContactIDs = []string{h.contact[0]}
	case 6:
		f.ActiveAfter = check.Ptr(clock.Of(desk.Monday.Add(time.Duration(h.r.IntN(90)) * time.Minute)))
	case 7:
		f.Priorities, f.Snoozed = []vocab.Priority{vocab.PriorityHigh}, vocab.SnoozedInclude
	case 10:
		f.Properties = []vocab.PropertyCondition{{PropertyID: h.properties[0], NumberFrom: check.Ptr(2.0)}}
	case 11:
		f.ContactProperties = []vocab.PropertyCondition{{PropertyID: h.properties[1], AnyOf: []string{"gold"}}}
	case 12:
		lacks := []vocab.PropertyCondition{{PropertyID: h.properties[1], IsSet: check.Ptr(false)}}
		f.Any = []view.Filter{{ContactProperties: lacks, Statuses: []vocab.ConversationStatus{vocab.Open}}, {Tags: []string{"vip"}}}
	case 8:
		f.Tags = []string{"vip"}
		if h.r.IntN(2) == 0 {
			f.Not, f.Tags = []view.Filter{{Tags: f.Tags, WaitingOn: check.Ptr(vocab.WaitingOnTeam)}}, nil
		}
	}
	return sel
}

// step lets something happen. Much of it is refused, and changes nothing.
func (h *history) step() {
	h.T.Helper()
	c, who := desk.Pick(h.r, h.all...), desk.Pick(h.r, h.people...)
	ctx := who.context(h.T.Context())
	visitor := h.r.IntN(3)
	words := desk.Pick(h.r, desk.WordNames...) + " " + desk.Pick(h.r, desk.WordNames...)
	h.Clock.Advance(time.Duration(h.r.IntN(3)) * time.Minute)
	switch h.r.IntN(32) {
	case 0, 1, 26:
		change := []func(*conversation.Start){}
		if h.r.IntN(3) == 0 {
			change = append(change, desk.WithBot)
		}
		h.all = append(h.all, h.StartChat(visitor, words, change...).ID)
	case 2, 3, 4:
		if m, err := h.TryVisitorWrites(c, visitor, words); err == nil {
			h.said = append(h.said, m.ID)
		}
	case 5, 6, 28:
		if m, _, err := h.SendMessage(ctx, conversation.SendMessageInput{Target: conversation.On(c), Text: &words, Note: h.r.IntN(2) == 0}); err == nil {
			h.said = append(h.said, m.ID)
		}
	case 7, 8:
		_, _ = h.Close(ctx, conversation.CloseConversationInput{Target: conversation.On(c)})
	case 9:
		_, _ = h.Reopen(ctx, conversation.ReopenConversationInput{Target: conversation.On(c)})
	case 10, 11:
		_, _ = h.Assign(ctx, conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.User(desk.Pick(h.r, h.people...).viewer.ActorID)})
	case 12:
		_, _ = h.Assign(ctx, conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody})
	case 13:
		_, _ = h.MarkAsSpam(ctx, conversation.MarkConversationAsSpamInput{Target: conversation.On(c)})
	case 14:
		_, _ = h.MarkAsNotSpam(ctx, conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c)})
	case 15:
		_, _ = h.Delete(ctx, conversation.DeleteConversationInput{Target: conversation.On(c)})
	case 16:
		_, _ = h.Restore(ctx, conversation.RestoreConversationInput{Target: conversation.On(c)})
	case 17:
		_, _ = h.Purge(ctx, conversation.PurgeConversationInput{Target: conversation.On(c)})
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
		h.rename(desk.Pick(h.r, h.contact...), desk.Pick(h.r, "Zoe", "Apple", "Dora"))
	case 25:
		h.member(who)
	case 29, 30, 31:
		h.describe(c)
	}
}

// describe sets what a conversation and a contact have of properties, or renames one.
func (h *history) describe(c string) {
	ctx, properties := h.Agent(1), property.New(h.Store)
	level := opt.Of(float64(1 + h.r.IntN(3)))
	if h.r.IntN(3) == 0 {
		level = opt.Null[float64]()
	}
	names := check.Must(h.Store.Client(ctx).Property.Query().Where(entproperty.IDIn(h.properties...)).All(ctx))(h.T)
	for _, p := range names {
		if p.Object == vocab.PropertyOfConversation {
			_, _ = h.SetProperties(ctx, conversation.SetConversationPropertiesInput{Target: conversation.On(c), Properties: []property.PropertyValueInput{{Name: p.Name, Number: level}}})
			continue
		}
		tier := []property.PropertyValueInput{{Name: p.Name, Text: opt.Of(desk.Pick(h.r, "Gold", "silver", ""))}}
		_, _ = contact.New(h.Store).Update(ctx, contact.UpdateContactInput{ContactID: desk.Pick(h.r, h.contact...), ContactFacts: contact.ContactFacts{Properties: opt.List(tier...)}})
	}
	if h.r.IntN(4) == 0 {
		_, _ = properties.Update(h.Admin, property.UpdatePropertyInput{PropertyID: desk.Pick(h.r, h.properties...), Name: opt.Of(desk.Pick(h.r, "level", "tier", "other"))})
	}
}

// relate links a conversation with another contact.
func (h *history) relate(c string) {
	_, _ = h.LinkContact(h.Agent(1), conversation.LinkContactInput{Target: conversation.On(c), ContactID: desk.Pick(h.r, h.contact...)})
	if h.r.IntN(3) == 0 {
		_, _ = h.UnlinkContact(h.Agent(1), conversation.UnlinkContactInput{Target: conversation.On(c)})
	}
}

// revise edits or deletes what someone said.
func (h *history) revise() {
	if len(h.said) == 0 {
		return
	}
	m := desk.Pick(h.r, h.said...)
	for _, who := range h.people {
		if h.r.IntN(2) == 0 {
			_, _ = h.EditMessage(who.context(h.T.Context()), conversation.EditMessageInput{MessageID: m, Text: check.Ptr(desk.Pick(h.r, desk.WordNames...))})
		} else {
			_, _ = h.DeleteMessage(who.context(h.T.Context()), conversation.DeleteMessageInput{MessageID: m})
		}
	}
}

// renameTag gives a tag another name, or its own again, or makes it another one.
func (h *history) renameTag() {
	ctx := h.Agent(1)
	found := check.Must(tag.Find(ctx, h.Store.Client(ctx), []string{desk.Pick(h.r, desk.TagNames...), desk.Pick(h.r, desk.TagNames...)}))(h.T)
	switch {
	case found[0] == nil || found[1] == nil:
	case h.r.IntN(8) == 0:
		_, _ = h.Tags().MergeTags(ctx, tag.MergeTagsInput{IntoTagID: found[0].ID, TagIDs: []string{found[1].ID}})
	default:
		_, _ = h.Tags().UpdateTag(ctx, tag.UpdateTagInput{TagID: found[0].ID, Name: opt.Of(desk.Pick(h.r, "vip", "other", desk.TagNames[1]))})
	}
}

// sort gives a conversation tags, a priority, or a later time.
func (h *history) sort(c string) {
	ctx := h.Agent(1)
	if h.r.IntN(4) == 0 {
		h.renameTag()
	}
	_, _ = h.Tag(ctx, conversation.TagConversationInput{Target: conversation.On(c), Tags: []string{desk.Pick(h.r, desk.TagNames...)}})
	_, _ = h.SetPriority(ctx, conversation.SetConversationPriorityInput{Target: conversation.On(c), Priority: desk.Pick(h.r, vocab.PriorityHigh, vocab.PriorityNone)})
	switch h.r.IntN(3) {
	case 0:
		_, _ = h.Snooze(ctx, conversation.SnoozeConversationInput{Target: conversation.On(c), Until: clock.Of(h.Clock.Now().Add(100 * time.Hour))})
	case 1:
		until := clock.Of(h.Clock.Now().Add(time.Minute))
		_, _ = h.Snooze(ctx, conversation.SnoozeConversationInput{Target: conversation.On(c), Until: until})
		h.Clock.Advance(time.Minute)
		_ = h.Wake(h.T.Context(), conversation.WakeArgs{AccountID: h.AccountID, ConversationID: c, Until: until})
	default:
		_, _ = h.Unsnooze(ctx, conversation.UnsnoozeConversationInput{Target: conversation.On(c)})
		_, _ = h.Untag(ctx, conversation.UntagConversationInput{Target: conversation.On(c), Tags: desk.TagNames[:1]})
	}
}

// member has someone join and leave inboxes; sometimes the streams learn of it
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
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		for seed := range uint64(16) {
			f := *d
			fresh := desk.On(t, d.Store, d.Clock)
			f.Fixture, f.Service = fresh.Fixture, fresh.Service
			h := stageOn(&f, &wire{}).history(seed)
			var screens []*screen
			h.live.LimitSpare(int(seed % 3))
			for range 60 {
				h.step()
			}
			for i := range 150 {
				if i%15 == 0 {
					who := desk.Pick(h.r, h.people...)
					sel := h.selection()
					if sel.InboxID != nil && !who.viewer.InInbox(*sel.InboxID) {
						sel.InboxID = nil
					}
					screens = append(screens, h.watches(who, sel, desk.Pick(h.r, 1, 3, 8)))
				}
				h.step()
				if h.r.IntN(4) == 0 {
					desk.Pick(h.r, screens...).right(fmt.Sprintf("seed %d, step %d", seed, i))
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
