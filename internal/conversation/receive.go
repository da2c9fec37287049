package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Start is what a chat begins with. The visitor package fills it.
type Start struct {
	MessageID string
	Channel   *ent.Channel
	Visitor   *ent.Visitor
	Targeted  *ent.TargetedMessage
	PageURL   string
	Text      string
	// AttachmentIDs are the visitor's uploads that go with it; with them there may
	// be no text.
	AttachmentIDs []string
}

// Begin opens a chat with the visitor's first message, within the caller's
// transaction. A targeted message with a bot puts it into the bot's hands
// (IN-8); a blocked visitor's chat goes to Filtered (IN-10); any other is routed
// by the message's rules of now, whichever version was shown (RT-4).
func (s *Service) Begin(ctx context.Context, tx *store.Tx, in Start) (*ent.Conversation, *ent.Message, error) {
	what, err := composeContent(written{text: &in.Text}, MaxVisitorText, len(in.AttachmentIDs))
	if err != nil {
		return nil, nil, err
	}
	now := tx.Now()
	c := &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: in.Channel.AccountID, InboxID: in.Channel.InboxID,
		ChannelID: in.Channel.ID, Kind: vocab.Chat, Status: vocab.Open,
		ContactID: in.Visitor.ContactID, VisitorID: in.Visitor.ID,
		OpenedAt: now, LastMessageAt: now, ActivityAt: now, WaitingSince: now, VisitorActiveAt: now,
		BotState: vocab.BotNone, OriginURL: in.PageURL, Priority: vocab.PriorityNone, Tags: []string{}, Revision: 1,
	}
	if in.Targeted != nil {
		c.TargetedMessageID, c.TargetedMessageVersion = in.Targeted.ID, in.Targeted.Version
		c.RoutingSource = in.Targeted.ID
		if c.BotID = in.Targeted.BotID; c.BotID != "" {
			c.BotState, c.RoutingSource = vocab.BotActive, c.BotID // it hands off by its own rule (BT-2)
		}
	}
	ch, err := openConversation(ctx, tx, c)
	if err != nil {
		return nil, nil, err
	}
	if err := ch.filterBlockedVisitor(ctx); err != nil {
		return nil, nil, err
	}
	m, err := ch.addMessage(ctx, draft{id: in.MessageID, by: author{viewer.Visitor, in.Visitor.ID}, direction: vocab.Incoming, what: what})
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.claimFiles(ctx, ch, in.AttachmentIDs, nil, m); err != nil {
		return nil, nil, err
	}
	if err := ch.route(ctx, vocab.RoutedStarted); err != nil {
		return nil, nil, err
	}
	return c, m, ch.save(ctx)
}

// openConversation writes a new conversation, which its first message follows.
func openConversation(ctx context.Context, tx *store.Tx, c *ent.Conversation) (*change, error) {
	if err := insertConversation(ctx, tx, c); err != nil {
		return nil, err
	}
	ch := newChange(tx, c)
	ch.before.LastMessageAt, ch.before.ActivityAt = 0, 0 // the first message is as old as the conversation
	c.Revision = 0
	ch.emitEvent(vocab.ConversationCreated)
	return ch, ch.indexHeader(ctx)
}

func insertConversation(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	err := tx.Client.Conversation.Create().
		SetID(c.ID).SetAccountID(c.AccountID).SetInboxID(c.InboxID).SetChannelID(c.ChannelID).SetKind(c.Kind).
		SetFolder(folderOf(c)).SetStatus(c.Status).SetContactID(c.ContactID).SetVisitorID(c.VisitorID).
		SetOpenedAt(c.OpenedAt).SetLastMessageAt(c.LastMessageAt).SetActivityAt(c.ActivityAt).SetWaitingSince(c.WaitingSince).
		SetVisitorActiveAt(c.VisitorActiveAt).SetBotID(c.BotID).SetBotState(c.BotState).SetOriginURL(c.OriginURL).
		SetTargetedMessageID(c.TargetedMessageID).SetTargetedMessageVersion(c.TargetedMessageVersion).
		SetTags(c.Tags).SetRevision(c.Revision).SetRoutingSource(c.RoutingSource).
		SetSubject(c.Subject).SetToAddress(c.ToAddress).SetPossiblyRelatedID(c.PossiblyRelatedID).
		SetNillableExternalID(c.ExternalID).SetChannelType(c.ChannelType).SetThreadKey(c.ThreadKey).SetSenderKey(c.SenderKey).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save conversation: %w", err)
	}
	return nil
}

// Receive adds a visitor's message to their conversation, within the caller's
// transaction: it reopens a closed one (IN-7), wakes a snoozed one (IN-18), and
// goes to Filtered when the visitor is blocked meanwhile (IN-10). One in the
// trash is NOT_FOUND: the visitor begins another (IN-20). The files are the
// visitor's uploads; with them there may be no text.
func (s *Service) Receive(ctx context.Context, tx *store.Tx, conversationID, messageID, visitorID, text string, attachmentIDs ...string) (*ent.Conversation, *ent.Message, error) {
	what, err := composeContent(written{text: &text}, MaxVisitorText, len(attachmentIDs))
	if err != nil {
		return nil, nil, err
	}
	ch, err := loadChange(ctx, tx, conversationID)
	if err != nil {
		return nil, nil, err
	}
	if ch.c.DeletedAt.IsSet() {
		return nil, nil, view.NotFound(conversationID)
	}
	if err := ch.filterBlockedVisitor(ctx); err != nil {
		return nil, nil, err
	}
	m, err := ch.addMessage(ctx, draft{id: messageID, by: author{viewer.Visitor, visitorID}, direction: vocab.Incoming, what: what})
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.claimFiles(ctx, ch, attachmentIDs, nil, m); err != nil {
		return nil, nil, err
	}
	if err := ch.onContactMessage(ctx, m); err != nil {
		return nil, nil, err
	}
	return ch.c, m, ch.save(ctx)
}

// onContactMessage does what follows from a message of the contact's: it waits for an
// answer, a snoozed conversation comes back (IN-18), a closed one reopens (IN-7),
// and one whose owner is away may be routed again (AC-8).
func (ch *change) onContactMessage(ctx context.Context, m *ent.Message) error {
	ch.startWaiting(m.CreatedAt)
	ch.c.VisitorActiveAt = m.CreatedAt
	if err := ch.wake(ctx); err != nil {
		return err
	}
	if ch.c.Status == vocab.Closed {
		if err := ch.reopen(ctx); err != nil {
			return err
		}
	}
	return ch.reassign(ctx)
}
