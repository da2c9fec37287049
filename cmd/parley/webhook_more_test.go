package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
)

// NT-4: for a time both secrets sign; the new one is shown once.
func TestWebhookSecretRotates(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now())
	eachHooked(t, turned, func(t *testing.T, o *office) {
		r := newReceiver(t, nil)
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		c := o.site.chat("One")
		first := r.count(t, "MESSAGE_CREATED", 1)[0]
		verified(t, h.secret, first)
		const rotate = `mutation($in: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $in) { secret webhookEndpoint { previousSecretExpiresAt } userErrors { code } } }`
		in := input("webhookEndpointId", h.id, "overlapSeconds", 60, "idempotencyKey", "r1")
		got := at(o.do(adminToken, rotate, in), "rotateWebhookSecret")
		next := text(got, "secret")
		if !strings.HasPrefix(next, "whsec_") || next == h.secret || text(got, "webhookEndpoint", "previousSecretExpiresAt") == "" {
			t.Fatalf("got %v", got)
		}
		if again := at(o.do(adminToken, rotate, in), "rotateWebhookSecret"); at(again, "secret") != nil {
			t.Errorf("repeated, it shows the secret again: %v", again)
		}
		o.writes(c, "Two")
		second := r.count(t, "MESSAGE_CREATED", 2)[1]
		verified(t, h.secret, second)
		verified(t, next, second)
		turned.Advance(2 * time.Minute)
		o.writes(c, "Three")
		third := r.count(t, "MESSAGE_CREATED", 3)[2]
		verified(t, next, third)
		if n := len(strings.Fields(third.header.Get("webhook-signature"))); n != 1 {
			t.Errorf("%d signatures after the overlap", n)
		}
		if got := o.do(adminToken, `query($id: ID!) { webhookEndpoint(id: $id) { previousSecretExpiresAt } }`, map[string]any{"id": h.id}); at(got, "webhookEndpoint", "previousSecretExpiresAt") != nil {
			t.Errorf("after the overlap it says %v", got)
		}
	})
}

// NT-6: a document's answer goes with each delivery; what it may no longer read is said.
func TestWebhookDocument(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		r := newReceiver(t, nil)
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"}, "document", `subscription { events { sequence message { text } conversation { status channel { __typename } } } }`)
		o.site.chat("What does it cost?")
		got := r.count(t, "MESSAGE_CREATED", 1)[0]
		if text(got.body, "data", "result", "events", "message", "text") != "What does it cost?" || text(got.body, "data", "result", "events", "conversation", "status") != "OPEN" {
			t.Errorf("got %s", got.raw)
		}
		// Narrower scopes that the document does not fit are refused; so are other documents.
		for want, document := range map[string]string{
			"a subscription":  `{ viewer { account { id } } }`,
			"no arguments":    `subscription { events(after: 1) { id } }`,
			"by its own name": `subscription { e: events { id } }`,
			"no variables":    `subscription($n: Boolean = true) { events { id @include(if: $n) } }`,
			"one operation":   `subscription A { events { id } } subscription B { events { id } }`,
			"Cannot query":    fmt.Sprintf("subscription { events { %s } }", "nothing"),
			"scope":           `subscription { events { actor { ... on User { email } } message { text } } }`,
		} {
			in := input("webhookEndpointId", h.id, "document", document)
			if want == "scope" {
				in = input("webhookEndpointId", h.id, "document", document, "scopes", []string{"events:read"})
			}
			answer := o.ask(adminToken, `mutation($in: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $in) { userErrors { code message field } } }`, in)
			if e := at(answer.Data, "updateWebhookEndpoint", "userErrors", 0); text(e, "code") != "INVALID" || !strings.Contains(text(e, "message"), want) {
				t.Errorf("%s: got %v", document, answer)
			}
		}
	})
}

// NT-4: a part of the log, or one delivery, is sent again, and a test at once.
func TestWebhookReplay(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		before := o.site.chat("Before the endpoint")
		r := newReceiver(t, nil)
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		o.writes(before, "After it")
		first := r.count(t, "MESSAGE_CREATED", 1)[0]
		replay := at(o.do(adminToken, `mutation($in: ReplayWebhookInput!) { replayWebhook(input: $in) { round userErrors { code message } } }`,
			input("webhookEndpointId", h.id, "after", "0")), "replayWebhook")
		if fmt.Sprint(at(replay, "round")) != "1" {
			t.Fatalf("got %v", replay)
		}
		got := r.count(t, "MESSAGE_CREATED", 3)
		if got[1].sequence >= got[2].sequence || got[2].sequence != first.sequence || got[2].id == first.id {
			t.Errorf("replayed: %v", kindsOfReceived(got))
		}
		again := at(o.do(adminToken, `mutation($in: ReplayWebhookDeliveryInput!) { replayWebhookDelivery(input: $in) { webhookDelivery { id round } userErrors { code } } }`,
			input("webhookDeliveryId", first.id, "idempotencyKey", "again")), "replayWebhookDelivery")
		if got := r.count(t, "MESSAGE_CREATED", 4)[3]; got.sequence != first.sequence || got.id != text(again, "webhookDelivery", "id") {
			t.Errorf("again: %v, want %v", got, again)
		}
		if got := o.codes(adminToken, "testWebhook", "TestWebhookInput", "webhookEndpointId", h.id); got != "" {
			t.Fatal(got)
		}
		verified(t, h.secret, r.count(t, "WEBHOOK_TEST", 1)[0])
		for want, until := range map[string]string{"INVALID": "999999"} {
			if got := o.codes(adminToken, "replayWebhook", "ReplayWebhookInput", "webhookEndpointId", h.id, "after", "1", "until", until); got != want {
				t.Errorf("until %s: %q, want %s", until, got, want)
			}
		}
	})
}

// NT-4: explainDelivery says why an event did or did not go out.
func TestExplainDelivery(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		r := newReceiver(t, nil)
		plain := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		c := o.site.chat("Hello")
		got := r.count(t, "MESSAGE_CREATED", 1)[0]
		other := o.api.channel()
		hooks := map[string]hook{
			"RIGHTS": o.hook(r.URL), "TYPE": plain,
			"FILTER":         o.hook(r.URL, "filter", map[string]any{"priorities": []string{"URGENT"}}),
			"CHANGED_FIELDS": o.hook(r.URL, "changedFields", []string{"priority"}),
			"STATE":          o.hook(r.URL),
		}
		integration := text(o.do(adminToken, `query($id: ID!) { webhookEndpoint(id: $id) { integration { id } } }`, map[string]any{"id": plain.id}), "webhookEndpoint", "integration", "id")
		if got := o.codes(adminToken, "updateIntegration", "UpdateIntegrationInput", "integrationId", integration, "inboxIds", []string{o.site.inboxID, other.inboxID}); got != "" {
			t.Fatal(got)
		}
		made := at(o.do(adminToken, `mutation($in: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $in) { webhookEndpoint { id } userErrors { message } } }`,
			input("name", "Other", "url", r.URL, "scopes", []string{"read"}, "integrationId", integration, "inboxIds", []string{other.inboxID})), "createWebhookEndpoint")
		hooks["INBOX"] = hook{id: text(made, "webhookEndpoint", "id")}
		if got := o.codes(adminToken, "updateWebhookEndpoint", "UpdateWebhookEndpointInput", "webhookEndpointId", hooks["STATE"].id, "enabled", false); got != "" {
			t.Fatal(got)
		}
		o.assign(adminToken, c.conversationID, o.ben)
		assigned := 0
		for deadline := time.Now().Add(time.Minute); assigned == 0 && time.Now().Before(deadline); {
			list, _ := at(o.do(adminToken, `{ events(last: 20) { nodes { sequence type } } }`, nil), "events", "nodes").([]any)
			for _, e := range list {
				if text(e, "type") == "CONVERSATION_ASSIGNED" {
					_, _ = fmt.Sscan(fmt.Sprint(at(e, "sequence")), &assigned)
				}
			}
		}
		for failing, h := range hooks {
			sequence := assigned
			if failing == "RIGHTS" {
				sequence = got.sequence // from before the endpoint
			}
			x := at(o.do(adminToken, `query($id: ID!, $n: Sequence!) { explainDelivery(webhookEndpointId: $id, sequence: $n) { matched steps { step matched text } delivery { id } } }`,
				map[string]any{"id": h.id, "n": fmt.Sprint(sequence)}), "explainDelivery")
			steps, _ := at(x, "steps").([]any)
			var not []string
			for _, s := range steps {
				if matched, _ := at(s, "matched").(bool); !matched {
					not = append(not, text(s, "step"))
				}
			}
			if len(steps) != 6 || !slices.Equal(not, []string{failing}) {
				t.Errorf("%s: got %v", failing, x)
			}
			if matched, _ := at(x, "matched").(bool); matched != (failing == "STATE") {
				t.Errorf("%s: matched is %v", failing, matched)
			}
		}
		x := at(o.do(adminToken, `query($id: ID!, $n: Sequence!) { explainDelivery(webhookEndpointId: $id, sequence: $n) { matched delivery { id } } }`,
			map[string]any{"id": plain.id, "n": fmt.Sprint(got.sequence)}), "explainDelivery")
		if text(x, "delivery", "id") != got.id {
			t.Errorf("the delivery is %v, want %s", x, got.id)
		}
	})
}

// AC-5, AC-12: what an endpoint may be, and who may make one.
func TestWebhookInput(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		create := func(token string, pairs ...any) string {
			in := append([]any{"name", "Sync", "url", "https://example.com/hook", "scopes", []string{"read"}}, pairs...)
			return o.codes(token, "createWebhookEndpoint", "CreateWebhookEndpointInput", in...)
		}
		for _, c := range []struct {
			want  string
			pairs []any
		}{
			{"INVALID", []any{"url", "http://example.com/"}},
			{"INVALID", []any{"url", "ftp://example.com/"}},
			{"INVALID", []any{"url", "https://user:secret@example.com/"}},
			{"INVALID", []any{"url", "https://example.com/#part"}},
			{"INVALID", []any{"url", "http://10.0.0.1/"}},
			{"REQUIRED", []any{"url", ""}},
			{"TOO_LONG", []any{"url", "https://example.com/" + strings.Repeat("a", 2000)}},
			{"REQUIRED", []any{"scopes", []string{}}},
			{"INVALID", []any{"scopes", []string{"everything"}}},
			{"INVALID", []any{"scopes", []string{"contacts:read"}}},
			{"INVALID", []any{"changedFields", []string{"not a name"}}},
			{"NOT_FOUND", []any{"inboxIds", []string{"inbox_x"}}},
			{"NOT_FOUND", []any{"integrationId", "integration_x"}},
			{"", []any{"url", "http://127.0.0.1:1/"}},
		} {
			if got := create(adminToken, c.pairs...); got != c.want {
				t.Errorf("%v: got %q, want %q", c.pairs, got, c.want)
			}
		}
		if got := o.ask(o.benToken, `{ webhookEndpoints { nodes { id } } }`, nil); len(got.Errors) == 0 {
			t.Errorf("an agent sees endpoints: %v", got)
		}
	})
}

// E30, AC-12: what an integration no longer sees is not sent, although it was written.
func TestWebhookLosesRights(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now())
	eachHooked(t, turned, func(t *testing.T, o *office) {
		fails := make(chan bool, 1)
		fails <- true
		r := newReceiver(t, func(w http.ResponseWriter, _ received) {
			select {
			case <-fails:
				w.WriteHeader(http.StatusInternalServerError)
			default:
			}
		})
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		o.site.chat("Secret")
		o.settles(h, "the failure", func(list []any) bool { return len(list) == 1 && text(list[0], "lastFailure") == "STATUS" })
		integration := text(o.do(adminToken, `query($id: ID!) { webhookEndpoint(id: $id) { integration { id } } }`, map[string]any{"id": h.id}), "webhookEndpoint", "integration", "id")
		if got := o.codes(adminToken, "updateIntegration", "UpdateIntegrationInput", "integrationId", integration, "inboxIds", []string{}); got != "" {
			t.Fatal(got)
		}
		turned.Advance(time.Minute)
		list := o.settles(h, "canceled", allAre("CANCELED"))
		if text(list[0], "lastFailure") != "NOT_VISIBLE" || len(r.all()) != 1 {
			t.Errorf("got %v, and %d requests", list, len(r.all()))
		}
	})
}

// E30, AC-12: a token that grants less than an endpoint reads does not direct it, nor gets its
// secret or a replay; it may pause it.
func TestWebhookIsDirectedByWhoMayRead(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		h := o.hook(newReceiver(t, nil).URL)
		made := o.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Settings", "scopes", []string{"settings:write", "settings:read"}, "userId", text(o.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")))
		narrow := text(made, "createApiToken", "token")
		call := func(mutation, kind string, pairs ...any) string {
			in := input(append([]any{"webhookEndpointId", h.id}, pairs...)...)
			done := o.ask(narrow, `mutation($in: `+kind+`!) { `+mutation+`(input: $in) { userErrors { code } } }`, in)
			if len(done.Errors) > 0 {
				return fmt.Sprint(done.Errors[0].Extensions["code"])
			}
			return text(done.Data, mutation, "userErrors", 0, "code")
		}
		for _, c := range []struct {
			mutation, kind string
			pairs          []any
		}{
			{"updateWebhookEndpoint", "UpdateWebhookEndpointInput", []any{"url", "http://127.0.0.1:1/"}},
			{"updateWebhookEndpoint", "UpdateWebhookEndpointInput", []any{"document", "subscription { events { id } }"}},
			{"updateWebhookEndpoint", "UpdateWebhookEndpointInput", []any{"enabled", false, "url", "http://127.0.0.1:1/"}},
			{"rotateWebhookSecret", "RotateWebhookSecretInput", nil},
			{"replayWebhook", "ReplayWebhookInput", []any{"after", 0}},
		} {
			if got := call(c.mutation, c.kind, c.pairs...); got != "FORBIDDEN" {
				t.Errorf("%s %v: got %q", c.mutation, c.pairs, got)
			}
		}
		if got := call("updateWebhookEndpoint", "UpdateWebhookEndpointInput", "enabled", false); got != "" || o.state(h) != "PAUSED BY_HAND" {
			t.Errorf("pausing: %q, it is %s", got, o.state(h))
		}
		if got := call("updateWebhookEndpoint", "UpdateWebhookEndpointInput", "enabled", true); got != "FORBIDDEN" {
			t.Errorf("resuming: %q", got)
		}
	})
}
