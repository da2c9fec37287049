package seal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// sealed is an account whose logs are sealed.
type sealed struct {
	*testkit.Fixture
	t      *testing.T
	keys   *secret.Keyring
	s      *seal.Service
	turned *clock.Turned
}

// kept is how long the logs are kept.
const kept = 100 * 24 * time.Hour

var options = seal.Settings{EventRetention: kept, AuditRetention: kept}

// eachSealed runs the test on each database, with an account that has 30 events more, 10 of them
// audited, all of them sealed.
func eachSealed(t *testing.T, test func(t *testing.T, s *sealed)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, on testkit.Database) {
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		db := on.Open(t, turned)
		s := &sealed{testkit.Account(t, db), t, keys, seal.New(db, keys, options), turned}
		s.write(10)
		s.seal()
		test(t, s)
	})
}

// write writes three events n times, one of them audited.
func (s *sealed) write(n int) {
	s.t.Helper()
	for i := range n {
		s.Write(s.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.ConversationUpdated, InboxID: s.InboxIDs[0], ConversationID: s.ConversationIDs[0], Revision: i, Changes: store.NamedChanges("subject")})
			tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: id.New(id.Team), Changes: []vocab.FieldChange{{Field: "members", Added: []string{"b", "a"}}}})
			tx.Append(ctx, store.Event{Type: vocab.TagCreated, SubjectID: id.New(id.Tag)})
			return nil
		})
	}
}

func (s *sealed) seal() {
	s.t.Helper()
	if err := s.s.SealAll(s.t.Context(), s.AccountID); err != nil {
		s.t.Fatal(err)
	}
}

// edit is what someone does who edits the database.
func (s *sealed) edit(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		result, err := s.Store.Writer().ExecContext(s.t.Context(), strings.ReplaceAll(statement, "{account}", "'"+s.AccountID+"'"))
		if err != nil {
			s.t.Fatal(statement, err)
		}
		if n, _ := result.RowsAffected(); n == 0 {
			s.t.Fatal("touched no row: ", statement)
		}
	}
}

// verify returns the reports by the log.
func (s *sealed) verify(anchors ...seal.Anchor) map[seal.Log]*seal.Report {
	s.t.Helper()
	return s.verifyWith(s.keys, anchors...)
}

func (s *sealed) verifyWith(keys *secret.Keyring, anchors ...seal.Anchor) map[seal.Log]*seal.Report {
	s.t.Helper()
	found := map[seal.Log]*seal.Report{}
	err := seal.Verify(s.t.Context(), s.Store, keys, seal.Options{Account: s.AccountID, Anchors: anchors}, func(r *seal.Report) error {
		found[r.Log] = r
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// problems are all of both logs.
func problems(found map[seal.Log]*seal.Report) string {
	var list []string
	for _, log := range []seal.Log{store.EventLog, store.AuditLog} {
		for _, p := range found[log].Problems {
			list = append(list, fmt.Sprintf("%s %d: %s", log, p.Number, p.Text))
		}
	}
	return strings.Join(list, "\n")
}

// OP-6: logs that no one edited verify, and what is new is unsealed until it is sealed.
func TestSealed(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		found := s.verify()
		events := found[store.EventLog]
		if got := problems(found); got != "" || events.Blocks != 1 || events.Rows != events.Head || events.Unsealed != 0 || found[store.AuditLog].Rows < 10 {
			t.Fatalf("%+v %+v\n%s", events, found[store.AuditLog], got)
		}
		s.write(1)
		if found = s.verify(); problems(found) != "" || found[store.EventLog].Unsealed != 3 || found[store.AuditLog].Unsealed != 1 || !found[store.EventLog].UnsealedSince.IsSet() {
			t.Errorf("%+v", found[store.EventLog])
		}
		s.turned.Advance(9 * time.Second)
		check.NoError(t, s.s.Round(s.System))
		if n := s.verify()[store.EventLog].Blocks; n != 1 {
			t.Errorf("rows of nine seconds are sealed: %d blocks", n)
		}
		s.turned.Advance(time.Second)
		check.NoError(t, s.s.Round(s.System))
		if found = s.verify(); problems(found) != "" || found[store.EventLog].Unsealed != 0 || found[store.EventLog].Blocks != 2 {
			t.Errorf("after a round: %+v", found[store.EventLog])
		}
	})
}

// OP-6: rounds find what is new with one query, and seal what a round before did not.
func TestRounds(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		for range 4 {
			if err := s.s.Round(s.System); err != nil {
				t.Fatal(err)
			}
			s.write(1)
			s.turned.Advance(10 * time.Second)
		}
		if err := s.s.Round(s.System); err != nil {
			t.Fatal(err)
		}
		found := s.verify()
		if got := problems(found); got != "" || found[store.EventLog].Unsealed+found[store.AuditLog].Unsealed != 0 || found[store.AuditLog].Blocks != 5 {
			t.Errorf("%+v %s", found[store.AuditLog], got)
		}
	})
}

// OP-6: whatever someone edits who can edit the database is noticed.
func TestEditsAreNoticed(t *testing.T) {
	t.Parallel()
	const row = " WHERE account_id = {account} AND sequence = 12"
	edits := map[string]struct {
		statements []string
		want       string
	}{
		"row removed":         {[]string{"DELETE FROM events" + row}, "EVENTS 12: the row was removed"},
		"row and digest gone": {[]string{"DELETE FROM events" + row, "DELETE FROM seal_digests WHERE account_id = {account} AND log = 'EVENTS' AND number = 12"}, "EVENTS 12: the row was removed"},
		"digest removed":      {[]string{"DELETE FROM seal_digests WHERE account_id = {account} AND log = 'EVENTS' AND number = 12"}, "EVENTS 12: what its digest was made of is gone"},
		"rows swapped": {[]string{
			"UPDATE events SET sequence = -12" + row, "UPDATE events SET sequence = 12 WHERE account_id = {account} AND sequence = 13", "UPDATE events SET sequence = 13 WHERE account_id = {account} AND sequence = -12",
		}, "EVENTS 13: "},
		"salt removed":      {[]string{"UPDATE seal_digests SET salt = NULL WHERE account_id = {account} AND log = 'EVENTS' AND number = (SELECT MAX(sequence) FROM events WHERE account_id = {account})"}, "its salt was removed"},
		"inner hash edited": {[]string{"UPDATE seal_digests SET inner_hash = root FROM seals WHERE seals.account_id = {account} AND seal_digests.account_id = {account} AND number = 12 AND seal_digests.log = 'EVENTS' AND seals.log = 'EVENTS'"}, "EVENTS 12: "},
		"tail cut":          {[]string{"DELETE FROM events WHERE account_id = {account} AND sequence = (SELECT MAX(sequence) FROM events)"}, "the row was removed"},
		"tail cut, counter lowered": {[]string{
			"DELETE FROM events WHERE account_id = {account} AND sequence = (SELECT MAX(sequence) FROM events)", "UPDATE account_sequences SET sequence = sequence - 1 WHERE id = {account}",
		}, "its counter was lowered"},
		"counter lowered":        {[]string{"UPDATE account_sequences SET audit_number = audit_number - 1 WHERE id = {account}"}, "AUDIT 0: the account counts"},
		"counter raised":         {[]string{"UPDATE account_sequences SET sequence = sequence + 1 WHERE id = {account}"}, "EVENTS 0: the account counts"},
		"seal removed":           {[]string{"DELETE FROM seals WHERE account_id = {account} AND log = 'AUDIT'"}, "AUDIT 0: seal_heads says block 1"},
		"floor raised":           {[]string{"UPDATE account_sequences SET log_floor = 12, log_trimmed = 12 WHERE id = {account}", "DELETE FROM events" + row}, "EVENTS 12: the row was removed"},
		"floor above the end":    {[]string{"UPDATE account_sequences SET log_trimmed = 1000 WHERE id = {account}"}, "EVENTS 0: the log's floor is 1000"},
		"no counters":            {[]string{"DELETE FROM account_sequences WHERE id = {account}"}, "EVENTS 0: the account has no counters"},
		"head removed":           {[]string{"DELETE FROM seal_heads WHERE account_id = {account} AND log = 'EVENTS'"}, "EVENTS 0: seal_heads says block 0"},
		"head lowered":           {[]string{"UPDATE seal_heads SET block = 0 WHERE account_id = {account} AND log = 'EVENTS'"}, "EVENTS 0: seal_heads says block 0"},
		"head raised":            {[]string{"UPDATE seal_heads SET through = 1000000 WHERE account_id = {account} AND log = 'AUDIT'"}, "AUDIT 0: seal_heads says block 1 to 1000000"},
		"head's floor":           {[]string{"UPDATE seal_heads SET log_floor = 3 WHERE account_id = {account} AND log = 'AUDIT'"}, "AUDIT 0: seal_heads says"},
		"floor of a seal raised": {[]string{"UPDATE seals SET log_floor = 12 WHERE account_id = {account} AND log = 'EVENTS'", "DELETE FROM events" + row}, "its seal does not fit"},
		"digests dropped":        {[]string{"UPDATE seals SET digests = root WHERE account_id = {account} AND log = 'EVENTS'"}, "its digests are not those that were sealed"},
		"row below one":          {[]string{"UPDATE events SET sequence = 0" + row}, "EVENTS 0: 1 rows have numbers below 1"},
		"entry removed":          {[]string{"DELETE FROM audit_entries WHERE account_id = {account} AND number = 3"}, "AUDIT 3: the row was removed"},
		"JSON broken":            {[]string{"UPDATE audit_entries SET changes = '{}' WHERE account_id = {account} AND number = 3"}, "AUDIT 3: its references or changes"},
	}
	for table, columns := range map[string][]string{
		"events":        {"id", "type", "occurred_at", "actor_kind", "actor_id", "inbox_id", "conversation_id", "message_id", "subject_id", "user_id", "revision"},
		"audit_entries": {"id", "at", "action", "actor_kind", "actor_id", "work", "credential_id", "inbox_id", "subject_id", "detail", "event_sequence"},
	} {
		number, log := "sequence", "EVENTS"
		if table == "audit_entries" {
			number, log = "number", "AUDIT"
		}
		for _, column := range columns {
			value := column + " || 'x'"
			if column == "occurred_at" || column == "at" || column == "revision" || column == "event_sequence" {
				value = column + " + 1"
			}
			edits[table+"."+column] = struct {
				statements []string
				want       string
			}{[]string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE account_id = {account} AND %s = 4", table, column, value, number)}, log + " 4: "}
		}
	}
	for _, column := range []string{"first", "last", "row_count", "bound_count", "log_floor", "sealed_at"} {
		edits["seals."+column] = struct {
			statements []string
			want       string
		}{[]string{"UPDATE seals SET " + column + " = " + column + " + 1 WHERE account_id = {account} AND log = 'EVENTS'"}, "its seal does not fit"}
	}
	eachSealed(t, func(t *testing.T, s *sealed) {
		saved := s.save()
		for name, edit := range edits {
			s.edit(edit.statements...)
			if got := problems(s.verify()); !strings.Contains(got, edit.want) {
				t.Errorf("%s: got %q, want %q", name, got, edit.want)
			}
			s.restore(saved)
			if got := problems(s.verify()); got != "" {
				t.Fatalf("after %s was undone: %s", name, got)
			}
		}
	})
}

// editable are the tables that someone may edit.
var editable = []string{"events", "audit_entries", "seals", "seal_digests", "seal_heads", "account_sequences"}

// save copies what may be edited.
func (s *sealed) save() string {
	for _, table := range editable {
		if _, err := s.Store.Writer().ExecContext(s.t.Context(), "CREATE TABLE saved_"+table+" AS SELECT * FROM "+table); err != nil {
			s.t.Fatal(err)
		}
	}
	return "saved_"
}

func (s *sealed) restore(saved string) {
	for _, table := range editable {
		for _, statement := range []string{"DELETE FROM " + table, "INSERT INTO " + table + " SELECT * FROM " + saved + table} {
			if _, err := s.Store.Writer().ExecContext(s.t.Context(), statement); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// OP-6: a row that was slipped in between is noticed, even with a digest of its own.
func TestInsertedRow(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.edit("UPDATE account_sequences SET sequence = sequence + 5 WHERE id = {account}")
		s.write(1)
		s.seal() // with a gap, which is noticed
		if got := problems(s.verify()); strings.Count(got, "the row was missing when the block was sealed") != 5 {
			t.Fatalf("got %s", got)
		}
		head := s.verify()[store.EventLog].Head
		s.edit(fmt.Sprintf("INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, changes) VALUES ('event_x', {account}, %d, 'X', 1, 'ADMIN', '[]')", head-3),
			fmt.Sprintf("INSERT INTO seal_digests (account_id, log, number, salt, inner_hash) SELECT account_id, log, %d, salt, inner_hash FROM seal_digests WHERE account_id = {account} AND log = 'EVENTS' AND number = 3", head-3))
		if got := problems(s.verify()); !strings.Contains(got, "inserted after the block was sealed") {
			t.Errorf("got %s", got)
		}
	})
}

// OP-6: what is purged and erased is a tombstone, which verifies; of what was purged before it
// was sealed nothing is known.
func TestTombstones(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.write(1)
		s.Write(s.Admin, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.ForgetEvents(ctx, "conversation_id = $2", s.AccountID, s.ConversationIDs[0]),
				tx.ForgetEntries(ctx, "number = $2", s.AccountID, 3))
		})
		found := s.verify()
		if got := problems(found); got != "" || found[store.EventLog].Tombstones < 10 || found[store.AuditLog].Tombstones != 1 {
			t.Fatalf("%+v %s", found[store.EventLog], got)
		}
		s.seal()
		before := found[store.EventLog].Tombstones
		if found = s.verify(); problems(found) != "" || found[store.EventLog].Tombstones != before {
			t.Errorf("%+v", found[store.EventLog])
		}
		s.edit("UPDATE events SET actor_id = 'user_x' WHERE account_id = {account} AND type = 'CONVERSATION_UPDATED'")
		if got := problems(s.verify()); !strings.Contains(got, "it is not the row that was sealed") {
			t.Errorf("an edited tombstone: %q", got)
		}
	})
}

// OP-6: keys rotate; without the key nothing can be said, nor sealed unnoticed.
func TestKeys(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		other := secret.GenerateKey()
		stranger := check.Must(secret.Parse(other))(t)
		if got := problems(s.verifyWith(stranger)); !strings.Contains(got, "is not in PARLEY_SECRET_KEYS") {
			t.Errorf("got %q", got)
		}
		s.write(1)
		s.s = seal.New(s.Store, stranger, options)
		s.seal()
		if got := problems(s.verify()); !strings.Contains(got, "is not in PARLEY_SECRET_KEYS") {
			t.Errorf("got %q", got)
		}
		s.edit("UPDATE seals SET key_id = (SELECT key_id FROM seals WHERE account_id = {account} AND log = 'EVENTS' AND block = 1) WHERE account_id = {account}")
		if got := problems(s.verify()); !strings.Contains(got, "its seal does not fit") {
			t.Errorf("got %q", got)
		}
	})
	testkit.EachStore(t, clock.System{}, func(t *testing.T, db *store.Store) {
		first, second := secret.GenerateKey(), secret.GenerateKey()
		s := &sealed{Fixture: testkit.Account(t, db), t: t, keys: check.Must(secret.Parse(second + "," + first))(t)}
		for _, keys := range []string{first, second + "," + first} {
			s.s = seal.New(db, check.Must(secret.Parse(keys))(t), options)
			s.write(1)
			s.seal()
		}
		if got := problems(s.verify()); got != "" {
			t.Errorf("rotated keys: %s", got)
		}
	})
}

// OP-6: an anchor that is kept elsewhere shows that a log was cut or rewritten, even with the key.
func TestAnchors(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		saved := s.save()
		s.write(1)
		s.seal()
		anchors := check.Must(seal.ParseAnchors(s.verify()[store.EventLog].Anchor + "\n" + s.verify()[store.AuditLog].Anchor))(t)
		s.write(1)
		s.seal()
		if got := problems(s.verify(anchors...)); got != "" {
			t.Fatal(got)
		}
		s.restore(saved) // of before the anchor
		if got := problems(s.verify()); got != "" {
			t.Fatal(got)
		}
		if got := problems(s.verify(anchors...)); !strings.Contains(got, "the log was cut") {
			t.Errorf("got %q", got)
		}
		s.write(1)
		s.s = seal.New(s.Store, s.keys, options) // which does not know better
		s.seal()
		if got := problems(s.verify(anchors...)); !strings.Contains(got, "the log was rewritten") {
			t.Errorf("got %q", got)
		}
		for _, bad := range []string{"x", "account_x:EVENTS:0:" + strings.Repeat("A", 43), "account_x:OTHER:1:AA", "account_x:EVENTS:1:AA"} {
			if _, err := seal.ParseAnchors(bad); err == nil {
				t.Errorf("%q passed for an anchor", bad)
			}
		}
	})
}

// OP-6, OP-2: nodes seal at once, while others write and purge: each row is sealed once, as it
// is or as a tombstone.
func TestSealingAtOnce(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		var group sync.WaitGroup
		for range 3 {
			node := seal.New(s.Store, s.keys, options)
			group.Go(func() {
				for range 15 {
					if err := node.SealAll(s.System, s.AccountID); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Go(func() { s.write(20) })
		group.Go(func() {
			for range 15 {
				s.Write(s.Admin, func(ctx context.Context, tx *store.Tx) error {
					return errors.Join(tx.ForgetEvents(ctx, "conversation_id = $2", s.AccountID, s.ConversationIDs[0]),
						tx.ForgetEntries(ctx, "number > $2", s.AccountID, 3))
				})
			}
		})
		for range 5 {
			if got := problems(s.verify()); got != "" {
				t.Error(got)
			}
		}
		group.Wait()
		s.seal()
		if found := s.verify(); problems(found) != "" || found[store.EventLog].Unsealed != 0 || found[store.EventLog].Rows != found[store.EventLog].Head {
			t.Errorf("%+v %s", found[store.EventLog], problems(found))
		}
	})
}

// OP-6: sealing that fails in the middle leaves nothing, and goes on.
func TestSealingFails(t *testing.T) {
	t.Parallel()
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.write(1)
		blocked := "INSERT INTO seals (account_id, log, block, first, last, row_count, bound_count, log_floor, sealed_at, key_id, digests, root, seal) SELECT account_id, log, 2, first, last, row_count, bound_count, log_floor, sealed_at, key_id, digests, root, seal FROM seals WHERE account_id = {account} AND log = 'EVENTS'"
		s.edit(blocked)
		if err := s.s.SealAll(s.System, s.AccountID); err == nil {
			t.Fatal("the block is there, and was sealed again")
		}
		s.edit("DELETE FROM seals WHERE account_id = {account} AND log = 'EVENTS' AND block = 2")
		if n := s.verify()[store.EventLog].Unsealed; n != 3 {
			t.Errorf("%d rows are not sealed, want 3", n)
		}
		s.seal()
		if got := problems(s.verify()); got != "" {
			t.Error(got)
		}
	})
}

// OP-6: JSON means the same on both databases.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[]": "[]", `[{"to": "b", "field": "a"}]`: `[{"field":"a","to":"b"}]`, `[{"field":"\u00e4"}]`: `[{"field":"ä"}]`, "{": "{", "[1] x": "[1] x", "[1]]x": "[1]]x", "[] ": "[]",
	} {
		check.Same(t, seal.Canonical(text), want)
	}
}
