package seal_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// rewind takes all seals away and edits a row, as who wants it sealed like that.
func (s *sealed) rewind() {
	s.edit("DELETE FROM seals WHERE account_id = {account} AND log = 'EVENTS'", "DELETE FROM seal_digests WHERE account_id = {account} AND log = 'EVENTS'",
		"DELETE FROM seal_heads WHERE account_id = {account} AND log = 'EVENTS'", "UPDATE events SET actor_id = 'user_x' WHERE account_id = {account} AND sequence = 12")
}

// OP-6: a process does not seal a log that was set back; what it keeps beside the database shows
// it after a restart too.
func TestSetBack(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		file := filepath.Join(t.TempDir(), "seals.anchors")
		var logged bytes.Buffer
		o := options
		o.AnchorFile, o.Log = file, slog.New(slog.NewTextHandler(&logged, nil))
		s.s = seal.New(s.Store, s.keys, o)
		next := func() error {
			s.write(1)
			s.turned.Advance(time.Hour)
			return s.s.Round(s.System)
		}
		check.NoError(t, next())
		anchors := check.Must(seal.ReadAnchors(file))(t)
		if got := problems(s.verify(anchors...)); got != "" || len(anchors) != 2 {
			t.Fatalf("%v: %s", anchors, got)
		}
		began := s.verify()[store.EventLog].Began
		s.rewind()
		for range 2 {
			if err := next(); err == nil || !strings.Contains(err.Error(), "it was set back") {
				t.Errorf("got %v", err)
			}
		}
		s.s = seal.New(s.Store, s.keys, o)
		check.NoError(t, next())
		check.NoError(t, next())
		if found := s.verify(); problems(found) != "" || found[store.EventLog].Began <= began {
			t.Errorf("%+v %s", found[store.EventLog], problems(found)) // the database itself does not show it
		}
		if anchors = check.Must(seal.ReadAnchors(file))(t); len(anchors) != 3 {
			t.Errorf("%v are kept", anchors)
		}
		if got := problems(s.verify(anchors...)); !strings.Contains(got, "the log was rewritten") || !strings.Contains(logged.String(), "was set back") {
			t.Errorf("got %q, logged %s", got, logged.String())
		}
		check.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
		s.s = seal.New(s.Store, s.keys, o)
		if err := next(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("a file that is none: %v", err)
		}
	})
}

// OP-6: a log that is sealed late or not at all is reported, and one from before is not missed.
func TestLate(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.write(1)
		s.turned.Advance(9 * time.Minute)
		if got := problems(s.verify()); got != "" {
			t.Error(got)
		}
		s.turned.Advance(2 * time.Minute)
		if got := problems(s.verify()); !strings.Contains(got, "EVENTS 0: 3 rows are not sealed, the oldest since 2026-03-01T12:00") {
			t.Errorf("got %s", got)
		}
		s.turned.Advance(5 * time.Minute)
		s.seal()
		if found := s.verify(); problems(found) != "" || found[store.EventLog].Late != 1 || !found[store.EventLog].LastLate.IsSet() {
			t.Errorf("%+v", found[store.EventLog])
		}
	})
	testkit.EachDatabase(t, func(t *testing.T, on testkit.Database) {
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		s := &sealed{Fixture: testkit.Account(t, on.Open(t, clock.System{})), t: t, keys: keys}
		s.write(1)
		s.edit("UPDATE account_sequences SET log_floor = sequence, log_trimmed = sequence WHERE id = {account}", "DELETE FROM events WHERE account_id = {account}")
		if got := problems(s.verify()); got != "" {
			t.Errorf("a log from before of which nothing is left: %s", got)
		}
	})
}

// OP-6: blocks of one row are read many at a time, and what is edited in them is noticed.
func TestSmallBlocks(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.s.SealBlocksOf(1)
		s.write(200)
		s.seal()
		found := s.verify()
		if got := problems(found); got != "" || found[store.EventLog].Blocks != 601 {
			t.Fatalf("%+v %s", found[store.EventLog], got)
		}
		s.edit("UPDATE events SET actor_id = 'user_x' WHERE account_id = {account} AND sequence = 400", "DELETE FROM events WHERE account_id = {account} AND sequence = 401")
		if got := problems(s.verify()); strings.Count(got, "\n") != 1 || !strings.Contains(got, "EVENTS 400: it is not") || !strings.Contains(got, "EVENTS 401: the row was removed") {
			t.Errorf("got %s", got)
		}
	})
}
