package main

import (
	"net/http"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// NT-1: a push that its service puts off is not sent any more if its user has read the notification
// by then, lost the conversation, or the token of the browser was revoked.
func TestPushIsLate(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		if got := o.prefers(vocab.NotifyNewChat, vocab.NotifyByPush, nil, false); got != "" {
			t.Fatal(got)
		}
		for name, meanwhile := range map[string]func(c chat){
			"it was read": func(chat) {
				a.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
			},
			"the conversation is in the trash": func(c chat) {
				if got := a.codes(adminToken, "deleteConversation", "DeleteConversationInput", "conversationId", c.conversationID); got != "" {
					t.Fatal(got)
				}
			},
			"he lost the inbox": func(chat) {
				if got := a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", o.site.inboxID, "removeUserIds", []string{o.ben}); got != "" {
					t.Fatal(got)
				}
			},
		} {
			if got := a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", o.site.inboxID, "addUserIds", []string{o.ben}); got != "" {
				t.Fatal(got)
			}
			o.late(t, s, name, o.benToken, meanwhile)
		}
		if got := a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", o.site.inboxID, "addUserIds", []string{o.ben}); got != "" {
			t.Fatal(got)
		}
		made := a.do(o.benToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token apiToken { id } userErrors { message } } }`, input("name", "phone", "scopes", []string{"*"}, "userId", o.ben))
		o.late(t, s, "its token was revoked", text(made, "createApiToken", "token"), func(chat) {
			if got := a.codes(o.benToken, "revokeApiToken", "RevokeApiTokenInput", "apiTokenId", text(made, "createApiToken", "apiToken", "id")); got != "" {
				t.Fatal(got)
			}
		})
	})
}

// late has a push be put off, and then something happen, after which it is not sent.
func (o *office) late(t *testing.T, s *pushService, name, token string, meanwhile func(chat)) {
	t.Helper()
	asked, happened := make(chan struct{}), make(chan struct{})
	b := s.device(t)
	b.answersWith(func(w http.ResponseWriter) {
		close(asked)
		<-happened
		status(http.StatusTooManyRequests, "Retry-After", "1")(w)
	})
	id := o.registers(token, b)
	c := o.site.chat("Where is my parcel?")
	o.assign(adminToken, c.conversationID, o.ben)
	<-asked
	meanwhile(c)
	close(happened)
	o.until(name+" and its push is done with", func() bool {
		left, err := o.store.Strings(t.Context(), "SELECT CAST(id AS TEXT) FROM river_job WHERE kind IN ('push-to-browser', 'push-notification') AND state NOT IN ('completed', 'cancelled', 'discarded')")
		if err != nil {
			t.Fatal(err)
		}
		return len(left) == 0
	})
	if b.asks() != 1 {
		t.Errorf("%s, and it was pushed: the service was asked %d times", name, b.asks())
	}
	o.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
	o.codes(o.benToken, "removePushSubscription", "RemovePushSubscriptionInput", "pushSubscriptionId", id)
}

// NT-1: a push service that does not answer is left after a while: others wait no longer than that.
func TestPushServiceHangs(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		slow, quick := newPushService(t), newPushService(t)
		roots := slow.roots()
		roots.AddCert(quick.Certificate())
		a := serveTest(t, db.Open(t, clock.System{}), func(c *serverSettings) { c.pushRoots = roots })
		o := a.office()
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		for range 4 {
			b := slow.device(t)
			b.answersWith(func(http.ResponseWriter) { <-end })
			a.registers(o.benToken, b)
		}
		b := quick.device(t)
		a.registers(o.benToken, b)
		o.assign(adminToken, o.site.chat("Hello").conversationID, o.ben)
		if p := quick.pushes(t); p.path != b.path || p.payload["kind"] != string(vocab.NotifyNewChat) && p.payload["kind"] != string(vocab.NotifyAssigned) {
			t.Errorf("it got %v", p.payload)
		}
	})
}
