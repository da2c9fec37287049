package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

func eachPushing(t *testing.T, run func(t *testing.T, a *api, s *pushService)) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := newPushService(t)
		a := serveTest(t, db.Open(t, clock.System{}), func(c *serverSettings) {
			c.pushRoots, c.ConversationURL = s.roots(), "https://inbox.example.com/c/{id}"
		})
		run(t, a, s)
	})
}

// NT-1, NT-7: a browser shows what its user is notified of: encrypted for it, with the
// installation's signature, in the place of an earlier one of its conversation.
func TestWebPush(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		b := s.device(t)
		key := text(a.do(o.benToken, `{ pushPublicKey }`, nil), "pushPublicKey")
		first := a.registers(o.benToken, b)
		if again := a.registers(o.benToken, b); again != first || len(a.browsers(o.benToken)) != 1 {
			t.Errorf("registered again, it is %s and not %s", again, first)
		}
		c := o.site.chat("Where is my parcel?")
		p := s.pushes(t)
		n := o.told(o.benToken, vocab.NotifyNewChat, c.conversationID)
		for field, want := range map[string]any{
			"id": text(n, "id"), "kind": "NEW_CHAT", "text": text(n, "text"), "url": "https://inbox.example.com/c/" + c.conversationID,
			"conversationId": c.conversationID, "tag": p.topic, "unread": 1.0,
		} {
			if p.payload[field] != want {
				t.Errorf("%s is %v, want %v", field, p.payload[field], want)
			}
		}
		if len(p.topic) != 32 || p.urgency != "high" || p.ttl == "" || p.ttl == "0" {
			t.Errorf("it has topic %q, urgency %q and TTL %q", p.topic, p.urgency, p.ttl)
		}
		exp, err := p.claims.GetExpirationTime()
		if p.key != key || p.claims["aud"] != s.URL || fmt.Sprint(p.claims["sub"]) != "mailto:parley@example.com" || err != nil || time.Until(exp.Time) > 24*time.Hour {
			t.Errorf("it is signed with %s, want %s; claims %v (%v)", p.key, key, p.claims, err)
		}
		a.assign(adminToken, c.conversationID, o.ben)
		if p := s.pushes(t); p.payload["kind"] != "ASSIGNED" || p.topic == "" {
			t.Errorf("then comes %v", p.payload)
		}
		if list := a.browsers(o.benToken); at(list[0], "usedAt") == nil || text(list[0], "pushService") != "127.0.0.1" || text(list[0], "userAgent") != "Firefox on Linux" {
			t.Errorf("the browser is %v", list)
		}
		o.endsBrowsers(t, s, b)
	})
}

// endsBrowsers has another user register Ben's browser, which then is theirs, and remove it.
func (o *office) endsBrowsers(t *testing.T, s *pushService, b *device) {
	t.Helper()
	moved := o.registers(adminToken, b)
	if list := o.browsers(o.benToken); len(list) != 0 {
		t.Errorf("Ben has it still: %v", list)
	}
	if got := o.codes(o.benToken, "removePushSubscription", "RemovePushSubscriptionInput", "pushSubscriptionId", moved); got != "NOT_FOUND" {
		t.Errorf("Ben removes another's browser: %q", got)
	}
	if got := o.codes(adminToken, "removePushSubscription", "RemovePushSubscriptionInput", "pushSubscriptionId", moved); got != "" {
		t.Errorf("the admin cannot remove theirs: %q", got)
	}
	var last []string
	for range 21 {
		last = append(last, o.registers(o.benToken, s.device(t)))
	}
	list := o.browsers(o.benToken)
	for _, one := range list {
		if text(one, "id") == last[0] {
			t.Error("the oldest of 21 browsers is there still")
		}
	}
	if len(list) != 20 {
		t.Errorf("there are %d browsers, want 20", len(list))
	}
}

// NT-1: what a browser's push service answers decides: gone, later, refused.
func TestPushServiceAnswers(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		gone, busy, refusing := s.device(t), s.device(t), s.device(t)
		gone.answersWith(status(http.StatusGone))
		busy.answersWith(status(http.StatusTooManyRequests, "Retry-After", "1"), status(http.StatusServiceUnavailable))
		var no []func(http.ResponseWriter)
		for range 20 {
			no = append(no, status(http.StatusForbidden))
		}
		refusing.answersWith(no...)
		for _, b := range []*device{gone, busy, refusing} {
			a.registers(o.benToken, b)
		}
		o.site.chat("Hello")
		a.lessBrowsers(o.benToken, 2)
		if p := s.pushes(t); p.path != busy.path || busy.asks() != 3 {
			t.Errorf("it came to %s after %d", p.path, busy.asks())
		}
		for range 4 {
			o.site.chat("Hello")
			s.pushes(t)
		}
		a.lessBrowsers(o.benToken, 1)
		if refusing.asks() != 5 {
			t.Errorf("a service that refuses was asked %d times, want 5", refusing.asks())
		}
	})
}

// NT-1: addresses that are no push service's, or lead into the network, are refused.
func TestPushAddresses(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		s := newPushService(t)
		b := s.device(t)
		for address, want := range map[string]string{
			"http://push.example.net/1":                      "INVALID",
			"https://10.1.2.3/push":                          "INVALID",
			"https://169.254.169.254/latest":                 "INVALID",
			"https://[::1]/push":                             "INVALID",
			"https://user:word@127.0.0.1/":                   "INVALID",
			"https://no.such.host.invalid/":                  "INVALID",
			"https://127.0.0.1/" + strings.Repeat("a", 2000): "TOO_LONG",
		} {
			fields := b.fields()
			fields[1] = address
			if got := a.codes(o.benToken, "registerPushSubscription", "RegisterPushSubscriptionInput", fields...); got != want {
				t.Errorf("%s: %q, want %s", address, got, want)
			}
		}
		for _, place := range []int{3, 5} {
			fields := b.fields()
			fields[place] = "bm90IGEga2V5"
			if got := a.codes(o.benToken, "registerPushSubscription", "RegisterPushSubscriptionInput", fields...); got != "INVALID" {
				t.Errorf("a wrong %v: %q", fields[place-1], got)
			}
		}
	})
}

// NT-1: who is signed out, whose token is revoked, and who is deactivated gets no pushes; nor
// is what was read, turned off, or in quiet hours pushed.
func TestPushEnds(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		quiet := func(hours any) {
			t.Helper()
			if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", hours); got != "" {
				t.Fatal(got)
			}
		}
		b := s.device(t)
		a.registers(o.benToken, b)
		if got := o.prefers(vocab.NotifyNewChat, vocab.NotifyByPush, nil, false); got != "" {
			t.Fatal(got)
		}
		o.told(o.benToken, vocab.NotifyNewChat, o.site.chat("Hello").conversationID)
		quiet(map[string]any{"timeZone": "UTC", "hours": allWeekBut(-1)})
		c := o.site.chat("Where is my parcel?")
		a.assign(adminToken, c.conversationID, o.ben)
		o.told(o.benToken, vocab.NotifyAssigned, c.conversationID)
		for deadline := time.After(time.Minute); ; {
			left, err := a.store.Strings(t.Context(), "SELECT id FROM notifications WHERE push_at > 0")
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 {
				break
			}
			select {
			case <-deadline:
				t.Fatal("a push waits for the end of quiet hours")
			case <-time.After(10 * time.Millisecond):
			}
		}
		quiet(nil)
		a.note(adminToken, c.conversationID, "@Ben", o.ben)
		if p := s.pushes(t); p.payload["kind"] != "MENTION" || b.asks() != 1 {
			t.Errorf("%d pushes came, the last %v", b.asks(), p.payload)
		}
		if got := a.codes(adminToken, "deactivateUser", "DeactivateUserInput", "userId", o.ben); got != "" {
			t.Fatal(got)
		}
		for deadline := time.After(time.Minute); ; {
			left, err := a.store.Strings(t.Context(), "SELECT id FROM push_subscriptions")
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 {
				break
			}
			select {
			case <-deadline:
				t.Fatal("the browser of who was deactivated is there still")
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

// NT-1: a browser in which its user signs out shows no more: its registration ends with the
// session.
func TestPushEndsWithTheSession(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		d := &doors{api: a}
		o := a.office()
		const create = `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link userErrors { code field } } }`
		shown, err := url.Parse(text(d.do(adminToken, create, input("userId", o.ben)), "createSignInLink", "link"))
		if err != nil {
			t.Fatal(err)
		}
		p, kept := d.browser(), s.device(t)
		p.submit("/auth/link", url.Values{"link": shown.Query()["link"]})
		got := p.ask(`mutation($in: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $in) { pushSubscription { id } userErrors { message } } }`, input(s.device(t).fields()...), nil)
		if text(got.Data, "registerPushSubscription", "pushSubscription", "id") == "" {
			t.Fatalf("the session cannot register: %v", got)
		}
		a.registers(o.benToken, kept)
		if list := a.browsers(o.benToken); len(list) != 2 {
			t.Fatalf("there are %v", list)
		}
		p.submit("/auth/logout", url.Values{})
		a.lessBrowsers(o.benToken, 1)
		o.site.chat("Hello")
		if got := s.pushes(t); got.path != kept.path {
			t.Errorf("it was pushed to %s, want %s", got.path, kept.path)
		}
	})
}

// NT-1: the installation has one pair of keys, whichever node makes it and however often it
// starts; the private one, and where browsers are reached, are not stored as they are.
func TestPushKeysStay(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		keys := make(chan string)
		for range 8 {
			go func() { keys <- text(a.do(o.benToken, `{ pushPublicKey }`, nil), "pushPublicKey") }()
		}
		first := <-keys
		for range 7 {
			if key := <-keys; key != first || len(key) != 87 {
				t.Errorf("the key is %s, and %s", first, key)
			}
		}
		b := s.device(t)
		a.registers(o.benToken, b)
		for query, secret := range map[string]string{
			"SELECT private_key FROM push_keys":     "s1.",
			"SELECT sealed FROM push_subscriptions": "s1.",
		} {
			got, err := a.store.Strings(t.Context(), query)
			if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], secret) || strings.Contains(got[0], b.path) {
				t.Errorf("%s: %v (%v)", query, got, err)
			}
		}
	})
}
