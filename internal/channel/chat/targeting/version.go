package targeting

import (
	"context"

	"parley/ent"
	"parley/ent/targetedmessageversion"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// contentOf is what a version of the message keeps for the chats that begin
// from it (TM-1).
func contentOf(m *ent.TargetedMessage) vocab.TargetedContent {
	return vocab.TargetedContent{
		Name: m.Name, WelcomeMessage: m.WelcomeMessage, WelcomeHTML: m.WelcomeHTML, BotID: m.BotID, Heading: m.Heading,
		EmailCapture: m.EmailCapture, Display: m.Display, Consent: m.Consent, Routing: m.Routing,
	}
}

// insertVersion stores the message's current version.
func insertVersion(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
	return tx.Client.TargetedMessageVersion.Create().SetID(id.New("version")).SetInboxID(m.InboxID).
		SetTargetedMessageID(m.ID).SetVersion(m.Version).SetContent(contentOf(m)).SetCreatedAt(tx.Now()).Exec(ctx)
}

// AsShown returns the message as a visitor was shown it: by the version that
// they name, if it is the current one or was until less than Grace ago; else as
// it is now. So no one chats under terms that are long gone (TM-1, TM-8).
func AsShown(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage, version *int) (*ent.TargetedMessage, error) {
	if version == nil || *version >= m.Version || *version < 1 {
		return m, nil
	}
	kept, err := tx.Client.TargetedMessageVersion.Query().
		Where(targetedmessageversion.TargetedMessageID(m.ID), targetedmessageversion.VersionIn(*version, *version+1)).
		Order(targetedmessageversion.ByVersion()).All(ctx)
	if err != nil || len(kept) < 2 || tx.Now() >= kept[1].CreatedAt.Add(Grace) {
		return m, err
	}
	return withContent(m, kept[0]), nil
}

// withContent is a message as a version has it.
func withContent(m *ent.TargetedMessage, kept *ent.TargetedMessageVersion) *ent.TargetedMessage {
	shown, is := *m, kept.Content
	shown.Version = kept.Version
	shown.Name, shown.BotID, shown.Heading = is.Name, is.BotID, is.Heading
	shown.WelcomeMessage, shown.WelcomeHTML = is.WelcomeMessage, is.WelcomeHTML
	shown.EmailCapture, shown.Display, shown.Consent, shown.Routing = is.EmailCapture, is.Display, is.Consent, is.Routing
	return &shown
}

// OfChat returns the message that a chat began from, as it was then, also if it was deleted
// since; nil: there is none (TM-1).
func OfChat(ctx context.Context, tx *store.Tx, c *ent.Conversation) (*ent.TargetedMessage, error) {
	m, err := Find(ctx, tx, c.ChannelID, c.TargetedMessageID)
	if err != nil {
		return nil, err
	}
	kept, err := tx.Client.TargetedMessageVersion.Query().
		Where(targetedmessageversion.TargetedMessageID(c.TargetedMessageID), targetedmessageversion.Version(c.TargetedMessageVersion)).Only(ctx)
	if ent.IsNotFound(err) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if m == nil {
		m = &ent.TargetedMessage{ID: c.TargetedMessageID, AccountID: c.AccountID, InboxID: c.InboxID, ChannelID: c.ChannelID}
	}
	return withContent(m, kept), nil
}
