package conversation_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-22: a conversation does not close by itself while a proposal waits in it, or a bot is at
// work or waits for approval; it does once they are through, and where a bot awaits the
// contact only.
func TestMachinesKeepOpen(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.settings(func(s *vocab.InboxSettings) { s.CloseSilentChatsAfter, s.CloseSilentChatsSince = 30, d.Store.Now() })
		names := []string{"waits", "decided", "pending", "approval", "contact", "done"}
		rows := map[string]*ent.Conversation{}
		for _, name := range names {
			rows[name] = d.StartChat(0, "Hello")
			d.AgentSays(d.Agent(0), rows[name].ID, "Answered")
		}
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			for name, state := range map[string]vocab.ProposalState{"waits": vocab.ProposalWaiting, "decided": vocab.ProposalDismissed} {
				c := rows[name]
				if err := tx.Client.Proposal.Create().SetID(id.New(id.Proposal)).SetInboxID(c.InboxID).SetConversationID(c.ID).SetKind(vocab.ProposedReply).SetState(state).
					SetAction(json.RawMessage("null")).SetSummary("x").SetSources([]vocab.ProposalSource{}).SetBasedOnNumber(1).SetAuthorKind(viewer.Bot).SetAuthorID("bot").
					SetCreatedAt(1).Exec(ctx); err != nil {
					return err
				}
			}
			for name, state := range map[string]vocab.AgentRunState{
				"pending": vocab.RunPending, "approval": vocab.RunAwaitingApproval, "contact": vocab.RunAwaitingContact, "done": vocab.RunDone,
			} {
				c, made := rows[name], tx.Client.AgentRun.Create()
				if state.Ended() {
					made.SetEndedAt(1)
				}
				if err := made.SetID(id.New(id.AgentRun)).SetInboxID(c.InboxID).SetConversationID(c.ID).SetBotID("bot").SetState(state).SetTurn(1).
					SetReason(vocab.TurnByContact).SetCreatedAt(1).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		status := func() (closed []string) {
			for _, name := range names {
				if d.Row(rows[name].ID).Status == vocab.Closed {
					closed = append(closed, name)
				}
			}
			return closed
		}
		d.Clock.Advance(time.Hour)
		check.NoError(t, d.CloseSilent(t.Context()))
		check.Same(t, status(), []string{"decided", "contact", "done"})
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			_, proposals := tx.Exec(ctx, "UPDATE proposals SET state = 'STALE' WHERE account_id = $1", d.AccountID)
			check.NoError(t, proposals)
			_, err := tx.Exec(ctx, "UPDATE agent_runs SET state = 'DONE', ended_at = 1 WHERE account_id = $1", d.AccountID)
			return err
		})
		check.NoError(t, d.CloseSilent(t.Context()))
		check.Same(t, status(), names)
	})
}
