package conversation

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxSnooze is the longest time that a conversation can be put off.
const MaxSnooze = 2 * 365 * 24 * time.Hour

// Snooze puts a conversation off: it leaves the common views until its time, or
// until the contact's next message (IN-18). Notes and bounces do not bring it
// back (IN-7), and closing it ends the snooze.
func (s *Service) Snooze(ctx context.Context, in SnoozeConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "snoozeConversation", in.Target, in, func(_ context.Context, ch *change) error { return ch.snooze(in.Until) })
}

func (ch *change) snooze(until clock.Micros) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	switch {
	case ch.c.Status == vocab.Closed:
		return errs.New(errs.Invalid, "A closed conversation cannot be snoozed. Reopen it first.").On("conversationId")
	case until == ch.c.SnoozedUntil:
		return nil
	}
	if err := checkSnooze(until, ch.now()); err != nil {
		return err
	}
	ch.c.SnoozedUntil = until
	ch.emitEvent(vocab.ConversationSnoozed)
	ch.tx.Enqueue(store.Job{Args: WakeArgs{AccountID: ch.c.AccountID, ConversationID: ch.c.ID, Until: until}, At: until.Time()})
	return nil
}

func checkSnooze(until, now clock.Micros) error {
	if until <= now {
		return errs.New(errs.Invalid, "%s is in the past: snooze until a future time.", until).On("until")
	}
	if last := now.Add(MaxSnooze); until > last {
		return errs.New(errs.Invalid, "A conversation can be snoozed for at most two years, until %s.", last).On("until")
	}
	return nil
}

// Unsnooze brings a snoozed conversation back before its time (IN-18); one that
// is not snoozed stays as it is.
func (s *Service) Unsnooze(ctx context.Context, in UnsnoozeConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "unsnoozeConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.unsnooze(ctx) })
}

func (ch *change) unsnooze(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	_, err := ch.endSnooze(ctx)
	return err
}

// endSnooze ends a snooze, which brings the conversation to the top, and nothing
// else: a conversation that was closed meanwhile stays closed. What waits for someone
// is offered (RT-4). It reports whether there was a snooze to end.
func (ch *change) endSnooze(ctx context.Context) (bool, error) {
	if !ch.c.SnoozedUntil.IsSet() {
		return false, nil
	}
	ch.c.SnoozedUntil = 0
	ch.moveUp(ch.now())
	ch.emitEvent(vocab.ConversationUnsnoozed)
	return true, ch.offerAgain(ctx)
}

// wake is endSnooze where the conversation comes back by itself: it is unread then
// for everyone (IN-18).
func (ch *change) wake(ctx context.Context) error {
	woke, err := ch.endSnooze(ctx)
	if woke {
		ch.c.WokenRevision = ch.c.Revision + 1 // that with which the change is saved
	}
	return err
}

// WakeArgs asks that a conversation come back, if it is snoozed until this very
// time still.
type WakeArgs struct {
	AccountID      string       `json:"accountId"`
	ConversationID string       `json:"conversationId"`
	Until          clock.Micros `json:"until"`
}

// Kind names the job.
func (WakeArgs) Kind() string { return "wake-conversation" }

// Wake does what WakeArgs asks, once it is time by the store's clock.
func (s *Service) Wake(ctx context.Context, args WakeArgs) error {
	if left := args.Until.Time().Sub(s.store.Now().Time()); left > 0 {
		return job.Again(left)
	}
	ctx = viewer.NewContext(ctx, viewer.System("snooze", args.AccountID))
	err := s.changeAsSystem(ctx, args.ConversationID, func(ctx context.Context, ch *change) error {
		if ch.c.SnoozedUntil != args.Until {
			return nil
		}
		return ch.wake(ctx)
	})
	return ignorePurged(err)
}

const dueSnoozes = `SELECT id, account_id FROM conversations WHERE snoozed_until > 0 AND snoozed_until <= $1 ORDER BY snoozed_until LIMIT 500`

// WakeDue brings back what is due and has no job of its own, such as loaded
// demo data, in every account. The system runs it each minute.
func (s *Service) WakeDue(ctx context.Context) error {
	for {
		now := s.store.Now()
		due, err := s.findOverdue(ctx, dueSnoozes, int64(now))
		if err != nil || len(due) == 0 {
			return err
		}
		for _, c := range due {
			if err := s.wakeDue(ctx, c, now); err != nil {
				return err
			}
		}
	}
}

func (s *Service) wakeDue(ctx context.Context, c owned, now clock.Micros) error {
	ctx = viewer.NewContext(ctx, viewer.System("snooze", c.account))
	err := s.changeAsSystem(ctx, c.id, func(ctx context.Context, ch *change) error {
		if ch.c.SnoozedUntil > now {
			return nil
		}
		return ch.wake(ctx)
	})
	return ignorePurged(err)
}

// ignorePurged passes over a conversation that was purged in the meantime.
func ignorePurged(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
