package conversation_test

import (
	"context"
	"testing"

	"parley/ent/schema"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// NT-5: rows enter, change and leave a view, and the window moves up.
func TestViewOfADay(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ben := newPerson(s.Agent(0))
		open := s.watches(ben, conversation.Selection{Filter: conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}, 2)
		open.right("at first")
		c := s.begin(0, "Hello").ID
		open.right("a new one")
		same(t, len(open.left), 1)
		for _, reason := range open.left {
			same(t, reason, vocab.LeftWindow)
		}
		s.closes(c)
		open.right("it is closed")
		same(t, open.left[c], vocab.LeftNoMatch)
		changes := open.changes
		must(s.MarkRead(s.Agent(1), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		s.begin(2, "Elsewhere")
		open.right("what does not concern it")
		same(t, open.changes, changes)
		same(t, open.resets, 0)
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
			all := s.watches(cleo, conversation.Selection{}, 50)
			one := s.watches(cleo, conversation.Selection{InboxID: &s.InboxIDs[1]}, 50)
			all.right("at first")
			one.right("at first")
			same(t, []int{len(all.rows), len(one.rows)}, []int{3, 1})
			if early {
				cleo.becomes(s.InboxIDs[0])
				cleo.notices()
			}
			s.joins(cleo, s.InboxIDs[0])
			s.says(s.Admin, s.ConversationIDs[0], "Not for her alone")
			all.right("she left")
			one.right("she left")
			same(t, []int{len(all.rows), len(one.rows), all.resets + one.resets}, []int{2, 0, 0})
			same(t, []vocab.LeftReason{all.left[s.ConversationIDs[2]], one.left[s.ConversationIDs[2]]}, []vocab.LeftReason{vocab.LeftAccess, vocab.LeftAccess})
			s.joins(cleo, s.InboxIDs[:]...)
			all.right("she is back")
			one.right("she is back")
			same(t, []int{len(all.rows), len(one.rows)}, []int{3, 1})
		}
	})
}

// AC-11: a stream ends with the error of its viewer's token.
func TestViewOfARevokedToken(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ben := newPerson(s.Agent(0))
		c := s.watches(ben, conversation.Selection{}, 5)
		c.sees()
		ben.ended = errs.New(errs.Unauthenticated, "The token was revoked.")
		ben.notices()
		_, err := c.Next(t.Context())
		refused(t, err, errs.Unauthenticated)
	})
}

// A subscriber who does not keep up is told so, and then shown what is (NT-5).
func TestViewOfASlowClient(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		sel := conversation.Selection{}
		slow, fast := s.watches(newPerson(s.Agent(0)), sel, 2), s.watches(newPerson(s.Agent(1)), conversation.Selection{InboxID: &s.InboxIDs[0]}, 2)
		cleo := newPerson(s.Agent(1))
		moved := s.watches(cleo, sel, 3)
		slow.sees()
		moved.sees()
		for range conversation.Behind * 2 {
			s.notes(s.Agent(0), s.ConversationIDs[0], "A note")
			fast.sees()
		}
		slow.right("after many changes")
		fast.right("after many changes")
		cleo.becomes(s.InboxIDs[0])
		cleo.notices()
		moved.right("and after she left an inbox")
		same(t, []int{slow.resets, fast.resets, moved.resets}, []int{1, 0, 1})
	})
}

// What a contact is called shows in rows, and leads to them (NT-5, IN-5).
func TestViewOfARenamedContact(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		plain := s.watches(newPerson(s.Agent(0)), conversation.Selection{}, 1)
		found := s.watches(newPerson(s.Agent(0)), conversation.Selection{Filter: conversation.Filter{Text: ptr("zebedee")}}, 5)
		plain.sees()
		found.sees()
		s.rename(s.ContactID, "Zebedee")
		same(t, len(plain.sees()), 1) // that its header was written is nothing to see
		found.right("renamed")
		same(t, len(found.rows), 2)
		s.rename(s.ContactID, "Dora")
		found.right("renamed back")
		same(t, len(found.rows), 0)
	})
}

// rename gives a contact another name and does the work that follows.
func (s *stage) rename(contactID, name string) {
	s.t.Helper()
	s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: contactID, Changes: []schema.FieldChange{{Field: "name"}}})
		return tx.Client.Contact.UpdateOneID(contactID).SetName(name).Exec(ctx)
	})
	if err := s.Reindex(s.t.Context(), conversation.ReindexArgs{AccountID: s.AccountID, ContactID: contactID}); err != nil {
		s.t.Fatal(err)
	}
}
