package targeting

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Update changes a targeted message and raises its version. Only what is changed is
// checked: of one that is on as publishing does. It is live at once; running chats keep
// the version that they began with (TM-1), but are routed by the rules of now (RT-4).
func (s *Service) Update(ctx context.Context, in UpdateTargetedMessageInput) (*ent.TargetedMessage, error) {
	return s.changeMessage(ctx, "updateTargetedMessage", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		before := *m
		if err := in.applyTo(m); err != nil {
			return err
		}
		if err := nameProperties(ctx, tx.Client, m); err != nil {
			return err
		}
		bare := !in.Heading.IsSet() && m.State == vocab.TargetedOn && m.Heading.Kind == vocab.HeadingCustom && m.Heading.Name+m.Heading.AvatarURL == ""
		if bare || in.Heading.IsSet() && in.leavesHeading() { // bare: published before a heading had to say something
			c, err := tx.Client.Channel.Get(ctx, m.ChannelID)
			if err != nil {
				return err
			}
			if m.Heading, err = defaultHeading(ctx, tx.Client, c); err != nil {
				return err
			}
		}
		changes := editedFields(&before, m)
		if len(changes) == 0 {
			return nil
		}
		err := checkReferences(ctx, tx.Client, &before, m)
		if m.State == vocab.TargetedOn {
			err = checkChange(ctx, tx.Client, &before, m, changes)
		}
		if err != nil {
			return err
		}
		m.Version++
		changes = append(changes, fieldChange("version", strconv.Itoa(before.Version), strconv.Itoa(m.Version)))
		recordEvent(ctx, tx, vocab.TargetedMessageUpdated, m, changes...)
		if err := updateMessage(ctx, tx, m); err != nil {
			return err
		}
		return insertVersion(ctx, tx, m)
	})
}

// updateMessage stores what an edit can change.
func updateMessage(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
	return tx.Client.TargetedMessage.UpdateOneID(m.ID).
		SetName(m.Name).SetWelcomeMessage(m.WelcomeMessage).SetWelcomeHTML(m.WelcomeHTML).SetAudience(m.Audience).
		SetIncludeListIds(m.IncludeListIds).SetExcludeListIds(m.ExcludeListIds).SetContactProperties(m.ContactProperties).SetRules(m.Rules).
		SetHeading(m.Heading).SetEmailCapture(m.EmailCapture).SetDisplay(m.Display).SetConsent(m.Consent).
		SetRouting(m.Routing).SetBotID(m.BotID).SetVersion(m.Version).Exec(ctx)
}

func (in UpdateTargetedMessageInput) applyTo(m *ent.TargetedMessage) error {
	name, err := opt.NotNull(in.Name, "name")
	faults := []error{err}
	if name != nil {
		m.Name, err = account.CleanName(*name, "name")
		faults = append(faults, err)
	}
	if text, markdown := opt.OrZero(in.WelcomeMessage), opt.OrZero(in.WelcomeMarkdown); text != nil || markdown != nil {
		m.WelcomeMessage, m.WelcomeHTML, err = cleanWelcome(orEmpty(text), markdown)
		faults = append(faults, err)
	}
	return errors.Join(append(faults, in.Settings.applyTo(m))...)
}

// editedFields names what differs.
func editedFields(before, after *ent.TargetedMessage) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("welcomeMessage", before.WelcomeMessage != after.WelcomeMessage || before.WelcomeHTML != after.WelcomeHTML)
	c.Optional("audience", string(before.Audience), string(after.Audience))
	c.Named("includeLists", !slices.Equal(before.IncludeListIds, after.IncludeListIds))
	c.Named("excludeLists", !slices.Equal(before.ExcludeListIds, after.ExcludeListIds))
	c.Named("contactProperties", !reflect.DeepEqual(before.ContactProperties, after.ContactProperties))
	c.Named("rules", !slices.Equal(before.Rules, after.Rules))
	c.Named("heading", !reflect.DeepEqual(before.Heading, after.Heading))
	c.Named("emailCapture", !reflect.DeepEqual(before.EmailCapture, after.EmailCapture))
	c.Named("display", before.Display != after.Display)
	c.Named("consent", before.Consent != after.Consent)
	c.Named("routing", !reflect.DeepEqual(before.Routing, after.Routing))
	c.Optional("bot", before.BotID, after.BotID)
	return c
}
