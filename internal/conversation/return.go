package conversation

import (
	"context"
	"time"

	"parley/ent"
	entmessage "parley/ent/channelmessage"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxAttempts is how often a message is handed out before it is FAILED.
	maxAttempts = 12
	// maxPause is the longest that a message rests between two attempts.
	maxPause = 15 * time.Minute
)

// pauseAfter is how long a message rests that no connector reported in so many attempts: the
// first time not at all, then twice as long each time.
func pauseAfter(attempts int) time.Duration {
	if attempts < 2 {
		return 0
	}
	return min(time.Second<<min(attempts-1, 20), maxPause)
}

// ReturnOutbound takes back, within the caller's transaction, what a connector had and did
// not report, or has what rested wait again (CC-3). is decides on the row as it is once it is
// locked: false, and nothing happens. A message that was handed out too often is FAILED: one
// that brings connectors down must not stop its conversation for ever.
func (s *Service) ReturnOutbound(ctx context.Context, tx *store.Tx, row *ent.ChannelMessage, is func(*ent.ChannelMessage) bool) error {
	_, err := changeOne(ctx, tx, On(row.ConversationID), func(ctx context.Context, ch *change) error {
		now, err := tx.Client.ChannelMessage.Query().Where(entmessage.ID(row.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && !is(now) {
			return nil
		}
		if err != nil {
			return err
		}
		ch.emitEvent(vocab.MessageReturned).MessageID = now.ID
		if now.State != vocab.OutboundLeased {
			return tx.Client.ChannelMessage.UpdateOneID(now.ID).SetLeaseUntil(0).SetReady(true).Exec(ctx)
		}
		return ch.giveBack(ctx, now)
	})
	if errs.Is(err, errs.NotFound) { // purged
		return nil
	}
	return err
}

// giveBack has a message wait again, at its old place, and after a while if it was handed out
// before. The conversation and the row are locked.
func (ch *change) giveBack(ctx context.Context, row *ent.ChannelMessage) error {
	sends := row.Action == vocab.OutboundSend
	m, err := ch.tx.Client.Message.Get(ctx, row.ID)
	if err != nil {
		return err
	}
	switch {
	case sends && row.ExternalID != nil: // its echo came: it went out
		return ch.report(ctx, row, m, Report{State: vocab.ReportSent})
	case sends && row.NextAction == vocab.OutboundDelete: // what was deleted is not sent again
		err = ch.cancelOut(ctx, row)
	case row.NextAction == vocab.OutboundDelete: // whatever became of the edit
		err = ch.endOut(ctx, row, vocab.OutboundWaiting, vocab.OutboundDelete)
	case row.Attempts >= maxAttempts:
		return ch.report(ctx, row, m, Report{State: vocab.ReportFailed, Error: gaveUp})
	default:
		update, due := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetState(vocab.OutboundWaiting).SetLeaseID(""), clock.Micros(0)
		if pause := pauseAfter(row.Attempts); pause > 0 {
			due = ch.now().Add(pause) // lease_until is then until when it rests
		}
		return update.SetLeaseUntil(due).SetReady(due == 0).Exec(ctx)
	}
	if err != nil {
		return err
	}
	return ch.readyNext(ctx)
}
