package crm

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateTicketInput is the input of createTicket. A new ticket, of a contact or a
// conversation, or of none.
type CreateTicketInput struct {
	// ID is the ticket's id, if the caller chose it.
	ID             *string
	Subject        string
	Pipeline       string
	Stage          string
	Priority       *vocab.Priority
	Properties     []vocab.TicketProperty
	ContactID      *string
	ConversationID *string
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateTicketInput is the input of updateTicket. What is left out stays as it is.
type UpdateTicketInput struct {
	TicketID       string
	Subject        opt.Value[*string]
	Pipeline       opt.Value[*string]
	Stage          opt.Value[*string]
	Priority       opt.Value[*vocab.Priority]
	Properties     opt.Value[[]vocab.TicketProperty]
	ContactID      opt.Value[*string]
	ExternalID     opt.Value[*string]
	IdempotencyKey *string
}
