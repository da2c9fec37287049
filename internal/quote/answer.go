package quote

import (
	"context"

	"parley/ent"
	entquote "parley/ent/quote"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of what is typed on the page, in characters.
const (
	MaxAcceptedName  = 200
	MaxDeclineReason = 2_000
)

// Answer is what whoever has the link of a quote says to the version that they read.
type Answer struct {
	Version int
	// Name is what they typed as their name, and Agreed the text of the box that they ticked;
	// "": they did not.
	Name, Agreed string
	// Reason is why they decline.
	Reason string
}

// Accept accepts the version of a quote that the answer names (CO-7), and has the quote's
// deal enter the stage that is meant for it. Errors: NOT_FOUND as Open has it, REQUIRED and
// TOO_LONG on name, REQUIRED on agreed, CONFLICT if there is a later version, and INVALID if
// it was answered or has expired.
func (s *Service) Accept(ctx context.Context, token string, a Answer) (*Page, error) {
	name, err := richtext.OneLine(a.Name, MaxAcceptedName, "name")
	if err != nil {
		return nil, err
	}
	if a.Agreed == "" {
		return nil, errs.New(errs.Required, "Tick the box to accept.").On("agreed")
	}
	return s.takeAnswer(ctx, token, a.Version, func(ctx context.Context, tx *store.Tx, q *ent.Quote, v *ent.QuoteVersion) error {
		q.State, v.AcceptedAt, v.AcceptedName, v.AcceptedText = vocab.QuoteAccepted, tx.Now(), name, a.Agreed
		if err := enter(ctx, tx, q, vocab.QuoteAcceptedEvent); err != nil {
			return err
		}
		if q.DealID == "" || q.AcceptedStageID == "" {
			return nil
		}
		return crm.MoveDeal(ctx, tx, q.DealID, q.AcceptedStageID)
	})
}

// Decline declines the version of a quote that the answer names (CO-7). Errors are those of
// Accept, and TOO_LONG on reason.
func (s *Service) Decline(ctx context.Context, token string, a Answer) (*Page, error) {
	reason, err := cleanText(a.Reason, MaxDeclineReason, "reason")
	if err != nil {
		return nil, err
	}
	return s.takeAnswer(ctx, token, a.Version, func(ctx context.Context, tx *store.Tx, q *ent.Quote, v *ent.QuoteVersion) error {
		q.State, v.DeclinedAt, v.DeclineReason = vocab.QuoteDeclined, tx.Now(), reason
		return enter(ctx, tx, q, vocab.QuoteDeclinedEvent)
	})
}

// takeAnswer has a quote be answered once, and returns its page as it is then.
func (s *Service) takeAnswer(ctx context.Context, token string, version int, apply func(context.Context, *store.Tx, *ent.Quote, *ent.QuoteVersion) error) (*Page, error) {
	ctx, page, err := s.find(ctx, token)
	if err != nil {
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		q, err := tx.Client.Quote.Query().Where(entquote.ID(page.quote.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return gone()
		}
		if err != nil {
			return err
		}
		if page, err = s.pageOf(ctx, tx.Client, q); err != nil {
			return err
		}
		switch {
		case page.State == vocab.QuoteRevoked:
			return &WithdrawnError{Language: q.Content.Language}
		case version != q.Version:
			return errs.New(errs.Conflict, "The quote was changed since you opened it. Read it again.")
		case page.State == vocab.QuoteExpired:
			return errs.New(errs.Invalid, "This quote has expired.")
		case page.State != vocab.QuotePublished:
			return errs.New(errs.Invalid, "This quote was answered already.")
		}
		if err := apply(ctx, tx, q, page.Version); err != nil {
			return err
		}
		page.State = q.State
		v := page.Version
		return tx.Client.QuoteVersion.UpdateOneID(v.ID).SetAcceptedAt(v.AcceptedAt).SetAcceptedName(v.AcceptedName).SetAcceptedText(v.AcceptedText).
			SetDeclinedAt(v.DeclinedAt).SetDeclineReason(v.DeclineReason).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}
