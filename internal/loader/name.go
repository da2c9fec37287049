package loader

import (
	"context"

	"parley/ent"
	"parley/ent/participant"
	"parley/internal/vocab"
)

// DisplayNames returns who each conversation is with, never empty: its contact, or
// else its visitor, or else the first participant of its mail, by name or address
// (IN-4). One who is anonymous is always called the same.
func (s *Service) DisplayNames(ctx context.Context, list []*ent.Conversation) ([]string, error) {
	contactIDs, visitorIDs := make([]string, len(list)), make([]string, len(list))
	for i, c := range list {
		contactIDs[i] = c.ContactID
		if c.ContactID == "" {
			visitorIDs[i] = c.VisitorID
		}
	}
	contacts, err := s.Contacts(ctx, contactIDs)
	if err != nil {
		return nil, err
	}
	visitors, err := s.Visitors(ctx, visitorIDs)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	var unnamed []string
	for i, c := range list {
		switch {
		case contacts[i] != nil:
			names[i] = ContactName(contacts[i])
		case visitors[i] != nil:
			names[i] = VisitorName(visitors[i])
		case c.VisitorID != "":
			names[i] = vocab.AnonymousName("Visitor", c.VisitorID)
		default:
			unnamed = append(unnamed, c.ID)
		}
	}
	if len(unnamed) == 0 {
		return names, nil
	}
	return names, s.nameByParticipants(ctx, list, names, unnamed)
}

// nameByParticipants names mail whose contact is gone.
func (s *Service) nameByParticipants(ctx context.Context, list []*ent.Conversation, names []string, ids []string) error {
	people, err := s.store.Client(ctx).Participant.Query().Where(participant.ConversationIDIn(ids...)).Order(participant.ByID()).All(ctx)
	if err != nil {
		return err
	}
	first := map[string]*ent.Participant{}
	for _, p := range people {
		if first[p.ConversationID] == nil {
			first[p.ConversationID] = p
		}
	}
	for i, c := range list {
		if names[i] != "" {
			continue
		}
		if p := first[c.ID]; p != nil {
			names[i] = vocab.DisplayName("Sender", c.ID, p.Name, p.Address)
		} else {
			names[i] = vocab.AnonymousName("Sender", c.ID)
		}
	}
	return nil
}

// Titles returns what to call each conversation in a list: its subject, or else who
// it is with (IN-4).
func (s *Service) Titles(ctx context.Context, list []*ent.Conversation) ([]string, error) {
	titles := make([]string, len(list))
	var untitled []*ent.Conversation
	for i, c := range list {
		if titles[i] = c.Subject; c.Subject == "" {
			untitled = append(untitled, c)
		}
	}
	names, err := s.DisplayNames(ctx, untitled)
	if err != nil {
		return nil, err
	}
	for i := range titles {
		if titles[i] == "" {
			titles[i], names = names[0], names[1:]
		}
	}
	return titles, nil
}

// ContactName is what a contact is called: never empty.
func ContactName(c *ent.Contact) string {
	return vocab.DisplayName("Contact", c.ID, c.Name, c.Email, c.Phone)
}

// VisitorName is what a visitor is called who is no contact: never empty.
func VisitorName(v *ent.Visitor) string {
	return vocab.DisplayName("Visitor", v.ID, v.Name, v.Email)
}
