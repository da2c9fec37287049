package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/emailchannel"
	entmessage "parley/ent/message"
	"parley/internal/crm"
	"parley/internal/vocab"
)

// makeTicket makes the ticket that goes with the change, if there is none yet (EM-8).
func (ch *change) makeTicket(ctx context.Context) error {
	if ch.ticket == nil {
		return nil
	}
	subject := ch.c.Subject
	if subject == "" {
		subject = ch.c.Preview
	}
	_, err := crm.CreateFromPreset(ctx, ch.tx, ch.c, subject, ch.ticket)
	ch.ticket = nil
	return err
}

// ticketAsNew has a conversation that leaves Filtered ticketed as its channel
// does new ones, if a mail to us began it (IN-9, EM-3).
func (ch *change) ticketAsNew(ctx context.Context) error {
	if !ch.c.Kind.Abilities().TicketPreset {
		return nil
	}
	ctx = byRouting(ctx, ch.c.AccountID)
	channel, err := ch.tx.Client.EmailChannel.Query().Where(emailchannel.ID(ch.c.ChannelID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil || channel.TicketPreset == nil {
		return err
	}
	theirs, err := ch.tx.Client.Message.Query().
		Where(entmessage.ConversationID(ch.c.ID), entmessage.Number(1), entmessage.DirectionEQ(vocab.Incoming)).Exist(ctx)
	if theirs {
		ch.ticket = channel.TicketPreset
	}
	return err
}
