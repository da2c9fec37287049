package visitor

import (
	"context"
	"encoding/hex"

	"parley/ent"
	"parley/internal/store"
	"parley/internal/viewer"
)

// network is the network that a request comes from, as a keyed hash: "" where it is
// not known. The address itself is not kept.
func (s *Service) network(ctx context.Context, accountID string) string {
	remote := viewer.Remote(ctx)
	if remote == "" {
		return ""
	}
	return hex.EncodeToString(s.keys.HMAC("visitor-network", []byte(accountID+" "+remote)))
}

// recordNetwork keeps where a visitor's last session began, by which their network may be
// blocked (IN-10).
func (s *Service) recordNetwork(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	network := s.network(ctx, me.AccountID)
	if network == "" || network == me.Network {
		return nil
	}
	me.Network = network
	return tx.Client.Visitor.UpdateOneID(me.ID).SetNetwork(network).Exec(ctx)
}
