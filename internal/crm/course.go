package crm

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	entstage "parley/ent/pipelinestage"
	entuser "parley/ent/user"
	"parley/internal/clock"
	"parley/internal/company"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of properties; lengths in characters.
const (
	MaxValue      = 1_000
	MaxProperties = 50
)

// course is what tickets and deals have alike, as places in a row that is changed.
type course struct {
	object                                             vocab.PipelineObject
	pipelineID, stageID, ownerID, contactID, companyID *string
	kind                                               *vocab.StageKind
	closedAt                                           *clock.Micros
	properties                                         *[]vocab.TicketProperty
}

func courseOfTicket(t *ent.Ticket) course {
	return course{vocab.TicketPipeline, &t.PipelineID, &t.StageID, &t.OwnerID, &t.ContactID, &t.CompanyID, &t.StageKind, &t.ClosedAt, &t.Properties}
}

func courseOfDeal(d *ent.Deal) course {
	return course{vocab.DealPipeline, &d.PipelineID, &d.StageID, &d.OwnerID, &d.ContactID, &d.CompanyID, &d.StageKind, &d.ClosedAt, &d.Properties}
}

// courseFacts are what is given of a course.
type courseFacts struct {
	PipelineID, StageID, OwnerID, ContactID, CompanyID opt.Value[*string]
	Properties                                         opt.Value[[]vocab.TicketProperty]
}

// apply puts what is given into the row. A new one is in no stage yet.
func (c course) apply(ctx context.Context, tx *store.Tx, f courseFacts) error {
	return errors.Join(c.applyStage(ctx, tx, f), c.applyOwner(ctx, tx, f.OwnerID), c.applyContact(ctx, tx, f.ContactID), c.applyCompany(ctx, tx, f.CompanyID), c.applyProperties(f.Properties))
}

func (c course) applyStage(ctx context.Context, tx *store.Tx, f courseFacts) error {
	pipelineID, err := opt.NotNull(f.PipelineID, "pipelineId")
	stageID, err2 := opt.NotNull(f.StageID, "stageId")
	fresh := *c.stageID == ""
	if fresh { // null is as if left out
		err, err2 = nil, nil
	}
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	switch {
	case stageID != nil && (fresh || *stageID != *c.stageID):
		return c.enterGiven(ctx, tx, *stageID, pipelineID)
	case stageID != nil && pipelineID != nil && *pipelineID != *c.pipelineID:
		return errs.New(errs.Invalid, "The stage belongs to another pipeline.").On("stageId")
	case stageID == nil && pipelineID != nil && (fresh || *pipelineID != *c.pipelineID):
		return c.enterPipeline(ctx, tx, *pipelineID)
	case fresh:
		first, err := firstPipeline(ctx, tx, c.object)
		if err != nil {
			return err
		}
		return c.enterFirst(ctx, tx, first)
	}
	return nil
}

// enterGiven puts the record into the stage that the caller names.
func (c course) enterGiven(ctx context.Context, tx *store.Tx, stageID string, pipelineID *string) error {
	stage, err := findStage(ctx, tx.Client, stageID, store.ForShare, "stageId")
	if err != nil {
		return err
	}
	if pipelineID != nil && *pipelineID != stage.PipelineID {
		return errs.New(errs.Invalid, "The stage belongs to another pipeline.").On("stageId")
	}
	if err := c.admits(ctx, tx, stage, "stageId"); err != nil {
		return err
	}
	c.enterStage(tx, stage)
	return nil
}

// admits refuses stages of another object's pipelines, and archived ones.
func (c course) admits(ctx context.Context, tx *store.Tx, stage *ent.PipelineStage, path ...string) error {
	p, err := tx.Client.Pipeline.Get(ctx, stage.PipelineID)
	switch {
	case err != nil:
		return err
	case p.Object != c.object:
		return errs.New(errs.Invalid, "The stage belongs to a pipeline of another object.").On(path...)
	case stage.ArchivedAt.IsSet() || p.ArchivedAt.IsSet():
		return errs.New(errs.Invalid, "The stage is archived.").On(path...)
	}
	return nil
}

// enterPipeline puts the record into the first open stage of the pipeline that the
// caller names.
func (c course) enterPipeline(ctx context.Context, tx *store.Tx, pipelineID string) error {
	p, err := findPipeline(ctx, tx.Client, pipelineID, unlocked, "pipelineId")
	switch {
	case err != nil:
		return err
	case p.Object != c.object:
		return errs.New(errs.Invalid, "The pipeline is one of another object.").On("pipelineId")
	case p.ArchivedAt.IsSet():
		return errs.New(errs.Invalid, "The pipeline is archived.").On("pipelineId")
	}
	return c.enterFirst(ctx, tx, p)
}

func (c course) enterFirst(ctx context.Context, tx *store.Tx, p *ent.Pipeline) error {
	stage, err := firstOpen(ctx, tx, p.ID)
	if err == nil {
		c.enterStage(tx, stage)
	}
	return err
}

// firstOpen is the first stage of a pipeline in which the team works on a record: each
// pipeline has one.
func firstOpen(ctx context.Context, tx *store.Tx, pipelineID string) (*ent.PipelineStage, error) {
	return firstOfKind(ctx, tx, pipelineID, vocab.StageOpen)
}

func firstOfKind(ctx context.Context, tx *store.Tx, pipelineID string, kind vocab.StageKind) (*ent.PipelineStage, error) {
	return tx.Client.PipelineStage.Query().Where(entstage.PipelineID(pipelineID), entstage.ArchivedAt(0), entstage.KindEQ(kind)).
		Order(entstage.ByPosition(), entstage.ByID()).Modify(store.ForShare).First(ctx)
}

func firstPipeline(ctx context.Context, tx *store.Tx, object vocab.PipelineObject) (*ent.Pipeline, error) {
	list, err := pipelinesOf(ctx, tx, object)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.Internal, "the account has no pipeline of %s", object)
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// enterStage puts the record into a stage.
func (c course) enterStage(tx *store.Tx, stage *ent.PipelineStage) {
	*c.pipelineID, *c.stageID, *c.kind = stage.PipelineID, stage.ID, stage.Kind
	switch {
	case !stage.Kind.Ended():
		*c.closedAt = 0
	case !c.closedAt.IsSet():
		*c.closedAt = tx.Now()
	}
}

func (c course) applyOwner(ctx context.Context, tx *store.Tx, to opt.Value[*string]) error {
	before := *c.ownerID
	opt.Set(c.ownerID, to)
	if *c.ownerID == before || *c.ownerID == "" {
		return nil
	}
	active, err := isActive(ctx, tx.Client, *c.ownerID)
	if err == nil && !active {
		err = missing("active user", *c.ownerID, "ownerId")
	}
	return err
}

func isActive(ctx context.Context, client *ent.Client, userID string) (bool, error) {
	if !id.Is(userID, id.User) {
		return false, nil
	}
	return client.User.Query().Where(entuser.ID(userID), entuser.DeactivatedAt(0)).Exist(ctx)
}

func (c course) applyContact(ctx context.Context, tx *store.Tx, to opt.Value[*string]) error {
	before := *c.contactID
	opt.Set(c.contactID, to)
	if *c.contactID == before || *c.contactID == "" {
		return nil
	}
	if !id.Is(*c.contactID, id.Contact) {
		return missing("contact", *c.contactID, "contactId")
	}
	contact, err := loader.HoldContact(ctx, tx, *c.contactID)
	if ent.IsNotFound(err) {
		return missing("contact", *c.contactID, "contactId")
	}
	if err == nil {
		*c.contactID = contact.ID
	}
	return err
}

func (c course) applyCompany(ctx context.Context, tx *store.Tx, to opt.Value[*string]) error {
	before := *c.companyID
	opt.Set(c.companyID, to)
	if *c.companyID == before {
		return nil
	}
	return company.Keep(ctx, tx, *c.companyID)
}

// fillCompany gives a new record the company of its contact, if none was said.
func (c course) fillCompany(ctx context.Context, tx *store.Tx, said opt.Value[*string]) error {
	if said.IsSet() || *c.contactID == "" {
		return nil
	}
	of, err := tx.Client.Contact.Get(ctx, *c.contactID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err == nil {
		*c.companyID = of.CompanyID
	}
	return err
}

func (c course) applyProperties(to opt.Value[[]vocab.TicketProperty]) error {
	opt.SetList(c.properties, to)
	clean, err := cleanProperties(*c.properties)
	if err == nil {
		*c.properties = clean
	}
	return err
}

// cleanProperties returns properties as they are kept. Errors blame fields below at.
func cleanProperties(list []vocab.TicketProperty, path ...string) ([]vocab.TicketProperty, error) {
	if n := len(list); n > MaxProperties {
		return nil, errs.Exceeds(MaxProperties, "There are %d properties; at most %d are allowed.", n, MaxProperties).On(at(path, "properties")...)
	}
	clean := []vocab.TicketProperty{}
	var faults []error
	for i, property := range list {
		place := at(path, "properties", strconv.Itoa(i))
		name, err := oneLine(property.Name, 1, maxName, at(place, "name")...)
		value, err2 := oneLine(property.Value, 0, MaxValue, at(place, "value")...)
		faults = append(faults, err, err2)
		if err == nil && slices.ContainsFunc(clean, func(other vocab.TicketProperty) bool { return other.Name == name }) {
			faults = append(faults, errs.New(errs.Invalid, "The property is listed twice; list it once.").On(at(place, "name")...))
		}
		clean = append(clean, vocab.TicketProperty{Name: name, Value: value})
	}
	return clean, errors.Join(faults...)
}
