package main

import (
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
		_ = s.ask(adminToken, `mutation($in: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $in) { userErrors { code } } }`,
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
