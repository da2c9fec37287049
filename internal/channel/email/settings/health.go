package settings

import (
	"context"
	"strings"

	"parley/ent"
	"parley/internal/store"
	"parley/internal/vocab"
)

// enterState gives a channel another state and records that. also writes what goes
// with it.
func (s *Service) enterState(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, state vocab.EmailChannelState, reason vocab.EmailStateReason, detail string,
	also func(*ent.EmailChannelUpdateOne)) error {
	update := tx.Client.EmailChannel.UpdateOneID(c.ID)
	if c.State != state || c.StateReason != reason {
		from, to := string(c.State), string(state)
		changes := []vocab.FieldChange{{Field: "state", From: &from, To: &to}}
		if reason != "" {
			why := string(reason)
			changes = append(changes, vocab.FieldChange{Field: "stateReason", To: &why})
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelStateChanged, InboxID: c.InboxID, SubjectID: c.ID, Changes: changes})
		update.SetState(state).SetStateReason(reason).SetStateSince(tx.Now())
	}
	update.SetStateDetail(detail)
	if also != nil {
		also(update)
	}
	if err := update.Exec(ctx); err != nil || state != vocab.EmailConnected || !CannotSend(c) {
		return err
	}
	return s.waiting.SendNow(ctx, tx, c)
}

// MailboxWorks notes that a mailbox was read to its end. That mail cannot be
// sent is not over by that.
func (s *Service) MailboxWorks(ctx context.Context, channelID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || c.State == vocab.EmailDisconnected {
			return err
		}
		was, state, reason, detail := c.State, vocab.EmailConnected, vocab.EmailStateReason(""), ""
		if CannotSend(c) {
			state, reason, detail = c.State, c.StateReason, c.StateDetail
		}
		err = s.enterState(ctx, tx, c, state, reason, detail, func(u *ent.EmailChannelUpdateOne) {
			u.SetLastSyncAt(tx.Now()).SetFailures(0).SetFailingSince(0).SetNextAttemptAt(0)
		})
		if err != nil || state == was || was != vocab.EmailError {
			return err
		}
		return s.notifyAdmins(ctx, tx, c, "works again", "Mail that arrived in the meantime is being fetched.")
	})
}

// MailboxFails notes that a mailbox could not be read, and from when it is
// tried again. After a few times, or at once where only a person can fix it,
// the channel is in error, and admins hear of it (EM-7).
func (s *Service) MailboxFails(ctx context.Context, channelID string, cause error) error {
	reason, detail := Diagnose(cause)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || c.State == vocab.EmailDisconnected {
			return err
		}
		n, since := c.Failures+1, c.FailingSince
		if !since.IsSet() {
			since = tx.Now()
		}
		was, state, shown, text := c.State, c.State, c.StateReason, c.StateDetail
		if n >= Patience || reason == vocab.EmailGrantRevoked {
			state, shown, text = vocab.EmailError, reason, s.Scrub(c, detail)
		}
		wait := pauseAfter(n, reason)
		err = s.enterState(ctx, tx, c, state, shown, text, func(u *ent.EmailChannelUpdateOne) {
			u.SetFailures(n).SetFailingSince(since).SetNextAttemptAt(tx.Now().Add(wait))
		})
		if err != nil || state != vocab.EmailError || was == vocab.EmailError {
			return err
		}
		return s.notifyAdmins(ctx, tx, c, "does not work", text+"\n\nMail waits in the mailbox until then; none is lost.")
	})
}

// unsendable begins the detail of a channel that is in error since mail cannot be
// sent. Reading its mailbox well does not end that.
const unsendable = "Mail cannot be sent: "

// CannotSend reports whether a channel is in error since mail cannot be sent.
func CannotSend(c *ent.EmailChannel) bool {
	return c.State == vocab.EmailError && strings.HasPrefix(c.StateDetail, unsendable)
}

// SendingFails puts a channel in error whose server cannot be used at all (EM-7).
func (s *Service) SendingFails(ctx context.Context, channelID string, cause error) error {
	reason, detail := Diagnose(cause)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || c.State != vocab.EmailConnected {
			return err
		}
		detail := unsendable + s.Scrub(c, detail)
		if err := s.enterState(ctx, tx, c, vocab.EmailError, reason, detail, nil); err != nil {
			return err
		}
		return s.notifyAdmins(ctx, tx, c, "does not work", detail+"\n\nOutgoing mail is waiting, and is tried again.")
	})
}

// SendingWorks ends the error of a channel whose server takes mail again.
func (s *Service) SendingWorks(ctx context.Context, channelID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || !CannotSend(c) {
			return err
		}
		if err := s.enterState(ctx, tx, c, vocab.EmailConnected, "", "", nil); err != nil {
			return err
		}
		return s.notifyAdmins(ctx, tx, c, "works again", "The waiting mail is being sent.")
	})
}
