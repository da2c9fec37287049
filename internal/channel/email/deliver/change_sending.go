package deliver

import (
	"context"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
)

// changeSending changes the sending of a message that goes by mail.
func (s *Service) changeSending(ctx context.Context, mutation, messageID string, key *string, input any,
	apply func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error) (*ent.Message, error) {
	unknown := errs.New(errs.NotFound, "You have no e-mail %q.", errs.Clip(messageID)).On("messageId")
	if !id.Is(messageID, id.Message) {
		return nil, unknown
	}
	var m *ent.Message
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := idempotency.Claim(ctx, tx, mutation, key, input, messageID)
		if err != nil {
			return err
		}
		e, err := tx.Client.Email.Query().Where(entemail.ID(messageID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && e.InboundMailID != "" {
			return unknown
		}
		if err != nil {
			return err
		}
		if m, err = tx.Client.Message.Get(ctx, messageID); err != nil || replayed != "" {
			return err
		}
		if err := apply(ctx, tx, e, m); err != nil {
			return err
		}
		m, err = tx.Client.Message.Get(ctx, messageID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
