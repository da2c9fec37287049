package bot

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// StopAgentRunInput is the input of stopAgentRun. The run to stop.
type StopAgentRunInput struct {
	RunID          string
	IdempotencyKey *string
}

// Stop ends a run, and leaves its conversation to people: nothing that the bot says to the
// turn is sent from then on (AG-2). Errors: NOT_FOUND on runId; CONFLICT once it is over.
func (s *Service) Stop(ctx context.Context, in StopAgentRunInput) (*ent.AgentRun, *ent.Conversation, error) {
	call := idempotency.Call{Mutation: "stopAgentRun", Key: in.IdempotencyKey, Input: in, Result: in.RunID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		g, err := s.engagementOf(ctx, tx, in.RunID, func(*ent.AgentRun) bool { return true })
		if err != nil {
			return err
		}
		if err := g.endRun(ctx, vocab.RunStale); err != nil {
			return err
		}
		return s.deps.Conversations.HandOffTurn(ctx, tx, g.c.ID, g.c.Turn)
	}, nil)
	return s.current(ctx, in.RunID, err)
}

// approvalWait is how long the run's bot waits for approval.
func (s *Service) approvalWait(ctx context.Context, g *engagement) (time.Duration, error) {
	b, err := g.tx.Client.Bot.Get(ctx, g.run.BotID)
	if err != nil {
		return 0, err
	}
	return approvalTimeout(b), nil
}

func approvalTimeout(b *ent.Bot) time.Duration {
	if b.ApprovalTimeout == 0 {
		return ApprovalTimeout
	}
	return time.Duration(b.ApprovalTimeout) * time.Second
}
