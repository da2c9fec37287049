package bot

import (
	"context"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entstep "parley/ent/agentstep"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxStepText is the most characters of a step.
	maxStepText = 4000
	// maxSteps is how many steps a run keeps.
	maxSteps = 500
)

// ReportAgentStepInput is the input of reportAgentStep. What a bot did for a turn.
type ReportAgentStepInput struct {
	RunID     string
	Turn      int
	Kind      vocab.AgentStepKind
	Text      string
	Ephemeral *bool
	// State ends the turn; nil: the bot goes on.
	State          *vocab.AgentTurnEnd
	IdempotencyKey *string
}

// ReportStep adds a step to a run of the calling bot, which is a sign of life (AG-1).
// Errors: NOT_FOUND on runId, REQUIRED and TOO_LONG on text, TOO_LONG on runId, CONFLICT
// once the turn is another one or the run is over.
func (s *Service) ReportStep(ctx context.Context, in ReportAgentStepInput) (*ent.AgentRun, *ent.Conversation, error) {
	call := idempotency.Call{Mutation: "reportAgentStep", Key: in.IdempotencyKey, Input: in, Result: in.RunID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error { return s.addStep(ctx, tx, in) }, nil)
	return s.current(ctx, in.RunID, err)
}

// current returns a run and its conversation as they are, unless there is an error.
func (s *Service) current(ctx context.Context, runID string, err error) (*ent.AgentRun, *ent.Conversation, error) {
	if err != nil {
		return nil, nil, err
	}
	r, err := s.store.Client(ctx).AgentRun.Get(ctx, runID)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.store.Client(ctx).Conversation.Get(ctx, r.ConversationID)
	return r, c, err
}

func (s *Service) addStep(ctx context.Context, tx *store.Tx, in ReportAgentStepInput) error {
	text, err := cleanStep(in.Text)
	if err != nil {
		return err
	}
	g, err := s.engagementOf(ctx, tx, in.RunID, func(r *ent.AgentRun) bool { return r.BotID == viewer.FromContext(ctx).ActorID })
	if err != nil {
		return err
	}
	if in.Turn != g.run.Turn || in.Turn != g.c.Turn || !g.botHas() {
		return errs.New(errs.Conflict, "The turn is %d, not %d: the contact wrote, or a person or another state has the conversation since.", g.c.Turn, in.Turn).
			With(g.c).On("turn")
	}
	if err := g.dropStep(ctx); err != nil {
		return err
	}
	step := tx.Client.AgentStep.Create().SetID(id.New(id.AgentStep)).SetInboxID(g.c.InboxID).SetConversationID(g.c.ID).SetRunID(g.run.ID).
		SetNumber(g.run.StepCount + 1).SetTurn(in.Turn).SetKind(in.Kind).SetText(text).SetEphemeral(in.Ephemeral != nil && *in.Ephemeral).SetCreatedAt(tx.Now())
	if err := step.Exec(ctx); err != nil {
		return err
	}
	var c store.Changes
	c.Optional("kind", "", string(in.Kind))
	tx.Append(ctx, store.Event{Type: vocab.AgentStepReported, InboxID: g.c.InboxID, ConversationID: g.c.ID, SubjectID: g.run.ID, Changes: c})
	return s.goOn(ctx, g, in.State)
}

func cleanStep(text string) (string, error) {
	clean, err := richtext.Clean(text, "text")
	if err != nil {
		return "", err
	}
	clean = strings.TrimSpace(clean)
	switch n := utf8.RuneCountInString(clean); {
	case n == 0:
		return "", errs.New(errs.Required, "Say in a few words what the bot did.").On("text")
	case n > maxStepText:
		return "", errs.Exceeds(maxStepText, "The text has %d characters; at most %d are allowed.", n, maxStepText).On("text")
	}
	return clean, nil
}

// engagementOf locks the engagement of a run that passes a test: NOT_FOUND for others, and
// for those that the viewer does not see; CONFLICT, with the conversation, once it is over.
func (s *Service) engagementOf(ctx context.Context, tx *store.Tx, runID string, passes func(*ent.AgentRun) bool) (*engagement, error) {
	none := errs.New(errs.NotFound, "There is no run %q.", errs.Clip(runID)).On("runId")
	if !id.Is(runID, id.AgentRun) {
		return nil, none
	}
	r, err := tx.Client.AgentRun.Query().Where(entrun.ID(runID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && !passes(r) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	g, err := lockEngagement(ctx, tx, r.ConversationID)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, none
	}
	if g.run == nil || g.run.ID != runID {
		return nil, errs.New(errs.Conflict, "The run is over.").With(g.c).On("runId")
	}
	return g, nil
}

// dropStep deletes the oldest ephemeral step of a run that has as many steps as it keeps.
func (g *engagement) dropStep(ctx context.Context) error {
	if g.run.StepCount < maxSteps {
		return nil
	}
	client := g.tx.Client.AgentStep
	n, err := client.Query().Where(entstep.RunID(g.run.ID)).Count(ctx)
	if err != nil || n < maxSteps {
		return err
	}
	oldest, err := client.Query().Where(entstep.RunID(g.run.ID), entstep.Ephemeral(true)).Order(entstep.ByNumber(sql.OrderAsc())).FirstID(ctx)
	if ent.IsNotFound(err) {
		return errs.Exceeds(maxSteps, "The run has %d steps that stay; at most so many are kept. Report fewer, or ephemeral ones.", n).On("runId")
	}
	if err != nil {
		return err
	}
	return client.DeleteOneID(oldest).Exec(ctx)
}

// goOn is what a step says of the run: whoever reports one has the turn for a while, and
// may end it. A bot that answered, and awaits the contact, goes on awaiting.
func (s *Service) goOn(ctx context.Context, g *engagement, end *vocab.AgentTurnEnd) error {
	now := g.tx.Now()
	wait, err := s.approvalWait(ctx, g)
	if err != nil {
		return err
	}
	err = g.changeRun(ctx, func(r *ent.AgentRun) {
		r.StepCount++
		live(r, now)
		switch {
		case end != nil:
			r.State = vocab.AgentRunState(*end)
		case r.State != vocab.RunAwaitingContact:
			r.State, r.LeaseUntil = vocab.RunActive, now.Add(leaseTime)
		}
		if r.State == vocab.RunAwaitingApproval {
			r.AskedNumber, r.HandOffAt = g.c.LastOutgoingNumber, now.Add(wait)
		}
	})
	switch {
	case err != nil || end == nil:
		return err
	case !g.run.State.AtWork() && !g.run.State.Ended(): // perhaps a person was quicker
		_, err := g.hearDecision(ctx)
		return err
	case *end == vocab.TurnFailed:
		return s.deps.Conversations.HandOffTurn(ctx, g.tx, g.c.ID, g.c.Turn)
	case *end == vocab.TurnDone:
		return s.deps.Conversations.EndTurn(ctx, g.tx, g.c.ID, g.c.Turn)
	}
	return nil
}
