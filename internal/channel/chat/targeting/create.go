package targeting

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/ent/channel"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Create makes a draft, for everyone and all pages unless it says otherwise,
// last in its channel's order (TM-1).
func (s *Service) Create(ctx context.Context, in CreateTargetedMessageInput) (*ent.TargetedMessage, error) {
	m := &ent.TargetedMessage{
		Audience: vocab.AudienceEveryone, Rules: allPages(),
		IncludeListIds: []string{}, ExcludeListIds: []string{}, ContactProperties: []vocab.PropertyCondition{},
		Heading: entmessage.DefaultHeading, EmailCapture: entmessage.DefaultEmailCapture,
		Display: entmessage.DefaultDisplay, Consent: entmessage.DefaultConsent,
	}
	var nameErr, welcomeErr error
	m.Name, nameErr = account.CleanName(in.Name, "name")
	m.WelcomeMessage, m.WelcomeHTML, welcomeErr = cleanWelcome(in.WelcomeMessage, in.WelcomeMarkdown)
	faults := errors.Join(nameErr, welcomeErr, in.applyTo(m))
	call := idempotency.Call{Mutation: "createTargetedMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.TargetedMessage)}
	messageID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := findChannel(ctx, tx.Client, in.ChannelID)
		if err := errors.Join(err, faults); err != nil {
			return err
		}
		m.ID, m.InboxID, m.ChannelID = call.Result, c.InboxID, c.ID
		if in.leavesHeading() {
			if m.Heading, err = defaultHeading(ctx, tx.Client, c); err != nil {
				return err
			}
		}
		if err := nameProperties(ctx, tx.Client, m); err != nil {
			return err
		}
		if err := checkReferences(ctx, tx.Client, &ent.TargetedMessage{}, m); err != nil {
			return err
		}
		return insertDraft(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	return findMessage(ctx, s.store.Client(ctx), messageID)
}

func findChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.Channel, error) {
	gone := errs.New(errs.NotFound, "There is no chat channel %q.", errs.Clip(channelID)).On("channelId")
	if !id.Is(channelID, id.Channel) {
		return nil, gone
	}
	c, err := client.Channel.Query().Where(channel.ID(channelID), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	if lives, err := inboxLives(ctx, client, c.InboxID); err != nil || !lives {
		return nil, cmp.Or[error](err, gone)
	}
	return c, nil
}

// insertDraft makes a draft of the message, last in its channel's order.
func insertDraft(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
	before, err := tx.Client.TargetedMessage.Query().Where(entmessage.ChannelID(m.ChannelID)).Count(ctx)
	if err != nil {
		return err
	}
	m.State, m.Position, m.Version = vocab.TargetedDraft, before+1, 1
	err = tx.Client.TargetedMessage.Create().
		SetID(m.ID).SetInboxID(m.InboxID).SetChannelID(m.ChannelID).SetName(m.Name).SetWelcomeMessage(m.WelcomeMessage).SetWelcomeHTML(m.WelcomeHTML).
		SetState(m.State).SetPosition(m.Position).SetAudience(m.Audience).
		SetIncludeListIds(m.IncludeListIds).SetExcludeListIds(m.ExcludeListIds).SetContactProperties(m.ContactProperties).SetRules(m.Rules).
		SetHeading(m.Heading).SetEmailCapture(m.EmailCapture).SetDisplay(m.Display).SetConsent(m.Consent).
		SetRouting(m.Routing).SetBotID(m.BotID).SetVersion(m.Version).SetCreatedAt(tx.Now()).
		Exec(ctx)
	if err != nil {
		return err
	}
	recordEvent(ctx, tx, vocab.TargetedMessageCreated, m, fieldChange("state", "", string(m.State)), fieldChange("position", "", strconv.Itoa(m.Position)))
	return insertVersion(ctx, tx, m)
}
