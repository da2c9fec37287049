package targeting

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/bot"
	"parley/ent/schema"
	"parley/ent/subscriptiontype"
	"parley/internal/address"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// complete names everything that a message lacks to be shown, or that
// contradicts itself, an error each (TM-1).
func complete(ctx context.Context, client *ent.Client, m *ent.TargetedMessage) error {
	var found checks
	if m.Name == "" {
		found.required("A name is needed.", "name")
	}
	if m.WelcomeMessage == "" {
		found.required("A welcome message is needed: it is what visitors read first.", "welcomeMessage")
	}
	found.audience(m)
	found.rules(m.Rules)
	found.heading(m.Heading)
	found.capture(m.EmailCapture)
	found.consent(m.Consent)
	if m.BotID != "" && len(m.Routing.Rules) > 0 {
		found.invalid("A bot answers first and hands off by its own rule: take the bot or the routing away.", "routing")
	}
	return errors.Join(append(found, references(ctx, client, m))...)
}

// checks collects what is wrong with a message.
type checks []error

func (c *checks) required(message string, path ...string) {
	*c = append(*c, errs.New(errs.Required, "%s", message).On(path...))
}

func (c *checks) invalid(message string, path ...string) {
	*c = append(*c, errs.New(errs.Invalid, "%s", message).On(path...))
}

func (c *checks) audience(m *ent.TargetedMessage) {
	switch lists := len(m.IncludeListIds) > 0; {
	case m.Audience == vocab.AudienceLists && !lists:
		c.required("The audience is LISTS: name at least one list.", "includeListIds")
	case m.Audience != vocab.AudienceLists && lists:
		c.invalid("Lists are named, but the audience is not LISTS.", "includeListIds")
	}
	for i, list := range m.ExcludeListIds {
		if slices.Contains(m.IncludeListIds, list) {
			c.invalid("The list is both included and excluded: exclusion wins.", "excludeListIds", strconv.Itoa(i))
		}
	}
}

func (c *checks) rules(rules []schema.Targeting) {
	if len(rules) == 0 {
		c.required("A rule is needed that says on which pages it is shown.", "rules")
	}
	for i, r := range rules {
		c.rule(r, strconv.Itoa(i))
	}
}

func (c *checks) rule(r schema.Targeting, at string) {
	all, query := r.Operator == vocab.OpAllPages, r.Operator == vocab.OpQueryParam
	switch {
	case all && r.Value != "":
		c.invalid("ALL_PAGES compares with nothing: leave the value out.", "rules", at, "value")
	case !all && r.Value == "":
		c.required("A value is needed to compare the address with.", "rules", at, "value")
	case !all && !query && !address.CouldHold(r.Value):
		c.invalid("No page's address is like that: begin with http://, https://, a host or a /.", "rules", at, "value")
	}
	switch {
	case query && r.Parameter == "":
		c.required("Name the query's parameter.", "rules", at, "parameter")
	case !query && r.Parameter != "":
		c.invalid("Only QUERY_PARAM takes a parameter.", "rules", at, "parameter")
	}
}

func (c *checks) heading(h schema.Heading) {
	switch h.Kind {
	case vocab.HeadingUsers:
		if len(h.UserIDs) == 0 {
			c.required("Name the people whom the heading shows.", "heading", "userIds")
		}
	case vocab.HeadingTeam:
		if h.TeamID == "" {
			c.required("Name the team that the heading shows.", "heading", "teamId")
		}
	case vocab.HeadingContactOwner:
		if h.FallbackID == "" {
			c.required("Name a user to show when the contact has no owner.", "heading", "fallbackId")
		}
	}
	if h.Kind != vocab.HeadingUsers && len(h.UserIDs) > 0 {
		c.invalid("People are named, but the heading's kind is not USERS.", "heading", "userIds")
	}
	if h.Kind != vocab.HeadingTeam && h.TeamID != "" {
		c.invalid("A team is named, but the heading's kind is not TEAM.", "heading", "teamId")
	}
	if h.Kind != vocab.HeadingContactOwner && h.FallbackID != "" {
		c.invalid("A fallback is named, but the heading's kind is not CONTACT_OWNER.", "heading", "fallbackId")
	}
	if h.Kind != vocab.HeadingCustom && (h.Name != "" || h.AvatarURL != "") {
		c.invalid("A name or picture is given, but the heading's kind is not CUSTOM.", "heading", "name")
	}
}

func (c *checks) capture(e schema.EmailCapture) {
	delayed := e.Timing == vocab.CaptureAfterDelay
	switch {
	case delayed && e.DelaySeconds == 0:
		c.required("Say after how many seconds to ask.", "emailCapture", "delaySeconds")
	case e.DelaySeconds < 0 || e.DelaySeconds > MaxDelay:
		c.invalid("The delay must be from 1 to 3600 seconds.", "emailCapture", "delaySeconds")
	case !delayed && e.DelaySeconds != 0:
		c.invalid("A delay is given, but the timing is not AFTER_DELAY.", "emailCapture", "delaySeconds")
	}
	if e.Timing == vocab.CaptureNever && e.Text != "" {
		c.invalid("A text is given, but the address is never asked for.", "emailCapture", "text")
	}
}

func (c *checks) consent(s schema.Consent) {
	asks := s.Processing != vocab.ConsentNone
	switch {
	case asks && s.ProcessingText == "":
		c.required("Say to what the visitor agrees.", "consent", "processingText")
	case !asks && s.ProcessingText != "":
		c.invalid("A text is given, but no consent to process is asked for.", "consent", "processingText")
	}
	switch {
	case s.CommunicationText != "" && s.SubscriptionTypeID == "":
		c.required("Say to which kind of mail the visitor is opted in.", "consent", "subscriptionTypeId")
	case s.CommunicationText == "" && s.SubscriptionTypeID != "":
		c.required("Say to what the visitor agrees.", "consent", "communicationText")
	}
}

// references refuses what the message names and the account does not have.
// A draft's must be there, too.
func references(ctx context.Context, client *ent.Client, m *ent.TargetedMessage) error {
	var faults []error
	for _, check := range []func() error{
		func() error { return knowsLists(ctx, client, m.IncludeListIds, "includeListIds") },
		func() error { return knowsLists(ctx, client, m.ExcludeListIds, "excludeListIds") },
		func() error { return knowsPeople(ctx, client, m.Heading) },
		func() error { return knowsSubscription(ctx, client, m.Consent.SubscriptionTypeID) },
		func() error { return knowsBot(ctx, client, m.BotID) },
		func() error { return routing.Check(ctx, client, m.InboxID, vocab.Chat, m.Routing) },
	} {
		err := check()
		if err != nil && errs.Of(err) == nil {
			return err
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func knowsSubscription(ctx context.Context, client *ent.Client, typeID string) error {
	if typeID == "" {
		return nil
	}
	known, err := client.SubscriptionType.Query().
		Where(subscriptiontype.ID(typeID), subscriptiontype.ArchivedAt(clock.Micros(0))).Exist(ctx)
	if err == nil && !known {
		return errs.New(errs.NotFound, "There is no subscription type %q, or it is archived.", errs.Clip(typeID)).On("consent", "subscriptionTypeId")
	}
	return err
}

func knowsBot(ctx context.Context, client *ent.Client, botID string) error {
	if botID == "" {
		return nil
	}
	known, err := client.Bot.Query().Where(bot.ID(botID)).Exist(ctx)
	if err == nil && !known {
		return errs.New(errs.NotFound, "There is no bot %q.", errs.Clip(botID)).On("botId")
	}
	return err
}
