package crm

import (
	"context"
	"strings"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// lineOfChat is how many characters of a visitor's first line name a ticket.
	lineOfChat = 80
	// maxFilled is how many characters of a message describe a ticket.
	maxFilled = 2_000
)

// fillTicket takes from a conversation what is known of its ticket and not given (CR-7).
func fillTicket(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation, f TicketFacts) error {
	t.ConversationID, t.ContactID, t.Source = &c.ID, c.ContactID, sourceOf(c.Kind)
	owner, err := activeAssignee(ctx, tx, c)
	if err != nil {
		return err
	}
	t.OwnerID = owner
	if !f.Description.IsSet() {
		if t.Description, err = lastIncoming(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	if given(f.Subject.Value()) {
		return nil
	}
	t.Subject, err = subjectOf(ctx, tx, c)
	return err
}

func sourceOf(kind vocab.ChannelKind) vocab.TicketSource {
	switch kind {
	case vocab.Email:
		return vocab.TicketFromEmail
	case vocab.Chat:
		return vocab.TicketFromChat
	}
	return vocab.TicketFromAPI
}

// activeAssignee is whom a conversation is assigned to, if they can own a record; "": no
// one.
func activeAssignee(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	if c.AssigneeID == "" {
		return "", nil
	}
	active, err := isActive(ctx, tx.Client, c.AssigneeID)
	if err != nil || !active {
		return "", err
	}
	return c.AssigneeID, nil
}

// subjectOf is a conversation's subject, or the first line of its contact's first message.
func subjectOf(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	if c.Subject != "" {
		return cut(c.Subject, maxSubject), nil
	}
	text, err := incoming(ctx, tx, c.ID, entmessage.ByNumber())
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return cut(strings.Join(strings.Fields(line), " "), lineOfChat), err
}

// lastIncoming is the last text that came in, as far as it describes a ticket.
func lastIncoming(ctx context.Context, tx *store.Tx, conversationID string) (string, error) {
	text, err := incoming(ctx, tx, conversationID, ent.Desc(entmessage.FieldNumber))
	return cut(strings.TrimSpace(text), maxFilled), err
}

// incoming is the text of the first message from the contact in an order; "": there is
// none.
func incoming(ctx context.Context, tx *store.Tx, conversationID string, order entmessage.OrderOption) (string, error) {
	m, err := tx.Client.Message.Query().
		Where(entmessage.ConversationID(conversationID), entmessage.DirectionEQ(vocab.Incoming), entmessage.DeletedAt(0)).
		Order(order).First(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return m.Text, nil
}
