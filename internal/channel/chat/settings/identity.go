package settings

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/idempotency"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateIdentitySecret makes the secret with which the site's back end signs
// who a visitor is (CH-8); the one before stops working at once. The text is
// shown once: it is empty when the mutation was repeated.
func (s *Service) CreateIdentitySecret(ctx context.Context, in CreateIdentitySecretInput) (string, *ent.Channel, error) {
	text := ""
	call := idempotency.Call{Mutation: "createIdentitySecret", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := loadChannel(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		text, _ = secret.NewToken("identity_")
		sealed, err := s.keys.Seal([]byte(text), []byte(c.ID))
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{
			Type: vocab.ChannelUpdated, InboxID: c.InboxID, SubjectID: c.ID, Changes: []vocab.FieldChange{{Field: "identitySecret"}},
		})
		return tx.Client.Channel.UpdateOneID(c.ID).SetIdentitySecret(sealed).Exec(ctx)
	})
	if err != nil {
		return "", nil, err
	}
	c, err := loadChannel(ctx, s.store.Client(ctx), in.ChannelID)
	return text, c, err
}

// IdentitySecret returns the key that verifies signed identities on a channel:
// the bytes of the secret's text. Nil: the channel has none. Errors are
// secret.ErrUnknownKey and secret.ErrDamaged.
func (s *Service) IdentitySecret(_ context.Context, c *ent.Channel) ([]byte, error) {
	if c.IdentitySecret == "" {
		return nil, nil
	}
	return s.keys.Open(c.IdentitySecret, []byte(c.ID))
}
