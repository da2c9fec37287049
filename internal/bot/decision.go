package bot

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entproposal "parley/ent/proposal"
	"parley/internal/vocab"
)

// hearDecision has the bot go on with what a person decided on its proposals, one at a time
// in the order of the decisions (AG-3). While it is at work, only a reply that went out
// comes to it; the rest waits until its turn ends. It reports whether there was one.
func (g *engagement) hearDecision(ctx context.Context) (bool, error) {
	p, err := g.tx.Client.Proposal.Query().
		Where(entproposal.RunID(g.run.ID), entproposal.Turn(g.c.Turn), entproposal.StateIn(vocab.ProposalAccepted, vocab.ProposalDismissed)).
		Order(entproposal.ByDecidedAt(), entproposal.ByID()).Modify(isUnheard).First(ctx)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if g.run.State.AtWork() && p.MessageID == "" {
		return false, nil
	}
	if err := g.tx.Client.Proposal.Update().Where(entproposal.ID(p.ID)).SetHeardAt(g.tx.Now()).Exec(ctx); err != nil {
		return false, err
	}
	return true, g.changeRun(ctx, func(r *ent.AgentRun) {
		r.Reason, r.ProposalID, r.AskedNumber = vocab.TurnRefused, p.ID, g.c.LastOutgoingNumber
		if p.State == vocab.ProposalAccepted {
			r.Reason = vocab.TurnApproved
		}
		ask(r, g.tx.Now())
	})
}

// isUnheard leaves what bots were not asked about, as the index has it.
func isUnheard(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(entproposal.FieldRunID) + " <> '' AND " + s.C(entproposal.FieldHeardAt) + " = 0"))
}
