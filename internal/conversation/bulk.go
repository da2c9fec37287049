package conversation

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// taskKinds are the kinds of task that do each bulk action.
var taskKinds = map[BulkAction]vocab.TaskKind{
	BulkAssign: vocab.TaskBulkAssign, BulkUnassign: vocab.TaskBulkUnassign, BulkClose: vocab.TaskBulkClose,
	BulkReopen: vocab.TaskBulkReopen, BulkSpam: vocab.TaskBulkSpam, BulkNotSpam: vocab.TaskBulkNotSpam,
	BulkDelete: vocab.TaskBulkDelete, BulkRestore: vocab.TaskBulkRestore, BulkPurge: vocab.TaskBulkPurge,
	BulkRead: vocab.TaskBulkRead,
}

// bulkParams is what a bulk task was asked for.
type bulkParams struct {
	Action    BulkAction `json:"action"`
	IDs       []string   `json:"ids,omitempty"`
	Selection *Selection `json:"selection,omitempty"`
	UserID    *string    `json:"userId,omitempty"`
	TeamID    *string    `json:"teamId,omitempty"`
}

// BulkArgs asks that a bulk task be worked on.
type BulkArgs struct {
	AccountID string `json:"accountId"`
	TaskID    string `json:"taskId"`
}

// Kind names the job.
func (BulkArgs) Kind() string { return "bulk-change" }

// BulkChange begins to change many conversations in the background, one
// transaction each, and returns the task that tells the progress (IN-6). What
// cannot be changed is skipped and told. A whole view means the conversations
// that are in it now; those that are opened later are left alone.
func (s *Service) BulkChange(ctx context.Context, in BulkChangeConversationsInput) (*ent.Task, error) {
	params, err := s.bulkParamsOf(ctx, in)
	if err != nil {
		return nil, err
	}
	var task *ent.Task
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		taskID := id.New(id.Task)
		replayed, err := once.Claim(ctx, tx, "bulkChangeConversations", in.IdempotencyKey, in, taskID)
		if err != nil {
			return err
		}
		if replayed != "" {
			task, err = tx.Client.Task.Get(ctx, replayed)
			return err
		}
		v := viewer.FromContext(ctx)
		raw, err := json.Marshal(params)
		if err != nil {
			return err
		}
		task, err = tx.Client.Task.Create().SetID(taskID).SetKind(taskKinds[in.Action]).SetState(vocab.TaskQueued).
			SetParams(raw).SetTotal(len(params.IDs)).SetProblems([]schema.TaskProblem{}).
			SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).SetCreatedAt(tx.Now()).Save(ctx)
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.TaskStarted, SubjectID: taskID})
		tx.Enqueue(store.Job{Args: BulkArgs{AccountID: v.AccountID, TaskID: taskID}})
		return nil
	})
	return task, err
}

// bulkParamsOf checks what a bulk change was asked for.
func (s *Service) bulkParamsOf(ctx context.Context, in BulkChangeConversationsInput) (bulkParams, error) {
	p := bulkParams{Action: in.Action, UserID: in.UserID, TeamID: in.TeamID}
	assigns := in.UserID != nil || in.TeamID != nil
	switch {
	case taskKinds[in.Action] == "":
		return p, errs.New(errs.Invalid, "There is no bulk action %q.", errs.Clip(string(in.Action))).On("action")
	case in.Action == BulkAssign && !assigns:
		return p, errs.New(errs.Required, "ASSIGN needs a userId or a teamId.").On("userId")
	case in.Action == BulkAssign && in.UserID != nil && in.TeamID != nil:
		return p, errs.New(errs.Invalid, "Give either userId or teamId, not both.").On("teamId")
	case in.UserID != nil && !id.Is(*in.UserID, id.User):
		return p, errs.New(errs.NotFound, "There is no user %q.", errs.Clip(*in.UserID)).On("userId")
	case in.TeamID != nil && !id.Is(*in.TeamID, id.Team):
		return p, errs.New(errs.NotFound, "There is no team %q.", errs.Clip(*in.TeamID)).On("teamId")
	case in.Action != BulkAssign && assigns:
		return p, errs.New(errs.Invalid, "userId and teamId go with ASSIGN alone.").On("action")
	case (in.Whole == nil) == (in.ConversationIDs == nil):
		return p, errs.New(errs.Invalid, "Give either conversationIds or whole.").On("conversationIds")
	case in.Whole == nil:
		return p.selected(in.ConversationIDs)
	}
	sel := Selection{InboxID: in.Whole.InboxID, SavedViewID: in.Whole.SavedViewID, Order: vocab.OpenedAsc}
	if in.Whole.View != nil {
		sel.View = *in.Whole.View
	}
	if in.Whole.Filter != nil {
		sel.Filter = *in.Whole.Filter
	}
	sel, err := s.resolve(ctx, sel)
	if err != nil {
		return p, err
	}
	return p.whole(ctx, sel, s.store.Now())
}

func (p bulkParams) selected(ids []string) (bulkParams, error) {
	if len(ids) == 0 {
		return p, errs.New(errs.Required, "Name at least one conversation.").On("conversationIds")
	}
	if len(ids) > MaxBulk {
		return p, errs.New(errs.TooLong, "At most %d conversations can be named; use whole for more.", MaxBulk).On("conversationIds")
	}
	for i, s := range ids {
		if !id.Is(s, id.Conversation) {
			return p, errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(s)).On("conversationIds", strconv.Itoa(i))
		}
	}
	p.IDs = slices.Clone(ids)
	slices.Sort(p.IDs)
	p.IDs = slices.Compact(p.IDs)
	return p, nil
}

// whole freezes a view at this moment: the order is by opening, which no change
// alters, and what is opened from now on is left out. A saved view stays as it
// is now.
func (p bulkParams) whole(ctx context.Context, sel Selection, now clock.Micros) (bulkParams, error) {
	later := now + 1 // opened now is in it
	if before := sel.Filter.OpenedBefore; before == nil || *before > later {
		sel.Filter.OpenedBefore = &later
	}
	p.Selection = &sel
	_, err := sel.plan(ctx)
	return p, err
}

// apply does the task's action to one conversation.
func (p bulkParams) apply(ctx context.Context, ch *change) error {
	switch p.Action {
	case BulkAssign:
		return ch.assign(ctx, p.UserID, p.TeamID)
	case BulkUnassign:
		return ch.unassign("")
	case BulkClose:
		return ch.close()
	case BulkReopen:
		return ch.reopenByHand(ctx)
	case BulkSpam:
		return ch.spam()
	case BulkNotSpam:
		return ch.notSpam()
	case BulkDelete:
		return ch.delete()
	case BulkRestore:
		return ch.restore()
	case BulkPurge:
		return ch.purge(ctx)
	case BulkRead:
		return ch.read(ctx, ch.c.LastNumber)
	}
	return errs.New(errs.Invalid, "There is no bulk action %q.", p.Action)
}
