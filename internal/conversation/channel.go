package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channel"
	entconversation "parley/ent/conversation"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/vocab"
)

// SetChannel has a conversation go on in another channel of its kind and inbox (IB-6).
// NOT_FOUND and INVALID on channelId.
func (s *Service) SetChannel(ctx context.Context, in SetConversationChannelInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "setConversationChannel", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		return ch.setChannel(ctx, in.ChannelID)
	})
}

func (ch *change) setChannel(ctx context.Context, channelID string) error {
	gone := errs.New(errs.NotFound, "There is no channel %q that you may see.", errs.Clip(channelID)).On("channelId")
	if !id.Is(channelID, id.Channel) {
		return gone
	}
	c, err := ch.tx.Client.Channel.Query().Where(channel.ID(channelID), channel.RemovedAt(clock.Micros(0))).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return gone
	case err != nil:
		return err
	case c.InboxID != ch.c.InboxID || c.Kind != ch.c.Kind:
		return errs.New(errs.Invalid, "The channel must be of the conversation's inbox, and of its kind, %s.", ch.c.Kind).On("channelId")
	case c.ID == ch.c.ChannelID:
		return nil
	}
	if err := ch.takesThread(ctx, c.ID); err != nil {
		return err
	}
	ch.c.ChannelID = c.ID
	ch.emitEvent(vocab.ConversationUpdated)
	return nil
}

// takesThread refuses a custom channel of another medium, whose threads and senders are
// others, and one in which the thread is another conversation already (CC-2).
func (ch *change) takesThread(ctx context.Context, channelID string) error {
	if !ch.byConnector() {
		return nil
	}
	to, err := ch.tx.Client.CustomChannel.Get(ctx, channelID)
	switch {
	case err != nil:
		return err
	case to.Type != ch.c.ChannelType:
		return errs.New(errs.Invalid, "The channel must be of the conversation's type, %q; it is of %q.", ch.c.ChannelType, to.Type).On("channelId")
	case ch.c.ExternalID == nil || ch.c.ThreadKey == "":
		return nil
	}
	inThread := func(s *sql.Selector) { s.Where(sql.ExprP(s.C(entconversation.FieldThreadKey) + " <> ''")) }
	other, err := ch.tx.Client.Conversation.Query().Where(entconversation.ChannelID(channelID), entconversation.ExternalID(*ch.c.ExternalID)).Modify(inThread).FirstID(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.New(errs.Invalid, "In that channel the thread is the conversation %s already.", other).On("channelId")
}

// channelRemoved is when the conversation's channel was removed, in rows that withChannel
// loads.
const channelRemoved = "channel_removed_at"

// withChannel loads with conversations whether their channels were removed.
func withChannel(s *sql.Selector) {
	of := sql.Dialect(s.Dialect()).Table(channel.Table)
	s.AppendSelectExprAs(sql.Dialect(s.Dialect()).Select(of.C(channel.FieldRemovedAt)).From(of).
		Where(sql.EQ(of.C(channel.FieldID), sql.Expr(s.C(entconversation.FieldChannelID)))), channelRemoved)
}

// hasChannel reports whether the conversation's channel was not removed.
func (ch *change) hasChannel() bool {
	at, err := ch.c.Value(channelRemoved)
	return err != nil || at == nil || at == int64(0)
}

// mustHaveChannel refuses an answer that no channel takes to the contact (IB-6).
func (ch *change) mustHaveChannel() error {
	if ch.hasChannel() {
		return nil
	}
	return errs.New(errs.ChannelNotConnected, "The channel of this conversation was removed: set another one with setConversationChannel.").On("conversationId")
}
