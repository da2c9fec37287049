package loader

import (
	"context"
	"strings"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/viewer"
)

// Ref names an actor as rows keep it.
type Ref struct {
	Kind viewer.Kind
	ID   string
}

// Actors loads who did something: users, integrations, bots, contacts who wrote
// by mail, and for visitors the contact that they are linked to, or else the
// visitor. The system, and
// whoever is gone or hidden, is a *viewer.Viewer with a name, so that no actor
// is ever missing.
func (s *Service) Actors(ctx context.Context, refs []Ref) ([]any, error) {
	actors := make([]any, len(refs))
	for i, r := range refs {
		actors[i] = &viewer.Viewer{Kind: viewer.SystemKind, ActorID: systemName(r)}
	}
	users, err := s.Users(ctx, idsOf(refs, id.User))
	if err != nil {
		return nil, err
	}
	placeActors(actors, users)
	integrations, bots, err := s.programs(ctx, idsOf(refs, id.Integration), idsOf(refs, id.Bot))
	if err != nil {
		return nil, err
	}
	placeActors(actors, integrations)
	placeActors(actors, bots)
	return actors, s.placeContacts(ctx, actors, refs)
}

// placeContacts puts contacts and visitors among the actors.
func (s *Service) placeContacts(ctx context.Context, actors []any, refs []Ref) error {
	visitors, err := s.Visitors(ctx, idsOf(refs, id.Visitor))
	if err != nil {
		return err
	}
	placeActors(actors, visitors)
	ids := idsOf(refs, id.Contact)
	for i, v := range visitors {
		if v != nil {
			ids[i] = v.ContactID
		}
	}
	contacts, err := s.Contacts(ctx, ids)
	if err != nil {
		return err
	}
	placeActors(actors, contacts)
	return nil
}

// systemName is the name of Parley's own work; of anyone else who cannot be
// shown their kind, or what kind of thing their id names.
func systemName(r Ref) string {
	switch {
	case r.Kind == viewer.SystemKind:
		return r.ID
	case r.Kind != "":
		return string(r.Kind)
	case id.Prefix(r.ID) != "":
		return strings.ToUpper(id.Prefix(r.ID))
	}
	return r.ID
}

// idsOf returns the ids of one type where they stand, "" elsewhere.
func idsOf(refs []Ref, prefix string) []string {
	ids := make([]string, len(refs))
	for i, r := range refs {
		if id.Is(r.ID, prefix) {
			ids[i] = r.ID
		}
	}
	return ids
}

// placeActors puts what was found among the actors.
func placeActors[T ent.User | ent.Integration | ent.Bot | ent.Visitor | ent.Contact](actors []any, found []*T) {
	for i, f := range found {
		if f != nil {
			actors[i] = f
		}
	}
}
