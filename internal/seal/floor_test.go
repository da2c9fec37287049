package seal_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/audit"
	"parley/internal/event"
	"parley/internal/seal"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// trim has retention look at both logs.
func (s *sealed) trim() {
	s.t.Helper()
	check.NoError(s.t, event.New(s.Store).Trim(s.System, kept))
	check.NoError(s.t, audit.New(s.Store).Trim(s.System, kept))
}

// age makes everything that is written so old that retention deletes it, and writes more.
func (s *sealed) age() {
	s.t.Helper()
	s.turned.Advance(kept + 48*time.Hour)
	s.write(1)
	s.seal()
}

// number is what a query of the account finds.
func (s *sealed) number(query string) int64 {
	s.t.Helper()
	return check.Must(s.Store.Numbers(s.t.Context(), query, s.AccountID))(s.t)[0]
}

// OP-6: retention deletes only below a sealed floor that the audit log has, and leaves a chain
// that verifies. What belongs to a conversation stays, also as a tombstone.
func TestTrimmed(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		head := s.verify()[store.EventLog].Head
		s.age()
		s.trim()
		s.trim()
		if found := s.verify(); problems(found) != "" || found[store.EventLog].Trimmed != 0 {
			t.Fatalf("before the floor was sealed: %+v %s", found[store.EventLog], problems(found))
		}
		s.seal()
		s.trim()
		found := s.verify()
		if got := problems(found); got != "" || found[store.EventLog].Floor != head || found[store.EventLog].Trimmed < 20 || found[store.AuditLog].Trimmed < 10 {
			t.Fatalf("%+v %+v %s", found[store.EventLog], found[store.AuditLog], got)
		}
		if entry := s.number("SELECT COUNT(*) FROM audit_entries WHERE account_id = $1 AND action = 'EVENT_LOG_TRIMMED'"); entry != 1 {
			t.Errorf("%d entries say that the log was trimmed", entry)
		}
		for range 400 { // a block without conversations
			s.Write(s.Admin, func(ctx context.Context, tx *store.Tx) error {
				for range 4 {
					tx.Append(ctx, store.Event{Type: vocab.TagCreated})
				}
				return nil
			})
		}
		s.seal()
		s.Write(s.Admin, func(ctx context.Context, tx *store.Tx) error {
			return tx.ForgetEvents(ctx, "conversation_id = $2", s.AccountID, s.ConversationIDs[0])
		})
		s.age()
		for range 3 {
			s.trim()
			s.seal()
		}
		found = s.verify()
		if got := problems(found); got != "" || found[store.EventLog].Tombstones != 11 || found[store.EventLog].Trimmed < 1600 {
			t.Errorf("%+v %s", found[store.EventLog], got)
		}
		digests := check.Must(s.Store.Numbers(t.Context(), "SELECT length(digests) FROM seals WHERE account_id = $1 AND log = 'EVENTS' AND row_count > 0 ORDER BY block", s.AccountID))(t)
		if digests[0] == 0 || digests[2] != 0 {
			t.Errorf("digests of %v bytes are left", digests)
		}
		s.edit("UPDATE seals SET digests = seal WHERE account_id = {account} AND block = 3 AND log = 'EVENTS'")
		if got := problems(s.verify()); got == "" {
			t.Error("edited digests of a block that was trimmed were not noticed")
		}
	})
}

// OP-6: what retention would not have deleted is missed below the floor too.
func TestRowsOfConversationsAreMissed(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.age()
		for range 3 {
			s.trim()
			s.seal()
		}
		const bound = "DELETE FROM events WHERE account_id = {account} AND conversation_id <> '' AND sequence <= (SELECT MAX(log_floor) FROM seals)"
		saved := s.save()
		s.edit(bound)
		if got := problems(s.verify()); strings.Count(got, "it belonged to a conversation") != 10 {
			t.Errorf("got %s", got)
		}
		s.edit("UPDATE seals SET digests = root WHERE account_id = {account} AND log = 'EVENTS' AND block = 1")
		if s.Store.Postgres() {
			s.edit("UPDATE seals SET digests = '' WHERE account_id = {account} AND log = 'EVENTS' AND block = 1")
		} else {
			s.edit("UPDATE seals SET digests = X'' WHERE account_id = {account} AND log = 'EVENTS' AND block = 1")
		}
		if got := problems(s.verify()); !strings.Contains(got, "10 of its rows belong to conversations") {
			t.Errorf("without digests: %s", got)
		}
		s.restore(saved)
		s.edit("DELETE FROM audit_entries WHERE account_id = {account} AND action = 'EVENT_LOG_TRIMMED'")
		if got := problems(s.verify()); !strings.Contains(got, "EVENTS 0: its floor rose to") {
			t.Errorf("a floor without its entry: %s", got)
		}
	})
}

// OP-6: a floor that someone raised in the database is not sealed, so that what is deleted below
// it is missed.
func TestRaisedFloorsAreNotSealed(t *testing.T) {
	t.Parallel()
	raise := func(s *sealed, to int64) {
		s.edit("UPDATE account_sequences SET log_floor = " + strconv.FormatInt(to, 10) + ", log_trimmed = " + strconv.FormatInt(to, 10) + " WHERE id = {account}")
	}
	entry := func(s *sealed) { // as whoever edits could write one
		to := "12"
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Audit(ctx, store.Audit{Action: vocab.AuditEventLogTrimmed, Changes: []vocab.FieldChange{{Field: "floor", To: &to}}})
			return nil
		})
	}
	for name, c := range map[string]struct {
		raise func(s *sealed)
		want  string
	}{
		"above the end": {func(s *sealed) { raise(s, 1_000_000_000_000) }, "its end"},
		"no entry":      {func(s *sealed) { s.age(); raise(s, 12) }, "the audit log has EVENT_LOG_TRIMMED up to 0"},
		"young":         {func(s *sealed) { entry(s); raise(s, 12) }, "rows are kept for 2400h"},
		"edited": {func(s *sealed) {
			s.age()
			entry(s)
			s.edit("DELETE FROM events WHERE account_id = {account} AND sequence = 11")
			raise(s, 12)
		}, "something was edited: 11: the row was removed"},
		"kept for ever": {func(s *sealed) {
			s.age()
			entry(s)
			s.s = seal.New(s.Store, s.keys, seal.Settings{})
			raise(s, 12)
		}, "nothing of it is deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachSealed(t, func(t *testing.T, s *sealed) {
				c.raise(s)
				for range 2 {
					if err := s.s.SealAll(t.Context(), s.AccountID); err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("got %v", err)
					}
				}
				s.write(1)
				if err := s.s.SealAll(t.Context(), s.AccountID); err == nil {
					t.Error("the floor was sealed")
				}
				s.edit("DELETE FROM events WHERE account_id = {account} AND sequence = 12")
				found := s.verify()
				if got := problems(found); !strings.Contains(got, "EVENTS 12: the row was removed") || found[store.EventLog].Floor != 0 || found[store.EventLog].Unsealed != 0 {
					t.Errorf("%+v: %s", found[store.EventLog], got)
				}
			})
		})
	}
}
