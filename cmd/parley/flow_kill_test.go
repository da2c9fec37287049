package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"parley/internal/secret"
	"parley/internal/testkit"
)

// killedSteps is how many steps the flow has whose server is killed.
const killedSteps = 30

// BT-4: a server that is killed at any step of a flow neither repeats nor skips one: within
// the step's transaction, which then never was, and at its commit, of which the server is
// not told. A few steps are tried always; with PARLEY_FLOW_KILLS each is (make flows).
func TestFlowsOutliveKills(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]bool{"within": false, "commit": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
				at := []int{0, 1, 2, killedSteps, killedSteps + 1}
				switch {
				case commit && db.URL() == "":
					t.Skip("SQLite has no place within a commit")
				case os.Getenv("PARLEY_FLOW_KILLS") != "":
					at = at[:0]
					for n := range killedSteps + 2 {
						at = append(at, n)
					}
				case db.URL() != "": // each kill costs seconds there
					at = []int{2}
				}
				killFlow(t, db, at, commit)
			})
		})
	}
}

// killFlow plays a flow, and kills its server at those of its writes: 0 begins the flow, and
// what follows are the steps; the last one ends it.
func killFlow(t *testing.T, db testkit.Database, at []int, commit bool) {
	t.Helper()
	env := serverEnv(t, db, secret.GenerateKey())
	s := startServer(t, env...)
	var list []map[string]any
	want := []string{"> Hello"}
	for i := range killedSteps {
		list = append(list, say(fmt.Sprint("s", i), fmt.Sprint("Step ", i), fmt.Sprint("s", i+1)))
		want = append(want, fmt.Sprint("Step ", i))
	}
	list = append(list, finish(fmt.Sprint("s", killedSteps)))
	bot, _, c := s.botsChat(map[string]any{"flow": flowOf(list...)})
	g := newGate(t, db, env)
	rows := "flow_runs WHERE bot_id = '" + bot + "'"
	var begun chat
	for i, n := range at {
		if i == 0 {
			s.stop()
		} else {
			s.kill()
			g.open()
			committed := 1 + at[i-1] // its begin is the first
			if !commit {
				committed--
			}
			if had := g.count("SELECT coalesce(sum(step_count + 1), 0) FROM " + rows); had != committed {
				t.Fatalf("killed at %d, commit %v: %d writes are there, want %d", at[i-1], commit, had, committed)
			}
		}
		p := standing{"flow_runs", "UPDATE", fmt.Sprintf("NEW.bot_id = '%s' AND NEW.step_count = %d", bot, n), commit}
		if n == 0 {
			p.write = "INSERT"
		}
		g.close(p)
		if i == 0 {
			s = startServer(t, env...)
			c.api = &s.api
			begun = c.chat("Hello")
		} else {
			s = launchServer(t, env...)
		}
		g.reached()
	}
	s.kill()
	g.open()
	s = startServer(t, env...)
	s.becomesState(begun.conversationID, "ENDED")
	s.saysAll(begun.conversationID, want...)
	shown := fmt.Sprint(s.do(adminToken, `query($id: ID!) { bot(id: $id) { stepStats { reached } } }`, map[string]any{"id": bot}))
	if n := strings.Count(shown, "reached:1]"); n != killedSteps+1 {
		t.Errorf("%d steps of %d were counted once: %s", n, killedSteps+1, shown)
	}
	if n := s.logged("MESSAGE_CREATED"); n != len(want) {
		t.Errorf("the log has %d messages, want %d", n, len(want))
	}
	t.Logf("killed at %d writes of %d; commit: %v", len(at), killedSteps+2, commit)
	s.kill()
}
