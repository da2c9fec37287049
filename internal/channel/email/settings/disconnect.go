package settings

import (
	"context"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Disconnect ends a channel's receiving and sending: its addresses are free
// again, its credentials are gone, its grant is revoked, its unsent mail fails.
// Its conversations stay.
func (s *Service) Disconnect(ctx context.Context, in DisconnectEmailChannelInput) (*ent.EmailChannel, error) {
	return s.administer(ctx, "disconnectEmailChannel", in.ChannelID, in.IdempotencyKey, in,
		func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
			if c.State == vocab.EmailDisconnected {
				return nil
			}
			if _, err := tx.Client.ChannelAddress.Delete().Where(channeladdress.ChannelID(c.ID)).Exec(ctx); err != nil {
				return err
			}
			s.forgetGrant(tx, c)
			tx.Audit(ctx, store.Audit{Action: vocab.AuditChannelDisconnected, InboxID: c.InboxID, SubjectID: c.ID})
			return s.enterState(ctx, tx, c, vocab.EmailDisconnected, "", "", func(u *ent.EmailChannelUpdateOne) { u.SetCredentials("") })
		})
}
