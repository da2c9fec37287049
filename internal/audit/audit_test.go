package audit_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/audit"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// writeTeams has n entries written, each with an event.
func writeTeams(f *testkit.Fixture, n int) (subjects []string) {
	for range n {
		subject := id.New(id.Team)
		subjects = append(subjects, subject)
		f.Write(f.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: subject})
			return nil
		})
	}
	return subjects
}

// list are the entries that a filter leaves, newest first.
func list(ctx context.Context, t *testing.T, s *audit.Service, filter *audit.Filter) []*ent.AuditEntry {
	t.Helper()
	var all []*ent.AuditEntry
	for _, e := range check.Must(s.List(ctx, filter, paging.PageArgs{First: check.Ptr(100)}))(t).Edges {
		all = append(all, e.Node)
	}
	return all
}

// AC-17: what is in the name of someone is theirs, and says by what part of Parley; what fails
// leaves nothing; one statement more is run where something is audited, and none where not.
func TestEntries(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		log := audit.New(s)
		audited := asked.Of(func() { writeTeams(f, 1) })
		daily := asked.Of(func() {
			f.Write(f.Admin, func(ctx context.Context, tx *store.Tx) error {
				tx.Append(ctx, store.Event{Type: vocab.TagCreated, SubjectID: id.New(id.Tag)})
				return nil
			})
		})
		if len(audited) != len(daily)+1 {
			t.Errorf("%d statements with an entry, %d without", len(audited), len(daily))
		}
		admin := viewer.FromContext(f.Admin)
		as := viewer.NewContext(t.Context(), viewer.System("sign-in", f.AccountID).InNameOf(admin))
		f.Write(as, func(ctx context.Context, tx *store.Tx) error {
			tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, Detail: "x"})
			return nil
		})
		if err := s.WithTx(f.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, Detail: "y"})
			return os.ErrInvalid
		}); err == nil {
			t.Fatal("the transaction did not fail")
		}
		got := list(f.Admin, t, log, nil)
		if len(got) != 2 || got[0].Work != "sign-in" || got[0].ActorID != admin.ActorID || got[0].EventSequence != 0 || got[1].EventSequence == 0 || got[0].Number != 2 {
			t.Errorf("got %v", got)
		}
		f.Write(f.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.ConversationDeleted, InboxID: f.InboxIDs[0], ConversationID: f.ConversationIDs[0]})
			return nil
		})
		if got := list(f.Admin, t, log, &audit.Filter{SubjectID: &f.ConversationIDs[0]}); len(got) != 1 || got[0].Action != vocab.AuditConversationDeleted {
			t.Errorf("about the conversation: %v", got)
		}
		if others := list(f.Agent(0), t, log, nil); len(others) != 0 {
			t.Errorf("an agent sees %v", others)
		}
	})
}

// AC-17: entries that are too old go once a day, which is recorded, as soon as a seal has the
// floor; what is left verifies (OP-6).
func TestTrim(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		f := testkit.Account(t, s)
		log, keys := audit.New(s), check.Must(secret.Parse(secret.GenerateKey()))(t)
		seals := seal.New(s, keys, seal.Settings{AuditRetention: 90 * 24 * time.Hour})
		const kept = 90 * 24 * time.Hour
		writeTeams(f, 5)
		turned.Advance(10 * time.Second)
		check.NoError(t, seals.Round(f.System))
		turned.Advance(kept + 12*time.Hour)
		writeTeams(f, 2)
		check.NoError(t, log.Trim(f.System, kept))
		if got := list(f.Admin, t, log, nil); len(got) != 7 {
			t.Fatalf("%d entries within the day", len(got))
		}
		turned.Advance(24 * time.Hour)
		check.NoError(t, log.Trim(f.System, kept))
		if got := list(f.Admin, t, log, nil); len(got) != 8 || got[0].Action != vocab.AuditAuditLogTrimmed || *got[0].Changes[0].To != "5" {
			t.Fatalf("before the floor is sealed: %v", got)
		}
		check.NoError(t, seals.Round(f.System))
		for range 2 {
			check.NoError(t, log.Trim(f.System, kept))
		}
		if got := list(f.Admin, t, log, nil); len(got) != 3 {
			t.Errorf("%d entries are left", len(got))
		}
		check.NoError(t, seal.Verify(t.Context(), s, keys, seal.Options{Log: store.AuditLog}, func(r *seal.Report) error {
			if len(r.Problems) > 0 || r.Trimmed != 5 || r.Floor != 5 || r.Rows != 3 {
				t.Errorf("got %+v", r)
			}
			return nil
		}))
	})
}

// AC-17: what is recorded once an hour is recorded again in the next, by whichever node.
func TestHourly(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC))
		s := db.Open(t, turned)
		f := testkit.Account(t, s)
		for range 3 {
			log := audit.New(s)
			for range 2 {
				check.NoError(t, log.RecordRead(f.Admin, "erasures"))
				check.NoError(t, log.RecordRead(f.Agent(0), "erasures"))
			}
			check.NoError(t, log.ForgetMarks(f.System))
		}
		turned.Advance(time.Hour)
		log := audit.New(s)
		check.NoError(t, log.RecordRead(f.Admin, "erasures"))
		if got := list(f.Admin, t, log, &audit.Filter{Actions: []vocab.AuditAction{vocab.AuditReadAsAdmin}}); len(got) != 2 || got[0].Detail != "erasures" {
			t.Errorf("got %v", got)
		}
	})
}

// AC-17: each filter reads an index in the order of the list.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		log := audit.New(s)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			for range 300 {
				tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: id.New(id.Team)})
				tx.Append(ctx, store.Event{Type: vocab.BotCreated, SubjectID: id.New(id.Bot)})
			}
			return nil
		})
		if s.Postgres() {
			_ = check.Must(s.Writer().ExecContext(t.Context(), "ANALYZE audit_entries"))(t)
		}
		team := id.New(id.Team)
		for _, c := range []struct {
			index  string
			sorts  bool
			filter audit.Filter
		}{
			{"audit_entries_at", false, audit.Filter{Since: check.Ptr(s.Now())}},
			{"audit_entries_action", false, audit.Filter{Actions: []vocab.AuditAction{vocab.AuditUserCreated}}},
			{"audit_entries_action", true, audit.Filter{Actions: []vocab.AuditAction{vocab.AuditUserCreated, vocab.AuditBotUpdated, vocab.AuditUserCreated}}},
			{"audit_entries_subject", false, audit.Filter{SubjectID: &team}},
			{"audit_entries_actor", false, audit.Filter{ActorID: &team}},
		} {
			query := asked.Of(func() { list(f.Admin, t, log, &c.filter) })[0]
			plan := planOf(t, s, query)
			if !strings.Contains(plan, c.index) || !c.sorts && strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s\nruns as\n%s\nwant %s", query, plan, c.index)
			}
		}
	})
}

// planOf is how the database would run a query.
func planOf(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	var lines []string
	if s.Postgres() {
		query = regexp.MustCompile(`("at" >= )\$\d+`).ReplaceAllString(query, "${1}0")
		query = regexp.MustCompile(`\$\d+`).ReplaceAllString(query, "'x'")
		lines = check.Must(s.Strings(t.Context(), "EXPLAIN "+query))(t)
		return strings.Join(lines, "\n")
	}
	check.NoError(t, store.ForEachRow(t.Context(), s, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")), func(rows entsql.ColumnScanner) error {
		var node, parent, unused int
		var detail string
		err := rows.Scan(&node, &parent, &unused, &detail)
		lines = append(lines, detail)
		return err
	}))
	return strings.Join(lines, "\n")
}
