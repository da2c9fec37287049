package crm

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/ticket"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service reads tickets. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// CreateFromPreset makes the ticket of a conversation, within the caller's
// transaction, and returns it. A conversation has one (EM-8): one that has a
// ticket already keeps it as it is, and nothing is reported. The preset is clean;
// see CleanPreset.
func CreateFromPreset(ctx context.Context, tx *store.Tx, c *ent.Conversation, subject string, preset *vocab.TicketPreset) (*ent.Ticket, error) {
	existing, err := tx.Client.Ticket.Query().Where(ticket.ConversationID(c.ID)).Only(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return existing, err
	}
	properties := preset.Properties
	if properties == nil {
		properties = []vocab.TicketProperty{}
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

// Tickets returns a page of each conversation's tickets, oldest first.
func (s *Service) Tickets(ctx context.Context, conversations []*ent.Conversation, args paging.PageArgs) ([]*paging.Connection[*ent.Ticket], error) {
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	return oldestFirst.Pages(args, pageOfRow, ids, store.Of(ticket.FieldConversationID), s.load(ctx))
}

// TicketsOf returns a page of each contact's tickets, oldest first.
func (s *Service) TicketsOf(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*paging.Connection[*ent.Ticket], error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return oldestFirst.Pages(args, pageOfRow, ids, store.Of(ticket.FieldContactID), s.load(ctx))
}

const pageOfRow = 20

var oldestFirst = store.Listing[ent.Ticket]{
	Name: "tickets", Kind: id.Ticket, Column: ticket.FieldCreatedAt,
	Number: func(t *ent.Ticket) int64 { return int64(t.CreatedAt) }, ID: func(t *ent.Ticket) string { return t.ID },
}

func (s *Service) load(ctx context.Context) store.Narrowed[ent.Ticket] {
	return func(narrow func(*sql.Selector)) ([]*ent.Ticket, error) {
		q := s.store.Client(ctx).Ticket.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
}
