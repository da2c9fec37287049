package bot

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entstep "parley/ent/agentstep"
	entconversation "parley/ent/conversation"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// silence is how long a run may be without a sign of life while the bot owes something
	// (AG-1).
	silence = 60 * time.Second
	// leaseTime is how long a worker has a turn without a sign of life. A round each
	// RoundEvery gives it to another one, which makes the 30 seconds of AG-5.
	leaseTime = 25 * time.Second
	// RoundEvery is how often TendRuns is to be called.
	RoundEvery = 5 * time.Second
	// ApprovalTimeout is how long a bot waits for approval that does not say otherwise.
	ApprovalTimeout = 10 * time.Minute
)

// engagement is a conversation, and the run in it that is not over, within a transaction
// that has locked both, in this order.
type engagement struct {
	tx  *store.Tx
	c   *ent.Conversation
	run *ent.AgentRun // nil: none
}

// lockEngagement locks a conversation and its open run; nil: the viewer does not see it.
func lockEngagement(ctx context.Context, tx *store.Tx, conversationID string) (*engagement, error) {
	c, err := tx.Client.Conversation.Query().Where(entconversation.ID(conversationID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	run, err := tx.Client.AgentRun.Query().Where(entrun.ConversationID(c.ID)).Modify(isOpen, store.ForUpdate).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	return &engagement{tx, c, run}, nil
}

// isOpen leaves the runs that are not over, as the index has them.
func isOpen(s *sql.Selector) { s.Where(sql.ExprP(s.C(entrun.FieldEndedAt) + " = 0")) }

// botHas reports whether a bot has the conversation, and may be asked for something.
func (g *engagement) botHas() bool {
	c := g.c
	return c.BotID != "" && c.BotState.InBotsHands() && c.Status == vocab.Open && c.Filtered == 0 && !c.DeletedAt.IsSet()
}

// settleRun makes the run what the conversation says that it ought to be.
func (g *engagement) settleRun(ctx context.Context) error {
	switch {
	case !g.botHas():
		return g.endRun(ctx, g.endedAs())
	case g.run == nil && g.c.LastIncomingNumber <= g.c.LastOutgoingNumber:
		return nil
	case g.c.LastIncomingNumber > g.c.LastOutgoingNumber && (g.run == nil || g.run.Turn < g.c.Turn):
		return g.askBot(ctx)
	}
	if heard, err := g.hearDecision(ctx); err != nil || heard {
		return err
	}
	if g.c.LastIncomingNumber > g.c.LastOutgoingNumber {
		return nil
	}
	return g.noteAnswer(ctx)
}

// endedAs is what a run is that the bot no longer has: it is done if it owed nothing, or
// handed off itself.
func (g *engagement) endedAs() vocab.AgentRunState {
	if g.c.BotState == vocab.BotHandedOff || g.run != nil && g.run.State == vocab.RunAwaitingContact {
		return vocab.RunDone
	}
	return vocab.RunStale
}

// askBot has the bot answer the conversation's turn, once for each.
func (g *engagement) askBot(ctx context.Context) error {
	if g.run == nil {
		return g.beginRun(ctx)
	}
	return g.changeRun(ctx, func(r *ent.AgentRun) {
		r.Turn, r.Reason, r.ProposalID = g.c.Turn, vocab.TurnByContact, ""
		ask(r, g.tx.Now())
	})
}

// ask has the run wait for a worker, at its place by the time: no two times of one run are
// the same, so that workers tell what they had from what is new.
func ask(r *ent.AgentRun, now clock.Micros) {
	r.State, r.DueAt = vocab.RunPending, max(now, r.DueAt+1)
	live(r, now)
}

// beginRun makes a run, unless the one before it had the turn already.
func (g *engagement) beginRun(ctx context.Context) error {
	last, err := g.tx.Client.AgentRun.Query().Where(entrun.ConversationID(g.c.ID)).Order(entrun.ByID(sql.OrderDesc())).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	if err == nil && last.Turn >= g.c.Turn {
		return nil
	}
	now := g.tx.Now()
	g.run, err = g.tx.Client.AgentRun.Create().SetID(id.New(id.AgentRun)).SetInboxID(g.c.InboxID).SetConversationID(g.c.ID).SetBotID(g.c.BotID).
		SetState(vocab.RunPending).SetTurn(g.c.Turn).SetReason(vocab.TurnByContact).SetDueAt(now).SetAliveAt(now).SetHandOffAt(now.Add(silence)).
		SetCreatedAt(now).Save(ctx)
	if err != nil {
		return fmt.Errorf("begin a run: %w", err)
	}
	recordRun(ctx, g.tx, &ent.AgentRun{}, g.run)
	return nil
}

// noteAnswer notes that the bot wrote. One that waits for approval since then, or heard of
// a decision since, has not answered that.
func (g *engagement) noteAnswer(ctx context.Context) error {
	r := g.run
	since := r.State == vocab.RunAwaitingApproval || r.ProposalID != ""
	if r.State == vocab.RunAwaitingContact || since && g.c.LastOutgoingNumber <= r.AskedNumber {
		return nil
	}
	return g.changeRun(ctx, func(r *ent.AgentRun) { r.State = vocab.RunAwaitingContact })
}

// endRun ends the run, if there is one.
func (g *engagement) endRun(ctx context.Context, as vocab.AgentRunState) error {
	if g.run == nil {
		return nil
	}
	return g.changeRun(ctx, func(r *ent.AgentRun) { r.State = as })
}

// changeRun alters the run. What was said of a turn only while it was worked on goes with it.
func (g *engagement) changeRun(ctx context.Context, alter func(r *ent.AgentRun)) error {
	before := *g.run
	alter(g.run)
	if before.Turn != g.run.Turn || !g.run.State.AtWork() && g.run.State != vocab.RunAwaitingApproval {
		_, err := g.tx.Client.AgentStep.Delete().Where(entstep.RunID(g.run.ID), entstep.Ephemeral(true)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete steps: %w", err)
		}
	}
	return saveRun(ctx, g.tx, &before, g.run)
}

// live notes a sign of life of a run at work.
func live(r *ent.AgentRun, now clock.Micros) { r.AliveAt, r.HandOffAt = now, now.Add(silence) }

// saveRun writes a run that was changed; an event reports another state or turn.
func saveRun(ctx context.Context, tx *store.Tx, before, r *ent.AgentRun) error {
	if r.State != vocab.RunActive {
		r.LeaseID, r.LeaseUntil = "", 0
	}
	if !r.State.AtWork() && r.State != vocab.RunAwaitingApproval {
		r.HandOffAt = 0
	}
	if r.State.Ended() {
		r.EndedAt = tx.Now()
	}
	recordRun(ctx, tx, before, r)
	return tx.Client.AgentRun.UpdateOneID(r.ID).SetState(r.State).SetTurn(r.Turn).SetReason(r.Reason).SetProposalID(r.ProposalID).SetStepCount(r.StepCount).SetAskedNumber(r.AskedNumber).
		SetDueAt(r.DueAt).SetAliveAt(r.AliveAt).SetHandOffAt(r.HandOffAt).SetLeaseID(r.LeaseID).SetLeaseUntil(r.LeaseUntil).SetEndedAt(r.EndedAt).Exec(ctx)
}

func recordRun(ctx context.Context, tx *store.Tx, before, r *ent.AgentRun) {
	var c store.Changes
	c.Optional("state", string(before.State), string(r.State))
	c.Optional("turn", turnText(before.Turn), turnText(r.Turn))
	if len(c) > 0 {
		tx.Append(ctx, store.Event{Type: vocab.AgentRunChanged, InboxID: r.InboxID, ConversationID: r.ConversationID, SubjectID: r.ID, Changes: c})
	}
}

func turnText(turn int) string {
	if turn == 0 {
		return ""
	}
	return strconv.Itoa(turn)
}
