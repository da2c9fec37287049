package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	entconversation "parley/ent/conversation"
	"parley/ent/task"
	"parley/internal/attachment"
	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ClearArgs asks to remove what was in a deleted inbox (IB-3).
type ClearArgs struct {
	AccountID string `json:"accountId"`
	InboxID   string `json:"inboxId"`
	TaskID    string `json:"taskId"`
}

// Kind names the job.
func (ClearArgs) Kind() string { return "clear-inbox" }

// Register has the queue do the work of this package.
func (s *Service) Register(q *job.Queue) { job.Register(q, s.Clear, job.Options{}) }

// slice is how many conversations one run of Clear removes.
const slice = 50

// Clear does what ClearArgs asks: a transaction for each conversation, in which
// the task counts it, then the rest in one. It does a slice and asks to run
// again, and goes on where it was stopped.
func (s *Service) Clear(ctx context.Context, args ClearArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("delete-inbox", args.AccountID))
	t, err := s.store.Client(ctx).Task.Get(ctx, args.TaskID)
	if err != nil || t.FinishedAt.IsSet() {
		return err
	}
	err = s.clearSlice(ctx, args)
	if err != nil && job.LastAttempt(ctx) {
		return errors.Join(err, s.endTask(ctx, args, vocab.TaskFailed, nil))
	}
	if err != nil {
		return err
	}
	left, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.InboxID(args.InboxID)).Exist(ctx)
	if err != nil {
		return err
	}
	if left {
		return job.Again(0)
	}
	return s.clearRest(ctx, args)
}

func (s *Service) clearSlice(ctx context.Context, args ClearArgs) error {
	ids, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.InboxID(args.InboxID)).
		Order(entconversation.ByID()).Limit(slice).IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		if err := s.clearOne(ctx, args, conversationID); err != nil {
			return fmt.Errorf("remove %s: %w", conversationID, err)
		}
	}
	return nil
}

func (s *Service) clearOne(ctx context.Context, args ClearArgs, conversationID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.conversations.EraseOne(ctx, conversationID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE tasks SET state = $1, done = done + 1, total = CASE WHEN total > done THEN total ELSE done + 1 END
			WHERE id = $2 AND account_id = $3`, string(vocab.TaskRunning), args.TaskID, args.AccountID)
		return err
	})
}

// clearRest removes everything but conversations, and last the inbox itself.
func (s *Service) clearRest(ctx context.Context, args ClearArgs) error {
	events, err := s.store.Strings(ctx, `SELECT id FROM events WHERE account_id = $1 AND inbox_id = $2 AND subject_id <> ''
		AND type NOT IN ('INBOX_DELETED', 'TASK_STARTED')`, args.AccountID, args.InboxID)
	if err != nil {
		return err
	}
	return s.endTask(ctx, args, vocab.TaskDone, func(ctx context.Context, tx *store.Tx) error {
		for _, table := range []string{"inbound_mails", "attachments"} {
			if err := attachment.ForgetBlobs(ctx, tx, args.AccountID, table, "inbox_id", args.InboxID); err != nil {
				return err
			}
		}
		if err := tx.DeleteOwned(ctx, store.OfInbox, args.AccountID, args.InboxID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM inboxes WHERE id = $1 AND account_id = $2", args.InboxID, args.AccountID); err != nil {
			return err
		}
		return clearEvents(ctx, tx, args.AccountID, events)
	})
}

// clearEvents makes tombstones of events: sequence and type stay.
func clearEvents(ctx context.Context, tx *store.Tx, accountID string, events []string) error {
	for some := range slices.Chunk(events, 500) {
		args := make([]any, len(some))
		places := make([]string, len(some))
		for i, eventID := range some {
			args[i], places[i] = eventID, "$"+strconv.Itoa(i+2)
		}
		if err := tx.ForgetEvents(ctx, "id IN ("+strings.Join(places, ", ")+")", accountID, args...); err != nil {
			return err
		}
	}
	return nil
}

// endTask does the last of the work and closes the task, once.
func (s *Service) endTask(ctx context.Context, args ClearArgs, state vocab.TaskState, last func(context.Context, *store.Tx) error) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.Task.Update().Where(task.ID(args.TaskID), task.FinishedAt(clock.Micros(0))).
			SetState(state).SetFinishedAt(tx.Now()).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		if last != nil {
			if err := last(ctx, tx); err != nil {
				return err
			}
		}
		tx.Append(ctx, store.Event{Type: vocab.TaskFinished, InboxID: args.InboxID, SubjectID: args.TaskID})
		return nil
	})
}
