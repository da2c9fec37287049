package settings

import (
	"context"

	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/inbox"
	"parley/internal/store"
	"parley/internal/viewer"
)

// First is what Bootstrap made.
type First struct {
	account.First
	// InboxID and ChannelID are of the first inbox; "" if nothing was made.
	InboxID, ChannelID string
}

// Bootstrap sets an empty database up: account 1 with an admin, a token of
// theirs, and an inbox with the admin as member and a chat channel. adminToken
// is the token's text; "" makes a random one. On a database that is set up
// already it only lets an adminToken in that it does not know yet, for the
// first admin. It needs no viewer, and may run on several nodes at once.
func (s *Service) Bootstrap(ctx context.Context, adminToken string) (First, error) {
	var f First
	ctx = viewer.NewContext(ctx, viewer.Everywhere("bootstrap"))
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		f = First{}
		var err error
		if f.First, err = s.people.FirstAccount(ctx, adminToken); err != nil || !f.Created {
			return err
		}
		f.InboxID, f.ChannelID = id.New(id.Inbox), id.New(id.Channel)
		ctx = viewer.NewContext(ctx, viewer.System("bootstrap", f.AccountID))
		if err := inbox.Make(ctx, tx, f.InboxID, "Inbox", []string{f.UserID}, nil); err != nil {
			return err
		}
		return makeChannel(ctx, tx, f.ChannelID, f.InboxID)
	})
	return f, err
}
