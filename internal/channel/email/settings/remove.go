package settings

import (
	"context"
	"time"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/ent/emailconnection"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// sendingLeft is how long the mail that waits in a removed channel may still go out: as
	// long as any mail is tried.
	sendingLeft = 5 * 24 * time.Hour
	// endCheck is how often is looked whether none waits any longer.
	endCheck = time.Minute
)

// EndSendingArgs asks to delete a removed channel's credentials when none of its mail
// waits any longer (IB-6).
type EndSendingArgs struct {
	AccountID string `json:"accountId"`
	ChannelID string `json:"channelId"`
}

// Kind names the job.
func (EndSendingArgs) Kind() string { return "end-sending" }

// Remove removes a channel (IB-6): its addresses are free, it receives nothing, and its
// conversations stay. What waits to be sent goes out or is CANCELED, as the input says.
// Errors: CONFIRMATION_MISMATCH on confirmName.
func (s *Service) Remove(ctx context.Context, in RemoveChannelInput) (*ent.EmailChannel, error) {
	call := account.Call{Mutation: "removeChannel", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := Find(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		if in.ConfirmName != c.Address {
			return errs.New(errs.ConfirmationMismatch, "To remove the channel, repeat its exact address.").On("confirmName")
		}
		return s.remove(ctx, tx, c, in.QueuedMail == nil || *in.QueuedMail == vocab.SendQueued)
	})
	if err != nil {
		return nil, err
	}
	s.announceChange()
	return s.store.Client(ctx).EmailChannel.Get(ctx, in.ChannelID)
}

func (s *Service) remove(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, send bool) error {
	if _, err := tx.Client.ChannelAddress.Delete().Where(channeladdress.ChannelID(c.ID)).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.Client.EmailConnection.Delete().Where(emailconnection.ChannelID(c.ID)).Exec(ctx); err != nil {
		return err
	}
	// A disconnected channel has nothing left to send with.
	send = send && c.State != vocab.EmailDisconnected
	if send {
		tx.Enqueue(store.Job{Args: EndSendingArgs{AccountID: c.AccountID, ChannelID: c.ID}, At: tx.Now().Add(endCheck).Time()})
	} else {
		s.forgetGrant(tx, c)
	}
	err := s.enterState(ctx, tx, c, vocab.EmailDisconnected, "", "", func(u *ent.EmailChannelUpdateOne) {
		if u.SetRemovedAt(tx.Now()); send {
			u.SetSendsUntil(tx.Now().Add(sendingLeft))
		} else {
			u.SetCredentials("").SetDkimKey("")
		}
	})
	if err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ChannelRemoved, InboxID: c.InboxID, SubjectID: c.ID})
	return tx.Client.Channel.UpdateOneID(c.ID).SetRemovedAt(tx.Now()).Exec(ctx)
}

// EndSending is the queue's worker: it looks again until no mail waits, and then forgets
// how the channel's server is reached.
func (s *Service) EndSending(ctx context.Context, args EndSendingArgs) error {
	ctx = InAccount(ctx, args.AccountID)
	waits := false
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, args.ChannelID)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		waits, err = s.waiting.Waits(ctx, tx, c)
		if err != nil || waits && tx.Now() < c.SendsUntil {
			return err
		}
		s.forgetGrant(tx, c)
		update := tx.Client.EmailChannel.UpdateOneID(c.ID).SetCredentials("").SetDkimKey("")
		if !waits { // what waits on was not canceled: it failed
			update.SetSendsUntil(0)
		}
		waits = false
		return update.Exec(ctx)
	})
	if err == nil && waits {
		return job.Again(endCheck)
	}
	return err
}

// Sends reports whether mail that waits in a channel may go out at a time.
func Sends(c *ent.EmailChannel, now clock.Micros) bool {
	return c.State != vocab.EmailDisconnected || c.SendsUntil > now
}
