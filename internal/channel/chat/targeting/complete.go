package targeting

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/bot"
	"parley/ent/subscriptiontype"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// checkComplete names everything that a message lacks to be shown, or that
// contradicts itself, an error each (TM-1).
func checkComplete(ctx context.Context, client *ent.Client, m *ent.TargetedMessage) error {
	hours := routing.CheckHours(ctx, client, m.InboxID, m.Routing)
	if hours != nil && errs.Of(hours) == nil {
		return hours
	}
	return errors.Join(append(contradictions(m), checkReferences(ctx, client, &ent.TargetedMessage{}, m), hours)...)
}

// checkChange is checkComplete for a message that is on: it names what the change makes
// wrong, and not what became so since it was published (RT-2, TM-1).
func checkChange(ctx context.Context, client *ent.Client, before, m *ent.TargetedMessage, changed store.Changes) error {
	touched := map[string]bool{}
	for _, c := range changed {
		for _, field := range append([]string{c.Field}, checkedWith[c.Field]...) {
			touched[field] = true
		}
	}
	var faults []error
	for _, fault := range contradictions(m) {
		if touched[errs.Of(fault).Field[0]] {
			faults = append(faults, fault)
		}
	}
	if touched["routing"] {
		faults = append(faults, routing.CheckHours(ctx, client, m.InboxID, m.Routing))
	}
	return errors.Join(append(faults, checkReferences(ctx, client, before, m))...)
}

// checkedWith are the fields of the input that a change of a field may make wrong, beside
// that of the same name.
var checkedWith = map[string][]string{
	"audience":     {"includeListIds", "contactProperties"},
	"includeLists": {"includeListIds", "excludeListIds"},
	"excludeLists": {"excludeListIds"},
	"bot":          {"botId", "routing"},
}

// contradictions are what a message lacks to be shown, or what contradicts itself.
func contradictions(m *ent.TargetedMessage) []error {
	var found checks
	if m.Name == "" {
		found.required("Enter a name.", "name")
	}
	if m.WelcomeMessage == "" {
		found.required("Enter a welcome message: it is the first text that visitors read.", "welcomeMessage")
	}
	found.audience(m)
	found.rules(m.Rules)
	found.heading(m.Heading)
	found.capture(m.EmailCapture)
	found.display(m.Display)
	found.consent(m.Consent)
	found.routing(m.Routing)
	return found
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
		c.required("The audience is LISTS: choose at least one list.", "includeListIds")
	case m.Audience != vocab.AudienceLists && lists:
		c.invalid("Lists are chosen, but the audience is not LISTS.", "includeListIds")
	}
	if m.Audience == vocab.AudienceAnonymous && len(m.ContactProperties) > 0 {
		c.invalid("The audience is ANONYMOUS: such visitors have no properties.", "contactProperties")
	}
	for i, list := range m.ExcludeListIds {
		if slices.Contains(m.IncludeListIds, list) {
			c.invalid("The list is both included and excluded: exclusion wins.", "excludeListIds", strconv.Itoa(i))
		}
	}
}

func (c *checks) rules(rules []vocab.Targeting) {
	if len(rules) == 0 {
		c.required("Add at least one rule for the pages on which it is shown.", "rules")
	}
	for i, r := range rules {
		c.rule(r, strconv.Itoa(i))
	}
}

func (c *checks) rule(r vocab.Targeting, at string) {
	switch {
	case r.Operator == vocab.OpAllPages:
	case r.Value == "":
		c.required("Enter a value to compare the URL with.", "rules", at, inputField(r), "value")
	case r.Operator != vocab.OpQueryParam:
		if why := impossible(r); why != "" {
			c.invalid("No URL can match the value "+strconv.Quote(errs.Clip(r.Value))+": "+why+".", "rules", at, inputField(r), "value")
		}
	}
	if r.Operator == vocab.OpQueryParam && r.Parameter == "" {
		c.required("Enter the name of the query parameter.", "rules", at, inputField(r), "parameter")
	}
}

// inputField is the field of the input that a rule comes in.
func inputField(r vocab.Targeting) string {
	if r.Operator == vocab.OpQueryParam {
		return "queryParameter"
	}
	return "url"
}

func (c *checks) heading(h vocab.Heading) {
	switch h.Kind {
	case vocab.HeadingUsers:
		if len(h.UserIDs) == 0 {
			c.required("Choose the users that the heading shows.", "heading", "userIds")
		}
	case vocab.HeadingTeam:
		if h.TeamID == "" {
			c.required("Choose the team that the heading shows.", "heading", "teamId")
		}
	case vocab.HeadingContactOwner:
		if h.FallbackID == "" {
			c.required("Choose a user to show if the contact has no owner.", "heading", "fallbackId")
		}
	case vocab.HeadingCustom:
		if h.Name == "" && h.AvatarURL == "" {
			c.required("Enter a name, or a picture, for the heading.", "heading", "name")
		}
	}
	if h.Kind != vocab.HeadingUsers && len(h.UserIDs) > 0 {
		c.invalid("Users are chosen, but the heading's kind is not USERS.", "heading", "userIds")
	}
	if h.Kind != vocab.HeadingTeam && h.TeamID != "" {
		c.invalid("A team is chosen, but the heading's kind is not TEAM.", "heading", "teamId")
	}
	if h.Kind != vocab.HeadingContactOwner && h.FallbackID != "" {
		c.invalid("A fallback is chosen, but the heading's kind is not CONTACT_OWNER.", "heading", "fallbackId")
	}
	if h.Kind != vocab.HeadingCustom && (h.Name != "" || h.AvatarURL != "") {
		c.invalid("A name or picture is set, but the heading's kind is not CUSTOM.", "heading", "name")
	}
}

func (c *checks) capture(e vocab.EmailCapture) {
	delayed := e.Timing == vocab.CaptureAfterDelay
	switch {
	case delayed && e.DelaySeconds == 0:
		c.required("Set the number of seconds after which to ask.", "emailCapture", "delaySeconds")
	case e.DelaySeconds < 0 || e.DelaySeconds > MaxDelay:
		c.invalid("The delay must be from 1 to 3600 seconds.", "emailCapture", "delaySeconds")
	case !delayed && e.DelaySeconds != 0:
		c.invalid("A delay is set, but the timing is not AFTER_DELAY.", "emailCapture", "delaySeconds")
	}
	if e.Timing == vocab.CaptureNever && e.Text != "" && len(e.Fields) == 0 {
		c.invalid("A text is set, but nothing is asked for.", "emailCapture", "text")
	}
	for i, f := range e.Fields {
		if e.Timing == vocab.CaptureNever && f.When == vocab.FieldWithEmail {
			c.invalid("The field is asked for with the address, which is never asked for: ask BEFORE_CHAT.", "emailCapture", "fields", strconv.Itoa(i), "when")
		}
	}
}

func (c *checks) display(d vocab.Display) {
	if d.OpenAfterSeconds < 0 || d.OpenAfterSeconds > MaxDelay {
		c.invalid("The time must be from 1 to 3600 seconds.", "display", "openAfterSeconds")
	}
	if d.OpenAfterScroll < 0 || d.OpenAfterScroll > 100 {
		c.invalid("The scroll must be from 1 to 100 percent.", "display", "openAfterScroll")
	}
	for _, when := range []struct {
		field string
		set   bool
	}{{"openAfterSeconds", d.OpenAfterSeconds > 0}, {"openAfterScroll", d.OpenAfterScroll > 0}, {"openAtLeaving", d.OpenAtLeaving}} {
		if when.set && !d.OpenByItself {
			c.invalid("It says when the message opens by itself, but openByItself is not set.", "display", when.field)
		}
	}
}

func (c *checks) consent(s vocab.Consent) {
	asks := s.Processing != vocab.ConsentNone
	switch {
	case asks && s.ProcessingText == "":
		c.required("Enter the text that the visitor consents to.", "consent", "processingText")
	case !asks && s.ProcessingText != "":
		c.invalid("A text is set, but consent to processing is not asked for.", "consent", "processingText")
	}
	switch {
	case s.CommunicationText != "" && s.SubscriptionTypeID == "":
		c.required("Choose the type of mail that the visitor opts in to.", "consent", "contactSubscriptionTypeId")
	case s.CommunicationText == "" && s.SubscriptionTypeID != "":
		c.required("Enter the text that the visitor consents to.", "consent", "communicationText")
	}
}

// routing: a contact without an owner goes to someone (RT-1).
func (c *checks) routing(r vocab.Routing) {
	for i, rule := range r.Rules {
		if rule.Target == vocab.RouteContactOwner && rule.FallbackID == "" {
			c.required("Choose a user to assign to if the contact has no owner.", "routing", "rules", strconv.Itoa(i), "fallbackId")
		}
	}
}

// checkReferences refuses what the message names, and did not before, and the account
// does not have, and a bot beside a routing: in a draft, too.
func checkReferences(ctx context.Context, client *ent.Client, before, m *ent.TargetedMessage) error {
	var faults []error
	if m.BotID != "" && len(m.Routing.Rules) > 0 {
		faults = append(faults, errs.New(errs.Invalid, "A bot replies first and hands off by its own rule: remove either the bot or the routing.").On("routing"))
	}
	for _, check := range []func() error{
		func() error {
			return knowsLists(ctx, client, before.IncludeListIds, m.IncludeListIds, "includeListIds")
		},
		func() error {
			return knowsLists(ctx, client, before.ExcludeListIds, m.ExcludeListIds, "excludeListIds")
		},
		func() error { return knowsProperties(ctx, client, before, m) },
		func() error { return knowsFields(ctx, client, before.EmailCapture.Fields, m.EmailCapture.Fields) },
		func() error { return knowsPeople(ctx, client, before.Heading, m.Heading) },
		func() error {
			return knowsSubscription(ctx, client, unless(before.Consent.SubscriptionTypeID, m.Consent.SubscriptionTypeID))
		},
		func() error { return knowsBot(ctx, client, unless(before.BotID, m.BotID)) },
		func() error {
			return routing.CheckChange(ctx, client, m.InboxID, vocab.Chat, before.Routing, m.Routing)
		},
	} {
		err := check()
		if err != nil && errs.Of(err) == nil {
			return err
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// unless is an id that is named now; "": it was before.
func unless(before, now string) string {
	if before == now {
		return ""
	}
	return now
}

func knowsSubscription(ctx context.Context, client *ent.Client, typeID string) error {
	if typeID == "" {
		return nil
	}
	known, err := client.SubscriptionType.Query().
		Where(subscriptiontype.ID(typeID), subscriptiontype.ArchivedAt(clock.Micros(0))).Exist(ctx)
	if err == nil && !known {
		return errs.New(errs.NotFound, "There is no subscription type %q, or it is archived.", errs.Clip(typeID)).On("consent", "contactSubscriptionTypeId")
	}
	return err
}

func knowsBot(ctx context.Context, client *ent.Client, botID string) error {
	if botID == "" {
		return nil
	}
	b, err := client.Bot.Query().Where(bot.ID(botID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return errs.New(errs.NotFound, "There is no bot %q.", errs.Clip(botID)).On("botId")
	case err == nil && b.ArchivedAt.IsSet():
		return account.Archived("bot", b.Name, "botId")
	}
	return err
}
