package engagement

import (
	"context"

	"parley/ent"
	entengagement "parley/ent/engagement"
	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// DueArgs asks that a task be reported as due, or its reminder be, if its time is still
// this one and it is not done.
type DueArgs struct {
	AccountID    string       `json:"accountId"`
	EngagementID string       `json:"engagementId"`
	At           clock.Micros `json:"at"`
	// Reminder: it is about the reminder.
	Reminder bool `json:"reminder,omitempty"`
}

// Kind names the job.
func (DueArgs) Kind() string { return "task-due" }

// Register has the queue report what is due.
func (s *Service) Register(q *job.Queue) { job.Register(q, s.NoteDue, job.Options{}) }

// remind has a task be reported at the times that it got.
func remind(tx *store.Tx, before, after *ent.Engagement) {
	was, is := timesOf(before), timesOf(after)
	for i, at := range is {
		if at.IsSet() && at != was[i] {
			tx.Enqueue(store.Job{Args: DueArgs{AccountID: after.AccountID, EngagementID: after.ID, At: at, Reminder: i == 1}, At: at.Time()})
		}
	}
}

// timesOf are when a task is due, and its reminder; zero: not.
func timesOf(e *ent.Engagement) [2]clock.Micros {
	if e.Body.Task == nil {
		return [2]clock.Micros{}
	}
	return [2]clock.Micros{e.Body.Task.DueAt, e.Body.Task.RemindAt}
}

// NoteDue does what DueArgs asks, once it is time by the store's clock: TASK_DUE is emitted
// once for each time that a task or its reminder is due (CR-8).
func (s *Service) NoteDue(ctx context.Context, args DueArgs) error {
	if left := args.At.Time().Sub(s.store.Now().Time()); left > 0 {
		return job.Again(left)
	}
	ctx = viewer.NewContext(ctx, viewer.System("tasks", args.AccountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := tx.Client.Engagement.Query().Where(entengagement.ID(args.EngagementID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // deleted meanwhile
		}
		if err != nil || e.TaskProgress != vocab.TaskIsOpen {
			return err
		}
		times, noted, place, field := timesOf(e), [2]clock.Micros{e.DueNoted, e.ReminderNoted}, 0, "dueAt"
		if args.Reminder {
			place, field = 1, "remindAt"
		}
		if times[place] != args.At || noted[place] == args.At {
			return nil
		}
		noted[place] = args.At
		if err := tx.Client.Engagement.UpdateOneID(e.ID).SetDueNoted(noted[0]).SetReminderNoted(noted[1]).Exec(ctx); err != nil {
			return err
		}
		var changes store.Changes
		changes.Optional(field, "", args.At.String())
		return record(ctx, tx, vocab.EngagementTaskDue, e, changes)
	})
}
