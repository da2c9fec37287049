package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

const (
	exampleWriting = 6 * time.Second
	exampleWriters = 8
	exampleRate    = 40 // writes of all writers in a second
)

// The example of docs/live stays true over a network that cuts, delays and
// swallows, while others write: its view and its thread show what fresh queries
// show, and what was typed into it is there once (NT-3, NT-5, OP-3). One process
// with SQLite, two with PostgreSQL and NATS.
func TestExampleOverABadNetwork(t *testing.T) {
	t.Parallel()
	buildExample(t)
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := newCluster(t, db)
		s := c.api().scene()
		topic := s.channels[0].chat("Where is my parcel?")
		bad := newNetwork(t, c.addrs...)
		e := startExample(t, bad.url(), adminToken, topic.conversationID)
		typed := c.keepWriting(s, topic, e)
		bad.settle()

		e.await("what was typed is sent", func(shown *screen) bool {
			counts := shown.texts()
			for _, text := range typed {
				if counts[text] != 1 {
					return false
				}
			}
			return len(shown.Sending) == 0
		})
		e.awaitTruth(c.api(), topic.conversationID)
		if n := bad.broken.Load(); n < 4 {
			t.Errorf("the network broke %d connections, which is no test", n)
		} else {
			t.Logf("the network broke %d connections; the thread has %d messages", n, len(e.last().Thread))
		}
	})
}

// keepWriting has writers act for some seconds, and types into the example. It
// returns what was typed.
func (c *cluster) keepWriting(s *scene, topic chat, e *example) (typed []string) {
	ctx, stop := context.WithTimeout(c.t.Context(), exampleWriting)
	defer stop()
	var all sync.WaitGroup
	pace := rate.NewLimiter(exampleRate, exampleWriters)
	for w := range exampleWriters {
		all.Go(func() {
			for i := 0; pace.Wait(ctx) == nil; i++ {
				if w%2 == 0 {
					c.act(s, fmt.Sprintf("%d-%d", w, i))
				} else {
					c.talk(topic, fmt.Sprintf("%d-%d", w, i))
				}
			}
		})
	}
	for pause(ctx, exampleWriting/20) == nil {
		text := fmt.Sprintf("Typed %d", len(typed))
		typed = append(typed, text)
		e.write(text)
	}
	all.Wait()
	return typed
}

// talk does something in one conversation that leaves it open: someone writes,
// and what was written is edited or deleted.
func (c *cluster) talk(at chat, key string) {
	if rand.IntN(2) == 0 {
		c.mutate(at.visitor, "sendVisitorMessage", input("conversationId", at.conversationID, "text", "Visitor says "+key, "idempotencyKey", key))
		return
	}
	made := c.api().do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { message } } }`,
		input("conversationId", at.conversationID, "text", "Team says "+key, "note", rand.IntN(3) == 0, "idempotencyKey", key))
	id := text(made, "sendMessage", "message", "id")
	if rand.IntN(2) == 0 {
		c.mutate(adminToken, "editMessage", input("messageId", id, "text", "Team means "+key, "idempotencyKey", key))
	}
	if rand.IntN(3) == 0 {
		c.mutate(adminToken, "deleteMessage", input("messageId", id, "idempotencyKey", key))
	}
}

// The log has forgotten where a thread was: it is loaded again (NT-3).
func TestExampleAfterRetention(t *testing.T) {
	t.Parallel()
	buildExample(t)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		topic := a.channel().chat("Where is my parcel?")
		n := newNetwork(t, a.url[len("http://"):])
		n.settle()
		e := startExample(t, n.url(), adminToken, topic.conversationID)
		e.awaitTruth(a, topic.conversationID)
		n.fail(true)
		for i := range 60 {
			a.do(topic.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
				input("conversationId", topic.conversationID, "text", fmt.Sprintf("Message %d", i)))
		}
		a.forgetLog()
		n.fail(false)
		e.await("the last page is read anew", func(shown *screen) bool { return len(shown.Thread) == 50 })
		e.awaitTruth(a, topic.conversationID)
	})
}

// forgetLog has the log forget all that it may.
func (a *api) forgetLog() {
	a.t.Helper()
	// The consumers' marks, which hold the floor, follow within a minute: none is
	// waited for here.
	everywhere := viewer.NewContext(a.t.Context(), viewer.Everywhere("test"))
	if err := a.store.WithTx(everywhere, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM reaction_consumers")
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	if err := event.New(a.store).Trim(a.t.Context(), 0); err != nil {
		a.t.Fatal(err)
	}
}

// A token that is dead ends the example; it does not knock for ever (AC-11).
func TestExampleWithADeadToken(t *testing.T) {
	t.Parallel()
	buildExample(t)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		inbox := a.channel()
		topic := inbox.chat("Where is my parcel?")
		made := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token apiToken { id } userErrors { message } } }`,
			input("name", "Screen", "scopes", []string{"read"}, "inboxIds", []string{inbox.inboxID}))
		e := startExample(t, a.url, text(made, "createApiToken", "token"), topic.conversationID)
		e.await("the thread is there", func(shown *screen) bool { return len(shown.Thread) == 1 && shown.View != nil })
		a.do(adminToken, `mutation($in: RevokeApiTokenInput!) { revokeApiToken(input: $in) { userErrors { message } } }`,
			input("apiTokenId", text(made, "createApiToken", "apiToken", "id")))
		e.await("it ends", func(shown *screen) bool { return shown.Ended != "" })
		if got := e.last().Ended; got != "CLOSED_4401" && got != "UNAUTHENTICATED" {
			t.Errorf("it ended with %s", got)
		}
	})
}

const (
	exampleRow     = "id revision status preview unread lastMessageAt contact { id name email }"
	exampleMessage = "id number direction text delivery editedAt deletedAt"
)

// awaitTruth waits until the example shows what fresh queries show: all rows,
// and the messages from its thread's first one on.
func (e *example) awaitTruth(a *api, conversationID string) {
	e.t.Helper()
	data := a.do(adminToken, `query($id: ID!) { conversations(view: {builtIn: ALL}, first: 20) { edges { node { `+exampleRow+` } } }
		conversation(id: $id) { messages(last: 100) { totalCount edges { node { `+exampleMessage+` } } } } }`, map[string]any{"id": conversationID})
	view := nodes(at(data, "conversations"))
	thread := nodes(at(data, "conversation", "messages"))
	differs := func(shown *screen) string {
		n := min(len(shown.Thread), len(thread))
		if n < min(50, len(thread)) {
			return fmt.Sprintf("the thread has %d messages of %d", n, len(thread))
		}
		return cmp.Diff(view, shown.View) + cmp.Diff(thread[len(thread)-n:], shown.Thread[len(shown.Thread)-n:])
	}
	defer func() {
		if e.t.Failed() {
			e.t.Logf("(-want +shown)\n%.5000s", differs(e.last()))
		}
	}()
	e.await("it shows what fresh queries show", func(shown *screen) bool { return differs(shown) == "" })
}

func nodes(connection any) []any {
	list := []any{}
	edges, _ := at(connection, "edges").([]any)
	for _, edge := range edges {
		list = append(list, at(edge, "node"))
	}
	return list
}
