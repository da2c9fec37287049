package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/email"
	entmessage "parley/ent/message"
	"parley/internal/errs"
	"parley/internal/id"
)

func (in SendMessageInput) reopens() bool { return in.Reopen != nil && *in.Reopen }

// mostNewer is how many of the newer messages a CONFLICT shows at most.
const mostNewer = 100

// expectLast refuses a message whose author has not seen the last one: what came
// since is shown with the error (IN-33).
func (ch *change) expectLast(ctx context.Context, number *int) error {
	if number == nil || *number == 0 || *number == ch.c.LastNumber { // typed clients send 0 for what is left out
		return nil
	}
	if *number < 0 || *number > ch.c.LastNumber {
		return errs.New(errs.Invalid, "The conversation has messages 1 to %d.", ch.c.LastNumber).On("ifLastNumber")
	}
	newer, err := ch.tx.Client.Message.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.NumberGT(*number)).
		Order(entmessage.ByNumber()).Limit(mostNewer).All(ctx)
	if err != nil {
		return err
	}
	return conflict(ch.before, "The last message has the number %d, not %d: read what came since before you reply.", ch.c.LastNumber, *number).
		Showing(newer).On("ifLastNumber")
}

// answeredMessage is the message that is answered (IN-30); nil: none in particular.
// What visitors see must not point to what they do not see.
func (ch *change) answeredMessage(ctx context.Context, in SendMessageInput) (*ent.Message, error) {
	if in.ReplyToMessageID == nil || *in.ReplyToMessageID == "" {
		return nil, nil
	}
	m, err := ch.messageAt(ctx, *in.ReplyToMessageID, "replyToMessageId")
	switch {
	case err != nil:
		return nil, err
	case m.DeletedAt.IsSet():
		return nil, errs.New(errs.Invalid, "The message that you reply to is deleted.").On("replyToMessageId")
	case m.VisibleNumber == 0 && !in.Note:
		return nil, errs.New(errs.Invalid, "The contact does not see the message that you reply to: only a note may reply to it.").On("replyToMessageId")
	}
	return m, nil
}

// messageAt is a message of the conversation; NOT_FOUND on the field for any other.
func (ch *change) messageAt(ctx context.Context, messageID, field string) (*ent.Message, error) {
	unknown := errs.New(errs.NotFound, "There is no message %q in this conversation.", errs.Clip(messageID)).On(field)
	if !id.Is(messageID, id.Message) {
		return nil, unknown
	}
	m, err := ch.tx.Client.Message.Query().Where(entmessage.ID(messageID), entmessage.ConversationID(ch.c.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return m, err
}

// mailToAnswer is the mail that an answer goes to: that of the message which is
// answered, else the last one; nil: there is none.
func (ch *change) mailToAnswer(ctx context.Context, messageID string) (*ent.Email, error) {
	if messageID != "" {
		answered, err := ch.tx.Client.Email.Query().Where(email.ID(messageID), email.ConversationID(ch.c.ID)).Only(ctx)
		if !ent.IsNotFound(err) {
			return answered, err
		}
	}
	return ch.lastMail(ctx)
}
