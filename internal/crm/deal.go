package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"parley/ent"
	entdeal "parley/ent/deal"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	maxDealName   = 200
	maxLostReason = 1_000
)

// apply puts what is given into a deal.
func (f DealFacts) apply(ctx context.Context, tx *store.Tx, d *ent.Deal) error {
	opt.Set(&d.Type, f.Type)
	ended := d.StageKind.Ended()
	err := errors.Join(f.applyName(d), setAmount(d, f.Amount), courseOfDeal(d).apply(ctx, tx, f.course()))
	if err != nil {
		return err
	}
	if !ended && d.StageKind.Ended() {
		d.ClosesAt = d.ClosedAt
	}
	opt.Set(&d.ClosesAt, f.ClosesAt)
	return f.applyLostReason(d)
}

func (f DealFacts) applyName(d *ent.Deal) (err error) {
	name, missed := opt.NotNull(f.Name, "name")
	switch {
	case name != nil:
		d.Name, err = oneLine(*name, 1, maxDealName, "name")
	case d.StageID != "":
		err = missed
	case d.Name == "":
		err = errs.New(errs.Required, "Enter a name.").On("name")
	}
	return err
}

// applyLostReason keeps why a deal was lost, as long as it is.
func (f DealFacts) applyLostReason(d *ent.Deal) error {
	reason := opt.OrZero(f.LostReason)
	if d.StageKind != vocab.StageLost {
		d.LostReason = ""
		if reason != nil && *reason != "" {
			return errs.New(errs.Invalid, "Only a deal in a stage of kind LOST has a reason for it.").On("lostReason")
		}
		return nil
	}
	if reason == nil {
		return nil
	}
	clean, err := cleanText(*reason, maxLostReason, "lostReason")
	d.LostReason = clean
	return err
}

// enterDeal puts a deal into a stage.
func enterDeal(tx *store.Tx, d *ent.Deal, stage *ent.PipelineStage) {
	ended := d.StageKind.Ended()
	courseOfDeal(d).enterStage(tx, stage)
	if !ended && d.StageKind.Ended() {
		d.ClosesAt = d.ClosedAt
	}
	if d.StageKind != vocab.StageLost {
		d.LostReason = ""
	}
}

// fillDeal takes from a conversation what is known of its deal (CR-9).
func fillDeal(ctx context.Context, tx *store.Tx, d *ent.Deal, c *ent.Conversation) error {
	d.ConversationID, d.ContactID = &c.ID, c.ContactID
	owner, err := activeAssignee(ctx, tx, c)
	if err != nil {
		return err
	}
	d.OwnerID = owner
	who, err := nameOfOther(ctx, tx, c)
	const suffix = ": new deal"
	if who != "" {
		d.Name = cut(who, maxDealName-len(suffix)) + suffix
	}
	return err
}

// nameOfOther is what the other side of a conversation is called: the contact, or their
// company, or a visitor of whom nothing is known yet; "": there is none.
func nameOfOther(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	if c.ContactID == "" {
		return nameOfVisitor(ctx, tx, c.VisitorID)
	}
	contact, err := tx.Client.Contact.Get(ctx, c.ContactID)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	company, err := nameOfCompany(ctx, tx, contact.CompanyID)
	return cmp.Or(contact.Name, company, contact.Email), err
}

func nameOfVisitor(ctx context.Context, tx *store.Tx, visitorID string) (string, error) {
	if visitorID == "" {
		return "", nil
	}
	v, err := tx.Client.Visitor.Get(ctx, visitorID)
	if err != nil && !ent.IsNotFound(err) {
		return "", err
	}
	var known []string
	if v != nil {
		known = []string{v.Name, v.Email}
	}
	return vocab.DisplayName("Visitor", visitorID, known...), nil
}

// nameOfCompany is what a company is called; "": there is none.
func nameOfCompany(ctx context.Context, tx *store.Tx, companyID string) (string, error) {
	if companyID == "" {
		return "", nil
	}
	c, err := tx.Client.Company.Get(ctx, companyID)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return c.Name, nil
}

func insertDeal(ctx context.Context, tx *store.Tx, d *ent.Deal, c *ent.Conversation) error {
	d.Revision, d.CreatedAt, d.LastActivityAt = 1, tx.Now(), tx.Now()
	tx.Append(ctx, recordEvent(vocab.DealCreated, d.ID, c))
	err := tx.Client.Deal.Create().SetID(d.ID).SetName(d.Name).SetNillableAmount(d.Amount).SetCurrency(d.Currency).SetType(d.Type).SetLostReason(d.LostReason).
		SetClosesAt(d.ClosesAt).SetClosesOrder(orNever(d.ClosesAt)).SetPipelineID(d.PipelineID).SetStageID(d.StageID).SetStageKind(d.StageKind).
		SetOwnerID(d.OwnerID).SetProperties(properties(d.Properties)).SetContactID(d.ContactID).SetCompanyID(d.CompanyID).SetNillableConversationID(d.ConversationID).
		SetNillableExternalID(d.ExternalID).SetLastActivityAt(d.LastActivityAt).SetClosedAt(d.ClosedAt).SetCreatedAt(d.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save deal: %w", err)
	}
	return nil
}

// changesOfDeal are what differs between two states of a deal.
func changesOfDeal(before, after *ent.Deal) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("amount", amountText(before) != amountText(after))
	c.Optional("type", string(before.Type), string(after.Type))
	c.Optional("closesAt", before.ClosesAt.String(), after.ClosesAt.String())
	c.Named("lostReason", before.LostReason != after.LostReason)
	changesOfCourse(&c, courseOfDeal(before), courseOfDeal(after))
	account.ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	return c
}

func amountText(d *ent.Deal) string {
	if d.Amount == nil {
		return ""
	}
	return strconv.FormatInt(*d.Amount, 10) + d.Currency
}

// saveDeal writes what changed and records it, with more that changed; nothing: nothing
// happens.
func saveDeal(ctx context.Context, tx *store.Tx, before, after *ent.Deal, more ...vocab.FieldChange) error {
	c := append(changesOfDeal(before, after), more...)
	if len(c) == 0 {
		return nil
	}
	of, err := conversationOf(ctx, tx, after.ConversationID)
	if err != nil {
		return err
	}
	e := recordEvent(vocab.DealUpdated, after.ID, of)
	e.Changes = c
	tx.Append(ctx, e)
	after.Revision, after.LastActivityAt = before.Revision+1, tx.Now()
	update := tx.Client.Deal.UpdateOneID(after.ID)
	if after.ExternalID == nil {
		update.ClearExternalID()
	}
	if after.Amount == nil {
		update.ClearAmount()
	}
	return update.SetName(after.Name).SetNillableAmount(after.Amount).SetCurrency(after.Currency).SetType(after.Type).SetLostReason(after.LostReason).
		SetClosesAt(after.ClosesAt).SetClosesOrder(orNever(after.ClosesAt)).SetPipelineID(after.PipelineID).SetStageID(after.StageID).
		SetStageKind(after.StageKind).SetOwnerID(after.OwnerID).SetProperties(properties(after.Properties)).SetContactID(after.ContactID).SetCompanyID(after.CompanyID).
		SetNillableExternalID(after.ExternalID).SetRevision(after.Revision).SetLastActivityAt(after.LastActivityAt).SetClosedAt(after.ClosedAt).Exec(ctx)
}

// findDeal loads a deal and keeps others from changing it until the transaction ends.
func findDeal(ctx context.Context, tx *store.Tx, dealID string) (*ent.Deal, error) {
	if !id.Is(dealID, id.Deal) {
		return nil, missing("deal", dealID, "dealId")
	}
	d, err := tx.Client.Deal.Query().Where(entdeal.ID(dealID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing("deal", dealID, "dealId")
	}
	return d, err
}

// Probabilities are how likely deals in stages are to be won, in percent.
func Probabilities(stages []*ent.PipelineStage) []int {
	list := make([]int, len(stages))
	for i, stage := range stages {
		if stage != nil {
			list[i] = percent(stage)
		}
	}
	return list
}
