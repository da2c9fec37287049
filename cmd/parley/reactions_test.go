package main

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"parley/internal/bus"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// brokenConsumer makes a database in which a consumer that fails always met an
// event, after which another waits.
func brokenConsumer(t *testing.T, dir string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{File: dir + "/parley.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b, err := bus.Open(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	e := reaction.New(s, slog.New(slog.DiscardHandler))
	reached := make(chan struct{})
	e.Register(reaction.Consumer{Name: "broken", Tries: 1, Handle: func(_ context.Context, e *event.Entry) error {
		if e.ConversationID != "" {
			close(reached)
			return nil
		}
		return errors.New("it never works")
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.Run(ctx, event.NewFeed(s, b, slog.New(slog.DiscardHandler)), b)
	}()
	f := testkit.Account(t, s)
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.TeamCreated})
		tx.Append(ctx, store.Event{Type: vocab.ConversationUpdated, InboxID: f.InboxIDs[0], ConversationID: f.ConversationIDs[0]})
		return nil
	})
	<-reached
	cancel()
	<-ended
}

// recorded are the entries of the audit log that the command line made.
func recorded(t *testing.T, dir string, action vocab.AuditAction) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{File: dir + "/parley.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	list, err := s.Strings(t.Context(), "SELECT actor_kind || ' ' || actor_id || ': ' || detail FROM audit_entries WHERE action = $1 ORDER BY number", string(action))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, ", ")
}

// ENG-2: an operator sees what a consumer could not handle, retries, skips and
// resets it, and forgets a consumer that is gone.
func TestReactionsCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	brokenConsumer(t, dir)
	run := func(args ...string) string {
		t.Helper()
		out, err := program(t.Context(), []string{"PARLEY_DATA_DIR=" + dir, "PARLEY_ACCEPT_LOSS=true"}, append([]string{"reactions"}, args...)...).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "parley: ") {
			t.Fatalf("parley reactions %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	list := run()
	id := regexp.MustCompile(`parked_\w+`).FindString(list)
	for _, want := range []string{"broken (not in this version)", "on retry", "TEAM_CREATED", "it never works"} {
		if id == "" || !strings.Contains(list, want) {
			t.Errorf("the list has no %q:\n%s", want, list)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"retry", id}, ""}, {[]string{"skip", id}, ""}, {[]string{"skip", "parked_none"}, "Nothing is parked"},
		{[]string{"reset", "broken"}, "Accounts reset: 0"}, {[]string{"reset", "none"}, "There is no consumer"},
		{[]string{"forget", "broken"}, ""}, {[]string{"reset", "broken"}, "There is no consumer"},
	} {
		if got := run(c.args...); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("parley reactions %v printed %q, want %q", c.args, got, c.want)
		}
	}
	if got := recorded(t, dir, vocab.AuditReactionsOperated); got != "SYSTEM command line: retry broken, SYSTEM command line: skip broken" { // AC-17
		t.Errorf("recorded: %s", got)
	}
	if list := run("list"); strings.Contains(list, "broken") {
		t.Errorf("the consumer was not forgotten:\n%s", list)
	}
}
