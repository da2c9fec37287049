package engagement_test

import (
	"context"
	"os"
	"testing"
	"time"

	"parley/ent"
	entengagement "parley/ent/engagement"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/clock"
	"parley/internal/engagement"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with what its team logs.
type world struct {
	*testkit.Fixture
	*engagement.Service
	clock *clock.Turned
	jobs  *check.Jobs
	t     *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		j := &check.Jobs{}
		s.UseJobs(j)
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		files := attachment.New(s, nil, keys, account.New(s), "https://parley.example.com", attachment.Options{})
		test(&world{Fixture: testkit.Account(t, s), Service: engagement.New(s, files), clock: turned, jobs: j, t: t})
	})
}

func note(text string) engagement.EngagementBodyInput {
	return engagement.EngagementBodyInput{Note: &engagement.EngagementNoteInput{Text: text}}
}

func (w *world) log(ctx context.Context, in engagement.LogEngagementInput) *ent.Engagement {
	w.t.Helper()
	w.clock.Advance(time.Second)
	return check.Must(w.Log(ctx, in))(w.t)
}

// recorded are the events since before run, with the fields of their changes.
func (w *world) recorded(run func()) []string {
	w.t.Helper()
	before := check.Must(w.Store.Client(w.System).Event.Query().Count(w.System))(w.t)
	run()
	var lines []string
	for _, e := range check.Must(w.Store.Client(w.System).Event.Query().Order(ent.Asc("sequence")).All(w.System))(w.t)[before:] {
		line := string(e.Type)
		for _, c := range e.Changes {
			line += " " + c.Field
		}
		lines = append(lines, line)
	}
	return lines
}

// CR-8: what is logged is changed with a trace, found by its words, and deleted.
func TestEngagements(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		var e *ent.Engagement
		check.Same(t, w.recorded(func() {
			e = w.log(w.Agent(0), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("  Likes lamps "), ExternalID: check.Ptr("n1")})
		}), []string{"ENGAGEMENT_LOGGED"})
		check.Same(t, []any{e.Kind, e.Body.Note.Text, e.OwnerID, e.AuthorID, e.Revision}, []any{vocab.EngagementIsNote, "Likes lamps", w.AgentIDs[0], w.AgentIDs[0], 1})
		check.Same(t, w.recorded(func() {
			again := w.log(w.Agent(1), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("Other"), ExternalID: check.Ptr("n1")})
			check.Same(t, []string{again.ID, again.Body.Note.Text}, []string{e.ID, "Likes lamps"})
		}), []string(nil))
		body := note("Likes tables")
		update := engagement.UpdateEngagementInput{EngagementID: e.ID, Body: opt.Of(body), OwnerID: opt.Null[string](), ExpectedRevision: check.Ptr(1)}
		check.Same(t, w.recorded(func() { e = check.Must(w.Update(w.Agent(1), update))(t) }), []string{"ENGAGEMENT_UPDATED body owner"})
		_, err := w.Update(w.Agent(1), update)
		check.Refused(t, err, errs.Conflict, "expectedRevision")
		before := check.Must(w.Revisions(w.Agent(0), []*ent.Engagement{e}, paging.PageArgs{}))(t)[0].Nodes()
		check.Same(t, []any{len(before), before[0].Body.Note.Text, before[0].EditorID, before[0].Revision}, []any{1, "Likes lamps", w.AgentIDs[1], 1})
		call := engagement.EngagementBodyInput{Call: &engagement.EngagementCallInput{Direction: vocab.CallOutgoing}}
		_, err = w.Update(w.Agent(1), engagement.UpdateEngagementInput{EngagementID: e.ID, Body: opt.Of(call)})
		check.Refused(t, err, errs.Invalid, "body")
		at := w.Store.Now().Add(-time.Hour)
		w.log(w.Agent(0), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: engagement.EngagementBodyInput{
			Call: &engagement.EngagementCallInput{Direction: vocab.CallIncoming, StartedAt: &at, Text: check.Ptr("Asked for lamps")},
		}})
		find := func(f engagement.EngagementFilter) (kinds []vocab.EngagementKind) {
			for _, one := range check.Must(w.List(w.Agent(1), f, paging.PageArgs{}))(t).Nodes() {
				kinds = append(kinds, one.Kind)
			}
			return kinds
		}
		check.Same(t, find(engagement.EngagementFilter{ContactID: &w.ContactID}), []vocab.EngagementKind{vocab.EngagementIsNote, vocab.EngagementIsCall})
		check.Same(t, find(engagement.EngagementFilter{Query: check.Ptr("lamp")}), []vocab.EngagementKind{vocab.EngagementIsCall})
		check.Same(t, find(engagement.EngagementFilter{Kinds: []vocab.EngagementKind{vocab.EngagementIsNote}, ExternalIDs: []string{"n1"}}), []vocab.EngagementKind{vocab.EngagementIsNote})
		of := check.Must(w.Of(w.Agent(0), entengagement.FieldContactID, []string{w.ContactID, id.New(id.Contact)}, paging.PageArgs{}))(t)
		check.Same(t, []int{len(of[0].Edges), len(of[1].Edges)}, []int{2, 0})
		check.Same(t, w.recorded(func() { check.NoError(t, w.Delete(w.Agent(0), engagement.DeleteEngagementInput{EngagementID: e.ID})) }), []string{"ENGAGEMENT_DELETED"})
		check.Same(t, check.Must(w.Store.Client(w.System).EngagementRevision.Query().Count(w.System))(t), 0)
	})
}

// CR-8: fields that are not valid are refused where they stand.
func TestBadEngagements(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		now := w.Store.Now()
		early := now.Add(-time.Hour)
		for _, bad := range []struct {
			in    engagement.LogEngagementInput
			code  errs.Code
			field []string
		}{
			{engagement.LogEngagementInput{Body: note("x")}, errs.Required, []string{"contactId"}},
			{engagement.LogEngagementInput{ContactID: check.Ptr(id.New(id.Contact)), Body: note("x")}, errs.NotFound, []string{"contactId"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, ConversationID: &w.ConversationIDs[2], Body: note("x")}, errs.NotFound, []string{"conversationId"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note(" ")}, errs.Required, []string{"body", "note", "text"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID}, errs.Invalid, []string{"body"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Kind: check.Ptr(vocab.EngagementIsCall), Body: note("x")}, errs.Invalid, []string{"kind"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("x"), OwnerID: check.Ptr(id.New(id.User))}, errs.NotFound, []string{"ownerId"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("x"), AttachmentIDs: []string{id.New(id.Attachment)}}, errs.NotFound, []string{"attachmentIds", "0"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: engagement.EngagementBodyInput{Call: &engagement.EngagementCallInput{Seconds: check.Ptr(-1)}}}, errs.Invalid, []string{"body", "call", "seconds"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: engagement.EngagementBodyInput{Email: &engagement.EngagementEmailInput{Subject: check.Ptr("s"), To: []string{"x"}}}}, errs.Invalid, []string{"body", "email", "to", "0"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: engagement.EngagementBodyInput{Meeting: &engagement.EngagementMeetingInput{Title: "m", StartsAt: now, EndsAt: &early}}}, errs.Invalid, []string{"body", "meeting", "endsAt"}},
			{engagement.LogEngagementInput{ContactID: &w.ContactID, Body: engagement.EngagementBodyInput{Task: &engagement.EngagementTaskInput{Title: "t", AssigneeID: check.Ptr("x")}}}, errs.NotFound, []string{"body", "task", "assigneeId"}},
		} {
			_, err := w.Log(w.Agent(0), bad.in)
			check.Refused(t, err, bad.code, bad.field...)
		}
		_, err := w.Log(w.Visitor(0), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("x")})
		check.Refused(t, err, errs.Forbidden)
	})
}

// CR-8, AC-14: what is of a conversation is seen by its inbox, and anything else with its
// contact.
func TestWhoSeesEngagements(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		open := w.log(w.Admin, engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("open")})
		inside := w.log(w.Agent(1), engagement.LogEngagementInput{ConversationID: &w.ConversationIDs[2], Body: note("inside")})
		narrow := *viewer.FromContext(w.Agent(1))
		narrow.OwnContacts, narrow.InboxIDs = true, w.InboxIDs[1:]
		for name, c := range map[string]struct {
			ctx  context.Context
			want []string
		}{
			"agent of the first inbox": {w.Agent(0), []string{open.ID}},
			"agent of both":            {w.Agent(1), []string{inside.ID, open.ID}},
			"agent of own contacts":    {viewer.NewContext(w.Agent(1), &narrow), []string{inside.ID}},
			"another account":          {testkit.Account(t, w.Store).Admin, nil},
		} {
			var ids []string
			for _, one := range check.Must(w.List(c.ctx, engagement.EngagementFilter{}, paging.PageArgs{}))(t).Nodes() {
				ids = append(ids, one.ID)
			}
			if len(ids) != len(c.want) || len(ids) > 0 && ids[0] != c.want[0] {
				t.Errorf("%s: got %v, want %v", name, ids, c.want)
			}
		}
		_, err := w.Update(w.Agent(0), engagement.UpdateEngagementInput{EngagementID: inside.ID})
		check.Refused(t, err, errs.NotFound, "engagementId")
	})
}

// CR-8: a task that is due is reported once, at its time, unless it is done; and listed by
// when it is due.
func TestTasks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		task := func(title string, due, remind *clock.Micros, assignee *string) *ent.Engagement {
			return w.log(w.Agent(0), engagement.LogEngagementInput{ConversationID: &w.ConversationIDs[0], Body: engagement.EngagementBodyInput{
				Task: &engagement.EngagementTaskInput{Title: title, DueAt: due, RemindAt: remind, AssigneeID: assignee},
			}})
		}
		later, sooner := w.Store.Now().Add(2*time.Hour), w.Store.Now().Add(time.Hour)
		e := task("Call back", &later, &sooner, &w.AgentIDs[1])
		check.Same(t, []any{e.AssigneeID, e.TaskProgress, e.ContactID, e.InboxID}, []any{w.AgentIDs[1], vocab.TaskIsOpen, w.ContactID, w.InboxIDs[0]})
		jobs := w.jobs.Taken()
		check.Same(t, []any{len(jobs), jobs[0].At, jobs[1].At}, []any{2, later.Time(), sooner.Time()})
		run := func() {
			t.Helper()
			for _, j := range jobs {
				_ = w.NoteDue(t.Context(), j.Args.(engagement.DueArgs)) // before its time it asks to come again
			}
		}
		check.Same(t, w.recorded(run), []string(nil))
		w.clock.Advance(time.Hour)
		check.Same(t, w.recorded(func() { run(); run() }), []string{"TASK_DUE remindAt"})
		w.clock.Advance(time.Hour)
		check.Same(t, w.recorded(func() { run(); run() }), []string{"TASK_DUE dueAt"})

		next := w.Store.Now().Add(time.Hour)
		mine, never := task("Mine", &next, nil, nil), task("Never due", nil, nil, check.Ptr(w.AgentIDs[1]))
		jobs = w.jobs.Taken()
		list := func(f engagement.EngagementTaskFilter) (ids []string) {
			for _, one := range check.Must(w.Tasks(w.Agent(0), f, paging.PageArgs{}))(t).Nodes() {
				ids = append(ids, one.ID)
			}
			return ids
		}
		check.Same(t, list(engagement.EngagementTaskFilter{}), []string{e.ID, mine.ID, never.ID})
		check.Same(t, list(engagement.EngagementTaskFilter{AssigneeIDs: w.AgentIDs[1:]}), []string{e.ID, never.ID})
		check.Same(t, list(engagement.EngagementTaskFilter{DueBefore: &next}), []string{e.ID})
		check.Same(t, list(engagement.EngagementTaskFilter{Query: check.Ptr("never")}), []string{never.ID})
		check.Same(t, w.recorded(func() {
			done := check.Must(w.Complete(w.Agent(0), engagement.CompleteTaskInput{EngagementID: mine.ID}))(t)
			check.Same(t, done.TaskProgress, vocab.TaskIsDone)
			check.Must(w.Complete(w.Agent(0), engagement.CompleteTaskInput{EngagementID: mine.ID}))(t)
		}), []string{"ENGAGEMENT_UPDATED doneAt"})
		check.Same(t, list(engagement.EngagementTaskFilter{Done: check.Ptr(false)}), []string{e.ID, never.ID})
		w.clock.Advance(time.Hour)
		check.Same(t, w.recorded(run), []string(nil)) // it is done
		n := w.log(w.Agent(0), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("x")})
		_, err := w.Complete(w.Agent(0), engagement.CompleteTaskInput{EngagementID: n.ID})
		check.Refused(t, err, errs.Invalid, "engagementId")
	})
}

// IN-13: what was logged of a conversation goes with it.
func TestEngagementsGoWithTheConversation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.log(w.Agent(0), engagement.LogEngagementInput{ConversationID: &w.ConversationIDs[0], Body: note("x")})
		kept := w.log(w.Agent(0), engagement.LogEngagementInput{ContactID: &w.ContactID, Body: note("y")})
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.DeleteOwned(ctx, store.OfConversation, w.AccountID, w.ConversationIDs[0])
		})
		left := check.Must(w.Store.Client(w.System).Engagement.Query().IDs(w.System))(t)
		check.Same(t, left, []string{kept.ID})
	})
}
