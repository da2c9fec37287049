package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/notification"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// NT-1: who had read a conversation to its end before it was assigned to them has read that
// too once they open it.
func TestAssignedIsReadByOpening(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		c := o.site.chat("Where is my parcel?")
		opens := func() {
			t.Helper()
			if got := a.codes(o.benToken, "markConversationRead", "MarkConversationReadInput", "conversationId", c.conversationID); got != "" {
				t.Fatal(got)
			}
		}
		opens()
		a.assign(adminToken, c.conversationID, o.ben)
		o.told(o.benToken, vocab.NotifyAssigned, c.conversationID)
		opens()
		for deadline := time.After(time.Minute); has(o.notified(o.benToken), vocab.NotifyAssigned, c.conversationID); {
			select {
			case <-deadline:
				t.Fatal("he opened it, and it is unread")
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

// AC-13: that a token was made is told by e-mail at once, also in quiet hours.
func TestTokenIsToldInQuietHours(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", map[string]any{"timeZone": "UTC", "hours": allWeekBut(-1)}); got != "" {
			t.Fatal(got)
		}
		n := o.told(o.benToken, vocab.NotifyTokenCreated, o.cause(vocab.NotifyTokenCreated))
		o.waiting(t, 0)
		a.transcripts(text(n, "text")[:20], 1)
	})
}

// NT-1: what changes together is brought together again to who was cut off in between.
func TestStreamResumesWithin(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		o.cause(vocab.NotifyTokenCreated)
		o.cause(vocab.NotifyTokenCreated)
		for deadline := time.After(time.Minute); len(o.notified(o.benToken)) < 2; {
			select {
			case <-deadline:
				t.Fatal("he is not told twice")
			case <-time.After(10 * time.Millisecond):
			}
		}
		const document = `subscription($after: Sequence) { notifications(after: $after) { sequence notification { id readAt } } }`
		live := a.listen(o.benToken, document, nil)
		a.hear(live)
		a.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount } }`, nil)
		first, second := at(a.hear(live), "notifications"), at(a.hear(live), "notifications")
		again := a.listen(o.benToken, document, map[string]any{"after": at(first, "sequence")})
		a.hear(again)
		if got := at(a.hear(again), "notifications"); text(got, "notification", "id") != text(first, "notification", "id") {
			t.Errorf("after %v comes %v", first, got)
		}
		if got := at(a.hear(again), "notifications"); fmt.Sprint(got) != fmt.Sprint(second) {
			t.Errorf("then comes %v, want %v", got, second)
		}
	})
}

// NT-8: a conversation that is someone else's, or in the trash, by the time of the mail is not
// told.
func TestMailsTellWhatIsTrue(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(clock.System{}.Now())
		s := db.Open(t, turned)
		a := serveTest(t, s)
		o := a.office()
		keys, err := secret.Parse(secret.GenerateKey())
		if err != nil {
			t.Fatal(err)
		}
		jobs := notification.New(s, keys, accounts.New(s), nil, notification.Addresses{Public: a.url}, slog.New(slog.DiscardHandler))
		queued := func() int {
			list, err := s.Strings(t.Context(), "SELECT CAST(id AS TEXT) FROM river_job WHERE kind = 'send-mail'")
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		assigned := func() chat {
			c := o.site.chat("Where is my parcel?")
			a.assign(adminToken, c.conversationID, o.ben)
			o.told(o.benToken, vocab.NotifyAssigned, c.conversationID)
			return c
		}
		mailed := func(what string, want int) {
			t.Helper()
			before := queued()
			turned.Advance(6 * time.Minute)
			if err := jobs.Mail(context.Background(), notification.MailArgs{AccountID: o.account, UserID: o.ben}); err != nil || queued() != before+want {
				t.Errorf("%s: %d mails, want %d (%v)", what, queued()-before, want, err)
			}
			o.waiting(t, 0)
		}
		a.assign(adminToken, assigned().conversationID, o.admin)
		mailed("someone else's", 0)
		trashed := assigned()
		ctx := viewer.NewContext(t.Context(), viewer.System("test", o.account))
		if err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Conversation.UpdateOneID(trashed.conversationID).SetDeletedAt(tx.Now()).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		mailed("in the trash", 0)
		assigned()
		mailed("his", 1)
	})
}

// NT-8: what is folded in after the list was read stays unread by upTo.
func TestUpToLeavesWhatCameLater(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		c := o.site.chat("Where is my parcel?")
		a.assign(o.benToken, c.conversationID, o.ben)
		a.writes(c, "Hello?")
		o.told(o.benToken, vocab.NotifyReply, c.conversationID)
		sequence := func() any {
			return at(a.do(o.benToken, `{ notifications(first: 1) { nodes { sequence } } }`, nil), "notifications", "nodes", 0, "sequence")
		}
		marks := func(upTo any) string {
			t.Helper()
			return a.codes(o.benToken, "markNotificationsRead", "MarkNotificationsReadInput", "which", map[string]any{"upTo": upTo})
		}
		seen := sequence()
		a.writes(c, "Anyone?")
		for deadline := time.After(time.Minute); fmt.Sprint(sequence()) == fmt.Sprint(seen); {
			select {
			case <-deadline:
				t.Fatal("the second reply is not told")
			case <-time.After(10 * time.Millisecond):
			}
		}
		if got := marks(seen); got != "" || !has(o.notified(o.benToken), vocab.NotifyReply, c.conversationID) {
			t.Errorf("what came later is read: %q, %v", got, o.notified(o.benToken))
		}
		if got := marks(sequence()); got != "" || len(o.notified(o.benToken)) != 0 {
			t.Errorf("after all: %q, %v", got, o.notified(o.benToken))
		}
		if got := marks("0"); got != "INVALID" {
			t.Errorf("up to none: %q", got)
		}
	})
}
