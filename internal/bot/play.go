package bot

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entconversation "parley/ent/conversation"
	entplay "parley/ent/flowrun"
	entmessage "parley/ent/message"
	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// FlowsEvery is how often TendFlows is to be called: so long may a wait be too long.
	FlowsEvery = 2 * time.Second
	// resume is after how long the clock takes up a flow that was left between two steps.
	resume = 5 * time.Second
	// awayFor is after how long without an answer a visitor comes back (BT-4).
	awayFor = 24 * time.Hour
	// atOnce is how many steps are done in a row; the clock goes on with more.
	atOnce = 250
)

// isPlayed leaves the flows that are not over, as the index has them.
func isPlayed(s *sql.Selector) { s.Where(sql.ExprP(s.C(entplay.FieldEndedAt) + " = 0")) }

// play is a conversation with the flow that is played in it, as they were when they were
// read: what a step does is written only if neither moved on since.
type play struct {
	c    *ent.Conversation
	run  *ent.FlowRun
	of   *ent.BotFlow
	left []*ent.Message // what the visitor wrote that the flow has not looked at, oldest first
	// heardID is the message that the step looks at; "": none.
	heardID string
}

// playOn does step by step what a conversation's flow has to do now, each in a transaction
// of its own together with where the flow stands then (BT-4). It reads the state and no
// event, so that it may be called by anyone at any time.
func (s *Service) playOn(ctx context.Context, conversationID string) error {
	for range atOnce {
		moved, err := s.playStep(ctx, conversationID)
		if err != nil || !moved {
			return err
		}
	}
	return nil
}

// playStep does one step, or begins or ends the flow; false: there is nothing to do now.
func (s *Service) playStep(ctx context.Context, conversationID string) (bool, error) {
	p, err := s.readPlay(ctx, conversationID)
	if err != nil || p == nil {
		return false, err
	}
	now := s.store.Now()
	switch {
	case p.run == nil:
		return s.mayBegin(ctx, p)
	case !has(p.c):
		return true, s.endPlay(ctx, p, vocab.FlowLeft, "")
	}
	state := stateOf(p.run)
	var in flow.Input
	read := p.run.ReadNumber
	if m := p.findHeard(state); m != nil {
		if state.Phase == vocab.FlowAsked && m.CreatedAt > p.run.MovedAt.Add(awayFor) && p.of.Flow.Returns() == vocab.FlowStartsOver {
			return true, s.endPlay(ctx, p, vocab.FlowLeft, "")
		}
		in.Text, read, p.heardID = &m.Text, m.Number, m.ID
	} else if state.Phase == vocab.FlowAsked || state.Phase == vocab.FlowWaiting && p.run.DueAt > now {
		return false, nil
	}
	if len(p.left) > 0 && state.Phase != vocab.FlowAsked {
		read = p.left[len(p.left)-1].Number // what was written before a question is not its answer
	}
	w, err := s.worldOf(ctx, p.c, now)
	if err != nil {
		return false, err
	}
	e, next, err := flow.Step(ctx, &p.of.Flow, state, in, w)
	if err != nil {
		return false, err
	}
	if err := w.complete(ctx, &p.of.Flow, &e); err != nil {
		return false, err
	}
	if e.Say != nil || next.Phase == vocab.FlowWaiting {
		s.typing.Types(asBot(ctx, p.c), p.c)
	}
	err = s.commit(ctx, p, e, next, read)
	if e.Say != nil {
		s.typing.Sent(asBot(ctx, p.c), p.c)
	}
	if refused := errs.Of(err); refused != nil && refused.Code != errs.Conflict {
		return true, s.endPlay(ctx, p, vocab.FlowFailed, refused.Message)
	}
	if errs.Is(err, errs.Conflict) {
		err = nil // someone came between: look again
	}
	return true, err
}

// has reports whether the bot has a conversation, and may say something.
func has(c *ent.Conversation) bool { return (&engagement{c: c}).botHas() }

// readPlay reads a bot's conversation; nil: it is gone, or no built-in bot's.
func (s *Service) readPlay(ctx context.Context, conversationID string) (*play, error) {
	client := s.store.Client(ctx)
	c, err := client.Conversation.Query().Where(entconversation.ID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && c.BotID == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &play{c: c}
	p.run, err = client.FlowRun.Query().Where(entplay.ConversationID(c.ID)).Modify(isPlayed).Only(ctx)
	if ent.IsNotFound(err) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if p.of, err = versionOf(ctx, client, c.BotID, p.run.Version); err != nil {
		return nil, err
	}
	p.left, err = client.Message.Query().Where(entmessage.ConversationID(c.ID), entmessage.NumberGT(p.run.ReadNumber), entmessage.DirectionEQ(vocab.Incoming), entmessage.DeletedAt(0)).
		Order(entmessage.ByNumber()).Limit(100).All(ctx)
	return p, err
}

// findHeard is what the visitor wrote that matters now; nil: nothing. Who wants a person is
// heard at any time; otherwise the first message after a question answers it.
func (p *play) findHeard(s flow.State) *ent.Message {
	i := slices.IndexFunc(p.left, func(m *ent.Message) bool { return flow.WantsPerson(&p.of.Flow, m.Text) })
	switch {
	case i >= 0:
		return p.left[i]
	case s.Phase == vocab.FlowAsked && len(p.left) > 0:
		return p.left[0]
	}
	return nil
}

func stateOf(r *ent.FlowRun) flow.State {
	return flow.State{StepID: r.StepID, Phase: r.Phase, Tries: r.Tries, LastAnswer: r.LastAnswer, Answers: r.Answers}
}

// mayBegin begins the flow of the bot's version of now, if the visitor wrote something that
// no flow looked at and no external bot was asked; false: there is nothing to begin.
func (s *Service) mayBegin(ctx context.Context, p *play) (begun bool, err error) {
	if !has(p.c) {
		return false, nil
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		begun = false
		g, err := lockEngagement(ctx, tx, p.c.ID)
		if err != nil || g == nil || !g.botHas() {
			return err
		}
		begun, err = g.beginFlow(ctx)
		return err
	})
	return begun, err
}

// isBuiltIn reports whether the conversation is played by a flow, or will be.
func (g *engagement) isBuiltIn(ctx context.Context) (bool, error) {
	client := g.tx.Client
	asked, err := client.AgentRun.Query().Where(entrun.ConversationID(g.c.ID)).Exist(ctx)
	if err != nil || asked {
		return false, err
	}
	b, err := client.Bot.Get(ctx, g.c.BotID)
	return err == nil && b.FlowVersion > 0, err
}

func (g *engagement) beginFlow(ctx context.Context) (bool, error) {
	builtIn, err := g.isBuiltIn(ctx)
	if err != nil || !builtIn {
		return false, err
	}
	client := g.tx.Client
	last, err := client.FlowRun.Query().Where(entplay.ConversationID(g.c.ID)).Order(entplay.ByID(sql.OrderDesc())).First(ctx)
	switch {
	case ent.IsNotFound(err):
	case err != nil:
		return false, err
	case last.EndedAt == 0 || last.ReadNumber >= g.c.LastIncomingNumber:
		return false, nil
	}
	b, err := client.Bot.Get(ctx, g.c.BotID)
	if err != nil {
		return false, err
	}
	of, err := versionOf(ctx, client, b.ID, b.FlowVersion)
	if err != nil {
		return false, err
	}
	wrote, err := client.Message.Query().Where(entmessage.ConversationID(g.c.ID), entmessage.DirectionEQ(vocab.Incoming), entmessage.DeletedAt(0)).
		Order(entmessage.ByNumber(sql.OrderDesc())).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return false, err
	}
	text, number := "", g.c.LastNumber
	if wrote != nil {
		text, number = wrote.Text, wrote.Number
		if flow.WantsPerson(&of.Flow, text) { // the flow is to look at it
			number--
		}
	}
	now := g.tx.Now()
	state := flow.Begin(&of.Flow, text)
	return true, client.FlowRun.Create().SetID(id.New(id.FlowRun)).SetInboxID(g.c.InboxID).SetConversationID(g.c.ID).SetBotID(b.ID).SetVersion(of.Version).
		SetStepID(state.StepID).SetPhase(state.Phase).SetLastAnswer(state.LastAnswer).SetReadNumber(number).SetDueAt(now.Add(resume)).SetMovedAt(now).SetCreatedAt(now).Exec(ctx)
}

// locked calls with a play that is still as it was read, under the locks of its
// conversation and then of itself; CONFLICT otherwise.
//
// before is called first: it locks what others lock before a conversation.
func (s *Service) locked(ctx context.Context, p *play, before, work func(ctx context.Context, tx *store.Tx) error) error {
	ctx = asBot(ctx, p.c)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := before(ctx, tx); err != nil {
			return err
		}
		g, err := lockEngagement(ctx, tx, p.c.ID)
		if err != nil {
			return err
		}
		moved := errs.New(errs.Conflict, "The conversation moved on.")
		if g == nil || g.c.Turn != p.c.Turn || g.botHas() != has(p.c) {
			return moved
		}
		run, err := tx.Client.FlowRun.Query().Where(entplay.ID(p.run.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && (run.EndedAt != 0 || run.StepCount != p.run.StepCount) {
			return moved
		}
		if err != nil {
			return err
		}
		return work(ctx, tx)
	})
}

// asBot is a context of Parley's own work in the name of a conversation's bot.
func asBot(ctx context.Context, c *ent.Conversation) context.Context {
	bot := &viewer.Viewer{Kind: viewer.Bot, AccountID: c.AccountID, ActorID: c.BotID}
	return viewer.NewContext(ctx, viewer.System("bot", c.AccountID).InNameOf(bot))
}

// commit does what follows from a step, and has the flow stand where it stands then.
func (s *Service) commit(ctx context.Context, p *play, e flow.Effect, next flow.State, read int) error {
	keep := func(ctx context.Context, tx *store.Tx) error { return s.keepSaid(ctx, tx, p, e.Save) }
	return s.locked(ctx, p, keep, func(ctx context.Context, tx *store.Tx) error {
		if err := s.applyEffect(ctx, tx, p, e); err != nil {
			return err
		}
		now := tx.Now()
		r := *p.run
		r.StepID, r.Phase, r.Tries, r.LastAnswer, r.Answers = next.StepID, next.Phase, next.Tries, next.LastAnswer, next.Answers
		r.ReadNumber, r.MovedAt, r.DueAt, r.Outcome = read, now, 0, next.Outcome
		switch next.Phase {
		case vocab.FlowDue:
			r.DueAt = now.Add(resume)
		case vocab.FlowWaiting:
			r.DueAt = now.Add(next.Wait)
		case vocab.FlowAsked:
			if p.run.Phase != vocab.FlowAsked { // what came before the question is no answer
				r.ReadNumber = max(read, p.c.LastNumber)
			}
		}
		if err := count(ctx, tx, p.run, e.Count); err != nil {
			return err
		}
		return saveFlow(ctx, tx, &r)
	})
}

// saveFlow writes where a flow stands. Of one that is over nothing is kept of what the
// visitor said.
func saveFlow(ctx context.Context, tx *store.Tx, r *ent.FlowRun) error {
	if r.Answers == nil {
		r.Answers = []vocab.FlowAnswer{}
	}
	if r.Phase == vocab.FlowOver {
		r.DueAt, r.EndedAt, r.LastAnswer, r.Answers = 0, tx.Now(), "", []vocab.FlowAnswer{}
	}
	return tx.Client.FlowRun.Update().Where(entplay.ID(r.ID)).SetStepID(r.StepID).SetPhase(r.Phase).SetTries(r.Tries).SetStepCount(r.StepCount + 1).
		SetReadNumber(r.ReadNumber).SetLastAnswer(r.LastAnswer).SetAnswers(r.Answers).SetOutcome(r.Outcome).SetProblem(r.Problem).
		SetDueAt(r.DueAt).SetMovedAt(r.MovedAt).SetEndedAt(r.EndedAt).Exec(ctx)
}

// endPlay ends a flow otherwise than by its steps. One that failed leaves the conversation
// to people.
func (s *Service) endPlay(ctx context.Context, p *play, as vocab.FlowOutcome, problem string) error {
	nothing := func(context.Context, *store.Tx) error { return nil }
	err := s.locked(ctx, p, nothing, func(ctx context.Context, tx *store.Tx) error {
		if as == vocab.FlowFailed {
			if err := s.deps.Conversations.HandOffTurn(ctx, tx, p.c.ID, p.c.Turn); err != nil {
				return err
			}
		}
		if err := count(ctx, tx, p.run, flow.Count{Left: 1}); err != nil {
			return err
		}
		r := *p.run
		r.Phase, r.Outcome, r.Problem = vocab.FlowOver, as, problem
		return saveFlow(ctx, tx, &r)
	})
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// count adds to the counts of the step at which a flow stood (BT-5).
func count(ctx context.Context, tx *store.Tx, r *ent.FlowRun, more flow.Count) error {
	if more == (flow.Count{}) || r.StepID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO bot_step_counts (id, account_id, bot_id, version, step_id, reached, answered, abandoned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (bot_id, version, step_id) DO UPDATE SET reached = bot_step_counts.reached + excluded.reached,
		answered = bot_step_counts.answered + excluded.answered, abandoned = bot_step_counts.abandoned + excluded.abandoned`,
		id.New("count"), r.AccountID, r.BotID, r.Version, r.StepID, more.Reached, more.Answered, more.Left)
	return err
}

const dueFlows = `SELECT id, account_id, conversation_id FROM flow_runs WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2`

// TendFlows goes on with flows whose wait is over, and with those that a crash left between
// two steps (BT-4).
func (s *Service) TendFlows(ctx context.Context) error {
	return s.forEachFound(ctx, dueFlows, func(ctx context.Context, f found) error {
		due, err := s.store.Client(ctx).FlowRun.Query().Where(entplay.ID(f.id), entplay.DueAtGT(0), entplay.DueAtLTE(s.store.Now())).Exist(ctx)
		if err != nil || !due { // another node has it
			return err
		}
		return s.playOn(ctx, f.conversation)
	})
}

// FollowFlows has this node call TendFlows each FlowsEvery until ctx ends. Each node does it,
// and none holds a lease that a dead one could keep: what two begin, one commits.
func (s *Service) FollowFlows(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(FlowsEvery)
	defer ticker.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.TendFlows(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			log.Warn("cannot go on with the flows of bots; trying again", "error", err)
		}
		failed = err != nil
	}
}
