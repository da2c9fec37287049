package crm

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/schema"
	"parley/ent/ticket"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service reads tickets. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// CreateFromPreset makes the ticket of a conversation, within the caller's
// transaction, and returns it. A conversation has one (EM-8): one that has a
// ticket already keeps it as it is, and nothing is told. The preset is clean;
// see CleanPreset.
func CreateFromPreset(ctx context.Context, tx *store.Tx, c *ent.Conversation, subject string, preset *schema.TicketPreset) (*ent.Ticket, error) {
	existing, err := tx.Client.Ticket.Query().Where(ticket.ConversationID(c.ID)).Only(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return existing, err
	}
	properties := preset.Properties
	if properties == nil {
		properties = []schema.TicketProperty{}
	}
	t, err := tx.Client.Ticket.Create().SetID(id.New(id.Ticket)).SetSubject(subject).SetPipeline(preset.Pipeline).SetStage(preset.Stage).
		SetPriority(preset.Priority).SetProperties(properties).SetContactID(c.ContactID).SetConversationID(c.ID).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save ticket: %w", err)
	}
	tx.Append(ctx, store.Event{
		Type: vocab.TicketCreated, InboxID: c.InboxID, ConversationID: c.ID, SubjectID: t.ID, Revision: c.Revision,
	})
	return t, nil
}

// Tickets returns the tickets of each conversation, oldest first, with one query.
func (s *Service) Tickets(ctx context.Context, conversations []*ent.Conversation) ([][]*ent.Ticket, error) {
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	rows, err := s.store.Client(ctx).Ticket.Query().Where(ticket.ConversationIDIn(ids...)).Order(ticket.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	byConversation := map[string][]*ent.Ticket{}
	for _, t := range rows {
		byConversation[*t.ConversationID] = append(byConversation[*t.ConversationID], t)
	}
	lists := make([][]*ent.Ticket, len(conversations))
	for i, c := range conversations {
		lists[i] = append([]*ent.Ticket{}, byConversation[c.ID]...)
	}
	return lists, nil
}
