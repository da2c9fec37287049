package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/block"
	"parley/internal/id"
	"parley/internal/store"
)

// BlockNewcomer blocks a visitor who came from a network from which new ones are
// blocked, for as long as those are (IN-10), within the caller's transaction. The
// network is a keyed hash.
func (s *Service) BlockNewcomer(ctx context.Context, tx *store.Tx, v *ent.Visitor, network string) error {
	if network == "" {
		return nil
	}
	b, err := tx.Client.Block.Query().
		Where(block.Network(network), block.NetworkEndsAtGT(tx.Now()), holdsOn(v.InboxID, v.ChannelID), lasts(tx.Now())).
		Order(block.ByNetworkEndsAt(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.Client.Block.Create().SetID(id.New(id.Block)).SetInboxID(v.InboxID).SetChannelID(v.ChannelID).SetKind(b.Kind).
		SetSender(v.ID).SetBlockedBy(b.BlockedBy).SetReason(b.Reason).SetEndsAt(b.NetworkEndsAt).SetAllChannels(b.AllChannels).
		SetCreatedAt(tx.Now()).Exec(ctx)
}
