package custom

import (
	"context"

	"parley/ent"
	"parley/ent/channelmessage"
	"parley/ent/channelreaction"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
)

// ReportDelivery takes in what became of a message (CC-3). Errors: NOT_FOUND on messageId,
// channelId or externalMessageId; REQUIRED on what names the message; ALREADY_EXISTS on
// externalMessageId.
func (s *Service) ReportDelivery(ctx context.Context, in ReportDeliveryInput) (*ent.Message, error) {
	report, err := s.reportOf(ctx, in)
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	own := func(row *ent.ChannelMessage) bool { return v.InInbox(row.InboxID) && mayUse(v, row.ChannelID) }
	var m *ent.Message
	call := idempotency.Call{Mutation: "reportDelivery", Key: in.IdempotencyKey, Input: in, Result: report.MessageID}
	if call.Result == "" {
		call.Result = report.ChannelID
	}
	take := func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = s.deps.Conversations.ReportOutbound(system(ctx), tx, report, own)
		return err
	}
	err = idempotency.Run(ctx, s.store, call, take, func(ctx context.Context, tx *store.Tx, _ string) (err error) {
		m, err = s.deps.Conversations.ReportedMessage(system(ctx), tx, report, own) // it may be something else's report now
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// reportOf checks how a report names its message.
func (s *Service) reportOf(ctx context.Context, in ReportDeliveryInput) (conversation.Report, error) {
	r := conversation.Report{State: in.State}
	if in.Attempt != nil {
		r.Attempt = *in.Attempt
	}
	if in.Action != nil {
		r.Action = *in.Action
	}
	if in.Error != nil {
		r.Error = richtext.Clip(*in.Error, 500)
	}
	if in.ExternalMessageID != nil && *in.ExternalMessageID != "" {
		if err := checkKey(*in.ExternalMessageID, "externalMessageId"); err != nil {
			return r, err
		}
		r.ExternalID = *in.ExternalMessageID
	}
	if in.MessageID != nil && *in.MessageID != "" {
		r.MessageID = *in.MessageID
		return r, nil
	}
	for _, x := range []struct {
		field string
		given *string
	}{{"channelId", in.ChannelID}, {"externalThreadId", in.ExternalThreadID}, {"externalMessageId", in.ExternalMessageID}} {
		if x.given == nil || *x.given == "" {
			return r, errs.New(errs.Required, "Name the message by messageId, or by channelId, externalThreadId and externalMessageId.").On(x.field)
		}
	}
	c, err := findChannel(ctx, s.store.Client(ctx), *in.ChannelID)
	if err != nil {
		return r, err
	}
	r.ChannelID, r.ThreadKey = c.ID, *in.ExternalThreadID
	return r, checkKey(r.ThreadKey, "externalThreadId")
}

// findThread returns the conversation of a thread: NOT_FOUND on externalThreadId.
func findThread(ctx context.Context, client *ent.Client, channelID, threadKey string) (*ent.Conversation, error) {
	if err := checkKey(threadKey, "externalThreadId"); err != nil {
		return nil, err
	}
	c, err := client.Conversation.Query().Where(entconversation.ChannelID(channelID), entconversation.ExternalID(threadKey), entconversation.ThreadKeyNEQ(""), entconversation.DeletedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "The channel has no thread %q.", errs.Clip(threadKey)).On("externalThreadId")
	}
	return c, err
}

// ReportTyping shows the contact of a thread as typing, or as no longer (IN-16). NOT_FOUND
// on channelId and externalThreadId.
func (l *Live) ReportTyping(ctx context.Context, in ReportTypingInput) (*ent.Conversation, error) {
	client := l.service.store.Client(ctx)
	channel, err := findChannel(ctx, client, in.ChannelID)
	if err != nil {
		return nil, err
	}
	c, err := findThread(ctx, client, channel.ID, in.ExternalThreadID)
	if err != nil || c.ContactID == "" {
		return c, err
	}
	if blocked, err := l.service.deps.Conversations.IsSenderBlocked(system(ctx), c); err != nil || blocked {
		return c, err
	}
	who := viewer.NewContext(ctx, &viewer.Viewer{Kind: viewer.Visitor, AccountID: c.AccountID, ActorID: c.ContactID})
	if in.Typing != nil && !*in.Typing {
		l.presence.StopsTyping(who, c)
	} else {
		l.presence.Types(who, c)
	}
	return c, nil
}

// maxEmoji is the most characters of an emoji; some are made of many.
const maxEmoji = 32

// maxReactions is how many reactions a message has.
const maxReactions = 100

// ReportReaction adds a reaction to a message, or takes it back (CC-3). Of a blocked sender it
// does neither, and says nothing of it. NOT_FOUND on
// channelId and externalMessageId; INVALID where there are too many.
func (s *Service) ReportReaction(ctx context.Context, in ReportReactionInput) (*ent.Message, error) {
	for field, key := range map[string]string{"externalThreadId": in.ExternalThreadID, "externalMessageId": in.ExternalMessageID} {
		if err := checkKey(key, field); err != nil {
			return nil, err
		}
	}
	if err := checkKey(in.Sender.Key, "sender", "key"); err != nil {
		return nil, err
	}
	emoji, err := richtext.OneLine(in.Emoji, maxEmoji, "emoji")
	if err != nil {
		return nil, err
	}
	channel, err := findChannel(ctx, s.store.Client(ctx), in.ChannelID)
	if err != nil {
		return nil, err
	}
	if removed := in.Removed != nil && *in.Removed; !removed && !richtext.IsEmoji(emoji) { // what was kept once can be taken back
		return nil, errs.New(errs.Invalid, "%q is not one emoji.", errs.Clip(emoji)).On("emoji")
	}
	var m *ent.Message
	call := idempotency.Call{Mutation: "reportReaction", Key: in.IdempotencyKey, Input: in, Result: channel.ID}
	take := func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = s.react(system(ctx), tx, channel, emoji, in)
		return err
	}
	err = idempotency.Run(ctx, s.store, call, take, func(ctx context.Context, tx *store.Tx, _ string) error { return take(ctx, tx) })
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (s *Service) react(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, emoji string, in ReportReactionInput) (*ent.Message, error) {
	row, err := tx.Client.ChannelMessage.Query().
		Where(channelmessage.ChannelID(channel.ID), channelmessage.ThreadKey(in.ExternalThreadID), channelmessage.ExternalID(in.ExternalMessageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "The thread has no message %q.", errs.Clip(in.ExternalMessageID)).On("externalMessageId")
	}
	if err != nil {
		return nil, err
	}
	m, err := tx.Client.Message.Query().Where(entmessage.ID(row.ID)).Modify(store.ForUpdate).Only(ctx)
	if err != nil {
		return nil, err
	}
	if blocked, err := s.isBlocked(ctx, tx, channel, in.Sender.Key); err != nil || blocked {
		return m, err
	}
	who, _, err := s.findSender(ctx, tx, channel, &in.Sender)
	if err != nil {
		return nil, err
	}
	same := channelreaction.And(channelreaction.MessageID(m.ID), channelreaction.SenderID(who.ID), channelreaction.Emoji(emoji))
	there, err := tx.Client.ChannelReaction.Query().Where(same).Exist(ctx)
	remove := in.Removed != nil && *in.Removed
	if err != nil || there != remove {
		return m, err
	}
	if remove {
		_, err = tx.Client.ChannelReaction.Delete().Where(same).Exec(ctx)
	} else {
		err = addReaction(ctx, tx, m, who, emoji)
	}
	if err != nil {
		return nil, err
	}
	return m, s.deps.Conversations.ReactionChanged(ctx, tx, m, emoji, remove)
}

// isBlocked reports whether a sender is blocked, if the channel knows them: no one sees what
// they do (IN-10).
func (s *Service) isBlocked(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, key string) (bool, error) {
	who, err := loadSender(ctx, tx, channel.ID, key)
	if err != nil {
		return false, err
	}
	contactID := ""
	if who != nil {
		contactID = who.ContactID
	}
	return s.deps.Conversations.IsBlockedSender(ctx, tx, channel, key, contactID)
}

func addReaction(ctx context.Context, tx *store.Tx, m *ent.Message, who *ent.ChannelSender, emoji string) error {
	n, err := tx.Client.ChannelReaction.Query().Where(channelreaction.MessageID(m.ID)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= maxReactions {
		return errs.New(errs.Invalid, "The message has %d reactions, which is the maximum.", n).On("emoji")
	}
	return tx.Client.ChannelReaction.Create().SetID(id.New("reaction")).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetMessageID(m.ID).
		SetSenderID(who.ID).SetEmoji(emoji).SetCreatedAt(tx.Now()).Exec(ctx)
}
