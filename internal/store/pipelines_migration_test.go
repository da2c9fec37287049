package store_test

import (
	"context"
	"fmt"
	"testing"

	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	entticket "parley/ent/ticket"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-7, CR-9: each account gets the first pipelines; the words of tickets and of presets
// become pipelines and stages, one for all spellings, and tickets get numbers.
func TestPipelinesAreMadeOfWords(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		words := [][2]string{{"Support", "New"}, {"SUPPORT", "closed"}, {"Support", "Escalated"}, {"Repairs", "Come in"}, {"Repairs", "Come  in"}, {"", ""}}
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			for _, statement := range []string{
				"DELETE FROM pipeline_stages", "DELETE FROM pipelines", "DROP INDEX tickets_number",
				"ALTER TABLE tickets ADD COLUMN pipeline TEXT NOT NULL DEFAULT ''", "ALTER TABLE tickets ADD COLUMN stage TEXT NOT NULL DEFAULT ''",
			} {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
			for i, w := range words {
				_, err := tx.Exec(ctx, "INSERT INTO tickets (id, account_id, subject, priority, pipeline, stage, created_at) VALUES ($1, $2, $3, 'NONE', $4, $5, $6)",
					id.New(id.Ticket), f.AccountID, fmt.Sprint(i), w[0], w[1], 100-i)
				if err != nil {
					return err
				}
			}
			channel := id.New(id.Channel)
			return all(
				tx.Client.Channel.Create().SetID(channel).SetInboxID(f.InboxIDs[0]).SetKind(vocab.Email).SetKey(channel).SetCreatedAt(tx.Now()).Exec,
				tx.Client.EmailChannel.Create().SetID(channel).SetInboxID(f.InboxIDs[0]).SetAddress("a@example.com").SetAliases([]string{}).
					SetProvider(vocab.EmailForwarding).SetState(vocab.EmailConnected).SetCreatedAt(tx.Now()).Exec,
				func(ctx context.Context) error {
					_, err := tx.Exec(ctx, `UPDATE email_channels SET ticket_preset = '{"pipeline": "Repairs", "stage": "Mail", "priority": "HIGH"}' WHERE id = $1`, channel)
					return err
				},
			)(ctx)
		})
		check.NoError(t, s.MakePipelinesOfWords(t.Context()))
		client := s.Client(f.System)
		named := func(stageID string) string {
			stage := check.Must(client.PipelineStage.Query().Where(entstage.ID(stageID)).Only(f.System))(t)
			return check.Must(client.Pipeline.Get(f.System, stage.PipelineID))(t).Name + "/" + stage.Name + "/" + string(stage.Kind)
		}
		var got []string
		for _, ticket := range check.Must(client.Ticket.Query().Order(entticket.ByNumber()).All(f.System))(t) {
			got = append(got, fmt.Sprint(ticket.Number, ticket.Subject, " ", named(ticket.StageID), " ", ticket.ClosedAt.IsSet()))
		}
		check.Same(t, got, []string{
			"15 Support/New/OPEN false", "24 Repairs/Come in/OPEN false", "33 Repairs/Come in/OPEN false", "42 Support/Escalated/OPEN false",
			"51 Support/Closed/CLOSED true", "60 Support/New/OPEN false",
		})
		preset := check.Must(client.EmailChannel.Query().Only(f.System))(t).TicketPreset
		check.Same(t, []any{named(preset.StageID), preset.Priority, preset.OwnerRule, preset.Subject},
			[]any{"Repairs/Mail/OPEN", vocab.PriorityHigh, vocab.OwnerConversationAssignee, "{{email.subject}}"})
		check.Same(t, check.Must(client.Pipeline.Query().Where(entpipeline.ObjectEQ(vocab.DealPipeline)).Only(f.System))(t).Name, "Sales")
		check.Same(t, check.Must(client.RecordCounter.Get(f.System, f.AccountID))(t).Tickets, 6)
	})
}
