package conversation_test

import (
	"sync"
	"testing"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// OP-3, pitfall 4: of many that send at once under one key one message comes,
// and all are told of it; the key with another input is CONFLICT.
func TestSendOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		in := conversation.SendMessageInput{Target: conversation.Target{ConversationID: d.ConversationIDs[0], IdempotencyKey: check.Ptr("key")}, Text: check.Ptr("Once")}
		const many = 32
		sent := make([]*ent.Message, many)
		events := d.EventsOf(func() {
			var callers sync.WaitGroup
			for i := range many {
				callers.Go(func() {
					m, c, err := d.SendMessage(d.Agent(0), in)
					if err != nil || c.LastNumber != 4 {
						t.Errorf("caller %d: %v, %v", i, c, err)
						return
					}
					sent[i] = m
				})
			}
			callers.Wait()
		})
		check.Same(t, len(events), 3) // the message, who has it now, and what they have read
		for _, m := range sent {
			if m == nil || m.ID != sent[0].ID || m.Text != "Once" {
				t.Errorf("one was told of %v", m)
			}
		}
		check.Same(t, check.Must(d.Store.Client(d.System).Message.Query().Where(entmessage.Text("Once")).Count(d.System))(t), 1)

		other := in
		other.Text = check.Ptr("Twice")
		_, _, err := d.SendMessage(d.Agent(0), other)
		check.Refused(t, err, errs.Conflict, "idempotencyKey")
		// Another's key is another key.
		m, _, err := d.SendMessage(d.Agent(1), in)
		if check.Must(m, err)(t).ID == sent[0].ID {
			t.Error("one agent's key answers for another")
		}
	})
}

// OP-3: only successes are kept, and a replay shows the object as it is now.
func TestReplayShowsNow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		send := conversation.SendMessageInput{Target: conversation.Target{ConversationID: c, IdempotencyKey: check.Ptr("send")}, Text: check.Ptr("Hello")}
		d.MustClose(c)
		_, _, err := d.SendMessage(d.Agent(0), send)
		check.Refused(t, err, errs.ConversationClosed, "conversationId")
		reopen := conversation.ReopenConversationInput{Target: conversation.Target{ConversationID: c, ExpectedRevision: check.Ptr(2), IdempotencyKey: check.Ptr("reopen")}}
		check.Must(d.Reopen(d.Agent(0), reopen))(t)
		m, _, err := d.SendMessage(d.Agent(0), send)
		check.Must(m, err)(t)
		check.Must(d.EditAs(d.Agent(0), m, "Hello, mended"))(t)
		m, _, err = d.SendMessage(d.Agent(0), send)
		check.Same(t, check.Must(m, err)(t).Text, "Hello, mended")

		d.MustClose(c)
		got := d.Recorded(func() { check.Same(t, check.Must(d.Reopen(d.Agent(0), reopen))(t).Status, vocab.Closed) })
		check.Same(t, got, []string{})
	})
}

// OP-3: what is purged once is purged for its replay, too.
func TestPurgeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.MustDelete(d.ConversationIDs[0])
		in := conversation.PurgeConversationInput{Target: conversation.Target{ConversationID: d.ConversationIDs[0], IdempotencyKey: check.Ptr("key")}}
		for range 2 {
			check.Same(t, check.Must(d.Purge(d.Agent(0), in))(t), d.ConversationIDs[0])
		}
	})
}
