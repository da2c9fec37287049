package conversation_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// snoozes puts a conversation off for a while.
func (d *suite) snoozes(conversationID string, span time.Duration) clock.Micros {
	d.T.Helper()
	until := clock.Of(d.Clock.Now().Add(span))
	check.Must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(conversationID), Until: until}))(d.T)
	return until
}

// wakings are the jobs that bring conversations back.
func (d *suite) wakings() []conversation.WakeArgs {
	var list []conversation.WakeArgs
	for _, j := range d.Jobs.All() {
		if args, ok := j.Args.(conversation.WakeArgs); ok && j.At.Equal(args.Until.Time()) {
			list = append(list, args)
		}
	}
	return list
}

// shown reports whether All shows the conversation by default.
func (d *suite) shown(conversationID string) bool {
	d.T.Helper()
	page := check.Must(d.List(d.Agent(1), view.Selection{}, paging.PageArgs{First: check.Ptr(100)}))(d.T)
	return slices.ContainsFunc(page.Edges, func(e *paging.Edge[*ent.Conversation]) bool { return e.Node.ID == conversationID })
}

// IN-18, IN-2: a snoozed conversation is open, out of the common views, and
// comes back by itself at its time, no sooner.
func TestSnooze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Call me tomorrow").ID
		var until clock.Micros
		got := d.Recorded(func() { until = d.snoozes(c, 24*time.Hour) })
		check.Same(t, got, []string{"CONVERSATION_SNOOZED snoozedUntil:>" + until.String()})
		check.Same(t, []any{d.Row(c).Status, d.Row(c).Folder, d.shown(c)}, []any{vocab.Open, vocab.FolderSnoozed, false})
		check.Same(t, d.Recorded(func() { d.AgentNotes(d.Agent(0), c, "Still waiting") }), []string{"MESSAGE_CREATED"}) // IN-7
		if got := d.Recorded(func() { d.snoozes(c, 24*time.Hour) }); len(got) > 0 {
			t.Errorf("snoozed again until the same time: %v", got)
		}
		waking := d.wakings()
		if len(waking) != 1 {
			t.Fatalf("%d jobs, want one", len(waking))
		}
		d.Clock.Advance(24*time.Hour - time.Microsecond)
		if err := d.Wake(t.Context(), waking[0]); err == nil || d.shown(c) {
			t.Errorf("it came back too soon; the job ended with %v", err)
		}
		d.Clock.Advance(time.Microsecond)
		got = d.Recorded(func() {
			for range 2 { // a job may run twice
				if err := d.Wake(t.Context(), waking[0]); err != nil {
					t.Fatal(err)
				}
			}
		})
		check.Same(t, got, []string{"CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
		check.Same(t, []any{d.Row(c).SnoozedUntil, d.Row(c).Folder, d.shown(c)}, []any{clock.Micros(0), vocab.FolderMain, true})
	})
}

// IN-18: a job wakes for the time that it was made for alone.
func TestSnoozedAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello").ID
		d.snoozes(c, time.Hour)
		until := d.snoozes(c, 2*time.Hour)
		waking := d.wakings()
		d.Clock.Advance(time.Hour)
		if err := d.Wake(t.Context(), waking[0]); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.Row(c).SnoozedUntil, until)
		d.Clock.Advance(time.Hour)
		if err := d.Wake(t.Context(), waking[1]); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.Row(c).SnoozedUntil, clock.Micros(0))
	})
}

// IN-18: the contact's message brings it back, and so does a hand; then its job
// finds nothing to do.
func TestUnsnooze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello").ID
		until := d.snoozes(c, time.Hour)
		got := d.Recorded(func() { d.VisitorWrites(c, 0, "Are you there?") })
		if !slices.Contains(got, "CONVERSATION_UNSNOOZED snoozedUntil:"+until.String()+">") || !d.shown(c) {
			t.Errorf("the contact's message told %v", got)
		}
		until = d.snoozes(c, time.Hour)
		got = d.Recorded(func() {
			for range 2 {
				check.Must(d.Unsnooze(d.Agent(0), conversation.UnsnoozeConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
	})
}

// Pitfall 15: waking never reopens a conversation that was closed meanwhile, not
// even one that was reopened and closed, and never takes one out of the trash.
func TestWakingReopensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		closed, deleted, filtered := d.StartChat(0, "One").ID, d.StartChat(0, "Two").ID, d.StartChat(0, "Three").ID
		for _, c := range []string{closed, deleted, filtered} {
			d.snoozes(c, time.Hour)
		}
		d.MustClose(closed)
		d.MustDelete(deleted)
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(filtered)}))(t)
		d.Clock.Advance(time.Hour)
		got := d.Recorded(func() {
			for _, args := range d.wakings() {
				if err := d.Wake(t.Context(), args); err != nil {
					t.Fatal(err)
				}
			}
		})
		check.Same(t, len(got), 2)
		check.Same(t, []any{d.Row(closed).Status, d.Row(deleted).Folder, d.Row(filtered).Folder}, []any{vocab.Closed, vocab.FolderTrash, vocab.FolderFiltered})
		check.Must(d.Restore(d.Agent(0), conversation.RestoreConversationInput{Target: conversation.On(deleted)}))(t)
		check.Same(t, d.Row(deleted).Folder, vocab.FolderMain)
	})
}

// IN-18: what cannot be snoozed, and until when.
func TestSnoozeRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, closed, deleted := d.StartChat(0, "One").ID, d.StartChat(0, "Two").ID, d.StartChat(0, "Three").ID
		d.MustClose(closed)
		d.MustDelete(deleted)
		snooze := func(conversationID string, span time.Duration) error {
			_, err := d.Snooze(d.Agent(0), conversation.SnoozeConversationInput{Target: conversation.On(conversationID), Until: clock.Of(d.Clock.Now().Add(span))})
			return err
		}
		told := d.Recorded(func() {
			check.Refused(t, snooze(closed, time.Hour), errs.Invalid, "conversationId")
			check.Refused(t, snooze(deleted, time.Hour), errs.Invalid, "conversationId")
			check.Refused(t, snooze(d.ConversationIDs[2], time.Hour), errs.NotFound, "conversationId") // another inbox
			check.Refused(t, snooze(c, 0), errs.Invalid, "until")
			check.Refused(t, snooze(c, -time.Hour), errs.Invalid, "until")
			check.Refused(t, snooze(c, conversation.MaxSnooze+time.Microsecond), errs.Invalid, "until")
		})
		check.Same(t, told, []string{})
		if err := snooze(c, conversation.MaxSnooze); err != nil {
			t.Error(err)
		}
	})
}

// IN-18: what no job knows comes back all the same, in every account.
func TestWakeDue(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		due, later := d.ConversationIDs[0], d.ConversationIDs[1]
		for c, span := range map[string]time.Duration{due: time.Hour, later: 2 * time.Hour} {
			d.AlterRow(c, func(u *ent.ConversationUpdateOne) {
				u.SetSnoozedUntil(clock.Of(desk.Monday.Add(span))).SetFolder(vocab.FolderSnoozed)
			})
		}
		d.Clock.Advance(time.Hour)
		for range 2 {
			if err := d.WakeDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, []any{d.Row(due).Folder, d.Row(later).Folder}, []any{vocab.FolderMain, vocab.FolderSnoozed})
	})
}

// IN-18: the job queue brings a conversation back: one whose time comes while
// the queue runs, and one whose time passed while no node did.
func TestQueueWakes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		q := job.New(s, slog.New(slog.DiscardHandler))
		f := testkit.Account(t, s)
		woken := make(chan *ent.Event, 10)
		s.UsePublisher(func(events []*ent.Event) {
			for _, e := range events {
				if e.Type == vocab.ConversationUnsnoozed {
					woken <- e
				}
			}
		})
		conversations := desk.Conversations(s, conversation.Deps{})
		job.Register(q, conversations.Wake, job.Options{})
		past := clock.Of(s.Clock().Now()).Add(-time.Hour)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Enqueue(store.Job{Args: conversation.WakeArgs{AccountID: f.AccountID, ConversationID: f.ConversationIDs[0], Until: past}, At: past.Time()})
			return tx.Client.Conversation.UpdateOneID(f.ConversationIDs[0]).SetSnoozedUntil(past).Exec(ctx)
		})
		until := clock.Of(s.Clock().Now().Add(2 * time.Second))
		check.Must(conversations.Snooze(f.Agent(0), conversation.SnoozeConversationInput{Target: conversation.On(f.ConversationIDs[1]), Until: until}))(t)
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := q.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		from := map[string]clock.Micros{f.ConversationIDs[0]: past, f.ConversationIDs[1]: until}
		for range len(from) {
			select {
			case e := <-woken:
				if at, ok := from[e.ConversationID]; !ok || e.OccurredAt < at {
					t.Errorf("%s came back at %s", e.ConversationID, e.OccurredAt)
				}
				delete(from, e.ConversationID)
			case <-time.After(time.Minute):
				t.Fatalf("these did not come back: %v", from)
			}
		}
	})
}
