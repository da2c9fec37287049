package event_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// eachTrimmed runs the test on two accounts' logs, with a clock that it turns.
func eachTrimmed(t *testing.T, test func(t *testing.T, r, other *reader, turned *clock.Turned)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		logs := event.New(s)
		test(t, &reader{Fixture: testkit.Account(t, s), Service: logs, t: t}, &reader{Fixture: testkit.Account(t, s), Service: logs, t: t}, turned)
	})
}

func (r *reader) trim(kept time.Duration) {
	r.t.Helper()
	if err := r.Trim(r.t.Context(), kept); err != nil {
		r.t.Fatal(err)
	}
}

// kept are the sequences of the events that the database has.
func (r *reader) kept() []int64 {
	r.t.Helper()
	list, err := r.Store.Numbers(r.t.Context(), "SELECT sequence FROM events WHERE account_id = $1 ORDER BY sequence", r.AccountID)
	if err != nil {
		r.t.Fatal(err)
	}
	return append([]int64{}, list...)
}

// Architecture 4: the log of each account forgets what is older than its
// retention; a cursor from before is expired. A conversation's events stay for
// its entries, and go with it.
func TestRetention(t *testing.T) {
	t.Parallel()
	eachTrimmed(t, func(t *testing.T, r, other *reader, turned *clock.Turned) {
		const day = 24 * time.Hour
		bound := store.Event{Type: vocab.ConversationUpdated, InboxID: r.InboxIDs[0], ConversationID: r.ConversationIDs[0]}
		for range 3 { // on three days: 1 2, 3 4, 5 6
			r.append(store.Event{Type: vocab.TeamCreated}, bound)
			turned.Advance(day)
		}
		other.append(store.Event{Type: vocab.TeamCreated})

		r.trim(3 * day) // the first day's are three days old, not older
		same(t, []any{sequences(r.list(r.Agent(0), 0, 10, event.Filter{})), r.kept()}, []any{[]int64{1, 2, 3, 4, 5, 6}, []int64{1, 2, 3, 4, 5, 6}})

		r.trim(2 * day)
		for _, after := range []int64{0, 1} {
			if _, err := r.List(r.Agent(0), event.After(after), event.Filter{}); !errs.Is(err, errs.CursorExpired) {
				t.Errorf("after %d: %v", after, err)
			}
		}
		same(t, sequences(r.list(r.Agent(0), 2, 10, event.Filter{})), []int64{3, 4, 5, 6})
		same(t, r.kept(), []int64{1, 2, 3, 4, 5, 6}) // who was about to read them still does
		r.trim(2 * day)
		same(t, r.kept(), []int64{2, 3, 4, 5, 6})
		same(t, other.kept(), []int64{1})

		turned.Advance(day)
		r.trim(time.Hour)
		r.trim(time.Hour)
		same(t, []any{r.kept(), other.kept()}, []any{[]int64{2, 4, 6}, []int64{}})
		head, err := r.Head(r.Agent(0))
		if err != nil {
			t.Fatal(err)
		}
		same(t, sequences(r.list(r.Agent(0), head, 10, event.Filter{})), []int64{})
		r.Write(r.System, func(ctx context.Context, tx *store.Tx) error { // as the purge of the conversation does
			_, err := tx.Exec(ctx, "UPDATE events SET conversation_id = '' WHERE conversation_id = $1", r.ConversationIDs[0])
			return err
		})
		r.append(store.Event{Type: vocab.TeamUpdated})
		r.trim(time.Hour)
		same(t, []any{r.kept(), sequences(r.list(r.Agent(0), head, 10, event.Filter{}))}, []any{[]int64{7}, []int64{7}})
	})
}

// Architecture 4: a long log is trimmed as a whole, in batches.
func TestRetentionOfALongLog(t *testing.T) {
	t.Parallel()
	eachTrimmed(t, func(t *testing.T, r, _ *reader, turned *clock.Turned) {
		r.append(make([]store.Event, 1203)...)
		turned.Advance(2 * time.Hour)
		r.append(store.Event{Type: vocab.TeamCreated})
		r.trim(time.Hour)
		r.trim(time.Hour)
		same(t, r.kept(), []int64{1204})
		same(t, sequences(r.list(r.Admin, 1203, 10, event.Filter{})), []int64{1204})
	})
}

// Architecture 4: demo data, whose events are said to have happened long ago, does not
// cut off what the account did before it, nor itself.
func TestRetentionOfWhatIsFilledInLater(t *testing.T) {
	t.Parallel()
	eachTrimmed(t, func(t *testing.T, r, other *reader, turned *clock.Turned) {
		const day = 24 * time.Hour
		backdate := func(r *reader) {
			r.append(store.Event{Type: vocab.TeamCreated}, store.Event{Type: vocab.TeamCreated})
			r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE events SET occurred_at = $1 WHERE account_id = $2 AND sequence > (SELECT MAX(sequence) - 2 FROM events WHERE account_id = $2)",
					int64(tx.Now().Add(-100*day)), r.AccountID)
				return err
			})
		}
		backdate(other) // the first that the account does
		turned.Advance(20 * day)
		r.append(store.Event{Type: vocab.TeamCreated})
		turned.Advance(15 * day)
		backdate(r)
		r.append(store.Event{Type: vocab.TeamCreated})
		r.trim(30 * day)
		same(t, sequences(r.list(r.Agent(0), 0, 10, event.Filter{})), []int64{1, 2, 3, 4})
		turned.Advance(20 * day)
		r.trim(30 * day)
		same(t, sequences(r.list(r.Agent(0), 3, 10, event.Filter{})), []int64{4})
	})
	eachTrimmed(t, func(t *testing.T, r, _ *reader, turned *clock.Turned) {
		r.append(store.Event{Type: vocab.TeamCreated})
		r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE events SET occurred_at = 1 WHERE account_id = $1", r.AccountID)
			return err
		})
		turned.Advance(10 * 24 * time.Hour)
		r.trim(30 * 24 * time.Hour)
		same(t, sequences(r.list(r.Agent(0), 0, 10, event.Filter{})), []int64{1})
	})
}
