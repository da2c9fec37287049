package proposal

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entproposal "parley/ent/proposal"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// proposalsPage is how many proposals a page has if no one asks for another number.
const proposalsPage = 20

var proposals = store.Listing[ent.Proposal]{
	Name: "proposals", Kind: id.Proposal, Desc: true, ID: func(p *ent.Proposal) string { return p.ID },
}

// Of returns a page of the proposals of each conversation, latest first.
func (s *Service) Of(ctx context.Context, list []*ent.Conversation, states []vocab.ProposalState, args paging.PageArgs) ([]*paging.Connection[*ent.Proposal], error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return proposals.Pages(args, proposalsPage, ids, store.Of(entproposal.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.Proposal, error) {
		q := s.store.Client(ctx).Proposal.Query()
		if states != nil {
			q.Where(entproposal.StateIn(states...))
		}
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// OfMessages returns the proposal that each message was sent for; nil: there was none.
func (s *Service) OfMessages(ctx context.Context, list []*ent.Message) ([]*ent.Proposal, error) {
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	rows, err := s.store.Client(ctx).Proposal.Query().Where(entproposal.MessageIDIn(ids...)).
		Modify(func(s *sql.Selector) { s.Where(sql.ExprP(s.C(entproposal.FieldMessageID) + " <> ''")) }).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]*ent.Proposal{}
	for _, p := range rows {
		of[p.MessageID] = p
	}
	all := make([]*ent.Proposal, len(list))
	for i, m := range list {
		all[i] = of[m.ID]
	}
	return all, nil
}

// EditedShare is how much of a reply was changed before it was sent; nil: none was.
func EditedShare(p *ent.Proposal) *float64 {
	if p.Kind != vocab.ProposedReply || p.State != vocab.ProposalAccepted {
		return nil
	}
	return &p.Edited
}
