package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	enttask "parley/ent/task"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/job"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// slice is how long a task works before it lets other jobs run.
const slice = 5 * time.Second

// maxProblems is how many skipped conversations a task names by itself.
const maxProblems = 100

var errStopped = errors.New("the task was canceled, or another worker continues it")

// RunBulk works on a bulk task for a while. It is the worker of BulkArgs: each
// conversation is changed in one transaction with the task's own progress, so
// that a task that is interrupted goes on where it was. It acts with the rights
// that the asker has now; without them it fails.
func (s *Service) RunBulk(ctx context.Context, args BulkArgs) error {
	system := viewer.NewContext(ctx, viewer.System("bulk", args.AccountID))
	task, err := s.store.Client(system).Task.Get(system, args.TaskID)
	if err != nil || task.State != vocab.TaskQueued && task.State != vocab.TaskRunning {
		return ignoreMissing(err)
	}
	more, err := s.workOn(ctx, system, task)
	switch {
	case errors.Is(err, errStopped):
		return nil
	case refusal(err) != nil:
		return s.endTask(system, task.ID, vocab.TaskFailed, refusal(err).Message)
	case err != nil && job.LastAttempt(ctx):
		return errors.Join(err, s.endTask(system, task.ID, vocab.TaskFailed, ""))
	case err != nil:
		return err
	case more:
		return job.Again(0)
	}
	return s.endTask(system, task.ID, vocab.TaskDone, "")
}

func (s *Service) workOn(ctx, system context.Context, task *ent.Task) (more bool, err error) {
	run := &bulkRun{s: s, task: task, ctx: ctx, system: system}
	if err := json.Unmarshal(task.Params, &run.params); err != nil {
		return false, err
	}
	if err := run.askAgain(); err != nil {
		return false, err
	}
	return run.changeSome()
}

// askAgain finds out who the asker is now, and whether the token may still do
// this. It precedes each conversation: a membership, a role, a seat, a scope or
// a token that is taken away stops the very next one (AC-12).
func (r *bulkRun) askAgain() error {
	v, err := r.s.deps.Viewers.ViewerOf(r.system, r.task.AccountID, r.task.ActorID, r.task.TokenID)
	if err != nil {
		return err
	}
	r.asker = viewer.NewContext(r.ctx, v)
	if v.TokenID == "" {
		return nil
	}
	return mayBulk(r.asker, r.params.Action)
}

// refusal returns the rule's error that refused something; nil: there is none,
// or the database could not do it now.
func refusal(err error) *errs.Error {
	if e := errs.Of(err); e != nil && e.Code != errs.Unavailable {
		return e
	}
	return nil
}

func ignoreMissing(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}

// bulkRun is one slice of a task's work.
type bulkRun struct {
	s      *Service
	task   *ent.Task
	params bulkParams
	ctx    context.Context
	system context.Context
	asker  context.Context
}

// changeSome changes conversations until the slice is over, and reports whether some
// are left.
func (r *bulkRun) changeSome() (more bool, err error) {
	until := r.s.store.Clock().Now().Add(slice)
	if r.task.State == vocab.TaskQueued {
		if more, err := r.fixItems(until); err != nil || more {
			return more, err
		}
	}
	for {
		batch, err := r.nextItems()
		if err != nil || len(batch) == 0 {
			return false, err
		}
		for _, item := range batch {
			if err := r.askAgain(); err != nil {
				return false, err
			}
			if err := r.changeOne(item); err != nil {
				return false, err
			}
			if r.s.store.Clock().Now().After(until) {
				return true, nil
			}
		}
	}
}

// plan plans the task's view, whose tags may have been merged in the meantime.
func (r *bulkRun) plan() (*view.Plan, error) {
	sel, err := r.s.views.Resolve(r.asker, *r.params.Selection)
	if err != nil {
		return nil, err
	}
	return sel.Plan(r.asker)
}

// changeOne changes a conversation, or reports why it was skipped.
func (r *bulkRun) changeOne(i item) error {
	err := r.s.store.WithTx(r.asker, func(ctx context.Context, tx *store.Tx) error {
		if _, err := changeOne(ctx, tx, On(i.conversationID), r.applyAction); err != nil {
			return err
		}
		return r.advanceCursor(ctx, tx, i, "done = done + 1")
	})
	if refused := refusal(err); refused != nil {
		return r.recordSkip(i, refused)
	}
	if err == nil {
		r.task.Cursor = i.cursor()
	}
	return err
}

func (r *bulkRun) recordSkip(i item, why *errs.Error) error {
	if len(r.task.Problems) < maxProblems {
		r.task.Problems = append(r.task.Problems, vocab.TaskProblem{ConversationID: i.conversationID, Code: string(why.Code), Message: why.Message})
	}
	problems, err := json.Marshal(r.task.Problems)
	if err != nil {
		return err
	}
	err = r.s.store.WithTx(r.system, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE task_items SET code = $1, message = $2 WHERE task_id = $3 AND number = $4", string(why.Code), why.Message, r.task.ID, i.number)
		if err != nil {
			return err
		}
		return r.advanceCursor(ctx, tx, i, "skipped = skipped + 1, problems = $2", string(problems))
	})
	if err == nil {
		r.task.Cursor = i.cursor()
	}
	return err
}

// advanceCursor moves the task's cursor on from where this run knows it to be; it
// fails when the task was canceled or another run moved it.
func (r *bulkRun) advanceCursor(ctx context.Context, tx *store.Tx, i item, set string, args ...any) error {
	args = append(append([]any{i.cursor()}, args...), r.task.ID, r.task.Cursor)
	moved, err := tx.Exec(ctx, fmt.Sprintf("UPDATE tasks SET cursor = $1, %s WHERE id = $%d AND cursor = $%d AND state = 'RUNNING'", set, len(args)-1, len(args)), args...)
	if err == nil && moved == 0 {
		return errStopped
	}
	return err
}

// endTask gives a task its final state, unless it has one. failure is why it failed,
// for people; "" if it did not.
func (s *Service) endTask(ctx context.Context, taskID string, state vocab.TaskState, failure string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		touched, err := tx.Exec(ctx, "UPDATE tasks SET state = $1, finished_at = $2, failure = $3 WHERE id = $4 AND state IN ('QUEUED', 'RUNNING')",
			string(state), int64(tx.Now()), failure, taskID)
		if err != nil || touched == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_items WHERE task_id = $1 AND code = ''", taskID); err != nil {
			return err
		}
		to := string(state)
		tx.Append(ctx, store.Event{Type: vocab.TaskFinished, SubjectID: taskID, Changes: []vocab.FieldChange{{Field: "state", To: &to}}})
		return nil
	})
}

// Task returns a task that the viewer asked for, or any for admins; else nil.
func (s *Service) Task(ctx context.Context, taskID string) (*ent.Task, error) {
	tasks, err := s.TasksByID(ctx, []string{taskID})
	if err != nil {
		return nil, err
	}
	return tasks[0], nil
}

// tasks are listed newest first.
var tasks = store.Listing[ent.Task]{Name: "tasks", Kind: id.Task, Desc: true, ID: func(t *ent.Task) string { return t.ID }}

// Tasks returns a page of the viewer's own tasks, newest first (IN-6).
func (s *Service) Tasks(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Task], error) {
	return tasks.Page(args, 50, func(narrow func(*sql.Selector)) ([]*ent.Task, error) {
		q := s.store.Client(ctx).Task.Query().Where(enttask.ActorID(viewer.FromContext(ctx).ActorID))
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// TasksByID returns tasks as Task does, each where its id stands, with one query.
func (s *Service) TasksByID(ctx context.Context, ids []string) ([]*ent.Task, error) {
	tasks := make([]*ent.Task, len(ids))
	some := slices.DeleteFunc(slices.Clone(ids), func(taskID string) bool { return !id.Is(taskID, id.Task) })
	if len(some) == 0 {
		return tasks, nil
	}
	found, err := s.store.Client(ctx).Task.Query().Where(enttask.IDIn(some...)).All(ctx)
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	for _, task := range found {
		for i, taskID := range ids {
			if taskID == task.ID && (v.Kind == viewer.Admin || task.ActorID == v.ActorID) {
				tasks[i] = task
			}
		}
	}
	return tasks, nil
}

// CancelTask stops a bulk change: what is done stays done (IN-6). The deletion
// of an inbox cannot be stopped (IB-3).
func (s *Service) CancelTask(ctx context.Context, in CancelTaskInput) (*ent.Task, error) {
	task, err := s.Task(ctx, in.TaskID)
	if err != nil {
		return nil, err
	}
	if task == nil {
		return nil, errs.New(errs.NotFound, "You have no task %q.", errs.Clip(in.TaskID)).On("taskId")
	}
	switch task.Kind {
	case vocab.TaskDeleteInbox:
		return nil, errs.New(errs.Invalid, "The deletion of an inbox cannot be stopped.").On("taskId")
	case vocab.TaskMergeTags:
		return nil, errs.New(errs.Invalid, "The merge of tags cannot be stopped: it has already taken place.").On("taskId")
	}
	call := idempotency.Call{Mutation: "cancelTask", Key: in.IdempotencyKey, Input: in, Result: in.TaskID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, _ *store.Tx) error {
		return s.endTask(ctx, task.ID, vocab.TaskCanceled, "")
	}, nil)
	if err != nil {
		return nil, err
	}
	return s.Task(ctx, in.TaskID)
}
