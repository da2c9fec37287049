package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/vocab"
)

// SetConversationPropertiesInput is the input of setConversationProperties. What a
// conversation has of defined properties.
type SetConversationPropertiesInput struct {
	Target
	Properties []property.PropertyValueInput
}

// SetProperties sets what a conversation has of defined properties (CR-11); those that
// are not named stay.
func (s *Service) SetProperties(ctx context.Context, in SetConversationPropertiesInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "setConversationProperties", in.Target, in, func(ctx context.Context, ch *change) error {
		return ch.setProperties(ctx, in.Properties)
	})
}

func (ch *change) setProperties(ctx context.Context, values []property.PropertyValueInput) error {
	if len(values) == 0 {
		return errs.New(errs.Required, "Pass at least one value.").On("properties")
	}
	if err := ch.mayChange(); err != nil {
		return err
	}
	changed, err := property.Set(ctx, ch.tx, vocab.PropertyOfConversation, ch.c.ID, values)
	if err != nil || changed.IsZero() {
		return err
	}
	ch.touched = true
	e := ch.emitEvent(vocab.ConversationUpdated)
	e.Changes = append(e.Changes, changed.FieldChange())
	return nil
}
