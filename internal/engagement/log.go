package engagement

import (
	"context"
	"errors"

	"parley/ent"
	entengagement "parley/ent/engagement"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// logTries is how often a call begins again because another logged the same external id
// just before it.
const logTries = 5

// Log logs a note, call, mail, meeting or task (CR-8). One with an external id that is
// logged already is returned as it is: nothing is changed or recorded. Errors are those of
// the fields, and NOT_FOUND on what they name.
func (s *Service) Log(ctx context.Context, in LogEngagementInput) (e *ent.Engagement, err error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	body, err := in.cleanBody()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		e, err = s.logOnce(ctx, in, body)
		if taken := errs.Is(err, errs.AlreadyExists) && errs.Of(err).Field[0] == "externalId"; !taken || try == logTries {
			return e, err
		}
	}
}

func (in LogEngagementInput) cleanBody() (vocab.EngagementBody, error) {
	body, err := in.Body.clean()
	if err == nil && in.Kind != nil && *in.Kind != body.Kind() {
		err = errs.New(errs.Invalid, "The body is of kind %s, not %s.", body.Kind(), *in.Kind).On("kind")
	}
	return body, err
}

func (s *Service) logOnce(ctx context.Context, in LogEngagementInput, body vocab.EngagementBody) (e *ent.Engagement, err error) {
	call := idempotency.Call{
		Mutation: "logEngagement", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Engagement),
		Own: []idempotency.Own{{Kind: id.Engagement, Field: "id", ID: in.ID}},
	}
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		externalID, err := account.NewExternalID(in.ExternalID)
		if err != nil {
			return err
		}
		if e, err = firstOf(ctx, tx, externalID); err != nil || e != nil {
			if e != nil {
				err = call.Settle(ctx, tx, e.ID)
			}
			return err
		}
		e, err = s.insert(ctx, tx, call.Result, externalID, in, body)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		e, err = lockEngagement(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// firstOf is the engagement that has an external id; nil: none has.
func firstOf(ctx context.Context, tx *store.Tx, externalID *string) (*ent.Engagement, error) {
	if externalID == nil {
		return nil, nil
	}
	e, err := tx.Client.Engagement.Query().Where(entengagement.ExternalID(*externalID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return e, err
}

// insert stores a new engagement with its files, and records it.
func (s *Service) insert(ctx context.Context, tx *store.Tx, engagementID string, externalID *string, in LogEngagementInput, body vocab.EngagementBody) (*ent.Engagement, error) {
	actor := viewer.FromContext(ctx).Actor()
	e := &ent.Engagement{ID: engagementID, Kind: body.Kind(), Body: body, OwnerID: orZero(in.OwnerID)}
	if !given(in.OwnerID) && id.Is(actor.ActorID, id.User) {
		e.OwnerID = actor.ActorID
	}
	assign(e, actor.ActorID)
	err := errors.Join(in.place(ctx, tx, e), checkUser(ctx, tx, orZero(in.OwnerID), "ownerId"), checkAssignee(ctx, tx, in.Body.Task))
	if err != nil {
		return nil, err
	}
	setTimes(e, tx.Now())
	saved, err := tx.Client.Engagement.Create().SetID(e.ID).SetInboxID(e.InboxID).SetConversationID(e.ConversationID).SetContactID(e.ContactID).
		SetCompanyID(e.CompanyID).SetDealID(e.DealID).SetTicketID(e.TicketID).SetKind(e.Kind).SetBody(e.Body).SetAuthorKind(actor.Kind).
		SetAuthorID(actor.ActorID).SetOwnerID(e.OwnerID).SetAt(e.At).SetAssigneeID(e.AssigneeID).SetTaskProgress(e.TaskProgress).SetDueOrder(e.DueOrder).
		SetNillableExternalID(externalID).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, account.ExternalIDTaken(err, "engagement")
	}
	if _, err := s.files.KeepForEngagement(ctx, tx, in.AttachmentIDs, e.InboxID, e.ID); err != nil {
		return nil, err
	}
	remind(tx, &ent.Engagement{}, saved)
	return saved, record(ctx, tx, vocab.EngagementLogged, saved, nil)
}

// assign gives a task that names no one to who logs it, if they are a user.
func assign(e *ent.Engagement, actorID string) {
	task := e.Body.Task
	if task == nil {
		return
	}
	if task.AssigneeID == "" && id.Is(actorID, id.User) {
		task.AssigneeID = actorID
	}
	e.AssigneeID = task.AssigneeID
}

func checkAssignee(ctx context.Context, tx *store.Tx, task *EngagementTaskInput) error {
	if task == nil {
		return nil
	}
	return checkUser(ctx, tx, orZero(task.AssigneeID), "body", "task", "assigneeId")
}

// setTimes sets what lists are ordered by, from the body; logged is when the engagement
// was logged.
func setTimes(e *ent.Engagement, logged clock.Micros) {
	e.At, e.DueOrder = logged, clock.Never
	at := clock.Micros(0)
	switch b := e.Body; {
	case b.Call != nil:
		at = b.Call.StartedAt
	case b.Email != nil:
		at = b.Email.SentAt
	case b.Meeting != nil:
		at = b.Meeting.StartsAt
	case b.Task != nil:
		if e.TaskProgress = vocab.TaskIsOpen; b.Task.DoneAt.IsSet() {
			e.TaskProgress = vocab.TaskIsDone
		}
		if b.Task.DueAt.IsSet() {
			e.DueOrder = b.Task.DueAt
		}
	}
	if at.IsSet() {
		e.At = at
	}
}

// record reports what happened to an engagement, as an event of its conversation if it has
// one.
func record(ctx context.Context, tx *store.Tx, t vocab.EventType, e *ent.Engagement, changes store.Changes) error {
	of := store.Event{Type: t, SubjectID: e.ID, InboxID: e.InboxID, ConversationID: e.ConversationID, Changes: changes}
	if e.ConversationID != "" {
		c, err := tx.Client.Conversation.Get(ctx, e.ConversationID)
		if err != nil {
			return err
		}
		of.Revision = c.Revision
	}
	tx.Append(ctx, of)
	return nil
}
