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
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// bulk begins a bulk change and takes note of the asker.
func (d *suite) bulk(ctx context.Context, in conversation.BulkChangeConversationsInput) (*ent.Task, error) {
	d.Viewers.Admit(ctx)
	return d.BulkChange(ctx, in)
}

// run works on a task as its job would.
func (d *suite) run(task *ent.Task) error {
	return d.RunBulk(context.Background(), conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID})
}

func (d *suite) task(task *ent.Task) *ent.Task {
	d.T.Helper()
	return check.Must(d.Store.Client(d.System).Task.Get(d.System, task.ID))(d.T)
}

// tally is a task's progress in short.
func (d *suite) tally(task *ent.Task) []any {
	d.T.Helper()
	now := d.task(task)
	return []any{now.State, now.Total, now.Done, now.Skipped}
}

// IN-6: a selection is closed in the background, one job for all; what cannot
// be closed is skipped, and the task says why (IN-8, AC-3).
func TestBulkClose(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		locked, closed, open := d.StartChat(0, "Hello", desk.WithBot).ID, d.ConversationIDs[0], d.ConversationIDs[1]
		d.MustClose(closed)
		foreign, unknown := d.ConversationIDs[2], id.New(id.Conversation)
		var task *ent.Task
		begun := d.Recorded(func() {
			task = check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{
				Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: []string{locked, closed, open, foreign, unknown, open}},
			}))(t)
		})
		check.Same(t, begun, []string{"TASK_STARTED"})
		check.Same(t, d.tally(task), []any{vocab.TaskQueued, 5, 0, 0})
		check.Same(t, d.Jobs.All(), []store.Job{{Args: conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID}}})

		ended := d.Recorded(func() {
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, ended, []string{"CONVERSATION_CLOSED status:OPEN>CLOSED", "TASK_FINISHED state:>DONE"})
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 5, 2, 3})
		problems := map[string]string{}
		for _, p := range d.task(task).Problems {
			problems[p.ConversationID] = p.Code
		}
		check.Same(t, problems, map[string]string{locked: "BOT_CONVERSATION_ACTIVE", foreign: "NOT_FOUND", unknown: "NOT_FOUND"})
		check.Same(t, d.task(task).FinishedAt, clock.Of(desk.Monday))

		again := d.Recorded(func() {
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, again, []string{})
	})
}

// IN-6: every action does what its mutation does.
func TestBulkActions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, ids, team := d.Agent(0), d.ConversationIDs[:2], d.NewTeam(false)
		for _, step := range []struct {
			action conversation.BulkAction
			to     conversation.Assignment
			told   string
		}{
			{conversation.BulkAssign, desk.User(d.AgentIDs[1]), "CONVERSATION_ASSIGNED"},
			{conversation.BulkUnassign, conversation.Assignment{}, "CONVERSATION_UNASSIGNED"},
			{conversation.BulkAssign, desk.Team(team), "CONVERSATION_ASSIGNED"},
			{conversation.BulkAssign, desk.Nobody, "CONVERSATION_UNASSIGNED"},
			{conversation.BulkClose, conversation.Assignment{}, "CONVERSATION_CLOSED"},
			{conversation.BulkReopen, conversation.Assignment{}, "CONVERSATION_REOPENED"},
			{conversation.BulkRead, conversation.Assignment{}, "CONVERSATION_READ"},
			{conversation.BulkUnread, conversation.Assignment{}, "CONVERSATION_READ"},
			{conversation.BulkSpam, conversation.Assignment{}, "CONVERSATION_FILTERED"},
			{conversation.BulkNotSpam, conversation.Assignment{}, "CONVERSATION_UNFILTERED"},
			{conversation.BulkDelete, conversation.Assignment{}, "CONVERSATION_DELETED"},
			{conversation.BulkRestore, conversation.Assignment{}, "CONVERSATION_RESTORED"},
			{conversation.BulkDelete, conversation.Assignment{}, "CONVERSATION_DELETED"},
			{conversation.BulkPurge, conversation.Assignment{}, "CONVERSATION_PURGED"},
		} {
			task := check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: step.action, Selection: conversation.BulkSelection{ConversationIDs: ids}, Assignment: step.to}))(t)
			var types []string
			for _, e := range d.EventsOf(func() {
				if err := d.run(task); err != nil {
					t.Fatal(err)
				}
			}) {
				types = append(types, string(e.Type))
			}
			check.Same(t, types, []string{step.told, step.told, "TASK_FINISHED"})
			check.Same(t, d.tally(task), []any{vocab.TaskDone, 2, 2, 0})
		}
	})
}

// IN-6: a whole view is what is in it when the task begins: a change that takes
// rows out of it does not disturb the walk, and what is opened later stays.
func TestBulkWholeView(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.LimitWalks(3, 400)
		var ids []string
		for range 20 {
			d.Clock.Advance(time.Second)
			ids = append(ids, d.StartChat(0, "Hello").ID)
		}
		d.MustClose(ids[3])
		d.Clock.Advance(time.Second)
		ids = append(ids, d.StartChat(0, "At the very moment").ID)
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{
			InboxID: &d.InboxIDs[0], View: &view.ViewInput{BuiltIn: check.Ptr(vocab.ViewChat)}, Filter: &view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}},
		}}}))(t)
		d.Clock.Advance(time.Second)
		later := d.StartChat(0, "Later").ID
		if err := d.run(task); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
		for _, c := range append(ids, d.ConversationIDs[:2]...) {
			check.Same(t, d.Row(c).Status, vocab.Closed)
		}
		check.Same(t, []vocab.ConversationStatus{d.Row(later).Status, d.Row(d.ConversationIDs[2]).Status}, []vocab.ConversationStatus{vocab.Open, vocab.Open})
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

func eachTickingDesk(t *testing.T, test func(t *testing.T, d *suite, c *ticking)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		c := &ticking{Turned: clock.At(desk.Monday)}
		test(t, &suite{desk.On(t, db.Open(t, c), c.Turned)}, c)
	})
}

// OP-3: a task that is interrupted, again and again, goes on where it was:
// each conversation is done with once.
func TestBulkIsResumed(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *suite, c *ticking) {
		for range 20 {
			d.StartChat(0, "Hello")
		}
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{InboxID: &d.InboxIDs[0]}}}))(t)
		crashes := 0
		events := d.EventsOf(func() {
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
		check.Same(t, len(events), 22+1)
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
	})
}

// A long task lets other jobs run: it asks to be called again.
func TestBulkWorksInSlices(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *suite, c *ticking) {
		task := check.Must(d.bulk(d.Agent(1), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:]}}))(t)
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
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 3, 3, 0})
	})
}

// OP-2: two workers of one task, when a node is taken for dead, do each
// conversation once.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		for range 20 {
			d.StartChat(0, "Hello")
		}
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{InboxID: &d.InboxIDs[0]}}}))(t)
		events := d.EventsOf(func() {
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
		check.Same(t, len(events), 22+1)
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 22, 22, 0})
	})
}

// IN-6: a canceled task does nothing more, and what it did stays done.
func TestCancelTask(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *suite, c *ticking) {
		me := d.Agent(1)
		task := check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:]}}))(t)
		c.set(6*time.Second, nil) // one conversation a run
		_ = d.run(task)
		c.set(0, nil)
		cancel := conversation.CancelTaskInput{TaskID: task.ID}
		got := d.Recorded(func() {
			for range 2 {
				check.Same(t, check.Must(d.CancelTask(me, cancel))(t).State, vocab.TaskCanceled)
			}
			if err := d.run(task); err != nil {
				t.Error(err)
			}
		})
		check.Same(t, got, []string{"TASK_FINISHED state:>CANCELED"})
		check.Same(t, d.tally(task), []any{vocab.TaskCanceled, 3, 1, 0})

		other := check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:]}}))(t)
		_, err := d.CancelTask(d.Agent(0), conversation.CancelTaskInput{TaskID: other.ID})
		check.Refused(t, err, errs.NotFound, "taskId")
		_, err = d.CancelTask(me, conversation.CancelTaskInput{TaskID: "task_\x00"})
		check.Refused(t, err, errs.NotFound, "taskId")
		check.Same(t, check.Must(d.CancelTask(d.Admin, conversation.CancelTaskInput{TaskID: other.ID}))(t).State, vocab.TaskCanceled)
		got = d.Recorded(func() {
			if err := d.run(other); err != nil {
				t.Error(err)
			}
		})
		check.Same(t, got, []string{})
	})
}

// AC-12: a task has the rights that its asker has when it runs: of an inbox
// that they left it changes nothing, and it fails when they are gone or the
// view is no longer theirs.
func TestBulkWithoutRights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		closing := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:2]}}
		selected := check.Must(d.bulk(me, closing))(t)
		one := check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{InboxID: &d.InboxIDs[0]}}}))(t)
		every := check.Must(d.bulk(me, conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{}}}))(t)
		d.Viewers.Known[d.AgentIDs[0]] = &viewer.Viewer{Kind: viewer.Agent, AccountID: d.AccountID, ActorID: d.AgentIDs[0]}
		for _, task := range []*ent.Task{selected, one, every} {
			if err := d.run(task); err != nil {
				t.Error(err)
			}
		}
		check.Same(t, d.tally(selected), []any{vocab.TaskDone, 2, 0, 2})
		check.Same(t, d.tally(one), []any{vocab.TaskFailed, 0, 0, 0})
		check.Same(t, d.tally(every), []any{vocab.TaskDone, 0, 0, 0})

		gone := check.Must(d.bulk(me, closing))(t)
		delete(d.Viewers.Known, d.AgentIDs[0])
		if err := d.run(gone); err != nil {
			t.Error(err)
		}
		check.Same(t, d.tally(gone), []any{vocab.TaskFailed, 2, 0, 0})
		check.Same(t, d.Row(d.ConversationIDs[0]).Status, vocab.Open)
	})
}

// OP-3: a repeated request under its key is the same task, with one job.
func TestBulkOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		in := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:2]}, IdempotencyKey: check.Ptr("key")}
		first, second := check.Must(d.bulk(d.Agent(0), in))(t), check.Must(d.bulk(d.Agent(0), in))(t)
		check.Same(t, []any{second.ID, len(d.Jobs.All())}, []any{first.ID, 1})
		in.Action = conversation.BulkSpam
		_, err := d.bulk(d.Agent(0), in)
		check.Refused(t, err, errs.Conflict, "idempotencyKey")
	})
}

// IN-6: what a bulk change cannot mean is refused at once.
func TestBulkRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		some, whole := d.ConversationIDs[:2], &conversation.WholeViewInput{}
		many := make([]string, conversation.MaxBulk+1)
		for i := range many {
			many[i] = id.New(id.Conversation)
		}
		for name, tc := range map[string]struct {
			in    conversation.BulkChangeConversationsInput
			code  errs.Code
			field string
		}{
			"nobody":       {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, Selection: conversation.BulkSelection{ConversationIDs: some}}, errs.Required, "userId"},
			"two":          {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, Selection: conversation.BulkSelection{ConversationIDs: some}, Assignment: conversation.Assignment{UserID: opt.Of(d.AdminID), TeamID: opt.Of("\x00")}}, errs.NotFound, "teamId"},
			"no user":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, Selection: conversation.BulkSelection{ConversationIDs: some}, Assignment: desk.User("\x00")}, errs.NotFound, "userId"},
			"no team":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkAssign, Selection: conversation.BulkSelection{ConversationIDs: some}, Assignment: desk.Team(d.AdminID)}, errs.NotFound, "teamId"},
			"needless":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: some}, Assignment: desk.User(d.AdminID)}, errs.Invalid, "action"},
			"no action":    {conversation.BulkChangeConversationsInput{Action: "EAT", Selection: conversation.BulkSelection{ConversationIDs: some}}, errs.Invalid, "action"},
			"nothing":      {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose}, errs.Invalid, "selection"},
			"both":         {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: some, Whole: whole}}, errs.Invalid, "selection"},
			"empty":        {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: []string{}}}, errs.Required, "selection.conversationIds"},
			"many":         {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: many}}, errs.TooLong, "selection.conversationIds"},
			"another type": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: []string{some[0], d.AdminID}}}, errs.NotFound, "selection.conversationIds.1"},
			"foreign view": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{InboxID: &d.InboxIDs[1]}}}, errs.NotFound, "selection.whole.inboxId"},
			"bad text":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{Filter: &view.Filter{Text: check.Ptr("a\x00")}}}}, errs.Invalid, "selection.whole.filter.text"},
		} {
			_, err := d.bulk(d.Agent(0), tc.in)
			if e := errs.Of(err); e == nil || e.Code != tc.code || strings.Join(e.Field, ".") != tc.field {
				t.Errorf("%s: got %v, want %s on %s", name, err, tc.code, tc.field)
			}
		}
		check.Same(t, len(d.Jobs.All()), 0)
	})
}

// A database that cannot answer now fails no task: its job is tried again.
func TestBulkSurvivesTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:2]}}))(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := d.RunBulk(ctx, conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID})
		if err == nil {
			t.Error("the job was not to be tried again")
		}
		check.Same(t, d.task(task).State, vocab.TaskQueued)
	})
}

// IN-6, IN-10: senders are blocked and unblocked by the dozen too; what has no
// sender is skipped and reported.
func TestBulkBlock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		known, nobodys := d.StartChat(0, "Buy now").ID, d.StartChat(0, "Hello").ID
		d.AlterRow(nobodys, func(u *ent.ConversationUpdateOne) { u.SetVisitorID("").SetContactID("") })
		does := func(action conversation.BulkAction) []string {
			return d.Recorded(func() {
				task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: action, Selection: conversation.BulkSelection{ConversationIDs: []string{known, nobodys}}}))(t)
				if err := d.run(task); err != nil {
					t.Fatal(err)
				}
				if action == conversation.BulkBlock {
					check.Same(t, d.tally(task), []any{vocab.TaskDone, 2, 1, 1})
					check.Same(t, d.task(task).Problems[0].Code, "INVALID")
				}
			})
		}
		blocked := does(conversation.BulkBlock)
		check.Same(t, []any{d.Row(known).Filtered.Has(vocab.ReasonBlockedSender), len(blocked)}, []any{true, 4})
		does(conversation.BulkUnblock)
		check.Same(t, d.Row(known).Filtered.Has(vocab.ReasonBlockedSender), false)
	})
}

// AC-12: each conversation of a bulk change is judged by who the asker is then: what is
// taken away stops the next one, and the task says why it ended.
func TestBulkEndsWithRights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{
			Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: d.ConversationIDs[:2]},
		}))(t)
		asked := 0
		d.Viewers.Asked = func() { // once when it begins, then before each conversation
			if asked++; asked == 3 {
				d.Viewers.Known = nil
			}
		}
		if err := d.run(task); err != nil {
			t.Fatal(err)
		}
		now := d.task(task)
		check.Same(t, []any{now.State, now.Done, now.Failure}, []any{vocab.TaskFailed, 1, "The user or integration that requested this no longer has access."})
	})
}
