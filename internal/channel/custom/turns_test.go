package custom_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/channel/custom"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CC-2: files of slow servers are fetched two at a time for an account, and eight in all; an
// account with few files waits for none of another's many. What a node cannot fetch now, the
// round has fetched.
func TestFilesTakeTurns(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		asked, release := make(chan string, 1000), make(chan struct{})
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.URL.Path
			if strings.HasPrefix(r.URL.Path, "/slow") {
				<-release
			}
			w.WriteHeader(http.StatusNotFound)
		}))
		defer slow.Close()
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		files := custom.New(s, keys, custom.Deps{Client: slow.Client(), MaxBytes: 100}, slog.New(slog.DiscardHandler))
		queue := job.New(s, slog.New(slog.DiscardHandler))
		files.Register(queue)
		has := func(path string, n int) *testkit.Fixture {
			f := testkit.Account(t, s)
			f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
				for range n {
					fileID := id.New("file")
					err := tx.Client.ChannelFile.Create().SetID(fileID).SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[0]).SetMessageID(id.New(id.Message)).
						SetPosition(1).SetURL(check.Must(files.Sealed(fileID, slow.URL+path))(t)).SetFileName("a").SetState(vocab.RemoteFilePending).SetCreatedAt(tx.Now()).Exec(ctx)
					if err != nil {
						return err
					}
				}
				return nil
			})
			return f
		}
		var group sync.WaitGroup
		fetch := func(f *testkit.Fixture, workers int) {
			for range workers {
				group.Go(func() { check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: f.AccountID})) })
			}
		}
		next := func() string {
			t.Helper()
			select {
			case path := <-asked:
				return path
			case <-time.After(time.Minute):
				t.Fatal("no file is fetched")
			}
			return ""
		}
		many, few := has("/slow/many", 50), has("/few", 1)
		fetch(many, 10)
		for range 2 {
			check.Same(t, next(), "/slow/many")
		}
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: few.AccountID}))
		check.Same(t, next(), "/few")
		check.Same(t, len(asked), 0) // no third one of those with many
		for range 3 {
			fetch(has("/slow/more", 2), 2)
			check.Same(t, next()+next(), "/slow/more/slow/more")
		}
		late := has("/late", 1)
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: late.AccountID})) // eight are fetched
		check.Same(t, len(asked), 0)
		check.NoError(t, files.TendFiles(many.System))
		jobs := check.Must(s.Strings(late.System, "SELECT CAST(args AS TEXT) FROM river_job WHERE kind = 'fetch-channel-file'"))(t)
		for f, want := range map[*testkit.Fixture]int{late: 1, many: 1, few: 0} {
			if got := strings.Count(strings.Join(jobs, " "), f.AccountID); got != want {
				t.Errorf("the round has %d jobs for an account, want %d: %v", got, want, jobs)
			}
		}
		close(release)
		group.Wait()
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: late.AccountID}))
		all := map[string]int{}
		for range len(asked) {
			all[<-asked]++
		}
		if all["/slow/many"] != 48 || all["/late"] != 1 {
			t.Errorf("got %v, want each file once", all)
		}
	})
}

// CC-2: an account with few files gets its turn while others have many slow ones: whoever's turn is
// over passes the place on to whoever waits for longest, and not to its own next file.
func TestSlowAccountsPassOn(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	testkit.EachStore(t, now, func(t *testing.T, s *store.Store) {
		asked, release := make(chan string, 1000), make(chan struct{})
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.URL.Path
			if strings.HasPrefix(r.URL.Path, "/slow") {
				<-release
			}
			w.WriteHeader(http.StatusNotFound)
		}))
		defer slow.Close()
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		files := custom.New(s, keys, custom.Deps{Client: slow.Client(), MaxBytes: 100}, slog.New(slog.DiscardHandler))
		has := func(path string, n int) string {
			f := testkit.Account(t, s)
			f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
				for range n {
					fileID := id.New("file")
					err := tx.Client.ChannelFile.Create().SetID(fileID).SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[0]).SetMessageID(id.New(id.Message)).
						SetPosition(1).SetURL(check.Must(files.Sealed(fileID, slow.URL+path))(t)).SetFileName("a").SetState(vocab.RemoteFilePending).SetCreatedAt(tx.Now()).Exec(ctx)
					if err != nil {
						return err
					}
				}
				return nil
			})
			return f.AccountID
		}
		next := func() string {
			t.Helper()
			select {
			case path := <-asked:
				return path
			case <-time.After(time.Minute):
				t.Fatal("no file is fetched")
			}
			return ""
		}
		var group sync.WaitGroup
		ended := make(chan struct{}, 1000)
		fetch := func(account string) {
			group.Go(func() {
				check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: account}))
				ended <- struct{}{}
			})
		}
		var slowOnes []string
		for range 4 {
			account := has("/slow", 20)
			slowOnes = append(slowOnes, account)
			for range 2 {
				fetch(account)
				check.Same(t, next(), "/slow")
			}
		}
		first, second := has("/first", 1), has("/second", 1)
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: first}))
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: slowOnes[0]})) // more of its own
		now.Advance(6 * time.Second)
		release <- struct{}{}
		check.Same(t, next(), "/first")
		check.Same(t, next(), "/slow") // all are served: the place is theirs again
		now.Advance(2 * time.Minute)   // jobs end: the next one that comes works for whoever waits
		check.NoError(t, files.FetchFiles(t.Context(), custom.FetchArgs{AccountID: second}))
		release <- struct{}{}
		<-ended
		fetch(slowOnes[3])
		check.Same(t, next(), "/second")
		close(release)
		group.Wait()
	})
}
