package conversation_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// bulk begins a bulk change and takes note of the asker.
func (d *desk) bulk(ctx context.Context, in conversation.BulkChangeConversationsInput) (*ent.Task, error) {
	d.viewers.knows(ctx)
	return d.BulkChange(ctx, in)
}

// run works on a task as its job would.
func (d *desk) run(task *ent.Task) error {
	return d.RunBulk(context.Background(), conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID})
}

func (d *desk) task(task *ent.Task) *ent.Task {
	d.t.Helper()
	return must(d.Store.Client(d.System).Task.Get(d.System, task.ID))(d.t)
}

// tally is a task's progress in short.
func (d *desk) tally(task *ent.Task) []any {
	d.t.Helper()
	now := d.task(task)
	return []any{now.State, now.Total, now.Done, now.Skipped}
}

// IN-6: a selection is closed in the background, one job for all; what cannot
// be closed is skipped, and the task says why (IN-8, AC-3).
func TestBulkClose(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		locked, closed, open := d.begin(0, "Hello", withBot).ID, d.ConversationIDs[0], d.ConversationIDs[1]
		d.closes(closed)
		foreign, unknown := d.ConversationIDs[2], id.New(id.Conversation)
		var task *ent.Task
		begun := d.told(func() {
			task = must(d.bulk(me, conversation.BulkChangeConversationsInput{
				Action: conversation.BulkClose, ConversationIDs: []string{locked, closed, open, foreign, unknown, open},
			}))(t)
		})
		same(t, begun, []string{"TASK_STARTED"})
		same(t, d.tally(task), []any{vocab.TaskQueued, 5, 0, 0})
		same(t, d.jobs.list, []store.Job{{Args: conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID}}})

		ended := d.told(func() {
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
		})
		same(t, ended, []string{"CONVERSATION_CLOSED status:OPEN>CLOSED", "TASK_FINISHED state:>DONE"})
		same(t, d.tally(task), []any{vocab.TaskDone, 5, 2, 3})
		problems := map[string]string{}
		for _, p := range d.task(task).Problems {
			problems[p.ConversationID] = p.Code
		}
		same(t, problems, map[string]string{locked: "BOT_CONVERSATION_ACTIVE", foreign: "NOT_FOUND", unknown: "NOT_FOUND"})
		same(t, d.task(task).FinishedAt, clock.Of(monday))

		again := d.told(func() {
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
		})
		same(t, again, []string{})
	})
}

// IN-6: every action does what its mutation does.
func TestBulkActions(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me, ids, team := d.Agent(0), d.ConversationIDs[:2], d.team(false)
		for _, step := range []struct {
			action     conversation.BulkAction
			user, team *string
			told       string
		}{
			{conversation.BulkAssign, &d.AgentIDs[1], nil, "CONVERSATION_ASSIGNED"},
			{conversation.BulkUnassign, nil, nil, "CONVERSATION_UNASSIGNED"},
			{conversation.BulkAssign, nil, &team, "CONVERSATION_ASSIGNED"},
			{conversation.BulkClose, nil, nil, "CONVERSATION_CLOSED"},
			{conversation.BulkReopen, nil, nil, "CONVERSATION_REOPENED"},
			{conversation.BulkRead, nil, nil, "CONVERSATION_READ"},
			{conversation.BulkSpam, nil, nil, "CONVERSATION_FILTERED"},
			{conversation.BulkNotSpam, nil, nil, "CONVERSATION_UNFILTERED"},
			{conversation.BulkDelete, nil, nil, "CONVERSATION_DELETED"},
			{conversation.BulkRestore, nil, nil, "CONVERSATION_RESTORED"},
			{conversation.BulkDelete, nil, nil, "CONVERSATION_DELETED"},
			{conversation.BulkPurge, nil, nil, "CONVERSATION_PURGED"},
		} {
			task := must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: step.action, ConversationIDs: ids, UserID: step.user, TeamID: step.team}))(t)
			var types []string
			for _, e := range d.events(func() {
				if err := d.run(task); err != nil {
					t.Fatal(err)
				}
			}) {
				types = append(types, string(e.Type))
			}
			same(t, types, []string{step.told, step.told, "TASK_FINISHED"})
			same(t, d.tally(task), []any{vocab.TaskDone, 2, 2, 0})
		}
	})
}

// IN-6: a whole view is what is in it when the task begins: a change that takes
// rows out of it does not disturb the walk, and what is opened later stays.
func TestBulkWholeView(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.LimitWalks(3, 400)
		var ids []string
		for range 20 {
			d.clock.Advance(time.Second)
			ids = append(ids, d.begin(0, "Hello").ID)
		}
		d.closes(ids[3])
		d.clock.Advance(time.Second)
		ids = append(ids, d.begin(0, "At the very moment").ID)
		task := must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{
			InboxID: &d.InboxIDs[0], View: ptr(vocab.ViewChat), Filter: &conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}},
		}}))(t)
		d.clock.Advance(time.Second)
		later := d.begin(0, "Later").ID
		if err := d.run(task); err != nil {
			t.Fatal(err)
		}
		same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
		for _, c := range append(ids, d.ConversationIDs[:2]...) {
			same(t, d.row(c).Status, vocab.Closed)
		}
		same(t, []vocab.ConversationStatus{d.row(later).Status, d.row(d.ConversationIDs[2]).Status}, []vocab.ConversationStatus{vocab.Open, vocab.Open})
	})
}

// ticking is a clock that moves on each time it is asked, and calls back.
type ticking struct {
	*clock.Turned
	mu    sync.Mutex
	step  time.Duration
	asked func()
}

func (c *ticking) Now() time.Time {
	c.mu.Lock()
	step, asked := c.step, c.asked
	c.mu.Unlock()
	if asked != nil {
		asked()
	}
	c.Advance(step)
	return c.Turned.Now()
}

func (c *ticking) set(step time.Duration, asked func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step, c.asked = step, asked
}

func eachTickingDesk(t *testing.T, test func(t *testing.T, d *desk, c *ticking)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		c := &ticking{Turned: clock.At(monday)}
		test(t, deskOn(t, db.Open(t, c), c.Turned), c)
	})
}

// OP-3: a task that is interrupted, again and again, goes on where it was:
// each conversation is done with once.
func TestBulkIsResumed(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *desk, c *ticking) {
		for range 20 {
			d.begin(0, "Hello")
		}
		task := must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{InboxID: &d.InboxIDs[0]}}))(t)
		crashes := 0
		events := d.events(func() {
			for d.task(task).State != vocab.TaskDone && crashes < 100 {
				ctx, crash := context.WithCancel(context.Background())
				var asked atomic.Int64
				c.set(0, func() {
					if asked.Add(1) == 40 {
						crash()
					}
				})
				if err := d.RunBulk(ctx, conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID}); err != nil {
					crashes++
				}
				c.set(0, nil)
				crash()
			}
		})
		if crashes == 0 || crashes == 100 {
			t.Errorf("%d crashes", crashes)
		}
		same(t, len(events), 22+1)
		same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
	})
}

// A long task lets other jobs run: it asks to be called again.
func TestBulkWorksInSlices(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *desk, c *ticking) {
		task := must(d.bulk(d.Agent(1), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:]}))(t)
		c.set(3*time.Second, nil)
		runs := 0
		for d.task(task).State != vocab.TaskDone {
			if runs++; runs > 10 {
				t.Fatal("it does not end")
			}
			_ = d.run(task)
		}
		if runs < 2 {
			t.Errorf("done in %d runs", runs)
		}
		same(t, d.tally(task), []any{vocab.TaskDone, 3, 3, 0})
	})
}

// OP-2: two workers of one task, when a node is taken for dead, do each
// conversation once.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for range 20 {
			d.begin(0, "Hello")
		}
		task := must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{InboxID: &d.InboxIDs[0]}}))(t)
		events := d.events(func() {
			var workers sync.WaitGroup
			for range 4 {
				workers.Go(func() {
					if err := d.run(task); err != nil {
						t.Error(err)
					}
				})
			}
			workers.Wait()
		})
		same(t, len(events), 22+1)
		same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
	})
}

// IN-6: a canceled task does nothing more, and what it did stays done.
func TestCancelTask(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *desk, c *ticking) {
		me := d.Agent(1)
		task := must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:]}))(t)
		c.set(6*time.Second, nil) // one conversation a run
		_ = d.run(task)
		c.set(0, nil)
		cancel := conversation.CancelTaskInput{TaskID: task.ID}
		got := d.told(func() {
			for range 2 {
				same(t, must(d.CancelTask(me, cancel))(t).State, vocab.TaskCanceled)
			}
			if err := d.run(task); err != nil {
				t.Error(err)
			}
		})
		same(t, got, []string{"TASK_FINISHED state:>CANCELED"})
		same(t, d.tally(task), []any{vocab.TaskCanceled, 3, 1, 0})

		other := must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:]}))(t)
		_, err := d.CancelTask(d.Agent(0), conversation.CancelTaskInput{TaskID: other.ID})
		refused(t, err, errs.NotFound, "taskId")
		_, err = d.CancelTask(me, conversation.CancelTaskInput{TaskID: "task_\x00"})
		refused(t, err, errs.NotFound, "taskId")
		same(t, must(d.CancelTask(d.Admin, conversation.CancelTaskInput{TaskID: other.ID}))(t).State, vocab.TaskCanceled)
		got = d.told(func() {
			if err := d.run(other); err != nil {
				t.Error(err)
			}
		})
		same(t, got, []string{})
	})
}

// AC-12: a task has the rights that its asker has when it runs: of an inbox
// that they left it changes nothing, and it fails when they are gone or the
// view is no longer theirs.
func TestBulkWithoutRights(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		closing := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:2]}
		selected := must(d.bulk(me, closing))(t)
		one := must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{InboxID: &d.InboxIDs[0]}}))(t)
		every := must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{}}))(t)
		d.viewers.known[d.AgentIDs[0]] = &viewer.Viewer{Kind: viewer.Agent, AccountID: d.AccountID, ActorID: d.AgentIDs[0]}
		for _, task := range []*ent.Task{selected, one, every} {
			if err := d.run(task); err != nil {
				t.Error(err)
			}
		}
		same(t, d.tally(selected), []any{vocab.TaskDone, 2, 0, 2})
		same(t, d.tally(one), []any{vocab.TaskFailed, 0, 0, 0})
		same(t, d.tally(every), []any{vocab.TaskDone, 0, 0, 0})

		gone := must(d.bulk(me, closing))(t)
		delete(d.viewers.known, d.AgentIDs[0])
		if err := d.run(gone); err != nil {
			t.Error(err)
		}
		same(t, d.tally(gone), []any{vocab.TaskFailed, 2, 0, 0})
		same(t, d.row(d.ConversationIDs[0]).Status, vocab.Open)
	})
}

// OP-3: a repeated request under its key is the same task, with one job.
func TestBulkOnce(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		in := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:2], IdempotencyKey: ptr("key")}
		first, second := must(d.bulk(d.Agent(0), in))(t), must(d.bulk(d.Agent(0), in))(t)
		same(t, []any{second.ID, len(d.jobs.list)}, []any{first.ID, 1})
		in.Action = conversation.BulkSpam
		_, err := d.bulk(d.Agent(0), in)
		refused(t, err, errs.Conflict, "idempotencyKey")
	})
}

// IN-6: what a bulk change cannot mean is refused at once.
func TestBulkRefusals(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		some, whole := d.ConversationIDs[:2], &conversation.BulkSelection{}
		many := make([]string, conversation.MaxBulk+1)
		for i := range many {
			many[i] = id.New(id.Conversation)
		}
		for name, tc := range map[string]struct {
			in    conversation.BulkChangeConversationsInput
			code  errs.Code
			field string
		}{
			"nobody":       {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, ConversationIDs: some}, errs.Required, "userId"},
			"two":          {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, ConversationIDs: some, UserID: &d.AdminID, TeamID: ptr(id.New(id.Team))}, errs.Invalid, "teamId"},
			"no user":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, ConversationIDs: some, UserID: ptr("\x00")}, errs.NotFound, "userId"},
			"no team":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, ConversationIDs: some, TeamID: &d.AdminID}, errs.NotFound, "teamId"},
			"needless":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: some, UserID: &d.AdminID}, errs.Invalid, "action"},
			"no action":    {conversation.BulkChangeConversationsInput{Action: "EAT", ConversationIDs: some}, errs.Invalid, "action"},
			"nothing":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose}, errs.Invalid, "conversationIds"},
			"both":         {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: some, Whole: whole}, errs.Invalid, "conversationIds"},
			"empty":        {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: []string{}}, errs.Required, "conversationIds"},
			"many":         {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: many}, errs.TooLong, "conversationIds"},
			"another type": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: []string{some[0], d.AdminID}}, errs.NotFound, "conversationIds.1"},
			"foreign view": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{InboxID: &d.InboxIDs[1]}}, errs.NotFound, "inboxId"},
			"bad text":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{Filter: &conversation.Filter{Text: ptr("a\x00")}}}, errs.Invalid, "filter.text"},
		} {
			_, err := d.bulk(d.Agent(0), tc.in)
			if e := errs.Of(err); e == nil || e.Code != tc.code || strings.Join(e.Field, ".") != tc.field {
				t.Errorf("%s: got %v, want %s on %s", name, err, tc.code, tc.field)
			}
		}
		same(t, len(d.jobs.list), 0)
	})
}

// A database that cannot answer now fails no task: its job is tried again.
func TestBulkSurvivesTheDatabase(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		task := must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, ConversationIDs: d.ConversationIDs[:2]}))(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := d.RunBulk(ctx, conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID})
		if err == nil {
			t.Error("the job was not to be tried again")
		}
		same(t, d.task(task).State, vocab.TaskQueued)
	})
}
