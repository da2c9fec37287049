package crm

import (
	"context"
	"errors"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Parties are whom a record of another package is with and who takes care of it, as places
// in its row (CO-7).
type Parties struct{ OwnerID, ContactID, CompanyID *string }

// Apply puts what is given into the row, as for a deal. Errors are NOT_FOUND on ownerId,
// contactId and companyId.
func (p Parties) Apply(ctx context.Context, tx *store.Tx, owner, contact, company opt.Value[*string]) error {
	c := course{ownerID: p.OwnerID, contactID: p.ContactID, companyID: p.CompanyID}
	return errors.Join(c.applyOwner(ctx, tx, owner), c.applyContact(ctx, tx, contact), c.applyCompany(ctx, tx, company))
}

// FillCompany gives a new record the company of its contact, if none was said.
func (p Parties) FillCompany(ctx context.Context, tx *store.Tx, said opt.Value[*string]) error {
	return course{contactID: p.ContactID, companyID: p.CompanyID}.fillCompany(ctx, tx, said)
}

// GivenConversation is the conversation for which a record is made; nil: none. NOT_FOUND on
// conversationId.
func GivenConversation(ctx context.Context, tx *store.Tx, conversationID *string) (*ent.Conversation, error) {
	return givenConversation(ctx, tx, conversationID)
}

// CheckDealStage refuses stages that no deal can enter. Errors are on the path.
func CheckDealStage(ctx context.Context, tx *store.Tx, stageID string, path ...string) error {
	stage, err := findStage(ctx, tx.Client, stageID, unlocked, path...)
	if err != nil {
		return err
	}
	return course{object: vocab.DealPipeline}.admits(ctx, tx, stage, path...)
}

// MoveDeal has a deal enter a stage. If one of them is gone, or the stage archived, or the
// deal is there already, it stays where it is.
//
//errors:contained
func MoveDeal(ctx context.Context, tx *store.Tx, dealID, stageID string) error {
	d, err := findDeal(ctx, tx, dealID)
	if err != nil {
		return unlessRefused(err)
	}
	stage, err := findStage(ctx, tx.Client, stageID, store.ForShare)
	if err == nil {
		err = courseOfDeal(d).admits(ctx, tx, stage)
	}
	if err != nil {
		return unlessRefused(err)
	}
	before := *d
	if d.StageID != stage.ID {
		enterDeal(tx, d, stage)
	}
	return saveDeal(ctx, tx, &before, d)
}

// unlessRefused passes over errors that a caller could correct, if there were one.
func unlessRefused(err error) error {
	if errs.Of(err) != nil {
		return nil
	}
	return err
}
