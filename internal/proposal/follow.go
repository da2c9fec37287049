package proposal

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/predicate"
	entproposal "parley/ent/proposal"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func isProposal(proposalID string) predicate.Proposal { return entproposal.ID(proposalID) }

// Consumers are what follows for proposals from what happens in their conversations.
func (s *Service) Consumers() []reaction.Consumer {
	return []reaction.Consumer{
		{Name: "proposal-stale", Types: []vocab.EventType{vocab.MessageCreated, vocab.ProposalCreatedEvent}, Handle: s.followMessage},
		{Name: "proposal-reopened", Types: []vocab.EventType{vocab.ConversationReopened}, Handle: s.followReopening},
	}
}

// followMessage marks the proposals that do not know the contact's last message. Until
// then Accept refuses them by what the conversation says.
func (s *Service) followMessage(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("proposal", e.AccountID))
	if found, err := outdated(s.store.Client(ctx).Proposal.Query(), e.ConversationID).Limit(1).IDs(ctx); err != nil || len(found) == 0 {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Query().Where(entconversation.ID(e.ConversationID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		old, err := tx.Client.Proposal.Query().Where(entproposal.ConversationID(c.ID), entproposal.BasedOnNumberLT(c.LastIncomingNumber)).Modify(waits).All(ctx)
		if err != nil {
			return err
		}
		var changes store.Changes
		changes.Value("state", string(vocab.ProposalWaiting), string(vocab.ProposalStale))
		for _, p := range old {
			tx.Append(ctx, eventOf(vocab.ProposalStaleEvent, c, p.ID, changes))
			if err := tx.Client.Proposal.Update().Where(isProposal(p.ID)).SetState(vocab.ProposalStale).SetDecidedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// outdated are the proposals of a conversation that wait, and may not know its last message.
func outdated(q *ent.ProposalQuery, conversationID string) *ent.ProposalQuery {
	q.Where(entproposal.ConversationID(conversationID)).Modify(waits)
	return q
}

// followReopening notes that a conversation was opened again after what was accepted.
func (s *Service) followReopening(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("proposal", e.AccountID))
	after := []predicate.Proposal{
		entproposal.ConversationID(e.ConversationID), entproposal.StateEQ(vocab.ProposalAccepted), entproposal.ReopenedAt(0),
	}
	if found, err := s.store.Client(ctx).Proposal.Query().Where(after...).Limit(1).IDs(ctx); err != nil || len(found) == 0 {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Query().Where(entconversation.ID(e.ConversationID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Client.Proposal.Update().Where(after...).Where(entproposal.ReopenCountLT(c.ReopenCount), entproposal.DecidedAtLTE(e.OccurredAt)).
			SetReopenedAt(e.OccurredAt).Exec(ctx)
	})
}
