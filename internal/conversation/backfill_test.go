package conversation_test

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/migrate/migrations"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/testkit/check"
)

// backfill runs what a migration carries over from rows that were there before it.
func (d *suite) backfill(file string) {
	d.T.Helper()
	folder := "sqlite"
	if d.Store.Postgres() {
		folder = "postgres"
	}
	text := check.Must(fs.ReadFile(check.Must(migrations.For(folder))(d.T), file))(d.T)
	statements := regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(string(text), "")
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		for _, statement := range strings.Split(statements, ";") {
			if statement = strings.TrimSpace(statement); statement == "" || strings.Contains(statement, "ADD COLUMN") || strings.Contains(statement, "INDEX") {
				continue
			}
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// IN-32: what the migration finds in messages and log is what is stored when it
// happens.
func TestFactsAreCarriedOver(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		answered, silent := d.StartChat(0, "One").ID, d.StartChat(1, "Two").ID
		d.AgentNotes(d.Agent(0), answered, "A note")
		d.Clock.Advance(75 * time.Second)
		d.VisitorWrites(answered, 0, "Hello?")
		d.AgentSays(d.Agent(1), answered, "Here")
		d.AgentSays(d.Agent(0), answered, "And me")
		d.MustClose(answered)
		d.VisitorWrites(answered, 0, "Thanks")
		check.Must(d.Close(d.Agent(1), conversation.CloseConversationInput{Target: conversation.On(answered)}))(t)
		d.MustClose(silent)
		check.Must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(silent)}))(t)
		facts := func() [][]any {
			var all [][]any
			for _, id := range []string{answered, silent} {
				c := d.Row(id)
				all = append(all, []any{c.LastOutgoingNumber, c.FirstRespondedAt, c.FirstRespondedBy, c.FirstResponseSeconds, c.ReopenCount, c.ResolvedBy})
			}
			return all
		}
		want := facts()
		for _, id := range []string{answered, silent} {
			d.AlterRow(id, func(u *ent.ConversationUpdateOne) {
				u.SetLastOutgoingNumber(0).SetFirstRespondedAt(0).SetFirstRespondedBy("").SetFirstResponseSeconds(0).SetReopenCount(0).SetResolvedBy("")
			})
		}
		d.backfill("00009_service_facts.sql")
		check.Same(t, facts(), want)
	})
}
