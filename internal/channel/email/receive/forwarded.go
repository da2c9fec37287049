package receive

import (
	"context"
	"errors"
	"io"
	"strings"

	"parley/ent"
	"parley/ent/channel"
	"parley/internal/channel/email/settings"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// StoreForwarded keeps a mail that the listener took, for each of the channels, and
// returns when that is durable: then the listener answers for it.
func (s *Service) StoreForwarded(ctx context.Context, a Arrived) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	channels, err := s.channels.Get(ctx, a.ChannelIDs)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return errors.New("none of the mail's channels exists any longer")
	}
	first, err := s.storeForChannel(ctx, channels[0], a, a.Raw)
	if err != nil {
		return err
	}
	for _, c := range channels[1:] {
		again, err := s.blobs.NewReader(ctx, first.BlobKey)
		if err != nil {
			return err
		}
		_, err = s.storeForChannel(ctx, c, a, again)
		if err := errors.Join(err, again.Close()); err != nil {
			return err
		}
	}
	return nil
}

// storeForChannel keeps a mail for one channel.
func (s *Service) storeForChannel(ctx context.Context, c *ent.EmailChannel, a Arrived, raw io.Reader) (*ent.InboundMail, error) {
	ctx = settings.InAccount(ctx, c.AccountID)
	m, err := s.writeRaw(ctx, c, "smtp:"+id.New("receipt"), raw)
	if err != nil {
		return nil, err
	}
	m.EnvelopeFrom, m.EnvelopeTo = a.From, a.Recipients
	return m, s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := insertRaw(ctx, tx, m)
		tx.Enqueue(store.Job{Args: IngestArgs{AccountID: m.AccountID, MailID: m.ID}})
		return err
	})
}

// Recipient is the channel whose forwarding address, with or without something
// after a plus sign, an address is; empty: none, or one that is disconnected or
// deleted (IB-3). The listener asks it of each recipient.
func (s *Service) Recipient(ctx context.Context, address string) (string, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	key, _, _ := strings.Cut(local, "+")
	if s.channels.Domain() == "" || domain != strings.ToLower(s.channels.Domain()) || key == "" {
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

// Arrived is a mail as the listener took it.
type Arrived struct {
	ChannelIDs []string
	From       string
	Recipients []string
	Raw        io.Reader
}
