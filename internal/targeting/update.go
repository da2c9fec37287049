package targeting

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Update changes a targeted message and raises its version. One that is on is
// checked as publishing does, and is live at once; running chats keep the
// version that they began with (TM-1).
func (s *Service) Update(ctx context.Context, in UpdateTargetedMessageInput) (*ent.TargetedMessage, error) {
	return s.change(ctx, "updateTargetedMessage", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		before := *m
		if err := in.applyTo(m); err != nil {
			return err
		}
		changes := edits(&before, m)
		if len(changes) == 0 {
			return nil
		}
		check := references
		if m.State == vocab.TargetedOn {
			check = complete
		}
		if err := check(ctx, tx.Client, m); err != nil {
			return err
		}
		m.Version++
		changes = append(changes, went("version", strconv.Itoa(before.Version), strconv.Itoa(m.Version)))
		tell(ctx, tx, vocab.TargetedMessageUpdated, m, changes...)
		if err := write(ctx, tx, m); err != nil {
			return err
		}
		return keep(ctx, tx, m)
	})
}

// write stores what an edit can change.
func write(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
	return tx.Client.TargetedMessage.UpdateOneID(m.ID).
		SetName(m.Name).SetWelcomeMessage(m.WelcomeMessage).SetAudience(m.Audience).
		SetIncludeListIds(m.IncludeListIds).SetExcludeListIds(m.ExcludeListIds).SetRules(m.Rules).
		SetHeading(m.Heading).SetEmailCapture(m.EmailCapture).SetDisplay(m.Display).SetConsent(m.Consent).
		SetRouting(m.Routing).SetBotID(m.BotID).SetVersion(m.Version).Exec(ctx)
}

func (in UpdateTargetedMessageInput) applyTo(m *ent.TargetedMessage) error {
	var faults []error
	if in.Name != nil {
		name, err := people.CleanName(*in.Name, "name")
		m.Name, faults = name, append(faults, err)
	}
	if in.WelcomeMessage != nil {
		welcome, err := cleanWelcome(*in.WelcomeMessage)
		m.WelcomeMessage, faults = welcome, append(faults, err)
	}
	faults = append(faults, in.Settings.applyTo(m))
	if in.RemoveBot != nil && *in.RemoveBot {
		m.BotID = ""
	}
	return errors.Join(faults...)
}

// edits names what differs.
func edits(before, after *ent.TargetedMessage) []schema.FieldChange {
	var changes []schema.FieldChange
	named := func(field string, same bool) {
		if !same {
			changes = append(changes, schema.FieldChange{Field: field})
		}
	}
	named("name", before.Name == after.Name)
	named("welcomeMessage", before.WelcomeMessage == after.WelcomeMessage)
	if before.Audience != after.Audience {
		changes = append(changes, went("audience", string(before.Audience), string(after.Audience)))
	}
	named("includeLists", slices.Equal(before.IncludeListIds, after.IncludeListIds))
	named("excludeLists", slices.Equal(before.ExcludeListIds, after.ExcludeListIds))
	named("rules", slices.Equal(before.Rules, after.Rules))
	named("heading", reflect.DeepEqual(before.Heading, after.Heading))
	named("emailCapture", before.EmailCapture == after.EmailCapture)
	named("display", before.Display == after.Display)
	named("consent", before.Consent == after.Consent)
	named("routing", reflect.DeepEqual(before.Routing, after.Routing))
	if before.BotID != after.BotID {
		changes = append(changes, went("bot", before.BotID, after.BotID))
	}
	return changes
}
