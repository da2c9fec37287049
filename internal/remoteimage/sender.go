package remoteimage

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/imagesender"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// MaxSenders is the most senders whose images a user always sees.
	MaxSenders    = 5000
	pageOfSenders = 50
)

// senders are listed by address.
var senders = store.Listing[ent.ImageSender]{
	Name: "remoteImageSenders", Kind: id.ImageSender, Column: imagesender.FieldAddress,
	Text: func(s *ent.ImageSender) string { return s.Address }, ID: func(s *ent.ImageSender) string { return s.ID },
}

// Set has the caller always see the images of a sender's mails, or no longer. It
// returns the sender as it is remembered; nil: it is not.
func (s *Service) Set(ctx context.Context, in SetRemoteImageSenderInput) (*ent.ImageSender, error) {
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users choose whose images they see.")
	}
	address := strings.ToLower(in.Email)
	call := idempotency.Call{Mutation: "setRemoteImageSender", Key: in.IdempotencyKey, Input: in, Result: me.ActorID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if !in.Show {
			_, err := tx.Client.ImageSender.Delete().Where(imagesender.UserID(me.ActorID), imagesender.Address(address)).Exec(ctx)
			return err
		}
		return remember(ctx, tx, me.ActorID, address)
	}, nil)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Client(ctx).ImageSender.Query().Where(imagesender.UserID(me.ActorID), imagesender.Address(address)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return found, err
}

func remember(ctx context.Context, tx *store.Tx, userID, address string) error {
	n, err := tx.Client.ImageSender.Query().Where(imagesender.UserID(userID)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= MaxSenders {
		return errs.New(errs.Invalid, "The images of %d senders are always shown; remove one first.", n).On("email")
	}
	return tx.Client.ImageSender.Create().SetID(id.New(id.ImageSender)).SetUserID(userID).SetAddress(address).SetCreatedAt(tx.Now()).
		OnConflictColumns(imagesender.FieldUserID, imagesender.FieldAddress).Ignore().Exec(ctx)
}

// Senders returns a page of the senders whose images the caller always sees.
func (s *Service) Senders(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.ImageSender], error) {
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users choose whose images they see.")
	}
	return senders.Page(args, pageOfSenders, func(narrow func(*sql.Selector)) ([]*ent.ImageSender, error) {
		q := s.store.Client(ctx).ImageSender.Query().Where(imagesender.UserID(me.ActorID))
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// AlwaysShown returns those of the addresses whose images the caller always sees.
func (s *Service) AlwaysShown(ctx context.Context, addresses []string) (map[string]bool, error) {
	shown := map[string]bool{}
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() || len(addresses) == 0 {
		return shown, nil
	}
	found, err := s.store.Client(ctx).ImageSender.Query().
		Where(imagesender.UserID(me.ActorID), imagesender.AddressIn(addresses...)).All(ctx)
	for _, f := range found {
		shown[f.Address] = true
	}
	return shown, err
}
