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
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// snoozes puts a conversation off for a while.
func (d *desk) snoozes(conversationID string, span time.Duration) clock.Micros {
	d.t.Helper()
	until := clock.Of(d.clock.Now().Add(span))
	must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{ConversationID: conversationID, Until: until}))(d.t)
	return until
}

// wakings are the jobs that bring conversations back.
func (d *desk) wakings() []conversation.WakeArgs {
	d.jobs.mu.Lock()
	defer d.jobs.mu.Unlock()
	var list []conversation.WakeArgs
	for _, j := range d.jobs.list {
		if args, ok := j.Args.(conversation.WakeArgs); ok && j.At.Equal(args.Until.Time()) {
			list = append(list, args)
		}
	}
	return list
}

// shown reports whether All shows the conversation by default.
func (d *desk) shown(conversationID string) bool {
	d.t.Helper()
	page := must(d.List(d.Agent(1), conversation.Selection{}, relay.PageArgs{First: ptr(100)}))(d.t)
	return slices.ContainsFunc(page.Edges, func(e *relay.Edge[*ent.Conversation]) bool { return e.Node.ID == conversationID })
}

// IN-18, IN-2: a snoozed conversation is open, out of the common views, and
// comes back by itself at its time, no sooner.
func TestSnooze(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Call me tomorrow").ID
		var until clock.Micros
		got := d.told(func() { until = d.snoozes(c, 24*time.Hour) })
		same(t, got, []string{"CONVERSATION_SNOOZED snoozedUntil:>" + until.String()})
		same(t, []any{d.row(c).Status, d.row(c).Folder, d.shown(c)}, []any{vocab.Open, vocab.FolderSnoozed, false})
		same(t, d.told(func() { d.notes(d.Agent(0), c, "Still waiting") }), []string{"MESSAGE_CREATED"}) // IN-7
		if got := d.told(func() { d.snoozes(c, 24*time.Hour) }); len(got) > 0 {
			t.Errorf("snoozed again until the same time: %v", got)
		}
		waking := d.wakings()
		if len(waking) != 1 {
			t.Fatalf("%d jobs, want one", len(waking))
		}
		d.clock.Advance(24*time.Hour - time.Microsecond)
		if err := d.Wake(t.Context(), waking[0]); err == nil || d.shown(c) {
			t.Errorf("it came back too soon; the job ended with %v", err)
		}
		d.clock.Advance(time.Microsecond)
		got = d.told(func() {
			for range 2 { // a job may run twice
				if err := d.Wake(t.Context(), waking[0]); err != nil {
					t.Fatal(err)
				}
			}
		})
		same(t, got, []string{"CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
		same(t, []any{d.row(c).SnoozedUntil, d.row(c).Folder, d.shown(c)}, []any{clock.Micros(0), vocab.FolderMain, true})
	})
}

// IN-18: a job wakes for the time that it was made for alone.
func TestSnoozedAnew(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello").ID
		d.snoozes(c, time.Hour)
		until := d.snoozes(c, 2*time.Hour)
		waking := d.wakings()
		d.clock.Advance(time.Hour)
		if err := d.Wake(t.Context(), waking[0]); err != nil {
			t.Fatal(err)
		}
		same(t, d.row(c).SnoozedUntil, until)
		d.clock.Advance(time.Hour)
		if err := d.Wake(t.Context(), waking[1]); err != nil {
			t.Fatal(err)
		}
		same(t, d.row(c).SnoozedUntil, clock.Micros(0))
	})
}

// IN-18: the contact's message brings it back, and so does a hand; then its job
// finds nothing to do.
func TestUnsnooze(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello").ID
		until := d.snoozes(c, time.Hour)
		got := d.told(func() { d.writes(c, 0, "Are you there?") })
		if !slices.Contains(got, "CONVERSATION_UNSNOOZED snoozedUntil:"+until.String()+">") || !d.shown(c) {
			t.Errorf("the contact's message told %v", got)
		}
		until = d.snoozes(c, time.Hour)
		got = d.told(func() {
			for range 2 {
				must(d.Unsnooze(d.Agent(0), conversation.UnsnoozeConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
	})
}

// Pitfall 15: waking never reopens a conversation that was closed meanwhile, not
// even one that was reopened and closed, and never takes one out of the trash.
func TestWakingReopensNothing(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		closed, deleted, filtered := d.begin(0, "One").ID, d.begin(0, "Two").ID, d.begin(0, "Three").ID
		for _, c := range []string{closed, deleted, filtered} {
			d.snoozes(c, time.Hour)
		}
		d.closes(closed)
		d.deletes(deleted)
		must(d.MarkAsSpam(d.Agent(0), conversation.MarkAsSpamInput{ConversationID: filtered}))(t)
		d.clock.Advance(time.Hour)
		got := d.told(func() {
			for _, args := range d.wakings() {
				if err := d.Wake(t.Context(), args); err != nil {
					t.Fatal(err)
				}
			}
		})
		same(t, len(got), 2)
		same(t, []any{d.row(closed).Status, d.row(deleted).Folder, d.row(filtered).Folder}, []any{vocab.Closed, vocab.FolderTrash, vocab.FolderFiltered})
		must(d.Restore(d.Agent(0), conversation.RestoreConversationInput{ConversationID: deleted}))(t)
		same(t, d.row(deleted).Folder, vocab.FolderMain)
	})
}

// IN-18: what cannot be snoozed, and until when.
func TestSnoozeRefuses(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c, closed, deleted := d.begin(0, "One").ID, d.begin(0, "Two").ID, d.begin(0, "Three").ID
		d.closes(closed)
		d.deletes(deleted)
		snooze := func(conversationID string, span time.Duration) error {
			_, err := d.Snooze(d.Agent(0), conversation.SnoozeConversationInput{ConversationID: conversationID, Until: clock.Of(d.clock.Now().Add(span))})
			return err
		}
		told := d.told(func() {
			refused(t, snooze(closed, time.Hour), errs.Invalid, "conversationId")
			refused(t, snooze(deleted, time.Hour), errs.Invalid, "conversationId")
			refused(t, snooze(d.ConversationIDs[2], time.Hour), errs.NotFound, "conversationId") // another inbox
			refused(t, snooze(c, 0), errs.Invalid, "until")
			refused(t, snooze(c, -time.Hour), errs.Invalid, "until")
			refused(t, snooze(c, conversation.MaxSnooze+time.Microsecond), errs.Invalid, "until")
		})
		same(t, told, []string{})
		if err := snooze(c, conversation.MaxSnooze); err != nil {
			t.Error(err)
		}
	})
}

// IN-18: what no job knows comes back all the same, in every account.
func TestWakeDue(t *testing.T) {
	t.Parallel()
	loneDesk(t, func(t *testing.T, d *desk) {
		due, later := d.ConversationIDs[0], d.ConversationIDs[1]
		for c, span := range map[string]time.Duration{due: time.Hour, later: 2 * time.Hour} {
			d.alter(c, func(u *ent.ConversationUpdateOne) {
				u.SetSnoozedUntil(clock.Of(monday.Add(span))).SetFolder(vocab.FolderSnoozed)
			})
		}
		d.clock.Advance(time.Hour)
		for range 2 {
			if err := d.WakeDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		same(t, []any{d.row(due).Folder, d.row(later).Folder}, []any{vocab.FolderMain, vocab.FolderSnoozed})
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
		conversations := conversation.New(s, &viewers{})
		job.Register(q, conversations.Wake, job.Options{})
		past := clock.Of(s.Clock().Now()).Add(-time.Hour)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Enqueue(store.Job{Args: conversation.WakeArgs{AccountID: f.AccountID, ConversationID: f.ConversationIDs[0], Until: past}, At: past.Time()})
			return tx.Client.Conversation.UpdateOneID(f.ConversationIDs[0]).SetSnoozedUntil(past).Exec(ctx)
		})
		until := clock.Of(s.Clock().Now().Add(2 * time.Second))
		must(conversations.Snooze(f.Agent(0), conversation.SnoozeConversationInput{ConversationID: f.ConversationIDs[1], Until: until}))(t)
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
