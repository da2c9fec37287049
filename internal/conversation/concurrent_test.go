package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// IN-14, NT-3: 64 who send at once, into one conversation or many, visitors and
// agents: nothing is lost or locked out, and numbers and sequences have no gap.
func TestManySenders(t *testing.T) {
	t.Parallel()
	const senders, perSender = 64, 3
	for name, conversations := range map[string]int{"one conversation": 1, "many conversations": 16} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, d *suite) {
				var ids []string
				for range conversations {
					ids = append(ids, d.StartChat(0, "Hello").ID)
				}
				events := d.EventsOf(func() {
					var all sync.WaitGroup
					for i := range senders {
						all.Go(func() { d.chatter(ids[i%conversations], i, perSender) })
					}
					all.Wait()
				})
				messages := slices.DeleteFunc(events, func(e *ent.Event) bool { return e.Type != vocab.MessageCreated })
				check.Same(t, len(messages), senders*perSender)
				for _, c := range ids {
					d.gapless(c, 1+senders*perSender/conversations)
				}
			})
		})
	}
}

// chatter sends n messages as a visitor, as an agent, or as notes.
func (d *suite) chatter(conversationID string, i, n int) {
	for range n {
		text := fmt.Sprint("From ", i)
		var err error
		if i%3 == 0 {
			_, err = d.TryVisitorWrites(conversationID, 0, text)
		} else {
			_, _, err = d.SendMessage(d.Agent(i%2), conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text, Note: i%3 == 1})
		}
		if err != nil {
			d.T.Errorf("sender %d: %v", i, err)
		}
	}
}

func (d *suite) gapless(conversationID string, n int) {
	d.T.Helper()
	ctx := context.WithoutCancel(d.System)
	list := check.Must(d.Store.Client(ctx).Message.Query().Where(entmessage.ConversationID(conversationID)).Order(ent.Asc(entmessage.FieldNumber)).All(ctx))(d.T)
	visible := 0
	for i, m := range list {
		if m.VisibleNumber > 0 {
			visible++
		}
		if m.Number != i+1 || m.VisibleNumber > 0 && m.VisibleNumber != visible {
			d.T.Errorf("message %d has the numbers %d and %d", i+1, m.Number, m.VisibleNumber)
		}
	}
	c := d.Row(conversationID)
	check.Same(d.T, []int{len(list), c.LastNumber, c.LastVisibleNumber, c.Revision}, []int{n, n, visible, n})
}

// Different changes of one conversation at once: each counts, none is lost.
func TestManyChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		changes := []func() error{
			func() error { return d.close(c) },
			func() error {
				_, err := d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)})
				return err
			},
			func() error { _, err := d.TryAssign(c, &d.AgentIDs[0], nil); return err },
			func() error { _, err := d.TryAssign(c, &d.AgentIDs[1], nil); return err },
			func() error {
				_, err := d.Assign(d.Agent(0), conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody})
				return err
			},
			func() error { _, err := d.TryVisitorWrites(c, 0, "Hello"); return err },
		}
		events := d.EventsOf(func() {
			var all sync.WaitGroup
			for i := range 32 {
				all.Go(func() {
					if err := changes[i%len(changes)](); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
		// Each revision has its events, in the order of the log.
		last := 1
		for _, e := range events {
			if e.Revision != last && e.Revision != last+1 {
				t.Errorf("event %d has the revision %d after %d", e.Sequence, e.Revision, last)
			}
			last = e.Revision
		}
		check.Same(t, d.Row(c).Revision, last)
	})
}
