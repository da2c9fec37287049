package demo_test

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/store"
	"parley/internal/testkit"
)

// TestManyConversations loads as many conversations as PARLEY_TEST_DEMO says
// and logs how long it takes: issue 2 wants 200,000 within minutes.
func TestManyConversations(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("PARLEY_TEST_DEMO"))
	if err != nil {
		t.Skip("set PARLEY_TEST_DEMO to a number of conversations to measure how fast they load")
	}
	var one sync.Mutex // each would slow the other down
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		one.Lock()
		defer one.Unlock()
		load(t, s, n)
	})
}

func load(t *testing.T, s *store.Store, n int) {
	began := time.Now()
	var loaded time.Duration
	r, err := demo.Fill(t.Context(), s, demo.Options{Conversations: n, Seed: 1, Progress: func(int, int) { loaded = time.Since(began) }})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	size := "SELECT pg_database_size(current_database())"
	if !s.Postgres() {
		size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
	}
	bytes, err := s.Numbers(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d conversations, %d messages, %d events, %d contacts", r.Conversations, r.Messages, r.Events, r.Contacts)
	t.Logf("in %s (%s without the last step): %.0f messages/s, %d MB", took.Round(time.Second), loaded.Round(time.Second),
		float64(r.Messages)/took.Seconds(), bytes[0]>>20)
}
