package settings

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/chat/targeting"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Names returns what each chat channel is called: its title, or else its inbox's name.
func Names(channels []*ent.Channel, inboxes []*ent.Inbox) []string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = nameOf(c, inboxes[i])
	}
	return names
}

func nameOf(c *ent.Channel, of *ent.Inbox) string {
	if of == nil {
		return cmp.Or(c.Title, "Chat")
	}
	return cmp.Or(c.Title, of.Name)
}

// Remove removes a chat channel (IB-6): its key answers like an unknown one, its visitors'
// sessions end, and its targeted messages go. Its conversations stay. Errors:
// CONFIRMATION_MISMATCH on confirmName.
func (s *Service) Remove(ctx context.Context, in RemoveChatChannel) (*ent.Channel, error) {
	call := idempotency.Call{Mutation: "removeChannel", Key: in.IdempotencyKey, Input: in.Input, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := loadChannel(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		of, err := tx.Client.Inbox.Get(ctx, c.InboxID)
		if err != nil {
			return err
		}
		if in.ConfirmName != nameOf(c, of) {
			return errs.New(errs.ConfirmationMismatch, "To remove the channel, repeat its exact name.").On("confirmName")
		}
		if err := targeting.RemoveAll(ctx, tx, c.ID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelRemoved, InboxID: c.InboxID, SubjectID: c.ID})
		// Another key: the old one is no one's.
		return tx.Client.Channel.UpdateOneID(c.ID).SetRemovedAt(tx.Now()).SetKey(strings.ToLower(rand.Text())).SetIdentitySecret("").Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Channel.Get(ctx, in.ChannelID)
}

// RemoveChatChannel is the input of removeChannel, for a chat channel. Input is the
// mutation's.
type RemoveChatChannel struct {
	ChannelID      string
	ConfirmName    string
	IdempotencyKey *string
	Input          any
}
