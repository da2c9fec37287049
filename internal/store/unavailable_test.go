package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
)

// opened opens db with a short patience for locks. dir is SQLite's folder.
func opened(t *testing.T, db testkit.Database, dir string, wait time.Duration) *store.Store {
	t.Helper()
	o := db.Options(dir)
	o.Log, o.LockWait = slog.New(slog.DiscardHandler), wait
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// crowd runs n members at once and returns their errors.
func crowd(f *testkit.Fixture, n int, name string, fn func(ctx context.Context, tx *store.Tx) error) []error {
	failures := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			failures[i] = f.Store.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
				if err := leave(ctx, tx, fmt.Sprintf("%s-%d", name, i)); err != nil {
					return err
				}
				return fn(ctx, tx)
			})
		})
	}
	group.Wait()
	return failures
}

func nothing(context.Context, *store.Tx) error { return nil }

// Another program that holds the database: UNAVAILABLE, and nothing half done.
func TestLocked(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		dir := t.TempDir()
		f := withJobs(t, opened(t, db, dir, 20*time.Millisecond))
		driver, address, lock := "sqlite3", db.Options(dir).File, "INSERT INTO account_sequences (id, sequence, log_floor, log_epoch) SELECT id || 'x', 0, 0, '' FROM account_sequences WHERE false"
		if f.Store.Postgres() {
			driver, address, lock = "pgx", db.URL(), "LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE"
			address = strings.Replace(address, "&pool_max_conns=8", "", 1)
		}
		other, err := sql.Open(driver, address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		tx, err := other.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(lock); err != nil {
			t.Fatal(err)
		}
		for i, err := range crowd(f, 8, "locked", nothing) {
			if !errs.Is(err, errs.Unavailable) {
				t.Errorf("member %d: %v, want UNAVAILABLE", i, err)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		for i, err := range crowd(f, 2, "free", nothing) {
			if err != nil {
				t.Errorf("member %d, after the lock: %v", i, err)
			}
		}
		if diff := cmp.Diff([]string{"free-0", "free-1"}, kept(t, f)); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
	})
}

// A full disk: UNAVAILABLE for all who need room, and usable again when there is
// some.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{File: dir + "/parley.db", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f := withJobs(t, s)
	limit := func(pages string) {
		t.Helper()
		if _, err := s.Writer().Exec("PRAGMA max_page_count = " + pages); err != nil {
			t.Fatal(err)
		}
	}
	large := func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Contact.UpdateOneID(f.ContactID).SetPhone(strings.Repeat("1", 1<<20)).Exec(ctx)
	}
	limit("1")
	for i, err := range crowd(f, 8, "full", large) {
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("member %d: %v, want UNAVAILABLE", i, err)
		}
	}
	limit("1000000")
	for i, err := range crowd(f, 2, "room", large) {
		if err != nil {
			t.Errorf("member %d, with room again: %v", i, err)
		}
	}
	if diff := cmp.Diff([]string{"room-0", "room-1"}, kept(t, f)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

// NT-3, ENG-9: 64 writers at once, on two accounts and, on PostgreSQL, two nodes: none
// fails, nothing is lost, and each log is without a gap.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		nodes := []*store.Store{s}
		if s.Postgres() {
			nodes = append(nodes, opened(t, db, "", 5*time.Second))
		}
		fixtures := []*testkit.Fixture{testkit.Account(t, s), testkit.Account(t, s)}
		const writers, each = 64, 10
		var group sync.WaitGroup
		for w := range writers {
			f, node := fixtures[w%2], nodes[w/2%len(nodes)]
			group.Go(func() {
				for range each {
					err := node.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
						if _, err := tx.Exec(ctx, "UPDATE conversations SET revision = revision + 1 WHERE id = $1", f.ConversationIDs[0]); err != nil {
							return err
						}
						tx.Append(ctx, store.Event{Type: "CONVERSATION_UPDATED", ConversationID: f.ConversationIDs[0]})
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		for _, f := range fixtures {
			gapless(t, f, writers*each/2)
			c, err := s.Client(f.System).Conversation.Get(f.System, f.ConversationIDs[0])
			if err != nil || c.Revision != 1+writers*each/2 {
				t.Errorf("the conversation has revision %d, want %d (%v)", c.Revision, 1+writers*each/2, err)
			}
		}
	})
}

// Two nodes that lock the same rows in opposite orders: PostgreSQL undoes one,
// which runs again, and both succeed.
func TestDeadlockIsRetried(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		if !s.Postgres() {
			t.Skip("SQLite has one writer: nothing can deadlock")
		}
		f := testkit.Account(t, s)
		var met sync.WaitGroup
		met.Add(2)
		node := func(s *store.Store, first, second string) error {
			meet := sync.OnceFunc(func() { met.Done(); met.Wait() })
			return s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Client.Conversation.UpdateOneID(first).AddRevision(1).Exec(ctx); err != nil {
					return err
				}
				meet()
				tx.Append(ctx, store.Event{Type: "CONVERSATION_UPDATED", ConversationID: second})
				return tx.Client.Conversation.UpdateOneID(second).AddRevision(1).Exec(ctx)
			})
		}
		other := opened(t, db, "", 5*time.Second)
		result := make(chan error, 1)
		go func() { result <- node(other, f.ConversationIDs[1], f.ConversationIDs[0]) }()
		if err := node(s, f.ConversationIDs[0], f.ConversationIDs[1]); err != nil {
			t.Error(err)
		}
		if err := <-result; err != nil {
			t.Error(err)
		}
		for _, id := range f.ConversationIDs[:2] {
			if c, err := s.Client(f.System).Conversation.Get(f.System, id); err != nil || c.Revision != 3 {
				t.Errorf("revision %d, want 3 (%v)", c.Revision, err)
			}
		}
		gapless(t, f, 2)
	})
}

// OP-2: a connection that dies takes its own member with it; the others of the
// group are done on another one.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		if !s.Postgres() {
			t.Skip("SQLite has no connection to lose")
		}
		f := withJobs(t, s)
		release := occupied(t, f)
		var mu sync.Mutex
		died := 0
		done := make(chan []error)
		go func() {
			done <- crowd(f, 8, "member", func(ctx context.Context, tx *store.Tx) error {
				mu.Lock()
				died++
				victim := died == 4
				mu.Unlock()
				if !victim {
					return nil
				}
				_, _ = tx.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
				_, err := tx.Exec(ctx, "SELECT 1")
				return err
			})
		}()
		release()
		var want []string
		for i, err := range <-done {
			if err == nil {
				want = append(want, fmt.Sprintf("member-%d", i))
			} else if !errs.Is(err, errs.Unavailable) {
				t.Errorf("member %d: %v, want UNAVAILABLE", i, err)
			}
		}
		if len(want) != 7 {
			t.Errorf("%d members were kept, want 7", len(want))
		}
		if diff := cmp.Diff(want, kept(t, f)); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
	})
}
