package engagement

import (
	"context"
	"reflect"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Update changes what an engagement says, whose it is, or its files; what it said before is
// kept (CR-8). Errors: INVALID on body for one of another kind, CONFLICT on
// expectedRevision.
func (s *Service) Update(ctx context.Context, in UpdateEngagementInput) (*ent.Engagement, error) {
	call := idempotency.Call{Mutation: "updateEngagement", Key: in.IdempotencyKey, Input: in, Result: in.EngagementID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx, e *ent.Engagement) (store.Changes, error) {
		if in.ExpectedRevision != nil && *in.ExpectedRevision != 0 && *in.ExpectedRevision != e.Revision {
			return nil, errs.New(errs.Conflict, "It was changed since then: its revision is %d, not %d. Load it again.", e.Revision, *in.ExpectedRevision).On("expectedRevision")
		}
		return s.alter(ctx, tx, e, in)
	})
}

// alter puts what is given into a locked engagement.
func (s *Service) alter(ctx context.Context, tx *store.Tx, e *ent.Engagement, in UpdateEngagementInput) (store.Changes, error) {
	if given := in.Body.Value(); given != nil {
		body, err := given.clean()
		if err != nil {
			return nil, err
		}
		if body.Kind() != e.Kind {
			return nil, errs.New(errs.Invalid, "The engagement is of kind %s, which does not change.", e.Kind).On("body")
		}
		if body.Task != nil {
			body.Task.DoneAt = e.Body.Task.DoneAt
			if given.Task.AssigneeID == nil {
				body.Task.AssigneeID = e.AssigneeID
			}
			if body.Task.AssigneeID != e.AssigneeID {
				if err := checkAssignee(ctx, tx, given.Task); err != nil {
					return nil, err
				}
			}
			e.AssigneeID = body.Task.AssigneeID
		}
		e.Body = body
	}
	before := e.OwnerID
	opt.Set(&e.OwnerID, in.OwnerID)
	if e.OwnerID != before {
		if err := checkUser(ctx, tx, e.OwnerID, "ownerId"); err != nil {
			return nil, err
		}
	}
	var changes store.Changes
	if ids, given := in.AttachmentIDs.ValueOK(); given {
		changed, err := s.files.KeepForEngagement(ctx, tx, ids, e.InboxID, e.ID)
		if err != nil {
			return nil, err
		}
		changes.Named("attachments", changed)
	}
	return changes, nil
}

// Complete notes that a task is done, or is not after all (CR-8). Errors: INVALID on
// engagementId for what is not a task.
func (s *Service) Complete(ctx context.Context, in CompleteTaskInput) (*ent.Engagement, error) {
	call := idempotency.Call{Mutation: "completeTask", Key: in.IdempotencyKey, Input: in, Result: in.EngagementID}
	return s.change(ctx, call, func(_ context.Context, tx *store.Tx, e *ent.Engagement) (store.Changes, error) {
		if e.Body.Task == nil {
			return nil, errs.New(errs.Invalid, "This is not a task: it is of kind %s.", e.Kind).On("engagementId")
		}
		task := *e.Body.Task
		switch done := in.Done == nil || *in.Done; {
		case !done:
			task.DoneAt = 0
		case !task.DoneAt.IsSet():
			task.DoneAt = tx.Now()
		}
		e.Body.Task = &task
		return nil, nil
	})
}

// change alters an engagement once per idempotency key, keeps what it said before, and
// records the change; nothing new: nothing happens.
func (s *Service) change(ctx context.Context, call idempotency.Call, alter func(context.Context, *store.Tx, *ent.Engagement) (store.Changes, error)) (*ent.Engagement, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var e *ent.Engagement
	load := func(ctx context.Context, tx *store.Tx, engagementID string) (err error) {
		e, err = lockEngagement(ctx, tx, engagementID)
		return err
	}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, call.Result); err != nil {
			return err
		}
		before := *e
		more, err := alter(ctx, tx, e)
		if err != nil {
			return err
		}
		return save(ctx, tx, &before, e, more)
	}, load)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func save(ctx context.Context, tx *store.Tx, before, after *ent.Engagement, more store.Changes) error {
	changes := append(changesOf(before, after), more...)
	if len(changes) == 0 {
		return nil
	}
	if !reflect.DeepEqual(before.Body, after.Body) {
		if err := keepRevision(ctx, tx, before); err != nil {
			return err
		}
		after.EditedAt = tx.Now()
	}
	setTimes(after, after.CreatedAt)
	after.Revision = before.Revision + 1
	remind(tx, before, after)
	err := tx.Client.Engagement.UpdateOneID(after.ID).SetBody(after.Body).SetOwnerID(after.OwnerID).SetAssigneeID(after.AssigneeID).SetAt(after.At).
		SetTaskProgress(after.TaskProgress).SetDueOrder(after.DueOrder).SetRevision(after.Revision).SetEditedAt(after.EditedAt).Exec(ctx)
	if err != nil {
		return err
	}
	return record(ctx, tx, vocab.EngagementUpdated, after, changes)
}

// changesOf are what differs between two states of an engagement: what it says by name
// only.
func changesOf(before, after *ent.Engagement) store.Changes {
	var c store.Changes
	done, doneBefore := doneAt(after), doneAt(before)
	c.Named("body", !reflect.DeepEqual(withoutState(before.Body), withoutState(after.Body)))
	c.Optional("owner", before.OwnerID, after.OwnerID)
	c.Optional("assignee", before.AssigneeID, after.AssigneeID)
	c.Optional("doneAt", doneBefore, done)
	return c
}

func doneAt(e *ent.Engagement) string {
	if e.Body.Task == nil {
		return ""
	}
	return e.Body.Task.DoneAt.String()
}

// withoutState is a body without what events name on its own.
func withoutState(b vocab.EngagementBody) vocab.EngagementBody {
	if b.Task != nil {
		task := *b.Task
		task.AssigneeID, task.DoneAt = "", 0
		b.Task = &task
	}
	return b
}

// keepRevision keeps what an engagement says, which is about to be changed.
func keepRevision(ctx context.Context, tx *store.Tx, e *ent.Engagement) error {
	editor := viewer.FromContext(ctx).Actor()
	return tx.Client.EngagementRevision.Create().SetID(id.New("engagementrevision")).SetEngagementID(e.ID).SetInboxID(e.InboxID).
		SetConversationID(e.ConversationID).SetRevision(e.Revision).SetBody(e.Body).SetEditorKind(editor.Kind).SetEditorID(editor.ActorID).
		SetCreatedAt(tx.Now()).Exec(ctx)
}

// Delete deletes an engagement for good, with what it said before; its files are removed
// within a day.
func (s *Service) Delete(ctx context.Context, in DeleteEngagementInput) error {
	if err := mayEdit(ctx); err != nil {
		return err
	}
	call := idempotency.Call{Mutation: "deleteEngagement", Key: in.IdempotencyKey, Input: in, Result: in.EngagementID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := lockEngagement(ctx, tx, in.EngagementID)
		if err != nil {
			return err
		}
		if err := s.files.LeaveEngagement(ctx, tx, e.ID); err != nil {
			return err
		}
		if err := tx.Retire(ctx, "engagements", id.Engagement, "id", e.AccountID, e.ID); err != nil {
			return err
		}
		if err := tx.Client.Engagement.DeleteOneID(e.ID).Exec(ctx); err != nil { // its revisions go with it
			return err
		}
		return record(ctx, tx, vocab.EngagementDeleted, e, nil)
	}, nil)
}
