package contact

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// CreateForSender makes a contact of whom only a custom channel knows anything (CC-2): the
// name that it says, and a picture. What it says otherwise proves nothing.
func (s *Service) CreateForSender(ctx context.Context, tx *store.Tx, name, avatarURL string) (*ent.Contact, error) {
	ctx = viewer.AsSystem(ctx, "contacts")
	known, err := facts{}.with(givenFacts{name: saidOf(name), avatarURL: saidOf(avatarURL)})
	if err != nil {
		return nil, err
	}
	c, err := tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetName(known.name).SetAvatarURL(known.avatarURL).SetSource(vocab.SourceCustom).
		SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	recordCreation(ctx, tx, c, store.NamedChanges("name"))
	return c, nil
}
