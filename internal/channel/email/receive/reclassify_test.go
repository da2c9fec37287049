package receive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/ent/event"
	"parley/ent/routingdecision"
	"parley/ent/ticket"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// machine is the n-th mail of a role address.
func machine(n int) string {
	return mailroom.CRLF(fmt.Sprintf("From: noreply@example.net\nTo: support@shop.example\nSubject: Report %[1]d\nMessage-ID: <report-%[1]d@example.net>\n"+
		"Date: Mon, 5 Jan 2026 09:00:00 +0000\n\nReport %[1]d\n", n))
}

// reclassifies has the channel's mail judged again, and returns the task.
func (w *world) reclassifies() *ent.Task {
	w.T.Helper()
	w.Jobs.TakenArgs()
	asked := check.Must(w.Receive.Reclassify(w.Admin, receive.ReclassifyEmailInput{ChannelID: w.Support.ID}))(w.T)
	if asked.State != vocab.TaskQueued {
		w.T.Errorf("the task is %s", asked.State)
	}
	for _, args := range w.Jobs.TakenArgs() {
		for args, more := args.(receive.ReclassifyArgs); more; {
			more = w.judges(args)
		}
	}
	return w.task(asked.ID)
}

// judges runs the job once, and reports whether it is to run again.
func (w *world) judges(args receive.ReclassifyArgs) bool {
	w.T.Helper()
	err := w.Receive.RunReclassify(w.T.Context(), args)
	if again := (*river.JobSnoozeError)(nil); errors.As(err, &again) {
		return true
	}
	if err != nil {
		w.T.Fatal(err)
	}
	return false
}

func (w *world) task(taskID string) *ent.Task {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Task.Get(w.System, taskID))(w.T)
}

func (w *world) allows(in settings.UpdateEmailAllowListInput) {
	w.T.Helper()
	in.InboxID = w.Support.InboxID
	check.Must(w.Settings.UpdateAllowList(w.Admin, in))(w.T)
}

// filtered checks why the conversation is filtered, "" for not at all.
func (w *world) filtered(when, conversationID, why string) {
	w.T.Helper()
	var got []string
	for _, r := range w.Row(conversationID).Filtered.List() {
		got = append(got, string(r))
	}
	if strings.Join(got, " ") != why {
		w.T.Errorf("%s: filtered for %v, want %q", when, got, why)
	}
}

// IN-9, IN-11: mail that a new rule lets through leaves Filtered, and is routed
// and ticketed as if new, once. What a person decided stays.
func TestReclassify(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		w.Write(w.System, presets(w.Support.ID))
		report, wanted, spam := w.Gets(machine(1)).ConversationID, w.Gets(machine(2)).ConversationID, w.Gets(machine(3)).ConversationID
		human := w.Gets(mailroom.CRLF(mailroom.Question)).ConversationID
		check.Must(w.Desk.MarkAsNotSpam(w.Agent(1), conversation.MarkConversationAsNotSpamInput{Target: conversation.On(wanted)}))(t)
		check.Must(w.Desk.MarkAsSpam(w.Agent(1), conversation.MarkConversationAsSpamInput{Target: conversation.On(spam)}))(t)
		w.filtered("before", report, "ROLE_ADDRESS")
		client := w.Store.Client(w.System)
		tickets := func() int {
			return check.Must(client.Ticket.Query().Where(ticket.ConversationID(report)).Count(w.System))(t)
		}
		decisions := func() int {
			return check.Must(client.RoutingDecision.Query().Where(routingdecision.ConversationID(report)).Count(w.System))(t)
		}
		if tickets()+decisions() != 0 {
			t.Fatal("what is filtered was routed or ticketed")
		}
		w.allows(settings.UpdateEmailAllowListInput{Add: []string{"noreply@example.net"}})
		task := w.reclassifies()
		if task.State != vocab.TaskDone || task.Total != 4 || task.Done != 4 || !task.FinishedAt.IsSet() {
			t.Errorf("the task is %+v", task)
		}
		if n := check.Must(client.Event.Query().Where(event.SubjectID(task.ID)).Count(w.System))(t); n != 2 {
			t.Errorf("%d events tell of the task, want its start and its end", n)
		}
		w.filtered("allowed", report, "")
		w.filtered("allowed, not spam by hand", wanted, "")
		w.filtered("allowed, spam by hand", spam, "SPAM")
		w.filtered("never filtered", human, "")
		w.reclassifies()
		if tickets() != 1 || decisions() != 1 {
			t.Errorf("%d tickets and %d decisions, want one of each", tickets(), decisions())
		}
		w.allows(settings.UpdateEmailAllowListInput{Remove: []string{"noreply@example.net"}})
		w.reclassifies()
		w.filtered("not allowed any more", report, "ROLE_ADDRESS")
		w.filtered("not allowed any more, not spam by hand", wanted, "")
	})
}

// OP-3: it goes on in slices, tells how far it is, and can be stopped.
func TestReclassifyIsCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mailroom.SQLite)
	const mails = 51
	first := w.Gets(machine(1)).ConversationID
	last := first
	for n := range mails - 1 {
		last = w.Gets(machine(n + 2)).ConversationID
	}
	w.allows(settings.UpdateEmailAllowListInput{Add: []string{"example.net"}})
	w.Jobs.TakenArgs()
	asked := check.Must(w.Receive.Reclassify(w.Admin, receive.ReclassifyEmailInput{ChannelID: w.Support.ID}))(t)
	args := receive.ReclassifyArgs{AccountID: w.AccountID, ChannelID: w.Support.ID, TaskID: asked.ID}
	if !w.judges(args) {
		t.Fatal("it is over after one slice")
	}
	if task := w.task(asked.ID); task.State != vocab.TaskRunning || task.Done != mails-1 || task.Total != mails {
		t.Errorf("after a slice the task is %+v", task)
	}
	check.Must(w.Desk.CancelTask(w.Admin, conversation.CancelTaskInput{TaskID: asked.ID}))(t)
	if w.judges(args) {
		t.Error("it goes on though it was canceled")
	}
	if task := w.task(asked.ID); task.State != vocab.TaskCanceled || task.Done != mails-1 {
		t.Errorf("after it was canceled the task is %+v", task)
	}
	w.filtered("done", first, "")
	w.filtered("not done", last, "ROLE_ADDRESS")
}

// Only admins may, and for channels that are there.
func TestReclassifyRefuses(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		_, err := w.Receive.Reclassify(w.Agent(1), receive.ReclassifyEmailInput{ChannelID: w.Support.ID})
		check.Refused(t, err, errs.Forbidden)
		_, err = w.Receive.Reclassify(w.Admin, receive.ReclassifyEmailInput{ChannelID: w.ChannelIDs[1]})
		check.Refused(t, err, errs.NotFound, "channelId")
	})
}
