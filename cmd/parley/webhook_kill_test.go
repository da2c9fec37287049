package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"parley/internal/secret"
	"parley/internal/testkit"
)

// NT-4: a server that is killed while it sends loses nothing: each message comes at least once,
// under one id, and those of a conversation in order.
func TestWebhooksOutliveKills(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		const chats, each = 4, 10
		env := append(serverEnv(t, db, secret.GenerateKey()), "PARLEY_WEBHOOK_NETWORKS=127.0.0.0/8")
		s := startServer(t, env...)
		var once sync.Once
		kill := s.kill
		r := newReceiver(t, nil)
		r.answer = func(w http.ResponseWriter, _ received) {
			if len(r.all()) == chats*each/3 {
				once.Do(kill)
			}
			w.WriteHeader(http.StatusNoContent)
		}
		site := s.channel()
		o := &office{api: &s.api, site: site}
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		// What is written waits until the endpoint is resumed, so that the kill meets all of it.
		if got := s.codes(adminToken, "updateWebhookEndpoint", "UpdateWebhookEndpointInput", "webhookEndpointId", h.id, "enabled", false); got != "" {
			t.Fatal(got)
		}
		for i := range chats {
			c := site.chat(fmt.Sprint("Chat ", i))
			for n := range each - 1 {
				s.writes(c, fmt.Sprint(n))
			}
		}
		o.settles(h, "all is written", func(list []any) bool { return len(list) == chats*each })
		s.askOfDying(adminToken, `mutation($in: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $in) { userErrors { code } } }`,
			input("webhookEndpointId", h.id, "enabled", true))
		r.await(t, "the requests before the kill", func(list []received) bool { return len(list) >= chats*each/3 })
		again := startServer(t, env...)
		defer again.stop()
		ids := map[int]string{}
		r.await(t, "each message", func(list []received) bool {
			clear(ids)
			for _, g := range list {
				ids[g.sequence] = g.id
			}
			return len(ids) == chats*each
		})
		last := map[string]int{}
		for _, g := range r.all() {
			if g.sequence < last[g.conversation] {
				t.Errorf("%d came after %d", g.sequence, last[g.conversation])
			}
			last[g.conversation] = g.sequence
			if ids[g.sequence] != g.id {
				t.Errorf("%d came under two ids", g.sequence)
			}
		}
		o.api = &again.api
		o.settles(h, "all delivered", allAre("DELIVERED"))
		t.Logf("%d requests for %d messages", len(r.all()), chats*each)
	})
}

// askOfDying sends a request to a server that may be killed before it has answered.
func (a *api) askOfDying(token, query string, variables map[string]any) {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	ok(a.t, err)
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/graphql", bytes.NewReader(body))
	ok(a.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

// NT-4, OP-2: what two nodes write is sent by one of them, once and in order; if that one is killed, the
// other one goes on.
func TestWebhooksOfTwoNodes(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	const chats, each = 3, 8
	c := newCluster(t, db, "PARLEY_WEBHOOK_NETWORKS=127.0.0.0/8")
	first, second := c.api(), &api{t: t, url: "http://" + c.addrs[1]}
	r := newReceiver(t, nil)
	site := first.channel()
	o := &office{api: first, site: site}
	o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
	var talks []chat
	for i := range chats {
		talks = append(talks, site.chat(fmt.Sprint("Chat ", i)))
	}
	write := func(nodes ...*api) {
		for n := range each {
			for _, talk := range talks {
				nodes[n%len(nodes)].writes(talk, fmt.Sprint(n))
			}
		}
	}
	write(first, second)
	r.await(t, "each message", func(list []received) bool { return len(list) >= chats*(each+1) })
	sequences := map[int]bool{}
	for _, g := range r.all() {
		if sequences[g.sequence] {
			t.Errorf("%d came twice", g.sequence)
		}
		sequences[g.sequence] = true
	}
	c.nodes[1].kill()
	write(first)
	r.await(t, "what came after the kill", func(list []received) bool {
		for _, g := range list {
			sequences[g.sequence] = true
		}
		return len(sequences) == chats*(2*each+1)
	})
	last := map[string]int{}
	for _, g := range r.all() {
		if g.sequence < last[g.conversation] {
			t.Errorf("%d came after %d", g.sequence, last[g.conversation])
		}
		last[g.conversation] = g.sequence
	}
}
