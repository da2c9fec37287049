package live_test

import (
	"context"
	"fmt"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// entriesAfter follows a conversation's entries and returns the next n of them.
func (s *stage) entriesAfter(who *person, conversationID string, after *int64, n int) []string {
	s.T.Helper()
	stream := check.Must(s.live.Entries(who.context(s.T.Context()), conversationID, after))(s.T)
	defer stream.Close()
	return s.hears(who, stream, n)
}

func (s *stage) hears(who *person, stream *live.Entries, n int) []string {
	s.T.Helper()
	var list []string
	for range n {
		change := check.Must(stream.Next(who.context(s.T.Context())))(s.T)
		switch e := change.Entry.(type) {
		case *ent.Message:
			list = append(list, fmt.Sprint(change.Kind, " ", e.Text))
		case *ent.Event:
			list = append(list, fmt.Sprint(change.Kind, " ", e.Type))
		}
	}
	return list
}

// API-6: a history, live: events and messages as they come, a message again when
// it changes, and from any position on; nothing that is one user's alone.
func TestEntriesLive(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ben := newPerson(s.Agent(0))
		c := s.StartChat(0, "Hello").ID
		start := s.head()
		open := check.Must(s.live.Entries(ben.context(t.Context()), c, nil))(t)
		defer open.Close()
		m := s.AgentSays(s.Agent(0), c, "Helo")
		check.Must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: c}))(t)
		check.Must(s.EditMessage(s.Agent(0), conversation.EditMessageInput{MessageID: m.ID, Text: check.Ptr("Hi")}))(t)
		check.NoError(t, s.Store.WithTx(s.InNameOf(0), func(ctx context.Context, tx *store.Tx) error {
			return s.ReadByVisitor(ctx, tx, s.Row(c), 0, 9)
		}))
		s.MustClose(c)
		check.Must(s.DeleteMessage(s.Agent(0), conversation.DeleteMessageInput{MessageID: m.ID}))(t)
		want := []string{"ADDED ", "ADDED CONVERSATION_ASSIGNED", "CHANGED ", "CHANGED ", "ADDED CONVERSATION_CLOSED", "DELETED "} // in its current state
		check.Same(t, s.entriesAfter(ben, c, &start, 6), want)
		check.Same(t, len(s.hears(ben, open, 6)), 6)
		last := s.head()
		s.AgentNotes(s.Agent(0), c, "Done")
		check.Same(t, s.entriesAfter(ben, c, &last, 1), []string{"ADDED Done"})
	})
}

// API-6: the history ends with NOT_FOUND when it is out of sight or gone, and
// begins at no number that the log does not have.
func TestEntriesLiveEnd(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		cleo := newPerson(s.Agent(1))
		c := s.StartChat(0, "Hello").ID
		open := check.Must(s.live.Entries(cleo.context(t.Context()), c, nil))(t)
		defer open.Close()
		s.joins(cleo, s.InboxIDs[1])
		cleo.notices()
		_, err := open.Next(cleo.context(t.Context()))
		check.Refused(t, err, errs.NotFound, "conversationId")
		for _, id := range []string{c, "conversation_00000000000000000000000000", s.AdminID, "", "\x00"} {
			_, err = s.live.Entries(cleo.context(t.Context()), id, nil)
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%q: got %v, want NOT_FOUND", id, err)
			}
		}
		ben := newPerson(s.Agent(0))
		future := s.head() + 1
		_, err = s.live.Entries(ben.context(t.Context()), c, &future)
		check.Refused(t, err, errs.Invalid, "after")
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.AccountSequence.UpdateOneID(s.AccountID).SetLogFloor(1).Exec(ctx)
		})
		_, err = s.live.Entries(ben.context(t.Context()), c, new(int64))
		check.Refused(t, err, errs.CursorExpired, "after")
		mine := check.Must(s.live.Entries(ben.context(t.Context()), c, nil))(t)
		defer mine.Close()
		s.MustDelete(c)
		check.Must(s.Purge(s.Agent(0), conversation.PurgeConversationInput{Target: conversation.On(c)}))(t)
		for {
			change, err := mine.Next(ben.context(t.Context()))
			if err != nil {
				check.Refused(t, err, errs.NotFound, "conversationId")
				break
			}
			if e, ok := change.Entry.(*ent.Event); !ok || e.Type != vocab.ConversationDeleted {
				t.Errorf("got %+v before the end", change)
			}
		}
	})
}
