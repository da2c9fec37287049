package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

type memberArgs struct {
	Name string `json:"name"`
}

func (memberArgs) Kind() string { return "member" }

// leave is what every member of these tests does: a row, an event, a job.
func leave(ctx context.Context, tx *store.Tx, name string) error {
	if err := tx.Client.Contact.Create().SetID("contact_" + name).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ContactCreated, SubjectID: name})
	tx.Enqueue(store.Job{Args: memberArgs{Name: name}})
	return nil
}

// kept returns the names whose rows, events and jobs are there, and fails
// unless those are the same and the log has no gap.
func kept(t *testing.T, f *testkit.Fixture) []string {
	t.Helper()
	rows, err := f.Store.Strings(f.System, "SELECT name FROM contacts WHERE id LIKE 'contact@_%' ESCAPE '@' AND id = 'contact_' || name ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	events, err := f.Store.Strings(f.System, "SELECT subject_id FROM events WHERE account_id = $1 ORDER BY subject_id", f.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	jobs := "SELECT json_extract(args, '$.name') FROM river_job ORDER BY 1"
	if f.Store.Postgres() {
		jobs = "SELECT args->>'name' COLLATE \"C\" FROM river_job ORDER BY 1"
	}
	queued, err := f.Store.Strings(f.System, jobs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, events); diff != "" {
		t.Errorf("rows and events differ (-rows +events):\n%s", diff)
	}
	if diff := cmp.Diff(rows, queued); diff != "" {
		t.Errorf("rows and jobs differ (-rows +jobs):\n%s", diff)
	}
	gapless(t, f, len(events))
	return rows
}

// gapless: the account's log has exactly the numbers 1 to n (NT-3).
func gapless(t *testing.T, f *testkit.Fixture, n int) {
	t.Helper()
	sequences, err := f.Store.Numbers(f.System, "SELECT sequence FROM events WHERE account_id = $1 ORDER BY sequence", f.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	if len(sequences) != n {
		t.Errorf("%d events, want %d", len(sequences), n)
	}
	for i, sequence := range sequences {
		if sequence != int64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, sequence)
		}
	}
}

func withJobs(t *testing.T, s *store.Store) *testkit.Fixture {
	t.Helper()
	job.Register(job.New(s, slog.New(slog.DiscardHandler)), func(context.Context, memberArgs) error { return nil }, job.Options{})
	return testkit.Account(t, s)
}

// occupied holds the account's writer until release is called, so that who
// comes meanwhile shares a group.
func occupied(t *testing.T, f *testkit.Fixture) (release func()) {
	t.Helper()
	holds, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	hold := sync.OnceFunc(func() { close(holds) }) // the closure may run again
	go func() {
		done <- f.Store.WithTx(f.System, func(context.Context, *store.Tx) error {
			hold()
			<-free
			return nil
		})
	}()
	<-holds
	return func() {
		close(free)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Members of a group that fail, however, leave nothing behind and take no one
// with them.
func TestMembersFailAlone(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := withJobs(t, s)
		canceled, cancel := context.WithCancel(f.System)
		members := map[string]struct {
			ctx  context.Context
			fn   func(ctx context.Context, tx *store.Tx) error
			kept bool
		}{
			"good": {fn: func(context.Context, *store.Tx) error { return nil }, kept: true},
			"error": {fn: func(context.Context, *store.Tx) error {
				return errs.New(errs.Invalid, "no")
			}},
			"violation": {fn: func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.ContactEmail.Create().SetID(id.New("email")).SetContactID(f.ContactID).SetAddress("dora@example.net").Exec(ctx)
			}},
			"syntax": {fn: func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "SELEKT 1")
				return err
			}},
			"panic":  {fn: func(context.Context, *store.Tx) error { panic("a bug") }},
			"goexit": {fn: func(context.Context, *store.Tx) error { runtime.Goexit(); return nil }},
			"open-rows": {fn: func(ctx context.Context, tx *store.Tx) error {
				rows, err := tx.Query(ctx, "UPDATE contacts SET phone = '1' WHERE account_id = $1 RETURNING id", f.AccountID)
				if err == nil {
					rows.Next()
				}
				return err
			}, kept: true},
			"nested": {fn: func(ctx context.Context, _ *store.Tx) error {
				return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return leave(ctx, tx, "nested-inside") })
			}, kept: true},
			"nested-error": {fn: func(ctx context.Context, _ *store.Tx) error {
				return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					return errors.Join(leave(ctx, tx, "nested-error-inside"), errs.New(errs.Invalid, "no"))
				})
			}},
			"canceled-midway": {ctx: canceled, fn: func(ctx context.Context, tx *store.Tx) error {
				cancel()
				return tx.Client.Contact.UpdateOneID("contact_canceled-midway").SetPhone("2").Exec(ctx)
			}, kept: true},
		}
		want := []string{"nested-inside"}
		release := occupied(t, f)
		var group, coming sync.WaitGroup
		var mu sync.Mutex
		after := []string{}
		for name, m := range members {
			for n := range 3 {
				name, fn, ctx := fmt.Sprintf("%s-%d", name, n), m.fn, m.ctx
				if ctx == nil {
					ctx = f.System
				}
				if strings.HasPrefix(name, "nested-") || strings.HasPrefix(name, "canceled-") {
					if name = strings.TrimSuffix(name, "-0"); n > 0 {
						continue
					}
				}
				if m.kept {
					want = append(want, name)
				}
				coming.Add(1)
				group.Go(func() {
					defer func() {
						if p := recover(); (p == nil) == strings.HasPrefix(name, "panic") || p != nil && p != "a bug" {
							t.Errorf("%s panicked with %v", name, p)
						}
					}()
					coming.Done()
					err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
						if err := leave(ctx, tx, name); err != nil {
							return err
						}
						tx.AfterCommit(func() {
							mu.Lock()
							defer mu.Unlock()
							after = append(after, name)
						})
						return fn(ctx, tx)
					})
					if (err == nil) != m.kept {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
		}
		coming.Wait()
		release()
		group.Wait()
		cancel()
		slices.Sort(want)
		slices.Sort(after)
		if diff := cmp.Diff(want, kept(t, f)); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
		want = slices.DeleteFunc(want, func(name string) bool { return name == "nested-inside" })
		if diff := cmp.Diff(want, after); diff != "" {
			t.Errorf("after-commit work (-want +got):\n%s", diff)
		}
	})
}

// Who gives up while waiting is told so at once, and is never run.
func TestCanceledBeforeItsTurn(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := withJobs(t, s)
		release := occupied(t, f)
		ctx, cancel := context.WithCancel(f.System)
		waits := make(chan error, 1)
		go func() {
			waits <- s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return leave(ctx, tx, "late") })
		}()
		cancel()
		if err := <-waits; !errs.Is(err, errs.Unavailable) {
			t.Errorf("a canceled caller got %v, want UNAVAILABLE", err)
		}
		release()
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return leave(ctx, tx, "next") })
		if diff := cmp.Diff([]string{"next"}, kept(t, f)); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
	})
}

// A transaction is of no use after its end.
func TestTxIsOver(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := withJobs(t, s)
		var late *store.Tx
		var inside context.Context
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			late, inside = tx, ctx
			return nil
		})
		if err := leave(inside, late, "late"); err == nil {
			t.Error("the client wrote after the end")
		}
		if _, err := late.Exec(inside, "DELETE FROM contacts"); err == nil {
			t.Error("Exec ran after the end")
		}
		if err := s.WithTx(inside, func(ctx context.Context, tx *store.Tx) error { return leave(ctx, tx, "joined") }); err == nil {
			t.Error("a transaction joined one that was over")
		}
		if n, err := s.Client(f.System).Contact.Query().Count(f.System); err != nil || n != 1 {
			t.Errorf("%d contacts, want 1 (%v)", n, err)
		}
	})
}

// What a member leaves for the end of the transaction, and cannot be written,
// fails that member alone.
func TestEndOfTransactionFailsAlone(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := withJobs(t, s)
		release := occupied(t, f)
		var group, coming sync.WaitGroup
		var want []string
		for n := range 12 {
			name := fmt.Sprintf("member-%02d", n)
			if n != 5 {
				want = append(want, name)
			}
			coming.Add(1)
			group.Go(func() {
				coming.Done()
				err := s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
					if n == 5 {
						tx.Enqueue(store.Job{Args: "not a job's arguments"})
					}
					return leave(ctx, tx, name)
				})
				if (err == nil) != (n != 5) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		coming.Wait()
		release()
		group.Wait()
		if diff := cmp.Diff(want, kept(t, f)); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
	})
}

// Errors come back as they were made.
func TestErrorsPassUnchanged(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		mine := errs.New(errs.Conflict, "someone else has it").With(f.ConversationIDs[0])
		if err := s.WithTx(f.System, func(context.Context, *store.Tx) error { return mine }); err != mine { //nolint:errorlint // the very same
			t.Errorf("got %v, want the closure's own error", err)
		}
		err := s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Client.Contact.Get(ctx, "contact_none")
			return err
		})
		if !ent.IsNotFound(err) {
			t.Errorf("got %v, want ent's not found", err)
		}
		err = s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.Create().SetID(f.ContactID).SetCreatedAt(1).Exec(ctx)
		})
		if !ent.IsConstraintError(err) {
			t.Errorf("got %v, want ent's constraint error", err)
		}
	})
}

// Whoever reads after WithTx returned sees what it wrote.
func TestReadersSeeCommits(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		var group sync.WaitGroup
		for w := range 8 {
			group.Go(func() {
				for n := range 20 {
					name := fmt.Sprintf("contact_%d_%d", w, n)
					if err := s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
						return tx.Client.Contact.Create().SetID(name).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx)
					}); err != nil {
						t.Error(err)
					}
					if got, err := s.Client(f.System).Contact.Get(f.System, name); err != nil || got.Name != name {
						t.Errorf("%s cannot be read after its commit: %v", name, err)
					}
				}
			})
		}
		group.Wait()
	})
}
