package webhook

import (
	"net/http"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// NT-4: the bytes of version 1, which stay. Never change what is wanted here: make a version 2.
func TestPayloadIsFrozen(t *testing.T) {
	t.Parallel()
	at := clock.Of(time.Date(2026, 1, 31, 9, 30, 0, 5000, time.UTC))
	from, to := "OPEN", "CLOSED"
	e := &ent.Event{
		ID: "event_1", AccountID: "account_1", Sequence: 42, Type: vocab.ConversationClosed, OccurredAt: at, ActorKind: viewer.Agent, ActorID: "user_1",
		InboxID: "inbox_1", ConversationID: "conversation_1", Revision: 7,
		Changes: []vocab.FieldChange{{Field: "status", From: &from, To: &to}, {Field: "tags", Added: []string{"tag_<1>"}}},
	}
	for _, c := range []struct {
		b    *body
		want string
	}{
		{bodyOf(e), `{"type":"CONVERSATION_CLOSED","timestamp":"2026-01-31T09:30:00.000005Z","data":{"sequence":42,"event":{"id":"event_1","sequence":42,` +
			`"type":"CONVERSATION_CLOSED","occurredAt":"2026-01-31T09:30:00.000005Z","actor":{"kind":"AGENT","id":"user_1"},"inboxId":"inbox_1",` +
			`"conversationId":"conversation_1","messageId":null,"subjectId":null,"revision":7,"changes":[{"field":"status","from":"OPEN","to":"CLOSED"},` +
			`{"field":"tags","from":null,"to":null,"added":["tag_<1>"]}]}}}`},
		{testBody(at), `{"type":"WEBHOOK_TEST","timestamp":"2026-01-31T09:30:00.000005Z","data":{"sequence":0,"event":null}}`},
	} {
		got, err := c.b.encode()
		if err != nil || string(got) != c.want {
			t.Errorf("got  %s\nwant %s (%v)", got, c.want, err)
		}
	}
}

// NT-4: attempts are spread over days, each pause longer or shorter by a fifth at most.
func TestPauses(t *testing.T) {
	t.Parallel()
	var least, most time.Duration
	for n := 1; ; n++ {
		short, again := pauseAfter(n, 0)
		long, _ := pauseAfter(n, 1)
		if !again {
			if n != 11 {
				t.Errorf("%d attempts, want 11", n)
			}
			break
		}
		if short < pauses[n-1]*8/10-1 || long > pauses[n-1]*12/10+1 || short >= long {
			t.Errorf("after %d: %s to %s", n, short, long)
		}
		least, most = least+short, most+long
	}
	if least < 48*time.Hour || most > 6*24*time.Hour {
		t.Errorf("all take %s to %s", least, most)
	}
}

// NT-4: Retry-After is seconds or a date, a day at most.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{"", 0}, {"soon", 0}, {"120", 2 * time.Minute}, {" 5 ", 5 * time.Second}, {"-3", 0}, {"99999999999", 24 * time.Hour}, {"999999999999999999999", 0},
		{now.Add(time.Hour).Format(http.TimeFormat), time.Hour}, {now.Add(-time.Hour).Format(http.TimeFormat), 0},
	} {
		if got := retryAfter(c.text, now); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
