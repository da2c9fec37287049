package targeting

import (
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Update changes what a targeted message says and raises its version. One that
// is on must stay complete, and is live at once; running chats keep the version
// that they began with (TM-1).
func (s *Service) Update(ctx context.Context, in UpdateTargetedMessageInput) (*ent.TargetedMessage, error) {
	return s.change(ctx, "updateTargetedMessage", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		before := *m
		if err := in.applyTo(m); err != nil {
			return err
		}
		changes := edits(&before, m)
		if len(changes) == 0 {
			return nil
		}
		if m.State == vocab.TargetedOn {
			if err := complete(m); err != nil {
				return err
			}
		}
		m.Version++
		err := tx.Client.TargetedMessage.UpdateOneID(m.ID).
			SetName(m.Name).SetWelcomeMessage(m.WelcomeMessage).SetVersion(m.Version).Exec(ctx)
		if err != nil {
			return err
		}
		changes = append(changes, went("version", strconv.Itoa(before.Version), strconv.Itoa(m.Version)))
		tell(ctx, tx, vocab.TargetedMessageUpdated, m, changes...)
		return nil
	})
}

func (in UpdateTargetedMessageInput) applyTo(m *ent.TargetedMessage) error {
	var faults []error
	if in.Name != nil {
		name, err := people.CleanName(*in.Name, "name")
		m.Name, faults = name, append(faults, err)
	}
	if in.WelcomeMessage != nil {
		welcome, err := cleanWelcome(*in.WelcomeMessage)
		m.WelcomeMessage, faults = welcome, append(faults, err)
	}
	return errors.Join(faults...)
}

// edits names the texts that differ.
func edits(before, after *ent.TargetedMessage) []schema.FieldChange {
	var changes []schema.FieldChange
	if before.Name != after.Name {
		changes = append(changes, schema.FieldChange{Field: "name"})
	}
	if before.WelcomeMessage != after.WelcomeMessage {
		changes = append(changes, schema.FieldChange{Field: "welcomeMessage"})
	}
	return changes
}
