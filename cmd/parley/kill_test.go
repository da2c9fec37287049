package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/testkit"
)

const clients = 64

// 64 clients at once, on SQLite and PostgreSQL: no message is lost or doubled,
// and the log has no gap (NT-3).
func TestManyWriters(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		w := &writers{chats: a.chats(8)}
		w.run(a.url, 10, nil)
		w.check(t, a)
	})
}

// kill -9 in the middle of that, 20 times: every acknowledged message is there,
// once, and the log is whole.
func TestKill(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		env := serverEnv(t, db, secret.GenerateKey())
		s := startServer(t, env...)
		w := &writers{chats: s.chats(8)}
		for range 20 {
			kill := sync.OnceFunc(s.kill)
			before := w.acknowledged.Load()
			w.run(s.url, 1000, func() bool {
				if w.acknowledged.Load()-before < clients {
					return false
				}
				kill()
				return true
			})
			s = startServer(t, env...)
		}
		w.retry(t, &s.api)
		w.check(t, &s.api)
	})
}

// chats makes n open chats and returns their ids.
func (a *api) chats(n int) []string {
	a.t.Helper()
	channel := a.channel()
	list := make([]string, n)
	for i := range list {
		list[i] = channel.chat(fmt.Sprintf("Question %d", i)).conversationID
	}
	return list
}

// writers are clients that send messages at once, and remember what the server
// acknowledged.
type writers struct {
	chats        []string
	acknowledged atomic.Int64
	mu           sync.Mutex
	sent, failed []sending
	next         int
}

// sending is one message; its text is its idempotency key too.
type sending struct{ conversationID, text string }

func (w *writers) new(client int) sending {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return sending{w.chats[client%len(w.chats)], fmt.Sprintf("message-%d", w.next)}
}

// run has each client send up to each messages, until over says so.
func (w *writers) run(url string, each int, over func() bool) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for range each {
				s := w.new(c)
				ok := send(client, url, s)
				w.note(s, ok)
				if !ok || over != nil && over() {
					return
				}
			}
		})
	}
	group.Wait()
}

func (w *writers) note(s sending, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ok {
		w.sent = append(w.sent, s)
		w.acknowledged.Add(1)
	} else {
		w.failed = append(w.failed, s)
	}
}

// send reports whether the server acknowledged the message.
func send(client *http.Client, url string, s sending) bool {
	body, err := json.Marshal(map[string]any{
		"query":     `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { message } } }`,
		"variables": map[string]any{"in": map[string]any{"conversationId": s.conversationID, "text": s.text, "idempotencyKey": s.text}},
	})
	if err != nil {
		return false
	}
	request, err := http.NewRequest(http.MethodPost, url+"/graphql", bytes.NewReader(body)) //nolint:noctx // the server's death ends it
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	var got answer
	return json.NewDecoder(response.Body).Decode(&got) == nil && text(got.Data, "sendMessage", "message", "id") != ""
}

// retry sends again what no one acknowledged, as a client would (OP-3).
func (w *writers) retry(t *testing.T, a *api) {
	t.Helper()
	again := w.failed
	w.failed = nil
	for _, s := range again {
		w.note(s, send(http.DefaultClient, a.url, s))
	}
	if len(w.failed) > 0 {
		t.Errorf("%d of %d retries failed", len(w.failed), len(again))
	}
}

// check reads everything back: each acknowledged message once, numbers and
// sequences without gaps.
func (w *writers) check(t *testing.T, a *api) {
	t.Helper()
	if len(w.failed) > 0 || len(w.sent) < clients {
		t.Fatalf("%d were sent, %d failed", len(w.sent), len(w.failed))
	}
	found := map[string]int{}
	for _, chat := range w.chats {
		for number, text := range a.messages(chat) {
			if text == "" {
				t.Errorf("%s has no message %d", chat, number+1)
			}
			found[text]++
		}
	}
	for _, s := range w.sent {
		if found[s.text] != 1 {
			t.Errorf("%q was acknowledged and is there %d times", s.text, found[s.text])
		}
	}
	if a.logged("MESSAGE_CREATED") != len(w.sent)+len(w.chats) {
		t.Errorf("the log has %d messages, want %d", a.logged("MESSAGE_CREATED"), len(w.sent)+len(w.chats))
	}
}

// messages returns the texts of a conversation in the order of their numbers.
func (a *api) messages(conversationID string) []string {
	a.t.Helper()
	var texts []string
	after := any(nil)
	for {
		data := a.do(adminToken, `query($id: ID!, $after: String) { conversation(id: $id) { messages(first: 100, after: $after) {
			pageInfo { hasNextPage endCursor } edges { node { number text } } } } }`, map[string]any{"id": conversationID, "after": after})
		edges, _ := at(data, "conversation", "messages", "edges").([]any)
		for _, e := range edges {
			if n, _ := at(e, "node", "number").(float64); int(n) != len(texts)+1 {
				a.t.Fatalf("%s: message %v stands at %d", conversationID, n, len(texts)+1)
			}
			texts = append(texts, text(e, "node", "text"))
		}
		if more, _ := at(data, "conversation", "messages", "pageInfo", "hasNextPage").(bool); !more {
			return texts
		}
		after = at(data, "conversation", "messages", "pageInfo", "endCursor")
	}
}

// logged reads the whole log, which must be gapless, and counts a type.
func (a *api) logged(eventType string) int {
	a.t.Helper()
	count, last := 0, 0
	for {
		data := a.do(adminToken, `query($after: Sequence!) { events(after: $after) { edges { node { sequence type } } } }`, map[string]any{"after": last})
		edges, _ := at(data, "events", "edges").([]any)
		if len(edges) == 0 {
			if head := a.head(); head != last {
				a.t.Fatalf("the log ends at %d, its head is %d", last, head)
			}
			return count
		}
		for _, e := range edges {
			n, _ := at(e, "node", "sequence").(float64)
			if last++; int(n) != last {
				a.t.Fatalf("the log has %v in place of %d", n, last)
			}
			if text(e, "node", "type") == eventType {
				count++
			}
		}
	}
}
