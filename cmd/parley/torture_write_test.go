package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// scene is where the writers write: three inboxes, and chats in each.
type scene struct {
	channels []*channel
	// readers are tokens of integrations that see some of the inboxes; the last
	// one sees all.
	readers []reader

	mu    sync.Mutex
	chats []chat
}

// reader is a token, and the inboxes that it sees.
type reader struct {
	token   string
	inboxes []string
}

func (a *api) scene() *scene {
	a.t.Helper()
	s := &scene{}
	for i := range 3 {
		c := a.channelNamed(fmt.Sprintf("Inbox %d", i))
		s.channels = append(s.channels, c)
		for j := range 6 {
			s.chats = append(s.chats, c.chat(fmt.Sprintf("Question %d", j)))
		}
	}
	for _, mine := range [][]*channel{s.channels[:1], s.channels[1:], s.channels} {
		var inboxes []string
		for _, c := range mine {
			inboxes = append(inboxes, c.inboxID)
		}
		made := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", fmt.Sprintf("Reader of %d", len(inboxes)), "scopes", []string{"read", "write"}, "inboxIds", inboxes))
		s.readers = append(s.readers, reader{text(made, "createApiToken", "token"), inboxes})
	}
	return s
}

func (s *scene) anyChat() chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chats[rand.IntN(len(s.chats))]
}

func (s *scene) add(c chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats = append(s.chats, c)
}

// write has all writers write for some time, while the cluster suffers. What
// no one acknowledged is sent again, with its key, until someone does.
func (c *cluster) write(s *scene, length time.Duration) {
	ctx, stop := context.WithTimeout(c.t.Context(), length)
	defer stop()
	var all sync.WaitGroup
	pace := rate.NewLimiter(tortureRate, tortureWriters)
	for w := range tortureWriters {
		all.Go(func() {
			for i := 0; pace.Wait(ctx) == nil; i++ {
				c.act(s, fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	c.suffer(ctx, length)
	all.Wait()
}

// act does something at random.
func (c *cluster) act(s *scene, key string) {
	at := s.anyChat()
	on := func(name string, more ...any) {
		in := input(append([]any{"conversationId", at.conversationID, "idempotencyKey", key}, more...)...)
		c.mutate(adminToken, name, in)
	}
	switch n := rand.IntN(100); {
	case n < 3:
		c.begin(s, key)
	case n < 40:
		c.mutate(at.visitor, "sendVisitorMessage", input("conversationId", at.conversationID, "text", "Visitor says "+key, "idempotencyKey", key))
	case n < 70:
		on("sendMessage", "text", "Team says "+key)
	case n < 78:
		on("sendMessage", "text", "Note "+key, "note", true)
	case n < 83:
		on("closeConversation")
	case n < 88:
		on("reopenConversation")
	case n < 91:
		on("claimConversation")
	case n < 94:
		on("markConversationRead")
	case n < 96:
		on("markConversationAsSpam")
	case n < 98:
		on("markConversationAsNotSpam")
	case n < 99:
		on("deleteConversation")
	default:
		on("restoreConversation")
	}
}

// begin starts a chat of a new visitor.
func (c *cluster) begin(s *scene, key string) {
	channel := s.channels[rand.IntN(len(s.channels))]
	visitor := text(c.mutate("", "startVisitorSession", input("channelKey", channel.key)), "token")
	made := c.mutate(visitor, "startChat", input("targetedMessageId", channel.shown, "text", "Hello "+key, "pageUrl", "https://shop.example/", "idempotencyKey", key))
	if id := text(made, "conversation", "id"); id != "" {
		s.add(chat{id, visitor})
	}
}

var payloads = map[string]string{"startVisitorSession": "token", "startChat": "conversation { id }"}

// mutate sends a mutation to any node until one answers. Rules may refuse it.
func (c *cluster) mutate(token, name string, variables map[string]any) any {
	query := fmt.Sprintf("mutation($in: %s!) { %s(input: $in) { %s userErrors { code } } }", upperFirst(name)+"Input", name, payloads[name])
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		c.t.Error(err)
		return nil
	}
	for c.t.Context().Err() == nil {
		if data, ok := c.try(token, name, body); ok {
			return data
		}
		if pause(c.t.Context(), 20*time.Millisecond) != nil {
			break
		}
	}
	return nil
}

func upperFirst(s string) string { return string(s[0]-'a'+'A') + s[1:] }

func (c *cluster) try(token, name string, body []byte) (any, bool) {
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url()+"/graphql", bytes.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return nil, true
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, false
	}
	defer func() { _ = response.Body.Close() }()
	var got answer
	if json.NewDecoder(response.Body).Decode(&got) != nil {
		return nil, false
	}
	for _, e := range got.Errors {
		if code := text(e.Extensions, "code"); code == "UNAVAILABLE" {
			return nil, false
		}
		c.t.Errorf("%s: %s %v", name, e.Message, e.Extensions)
	}
	return got.Data[name], true
}
