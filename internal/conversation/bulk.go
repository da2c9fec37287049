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
	BulkRead: vocab.TaskBulkRead, BulkSnooze: vocab.TaskBulkSnooze, BulkUnsnooze: vocab.TaskBulkUnsnooze,
	BulkTag: vocab.TaskBulkTag, BulkUntag: vocab.TaskBulkUntag, BulkPriority: vocab.TaskBulkPriority,
}

// bulkParams is what a bulk task was asked for.
type bulkParams struct {
	Action    BulkAction `json:"action"`
	IDs       []string   `json:"ids,omitempty"`
	Selection *Selection `json:"selection,omitempty"`
	UserID    *string    `json:"userId,omitempty"`
	TeamID    *string    `json:"teamId,omitempty"`

	Until    *clock.Micros   `json:"until,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Priority *vocab.Priority `json:"priority,omitempty"`
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
	p := bulkParams{Action: in.Action, UserID: in.UserID, TeamID: in.TeamID, Until: in.Until, Tags: in.Tags, Priority: in.Priority}
	if err := p.checkAssignee(); err != nil {
		return p, err
	}
	if err := p.checkWith(s.store.Now()); err != nil {
		return p, err
	}
	switch {
	case (in.Whole == nil) == (in.ConversationIDs == nil):
		return p, errs.New(errs.Invalid, "Give either conversationIds or whole.").On("conversationIds")
	case in.Whole == nil:
		return p.selected(in.ConversationIDs)
	}
	sel, err := s.resolve(ctx, in.Whole.selection())
	if err != nil {
		return p, err
	}
	return p.whole(ctx, sel, s.store.Now())
}

func (b BulkSelection) selection() Selection {
	sel := Selection{InboxID: b.InboxID, SavedViewID: b.SavedViewID, Order: vocab.OpenedAsc}
	if b.View != nil {
		sel.View = *b.View
	}
	if b.Filter != nil {
		sel.Filter = *b.Filter
	}
	return sel
}

func (p bulkParams) checkAssignee() error {
	assigns := p.UserID != nil || p.TeamID != nil
	switch {
	case taskKinds[p.Action] == "":
		return errs.New(errs.Invalid, "There is no bulk action %q.", errs.Clip(string(p.Action))).On("action")
	case p.Action == BulkAssign && !assigns:
		return errs.New(errs.Required, "ASSIGN needs a userId or a teamId.").On("userId")
	case p.Action == BulkAssign && p.UserID != nil && p.TeamID != nil:
		return errs.New(errs.Invalid, "Give either userId or teamId, not both.").On("teamId")
	case p.UserID != nil && !id.Is(*p.UserID, id.User):
		return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(*p.UserID)).On("userId")
	case p.TeamID != nil && !id.Is(*p.TeamID, id.Team):
		return errs.New(errs.NotFound, "There is no team %q.", errs.Clip(*p.TeamID)).On("teamId")
	case p.Action != BulkAssign && assigns:
		return errs.New(errs.Invalid, "userId and teamId go with ASSIGN alone.").On("action")
	}
	return nil
}

// checkWith checks what goes with an action of its own, and is needed there.
func (p bulkParams) checkWith(now clock.Micros) error {
	tags := p.Action == BulkTag || p.Action == BulkUntag
	for _, c := range []struct {
		field         string
		given, wanted bool
	}{
		{"until", p.Until != nil, p.Action == BulkSnooze},
		{"tags", p.Tags != nil, tags},
		{"priority", p.Priority != nil, p.Action == BulkPriority},
	} {
		if c.given && !c.wanted {
			return errs.New(errs.Invalid, "%s does not go with %s.", c.field, p.Action).On(c.field)
		}
		if c.wanted && !c.given {
			return errs.New(errs.Required, "%s needs %s.", p.Action, c.field).On(c.field)
		}
	}
	if p.Until != nil {
		return checkSnooze(*p.Until, now)
	}
	if !tags {
		return nil
	}
	_, err := cleanTags(p.Tags)
	return err
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
		return ch.notSpam(ctx)
	case BulkDelete:
		return ch.delete()
	case BulkRestore:
		return ch.restore()
	case BulkPurge:
		return ch.purge(ctx)
	case BulkRead:
		return ch.read(ctx, ch.c.LastNumber)
	case BulkSnooze:
		return ch.snooze(*p.Until)
	case BulkUnsnooze:
		return ch.unsnooze()
	case BulkTag:
		return ch.tag(p.Tags)
	case BulkUntag:
		return ch.untag(p.Tags)
	case BulkPriority:
		return ch.setPriority(*p.Priority)
	}
	return errs.New(errs.Invalid, "There is no bulk action %q.", p.Action)
}
