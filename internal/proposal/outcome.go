package proposal

import (
	"context"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entproposal "parley/ent/proposal"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// outcomesPage is how many outcomes a page has if no one asks for another number.
	outcomesPage = 50
	// longestPeriod is how long the period of outcomes is at most.
	longestPeriod = 400 * 24 * time.Hour
)

// Outcome is what was known of a proposal at a time.
type Outcome struct {
	Proposal    *ent.Proposal
	State       vocab.ProposalState
	EditedShare *float64
	DecidedByID string
	DecidedAt   clock.Micros
	Note        string
	ReopenedAt  clock.Micros
}

// outcomeOf is what was known of a proposal: what is noted of it has its time, and nothing
// of it changes later.
func outcomeOf(p *ent.Proposal, asOf clock.Micros) *Outcome {
	o := &Outcome{Proposal: p, State: vocab.ProposalWaiting}
	if p.DecidedAt.IsSet() && p.DecidedAt <= asOf {
		o.State, o.DecidedByID, o.DecidedAt, o.Note, o.EditedShare = p.State, p.DecidedBy, p.DecidedAt, p.Note, EditedShare(p)
	}
	if p.ReopenedAt.IsSet() && p.ReopenedAt <= asOf {
		o.ReopenedAt = p.ReopenedAt
	}
	return o
}

// Period is which outcomes are asked for: of proposals made from From to before To, as it
// was known at AsOf.
type Period struct{ From, To, AsOf clock.Micros }

// periodOf checks a period. asOf is now unless it is given.
func periodOf(from, to clock.Micros, asOf *clock.Micros, now clock.Micros) (Period, error) {
	p := Period{from, to, now}
	if asOf != nil {
		p.AsOf = *asOf
	}
	switch {
	case to <= from, to > from.Add(longestPeriod):
		return p, errs.New(errs.Invalid, "A period ends after its beginning, and is 400 days or less.").On("to")
	case p.AsOf > now:
		return p, errs.New(errs.Invalid, "What will be known is not known yet: give a time that has passed.").On("asOf")
	}
	return p, nil
}

var outcomes = store.Listing[ent.Proposal]{
	Name: "proposalOutcomes", Kind: id.Proposal, Column: entproposal.FieldCreatedAt,
	Number: func(p *ent.Proposal) int64 { return int64(p.CreatedAt) }, ID: func(p *ent.Proposal) string { return p.ID },
}

// Outcomes returns a page of what became of the proposals of a period, as it was known at a
// time. INVALID for an impossible period or time.
func (s *Service) Outcomes(ctx context.Context, from, to clock.Micros, asOf *clock.Micros, args paging.PageArgs) (*paging.Connection[*Outcome], error) {
	p, err := periodOf(from, to, asOf, s.store.Now())
	if err != nil {
		return nil, err
	}
	return s.outcomes(ctx, p, args)
}

func (s *Service) outcomes(ctx context.Context, p Period, args paging.PageArgs) (*paging.Connection[*Outcome], error) {
	page, err := outcomes.Page(args, outcomesPage, func(narrow func(*sql.Selector)) ([]*ent.Proposal, error) {
		q := s.store.Client(ctx).Proposal.Query().Where(entproposal.CreatedAtGTE(p.From), entproposal.CreatedAtLT(min(p.To, p.AsOf+1)))
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatInt(int64(p.From), 10), strconv.FormatInt(int64(p.To), 10))
	if err != nil {
		return nil, err
	}
	return paging.Map(page, func(row *ent.Proposal) *Outcome { return outcomeOf(row, p.AsOf) }), nil
}
