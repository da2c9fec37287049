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
	shown, is := *m, kept[0].Content
	shown.Version = *version
	shown.Name, shown.BotID, shown.Heading = is.Name, is.BotID, is.Heading
	shown.WelcomeMessage, shown.WelcomeHTML = is.WelcomeMessage, is.WelcomeHTML
	shown.EmailCapture, shown.Display, shown.Consent, shown.Routing = is.EmailCapture, is.Display, is.Consent, is.Routing
	return &shown, nil
}
