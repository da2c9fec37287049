package live_test

import (
	"context"
	"slices"
	"testing"

	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// NT-5: rows enter, change and leave a view, and the window moves up.
func TestViewOfADay(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ben := newPerson(s.Agent(0))
		open := s.watches(ben, view.Selection{Filter: view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}, 2)
		open.right("at first")
		c := s.StartChat(0, "Hello").ID
		open.right("a new one")
		check.Same(t, len(open.left), 1)
		for _, reason := range open.left {
			check.Same(t, reason, vocab.LeftWindow)
		}
		s.MustClose(c)
		open.right("it is closed")
		check.Same(t, open.left[c], vocab.LeftNoMatch)
		changes := open.changes
		check.Must(s.MarkRead(s.Agent(1), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		s.StartChat(2, "Elsewhere")
		open.right("what does not concern it")
		check.Same(t, open.changes, changes)
		check.Same(t, open.resets, 0)
	})
}

// AC-11, NT-5: whoever leaves an inbox loses its rows at that event, with the
// reason, and gets them back when they are a member again; whatever they learn
// first, the event or that they are another.
func TestViewOfWhoLeaves(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		for _, early := range []bool{false, true} {
			cleo := newPerson(s.Agent(1))
			all := s.watches(cleo, view.Selection{}, 50)
			one := s.watches(cleo, view.Selection{InboxID: &s.InboxIDs[1]}, 50)
			all.right("at first")
			one.right("at first")
			check.Same(t, []int{len(all.rows), len(one.rows)}, []int{3, 1})
			if early {
				cleo.becomes(s.InboxIDs[0])
				cleo.notices()
			}
			s.joins(cleo, s.InboxIDs[0])
			s.AgentSays(s.Admin, s.ConversationIDs[0], "Not for her alone")
			all.right("she left")
			one.right("she left")
			check.Same(t, []int{len(all.rows), len(one.rows), all.resets + one.resets}, []int{2, 0, 0})
			check.Same(t, []vocab.LeftReason{all.left[s.ConversationIDs[2]], one.left[s.ConversationIDs[2]]}, []vocab.LeftReason{vocab.LeftAccess, vocab.LeftAccess})
			s.joins(cleo, s.InboxIDs[:]...)
			all.right("she is back")
			one.right("she is back")
			check.Same(t, []int{len(all.rows), len(one.rows)}, []int{3, 1})
		}
	})
}

// AC-11: a stream ends with the error of its viewer's token.
func TestViewOfARevokedToken(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ben := newPerson(s.Agent(0))
		c := s.watches(ben, view.Selection{}, 5)
		c.sees()
		ben.ended = errs.New(errs.Unauthenticated, "The token was revoked.")
		ben.notices()
		_, err := c.Next(t.Context())
		check.Refused(t, err, errs.Unauthenticated)
	})
}

// A subscriber who does not keep up is told so, and then shown what is (NT-5).
func TestViewOfASlowClient(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		sel := view.Selection{}
		slow, fast := s.watches(newPerson(s.Agent(0)), sel, 2), s.watches(newPerson(s.Agent(1)), view.Selection{InboxID: &s.InboxIDs[0]}, 2)
		cleo := newPerson(s.Agent(1))
		moved := s.watches(cleo, sel, 3)
		slow.sees()
		moved.sees()
		for range live.Behind * 2 {
			s.AgentNotes(s.Agent(0), s.ConversationIDs[0], "A note")
			fast.sees()
		}
		slow.right("after many changes")
		fast.right("after many changes")
		cleo.becomes(s.InboxIDs[0])
		cleo.notices()
		moved.right("and after she left an inbox")
		check.Same(t, []int{slow.resets, fast.resets, moved.resets}, []int{1, 0, 1})
	})
}

// What a contact is called shows in rows, and leads to them (NT-5, IN-5).
func TestViewOfARenamedContact(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		plain := s.watches(newPerson(s.Agent(0)), view.Selection{}, 1)
		found := s.watches(newPerson(s.Agent(0)), view.Selection{Filter: view.Filter{Text: check.Ptr("zebedee")}}, 5)
		plain.sees()
		found.sees()
		s.rename(s.ContactID, "Zebedee")
		check.Same(t, len(plain.sees()), 1) // that its header was written is nothing to see
		found.right("renamed")
		check.Same(t, len(found.rows), 2)
		s.rename(s.ContactID, "Dora")
		found.right("renamed back")
		check.Same(t, len(found.rows), 0)
	})
}

// IN-31: what a tag is called shows in rows, and a name leads to whatever tag has it,
// though no conversation changes.
func TestViewOfARenamedTag(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		one, two := s.ConversationIDs[0], s.ConversationIDs[1]
		plain := s.watches(newPerson(s.Agent(0)), view.Selection{}, 5)
		named := s.watches(newPerson(s.Agent(0)), view.Selection{Filter: view.Filter{Tags: []string{"bug"}}}, 5)
		plain.sees()
		named.sees()
		check.NoError(t, s.TagWith(one, "Bug"))
		named.right("a tag was made")
		check.Same(t, len(named.rows), 1)
		bugs := s.NewTag("bugs")
		check.NoError(t, s.TagWith(two, "bugs"))
		plain.right("tagged")

		bug := check.Must(tag.Find(s.System, s.Store.Client(s.System), []string{"bug"}))(t)[0]
		repainted := func(change func()) []string {
			t.Helper()
			change()
			var ids []string
			for _, update := range plain.sees() {
				for _, c := range update.(*live.ViewChanges).Changes {
					ids = append(ids, c.(*live.ConversationChanged).Conversation.ID)
				}
			}
			slices.Sort(ids)
			return ids
		}
		check.Same(t, repainted(func() {
			check.Must(s.Tags().UpdateTag(s.Agent(0), tag.UpdateTagInput{TagID: bug.ID, Color: opt.Of("#000000")}))(t)
		}), []string{one})
		check.Same(t, repainted(func() { s.MergeTags(bug, bugs) }), []string{one, two})
		named.right("merged")
		check.Same(t, len(named.rows), 2)
		check.Same(t, repainted(func() {
			check.Must(s.Tags().UpdateTag(s.Agent(0), tag.UpdateTagInput{TagID: bug.ID, Name: opt.Of("defect")}))(t)
		}), []string{one, two})
		named.right("renamed")
		check.Same(t, len(named.rows), 0)
	})
}

// rename gives a contact another name and does the work that follows.
func (s *stage) rename(contactID, name string) {
	s.T.Helper()
	s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: contactID, Changes: []vocab.FieldChange{{Field: "name"}}})
		return tx.Client.Contact.UpdateOneID(contactID).SetName(name).Exec(ctx)
	})
	if err := s.Reindex(s.T.Context(), conversation.ReindexArgs{AccountID: s.AccountID, ContactID: contactID}); err != nil {
		s.T.Fatal(err)
	}
}

// NT-5, IN-14: a row shows what became of its last message.
func TestViewOfAReceipt(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		chat := s.StartChat(0, "Hello").ID
		s.AgentSays(s.Agent(0), chat, "How can I help?")
		all := s.watches(newPerson(s.Agent(0)), view.Selection{}, 5)
		all.sees()
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error { return s.ReadByVisitor(ctx, tx, s.Row(chat), 0, 2) })
		repainted := 0
		for _, update := range all.sees() {
			for _, c := range update.(*live.ViewChanges).Changes {
				check.Same(t, c.(*live.ConversationChanged).Conversation.ID, chat)
				repainted++
			}
		}
		check.Same(t, repainted, 1)
		all.right("read")
	})
}

// API-4, NT-5: a window may be larger than the page of a list.
func TestLargestWindow(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		for range 120 {
			s.StartChat(0, "Hello")
		}
		c := s.watches(newPerson(s.Agent(0)), view.Selection{}, live.MaxWindow)
		c.sees()
		before := len(c.rows)
		s.StartChat(1, "One more")
		c.sees()
		if before < 120 || len(c.rows) != before+1 {
			t.Errorf("%d rows, then %d", before, len(c.rows))
		}
	})
}
