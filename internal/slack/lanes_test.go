package slack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
)

// putThread stores a thread that is due, with a post that is two days old.
func putThread(t *testing.T, f *testkit.Fixture, threadID, slackID string, dueAt int64) {
	t.Helper()
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO slack_threads (id, account_id, inbox_id, conversation_id, channel_id, team_id, slack_id, ts, due_at, created_at) VALUES ($1, $2, $3, $4, $5, 'T1', $6, '1.1', $7, 1)",
			threadID, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], threadID, slackID, dueAt)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, line, due, created_at) VALUES ($1, $2, $3, $4, $5, 1, '{}', TRUE, $6)",
			"post "+threadID, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], threadID, int64(tx.Now().Add(-48*time.Hour)))
		return err
	})
}

// NT-2: a channel in which much is due does not keep others from being served.
func TestLanesOfAllChannels(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		for i := range mostRead + 1 {
			putThread(t, f, fmt.Sprint("many ", i), "C0MANY", int64(1+i))
		}
		putThread(t, f, "other", "C0OTHER", 10_000)
		lanes, err := newRunner(&Service{store: s}, "T1").lanesUntil(everywhere(t.Context()), 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lanes {
			if l.key == "thread other" {
				return
			}
		}
		t.Errorf("of %d lanes none is the other channel's", len(lanes))
	})
}

// NT-2: a thread that is about to wait for its workspace does not miss that that is connected again, and does not
// post what is old by then.
func TestUnpark(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		putThread(t, f, "served", "C1", 1)
		putThread(t, f, "parked", "C1", parked)
		putThread(t, f, "idle", "C1", 0)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return unpark(ctx, tx, "team_id", "T1") })
		got, err := s.Strings(everywhere(t.Context()), "SELECT id FROM slack_threads WHERE due_at > 1 AND version = 2 ORDER BY id")
		if err != nil || fmt.Sprint(got) != "[parked served]" {
			t.Errorf("served again: %v, %v", got, err)
		}
		got, err = s.Strings(everywhere(t.Context()), "SELECT id FROM slack_posts WHERE due ORDER BY id")
		if err != nil || fmt.Sprint(got) != "[post idle]" {
			t.Errorf("due: %v, %v", got, err)
		}
	})
}

// NT-2: Slack's times are compared as times.
func TestIsNewer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ts, than string
		want     bool
	}{{"1700000000.000002", "1700000000.000001", true}, {"1700000000.000001", "1700000000.000001", false}, {"10000000000.000001", "9999999999.000001", true}, {"1.1", "", true}, {"", "1.1", false}} {
		if got := isNewer(c.ts, c.than); got != c.want {
			t.Errorf("%q after %q: %v", c.ts, c.than, got)
		}
	}
}
