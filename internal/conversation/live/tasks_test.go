package live_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-6: one's own tasks are reported as they start, progress and end; those of others
// are not, and the stream ends with the token.
func TestTasksLive(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		s.live.PauseTasks(time.Millisecond)
		me := newPerson(s.Agent(0))
		ctx := me.context(t.Context())
		start := func(by context.Context) *ent.Task {
			s.Viewers.Admit(by)
			return check.Must(s.BulkChange(by, conversation.BulkChangeConversationsInput{
				Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: []string{s.ConversationIDs[0]}},
			}))(t)
		}
		first := start(s.Agent(0))
		stream := check.Must(s.live.Tasks(ctx))(t)
		defer stream.Close()
		next := func() []any {
			t.Helper()
			limited, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			task := check.Must(stream.Next(limited))(t)
			return []any{task.ID, task.State, task.Done}
		}
		check.Same(t, next(), []any{first.ID, vocab.TaskQueued, 0})
		start(s.Agent(1))
		second := start(s.Agent(0))
		check.Same(t, next(), []any{second.ID, vocab.TaskQueued, 0})
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE tasks SET state = 'RUNNING', total = 9, done = 4 WHERE id = $1", second.ID)
			return err
		})
		check.Same(t, next(), []any{second.ID, vocab.TaskRunning, 4})
		check.NoError(t, s.RunBulk(context.Background(), conversation.BulkArgs{AccountID: s.AccountID, TaskID: first.ID}))
		for got := next(); got[1] != vocab.TaskDone; got = next() {
			check.Same(t, got[0], first.ID) // it may be seen while it runs
		}
		gone := errs.New(errs.Unauthenticated, "revoked")
		me.mu.Lock()
		me.ended = gone
		me.mu.Unlock()
		me.notices()
		if task, err := stream.Next(ctx); !errors.Is(err, gone) {
			t.Errorf("got %v, %v; want the end of the token", task, err)
		}
	})
}
