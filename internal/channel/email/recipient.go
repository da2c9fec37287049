package email

import (
	"context"
	"strings"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/emailconnection"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Recipient is the channel whose forwarding address, with or without something
// after a plus sign, an address is; empty: none, or one that is disconnected or
// deleted (IB-3). The listener asks it of each recipient.
func (s *Service) Recipient(ctx context.Context, address string) (string, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	key, _, _ := strings.Cut(local, "+")
	if s.o.Domain == "" || domain != strings.ToLower(s.o.Domain) || key == "" {
		return "", nil
	}
	row, err := s.store.Client(ctx).Channel.Query().Where(channel.Key(key), channel.KindEQ(vocab.Email)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, row.ID)
	if ent.IsNotFound(err) || err == nil && (c.State == vocab.EmailDisconnected || c.Provider != vocab.EmailForwarding) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	inbox, err := s.store.Client(ctx).Inbox.Get(ctx, c.InboxID)
	if ent.IsNotFound(err) || err == nil && inbox.DeletedAt.IsSet() {
		return "", nil
	}
	return c.ID, err
}

// Forget removes sign-ins that nobody finished. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.EmailConnection.Delete().Where(emailconnection.ExpiresAtLT(tx.Now())).Exec(ctx)
		return err
	})
}
