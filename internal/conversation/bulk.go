package conversation

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// taskKinds are the kinds of task that do each bulk action.
var taskKinds = map[BulkAction]vocab.TaskKind{
	BulkAssign: vocab.TaskBulkAssign, BulkUnassign: vocab.TaskBulkUnassign, BulkClose: vocab.TaskBulkClose,
	BulkReopen: vocab.TaskBulkReopen, BulkSpam: vocab.TaskBulkSpam, BulkNotSpam: vocab.TaskBulkNotSpam,
	BulkDelete: vocab.TaskBulkDelete, BulkRestore: vocab.TaskBulkRestore, BulkPurge: vocab.TaskBulkPurge,
	BulkRead: vocab.TaskBulkRead, BulkUnread: vocab.TaskBulkUnread, BulkBlock: vocab.TaskBulkBlock, BulkUnblock: vocab.TaskBulkUnblock,
	BulkSnooze: vocab.TaskBulkSnooze, BulkUnsnooze: vocab.TaskBulkUnsnooze,
	BulkTag: vocab.TaskBulkTag, BulkUntag: vocab.TaskBulkUntag, BulkPriority: vocab.TaskBulkPriority,
}

// bulkParams is what a bulk task was asked for.
type bulkParams struct {
	Action BulkAction `json:"action"`
	// IDs are those of a selection. A task of an earlier version, which has not begun, has
	// them here only.
	IDs       []string        `json:"ids,omitempty"`
	Selection *view.Selection `json:"selection,omitempty"`
	Assignment

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
// transaction each, and returns the task that shows the progress (IN-6). What
// cannot be changed is skipped and reported. A whole view means the conversations
// that are in it when the task begins, whatever becomes of them before their turn;
// those that are opened later are left alone.
func (s *Service) BulkChange(ctx context.Context, in BulkChangeConversationsInput) (*ent.Task, error) {
	if err := mayBulk(ctx, in.Action); err != nil {
		return nil, err
	}
	params, err := s.bulkParamsOf(ctx, in)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "bulkChangeConversations", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Task)}
	var task *ent.Task
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		p := params // it may run again
		if err := p.useTags(ctx, tx); err != nil {
			return err
		}
		task, err = startTask(ctx, tx, call.Result, p)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		task, err = tx.Client.Task.Get(ctx, first)
		return err
	})
	return task, err
}

// useTags has the task name tags by their ids: those that it adds are there when it
// begins, and a rename does not change what it does.
func (p *bulkParams) useTags(ctx context.Context, tx *store.Tx) error {
	switch p.Action {
	case BulkTag:
	case BulkUntag:
		return p.knowTags(ctx, tx)
	default:
		return nil
	}
	tags, err := tag.Use(ctx, tx, p.Tags)
	if err != nil {
		return err
	}
	p.Tags = make([]string, len(tags))
	for i, t := range tags {
		if t.ArchivedAt.IsSet() {
			return errs.New(errs.Invalid, "The tag %q is archived; restore it before you add it.", t.Name).On("tags", strconv.Itoa(i))
		}
		p.Tags[i] = t.ID
	}
	return nil
}

// knowTags names the tags by their ids that there are.
func (p *bulkParams) knowTags(ctx context.Context, tx *store.Tx) error {
	found, err := tag.Find(ctx, tx.Client, p.Tags)
	if err != nil {
		return err
	}
	p.Tags = slices.Clone(p.Tags)
	for i, t := range found {
		if t != nil {
			p.Tags[i] = t.ID
		}
	}
	return nil
}

func startTask(ctx context.Context, tx *store.Tx, taskID string, params bulkParams) (*ent.Task, error) {
	v := viewer.FromContext(ctx)
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	tx.Append(ctx, store.Event{Type: vocab.TaskStarted, SubjectID: taskID})
	tx.Enqueue(store.Job{Args: BulkArgs{AccountID: v.AccountID, TaskID: taskID}})
	task, err := tx.Client.Task.Create().SetID(taskID).SetKind(taskKinds[params.Action]).SetState(vocab.TaskQueued).
		SetParams(raw).SetTotal(len(params.IDs)).SetProblems([]vocab.TaskProblem{}).
		SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	return task, insertItems(ctx, tx, task, 0, params.IDs)
}

// bulkParamsOf checks what a bulk change was asked for.
func (s *Service) bulkParamsOf(ctx context.Context, in BulkChangeConversationsInput) (bulkParams, error) {
	p := bulkParams{Action: in.Action, Assignment: in.Assignment, Until: in.Until, Tags: in.Tags, Priority: in.Priority}
	if err := p.checkAssignee(); err != nil {
		return p, err
	}
	if err := p.checkWith(s.store.Now()); err != nil {
		return p, err
	}
	switch of := in.Selection; {
	case (of.Whole == nil) == (of.ConversationIDs == nil):
		return p, errs.New(errs.Invalid, "Pass either conversationIds or whole.").On("selection")
	case of.Whole == nil:
		return p.withIDs(of.ConversationIDs)
	}
	p, err := s.wholeView(ctx, p, *in.Selection.Whole)
	if e := errs.Of(err); e != nil {
		return p, e.On(append([]string{"selection", "whole"}, e.Field...)...)
	}
	return p, err
}

func (s *Service) wholeView(ctx context.Context, p bulkParams, in WholeViewInput) (bulkParams, error) {
	sel, err := s.views.Resolve(ctx, in.selection())
	if err != nil {
		return p, err
	}
	return s.freezeView(ctx, p, sel)
}

func (in WholeViewInput) selection() view.Selection {
	sel := view.Selection{InboxID: in.InboxID, Order: vocab.OpenedAsc}
	if in.View != nil {
		sel.SavedViewID = in.View.SavedViewID
		if in.View.BuiltIn != nil {
			sel.View = *in.View.BuiltIn
		}
	}
	if in.Filter != nil {
		sel.Filter = *in.Filter
	}
	return sel
}

func (p bulkParams) checkAssignee() error {
	userID, teamID := p.UserID.Value(), p.TeamID.Value()
	switch {
	case taskKinds[p.Action] == "":
		return errs.New(errs.Invalid, "There is no bulk action %q.", errs.Clip(string(p.Action))).On("action")
	case p.Action == BulkAssign && !p.IsGiven():
		return errs.New(errs.Required, "ASSIGN requires userId or teamId.").On("userId")
	case userID != nil && !id.Is(*userID, id.User):
		return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(*userID)).On("userId")
	case teamID != nil && !id.Is(*teamID, id.Team):
		return errs.New(errs.NotFound, "There is no team %q.", errs.Clip(*teamID)).On("teamId")
	case p.Action != BulkAssign && (p.IsGiven() || p.KeepAssignee != nil):
		return errs.New(errs.Invalid, "userId, teamId and keepAssignee are allowed only with ASSIGN.").On("action")
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
			return errs.New(errs.Invalid, "%s is not allowed with %s.", c.field, p.Action).On(c.field)
		}
		if c.wanted && !c.given {
			return errs.New(errs.Required, "%s requires %s.", p.Action, c.field).On(c.field)
		}
	}
	if p.Until != nil {
		return checkSnooze(*p.Until, now)
	}
	if !tags {
		return nil
	}
	_, err := tag.CleanWords(p.Tags)
	return err
}

func (p bulkParams) withIDs(ids []string) (bulkParams, error) {
	if len(ids) == 0 {
		return p, errs.New(errs.Required, "Pass at least one conversation.").On("selection", "conversationIds")
	}
	if len(ids) > MaxBulk {
		return p, errs.Exceeds(MaxBulk, "At most %d conversations can be listed; use whole for more.", MaxBulk).On("selection", "conversationIds")
	}
	for i, s := range ids {
		if !id.Is(s, id.Conversation) {
			return p, errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(s)).On("selection", "conversationIds", strconv.Itoa(i))
		}
	}
	p.IDs = slices.Clone(ids)
	slices.Sort(p.IDs)
	p.IDs = slices.Compact(p.IDs)
	return p, nil
}

// freezeView freezes a view at this moment: the order is by opening, which no change
// alters, and what is opened from now on is left out. A saved view stays as it
// is now.
func (s *Service) freezeView(ctx context.Context, p bulkParams, sel view.Selection) (bulkParams, error) {
	later := s.store.Now() + 1 // opened now is in it
	if before := sel.Filter.OpenedBefore; before == nil || *before > later {
		sel.Filter.OpenedBefore = &later
	}
	if err := s.views.NameTags(ctx, &sel); err != nil {
		return p, err
	}
	p.Selection = &sel
	_, err := sel.Plan(ctx)
	return p, err
}

// applyAction does the task's action to one conversation.
func (r *bulkRun) applyAction(ctx context.Context, ch *change) error {
	p := r.params
	switch p.Action {
	case BulkAssign:
		return ch.assign(ctx, p.Assignment)
	case BulkUnassign:
		return ch.unassign("")
	case BulkClose:
		return ch.close(ctx)
	case BulkReopen:
		return ch.reopenByHand(ctx)
	case BulkSpam:
		return ch.markSpam()
	case BulkNotSpam:
		return ch.notSpam(ctx)
	case BulkDelete:
		return ch.delete()
	case BulkRestore:
		return ch.restore(ctx)
	case BulkPurge:
		return r.s.purge(ctx, ch)
	case BulkRead:
		return ch.markRead(ctx, ch.c.LastNumber)
	case BulkUnread:
		return ch.markUnread(ctx)
	case BulkBlock:
		_, _, err := ch.blockSender(ctx, BlockTerms{})
		return err
	case BulkUnblock:
		return ch.unblockSender(ctx)
	case BulkSnooze:
		return ch.snooze(*p.Until)
	case BulkUnsnooze:
		return ch.unsnooze(ctx)
	case BulkTag:
		return ch.tag(ctx, p.Tags)
	case BulkUntag:
		return ch.untag(ctx, p.Tags)
	case BulkPriority:
		return ch.setPriority(*p.Priority)
	}
	return errs.New(errs.Invalid, "There is no bulk action %q.", p.Action)
}
