package custom

import (
	"context"

	"parley/ent"
	"parley/ent/channelsender"
	"parley/internal/account"
	"parley/internal/contact"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// KeepSaid keeps, within the caller's transaction, what the sender of a message, or "" of the
// conversation, said of themselves to a bot (BT-4): a name that is better than the medium's,
// and defined properties, by their ids, are the contact's. An address or a number proves
// nothing: the team is shown it, and the sender keeps what the medium says. INVALID for what cannot be kept.
func (s *Service) KeepSaid(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID, property, value string) error {
	who, err := whoSaid(ctx, tx, c, messageID)
	if err != nil || who == nil || who.ContactID == "" {
		return err
	}
	what, known := "e-mail address", who.Email
	switch property {
	case vocab.SuggestedName:
		return s.keepName(ctx, tx, who, value)
	case "email":
		value, err = account.CleanEmail(value, "email")
	case vocab.SuggestedPhone:
		what, known = "telephone number", who.Phone
		value, err = richtext.OneLine(value, maxKey, "phone")
	default:
		return s.deps.Contacts.Accept(ctx, tx, who.ContactID, contact.Claim{Properties: []vocab.SuggestedProperty{{Property: property, Value: value}}})
	}
	if err != nil || value == known { // the team was shown it
		return err
	}
	_, err = s.deps.Conversations.AddHint(ctx, tx, c.ID, who, "The contact says that their "+what+" is "+value+". Nothing proves it.")
	return err
}

// whoSaid is who wrote a message, or "" whom a conversation is with; nil: it is not known.
func whoSaid(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string) (*ent.ChannelSender, error) {
	of := channelsender.And(channelsender.ChannelID(c.ChannelID), channelsender.Key(c.SenderKey))
	if messageID != "" {
		m, err := tx.Client.ChannelMessage.Get(ctx, messageID)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		of = channelsender.ID(m.SenderID)
	}
	who, err := tx.Client.ChannelSender.Query().Where(of).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return who, err
}

// keepName gives a contact the name that they say, unless they have one that is not the
// medium's: the team's stays.
func (s *Service) keepName(ctx context.Context, tx *store.Tx, who *ent.ChannelSender, value string) error {
	name, err := richtext.OneLine(value, maxKey, "name")
	if err != nil {
		return err
	}
	c, err := tx.Client.Contact.Get(ctx, who.ContactID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil || c.Name != "" && c.Name != who.Name {
		return err
	}
	return s.deps.Contacts.Accept(ctx, tx, c.ID, contact.Claim{Name: name})
}
