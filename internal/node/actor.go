package node

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
	place(actors, users)
	integrations, err := s.Integrations(ctx, idsOf(refs, id.Integration))
	if err != nil {
		return nil, err
	}
	place(actors, integrations)
	bots, err := s.Bots(ctx, idsOf(refs, id.Bot))
	if err != nil {
		return nil, err
	}
	place(actors, bots)
	contacts, err := s.Contacts(ctx, idsOf(refs, id.Contact))
	if err != nil {
		return nil, err
	}
	place(actors, contacts)
	return actors, s.placeVisitors(ctx, actors, refs)
}

func (s *Service) placeVisitors(ctx context.Context, actors []any, refs []Ref) error {
	visitors, err := s.Visitors(ctx, idsOf(refs, id.Visitor))
	if err != nil {
		return err
	}
	place(actors, visitors)
	linked := make([]string, len(visitors))
	for i, v := range visitors {
		if v != nil {
			linked[i] = v.ContactID
		}
	}
	contacts, err := s.Contacts(ctx, linked)
	if err != nil {
		return err
	}
	place(actors, contacts)
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

// place puts what was found among the actors.
func place[T ent.User | ent.Integration | ent.Bot | ent.Visitor | ent.Contact](actors []any, found []*T) {
	for i, f := range found {
		if f != nil {
			actors[i] = f
		}
	}
}
