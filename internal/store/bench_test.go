package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// benchStore opens a fresh database for a benchmark.
func benchStore(b *testing.B, postgres bool) *store.Store {
	b.Helper()
	o := store.Options{File: b.TempDir() + "/parley.db", Log: slog.New(slog.DiscardHandler)}
	if postgres {
		o.URL = benchDatabase(b)
	}
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func benchDatabase(b *testing.B) string {
	b.Helper()
	server := os.Getenv(testkit.PostgresVariable)
	if server == "" {
		b.Skip("no PostgreSQL: set ", testkit.PostgresVariable)
	}
	u, err := url.Parse(server)
	if err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		b.Fatal(err)
	}
	name := strings.ToLower(id.New("bench"))
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_, _ = db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		_ = db.Close()
	})
	u.Path = "/" + name
	return u.String()
}

// shape of the work: what a message does, three statements and an event, of one
// account or spread over several; and with a job as well.
var shapes = []struct {
	name     string
	accounts int
	job      bool
}{{"OneAccount", 1, false}, {"EightAccounts", 8, false}, {"WithJob", 1, true}}

// BenchmarkWithTx writes durably: three statements and an event by each caller.
func BenchmarkWithTx(b *testing.B) {
	for _, database := range []string{"sqlite", "postgres"} {
		for _, shape := range shapes {
			for _, callers := range []int{1, 8, 64} {
				b.Run(fmt.Sprintf("%s/%s/callers=%d", database, shape.name, callers), func(b *testing.B) {
					s := benchStore(b, database == "postgres")
					job.Register(job.New(s, slog.New(slog.DiscardHandler)), func(context.Context, memberArgs) error { return nil }, job.Options{})
					fixtures := make([]*testkit.Fixture, shape.accounts)
					for i := range fixtures {
						fixtures[i] = testkit.Account(b, s)
					}
					benchWrites(b, s, fixtures, callers, shape.job)
				})
			}
		}
	}
}

func benchWrites(b *testing.B, s *store.Store, fixtures []*testkit.Fixture, callers int, withJob bool) {
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for caller := range callers {
		f := fixtures[caller%len(fixtures)]
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error { return benchMember(ctx, tx, f, int(n), withJob) }); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func benchMember(ctx context.Context, tx *store.Tx, f *testkit.Fixture, n int, withJob bool) error {
	c, err := tx.Client.Conversation.Get(ctx, f.ConversationIDs[n%3])
	if err != nil {
		return err
	}
	message := id.New(id.Message)
	if err := tx.Client.Message.Create().SetID(message).SetInboxID(c.InboxID).SetConversationID(c.ID).
		SetNumber(n + 3).SetVisibleNumber(n + 3).SetDirection(vocab.Outgoing).SetAuthorKind(viewer.Agent).SetAuthorID(f.AgentIDs[0]).
		SetText("Hello").SetDelivery(vocab.DeliverySent).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.Conversation.UpdateOne(c).SetLastMessageAt(tx.Now()).AddRevision(1).Exec(ctx); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.MessageCreated, InboxID: c.InboxID, ConversationID: c.ID, MessageID: message})
	if withJob {
		tx.Enqueue(store.Job{Args: memberArgs{Name: message}})
	}
	return nil
}
