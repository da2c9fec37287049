package conversation_test

import (
	"sync"
	"testing"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// OP-3, pitfall 4: of many that send at once under one key one message comes,
// and all are told of it; the key with another input is CONFLICT.
func TestSendOnce(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		in := conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: ptr("Once"), IdempotencyKey: ptr("key")}
		const many = 32
		sent := make([]*ent.Message, many)
		events := d.events(func() {
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
		same(t, len(events), 1)
		for _, m := range sent {
			if m == nil || m.ID != sent[0].ID || m.Text != "Once" {
				t.Errorf("one was told of %v", m)
			}
		}
		same(t, must(d.Store.Client(d.System).Message.Query().Where(entmessage.Text("Once")).Count(d.System))(t), 1)

		other := in
		other.Text = ptr("Twice")
		_, _, err := d.SendMessage(d.Agent(0), other)
		refused(t, err, errs.Conflict, "idempotencyKey")
		// Another's key is another key.
		m, _, err := d.SendMessage(d.Agent(1), in)
		if must(m, err)(t).ID == sent[0].ID {
			t.Error("one agent's key answers for another")
		}
	})
}

// OP-3: only successes are kept, and a replay shows the object as it is now.
func TestReplayShowsNow(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		send := conversation.SendMessageInput{ConversationID: c, Text: ptr("Hello"), IdempotencyKey: ptr("send")}
		d.closes(c)
		_, _, err := d.SendMessage(d.Agent(0), send)
		refused(t, err, errs.ConversationClosed, "conversationId")
		reopen := conversation.ReopenConversationInput{ConversationID: c, ExpectedRevision: ptr(2), IdempotencyKey: ptr("reopen")}
		must(d.Reopen(d.Agent(0), reopen))(t)
		m, _, err := d.SendMessage(d.Agent(0), send)
		must(m, err)(t)
		must(d.edit(d.Agent(0), m, "Hello, mended"))(t)
		m, _, err = d.SendMessage(d.Agent(0), send)
		same(t, must(m, err)(t).Text, "Hello, mended")

		d.closes(c)
		got := d.told(func() { same(t, must(d.Reopen(d.Agent(0), reopen))(t).Status, vocab.Closed) })
		same(t, got, []string{})
	})
}

// OP-3: what is purged once is purged for its replay, too.
func TestPurgeOnce(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.deletes(d.ConversationIDs[0])
		in := conversation.PurgeConversationInput{ConversationID: d.ConversationIDs[0], IdempotencyKey: ptr("key")}
		for range 2 {
			same(t, must(d.Purge(d.Agent(0), in))(t), d.ConversationIDs[0])
		}
	})
}
