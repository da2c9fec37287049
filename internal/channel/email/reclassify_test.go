package email_test

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
	"parley/internal/channel/email"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// machine is the n-th mail of a role address.
func machine(n int) string {
	return crlf(fmt.Sprintf("From: noreply@example.net\nTo: support@shop.example\nSubject: Report %[1]d\nMessage-ID: <report-%[1]d@example.net>\n"+
		"Date: Mon, 5 Jan 2026 09:00:00 +0000\n\nReport %[1]d\n", n))
}

// reclassifies has the channel's mail judged anew, and returns the task.
func (w *world) reclassifies() *ent.Task {
	w.t.Helper()
	w.jobs.take()
	asked := must(w.mail.Reclassify(w.Admin, email.ReclassifyEmailInput{EmailChannelID: w.support.ID}))(w.t)
	if asked.State != vocab.TaskQueued {
		w.t.Errorf("the task is %s", asked.State)
	}
	for _, args := range w.jobs.take() {
		for args, more := args.(email.ReclassifyArgs); more; {
			more = w.judges(args)
		}
	}
	return w.task(asked.ID)
}

// judges runs the job once, and reports whether it is to run again.
func (w *world) judges(args email.ReclassifyArgs) bool {
	w.t.Helper()
	err := w.mail.RunReclassify(w.t.Context(), args)
	if again := (*river.JobSnoozeError)(nil); errors.As(err, &again) {
		return true
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return false
}

func (w *world) task(taskID string) *ent.Task {
	w.t.Helper()
	return must(w.Store.Client(w.System).Task.Get(w.System, taskID))(w.t)
}

func (w *world) allows(in email.UpdateEmailAllowListInput) {
	w.t.Helper()
	in.InboxID = w.support.InboxID
	must(w.mail.UpdateAllowList(w.Admin, in))(w.t)
}

// filtered checks why the conversation is filtered, "" for not at all.
func (w *world) filtered(when, conversationID, why string) {
	w.t.Helper()
	var got []string
	for _, r := range w.row(conversationID).Filtered.List() {
		got = append(got, string(r))
	}
	if strings.Join(got, " ") != why {
		w.t.Errorf("%s: filtered for %v, want %q", when, got, why)
	}
}

// IN-9, IN-11: mail that a new rule lets through leaves Filtered, and is routed
// and ticketed as if new, once. What a person decided stays.
func TestReclassify(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		w.Write(w.System, presets(w.support.ID))
		report, wanted, spam := w.gets(machine(1)).ConversationID, w.gets(machine(2)).ConversationID, w.gets(machine(3)).ConversationID
		human := w.gets(crlf(question)).ConversationID
		must(w.desk.MarkAsNotSpam(w.Agent(1), conversation.MarkAsNotSpamInput{ConversationID: wanted}))(t)
		must(w.desk.MarkAsSpam(w.Agent(1), conversation.MarkAsSpamInput{ConversationID: spam}))(t)
		w.filtered("before", report, "ROLE_ADDRESS")
		client := w.Store.Client(w.System)
		tickets := func() int { return must(client.Ticket.Query().Where(ticket.ConversationID(report)).Count(w.System))(t) }
		decisions := func() int {
			return must(client.RoutingDecision.Query().Where(routingdecision.ConversationID(report)).Count(w.System))(t)
		}
		if tickets()+decisions() != 0 {
			t.Fatal("what is filtered was routed or ticketed")
		}
		w.allows(email.UpdateEmailAllowListInput{Add: []string{"noreply@example.net"}})
		task := w.reclassifies()
		if task.State != vocab.TaskDone || task.Total != 4 || task.Done != 4 || !task.FinishedAt.IsSet() {
			t.Errorf("the task is %+v", task)
		}
		if n := must(client.Event.Query().Where(event.SubjectID(task.ID)).Count(w.System))(t); n != 2 {
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
		w.allows(email.UpdateEmailAllowListInput{Remove: []string{"noreply@example.net"}})
		w.reclassifies()
		w.filtered("not allowed any more", report, "ROLE_ADDRESS")
		w.filtered("not allowed any more, not spam by hand", wanted, "")
	})
}

// OP-3: it goes on in slices, tells how far it is, and can be stopped.
func TestReclassifyIsCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testkit.Database{Name: "sqlite"})
	const mails = 51
	first := w.gets(machine(1)).ConversationID
	last := first
	for n := range mails - 1 {
		last = w.gets(machine(n + 2)).ConversationID
	}
	w.allows(email.UpdateEmailAllowListInput{Add: []string{"example.net"}})
	w.jobs.take()
	asked := must(w.mail.Reclassify(w.Admin, email.ReclassifyEmailInput{EmailChannelID: w.support.ID}))(t)
	args := email.ReclassifyArgs{AccountID: w.AccountID, ChannelID: w.support.ID, TaskID: asked.ID}
	if !w.judges(args) {
		t.Fatal("it is over after one slice")
	}
	if task := w.task(asked.ID); task.State != vocab.TaskRunning || task.Done != mails-1 || task.Total != mails {
		t.Errorf("after a slice the task is %+v", task)
	}
	must(w.desk.CancelTask(w.Admin, conversation.CancelTaskInput{TaskID: asked.ID}))(t)
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
		_, err := w.mail.Reclassify(w.Agent(1), email.ReclassifyEmailInput{EmailChannelID: w.support.ID})
		refused(t, err, errs.Forbidden, "")
		_, err = w.mail.Reclassify(w.Admin, email.ReclassifyEmailInput{EmailChannelID: w.ChannelIDs[1]})
		refused(t, err, errs.NotFound, "emailChannelId")
	})
}
