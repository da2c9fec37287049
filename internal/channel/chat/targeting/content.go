package targeting

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// Limits of a targeted message.
const (
	MaxWelcome = 5000 // characters (TM-4)
	MaxRules   = 50
	MaxValue   = 2048 // characters of a rule's value
	MaxText    = 5000 // characters of a consent's text
	MaxPrompt  = 500  // characters of the question for an address
	MaxPeople  = 100  // of a heading
	MaxLists   = 100
	MaxDelay   = 3600 // seconds
	maxURL     = 2048 // characters
)

// applyTo puts what is given into the message, cleaned. What is too long, or no
// text, is an error each; what is missing is complete's matter.
func (in Settings) applyTo(m *ent.TargetedMessage) error {
	opt.SetOr(&m.Audience, in.Audience, vocab.AudienceEveryone)
	opt.SetList(&m.IncludeListIds, in.IncludeListIDs)
	opt.SetList(&m.ExcludeListIds, in.ExcludeListIDs)
	opt.SetOr(&m.Heading, in.Heading, entmessage.DefaultHeading)
	opt.SetOr(&m.EmailCapture, in.EmailCapture, entmessage.DefaultEmailCapture)
	opt.SetOr(&m.Display, in.Display, entmessage.DefaultDisplay)
	opt.SetOr(&m.Consent, in.Consent, entmessage.DefaultConsent)
	opt.Set(&m.Routing, in.Routing)
	opt.Set(&m.BotID, in.BotID)
	var headingErr, rulesErr, propertiesErr, fieldsErr error
	if in.EmailCapture.IsSet() {
		m.EmailCapture.Fields, fieldsErr = cleanFields(m.EmailCapture.Fields)
	}
	if conditions, ok := in.ContactProperties.ValueOK(); ok {
		m.ContactProperties, propertiesErr = cleanConditions(conditions)
	}
	m.Heading, headingErr = cleanHeading(m.Heading)
	if rules, ok := in.Rules.ValueOK(); ok && rules == nil {
		m.Rules = allPages()
	} else if ok {
		m.Rules, rulesErr = cleanRules(rules)
	}
	return errors.Join(rulesErr, headingErr, propertiesErr, fieldsErr,
		clean(&m.EmailCapture.Text, MaxPrompt, "emailCapture", "text"),
		clean(&m.Consent.ProcessingText, MaxText, "consent", "processingText"),
		clean(&m.Consent.CommunicationText, MaxText, "consent", "communicationText"))
}

// cleanWelcome returns a welcome message as it is kept: as text, and as HTML if it
// is given as Markdown. A draft may do without; complete asks for it.
func cleanWelcome(text string, markdown *string) (kept, html string, err error) {
	if markdown == nil || *markdown == "" {
		err := clean(&text, MaxWelcome, "welcomeMessage")
		return text, "", err
	}
	if text != "" {
		return "", "", errs.New(errs.Invalid, "Pass either welcomeMessage or welcomeMarkdown, not both.").On("welcomeMarkdown")
	}
	md := *markdown
	if err := clean(&md, MaxWelcome, "welcomeMarkdown"); err != nil {
		return "", "", err
	}
	html = richtext.FromMarkdown(md)
	return strings.TrimSpace(richtext.Text(html)), html, nil
}

// WelcomeMarkdown is a message's welcome as Markdown; "" if it has none.
func WelcomeMarkdown(m *ent.TargetedMessage) string {
	if m.WelcomeHTML != "" {
		return richtext.ToMarkdown(m.WelcomeHTML)
	}
	return richtext.TextToMarkdown(m.WelcomeMessage)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// clean makes a text as it is kept: at most n characters, without control
// characters and outer spaces.
func clean(text *string, n int, path ...string) error {
	if got := utf8.RuneCountInString(*text); got > n {
		return errs.Exceeds(n, "The text has %d characters; at most %d are allowed.", got, n).On(path...)
	}
	kept, err := richtext.Clean(*text, strings.Join(path, "."))
	if e := errs.Of(err); e != nil {
		return e.On(path...)
	}
	*text = strings.TrimSpace(kept)
	return err
}

// allPages are the rules of a new message.
func allPages() []vocab.Targeting { return []vocab.Targeting{{Operator: vocab.OpAllPages}} }

func cleanRules(rules []*vocab.Targeting) ([]vocab.Targeting, error) {
	if len(rules) > MaxRules {
		return nil, errs.Exceeds(MaxRules, "There are %d rules; at most %d are allowed.", len(rules), MaxRules).On("rules")
	}
	var faults []error
	list := make([]vocab.Targeting, len(rules))
	for i, r := range rules {
		list[i] = *r
		at := strconv.Itoa(i)
		faults = append(faults, clean(&list[i].Value, MaxValue, "rules", at, inputField(list[i]), "value"),
			clean(&list[i].Parameter, MaxValue, "rules", at, inputField(list[i]), "parameter"))
	}
	return list, errors.Join(faults...)
}

func cleanHeading(h vocab.Heading) (vocab.Heading, error) {
	var faults []error
	if h.Name != "" {
		name, err := account.CleanName(h.Name, "name")
		if e := errs.Of(err); e != nil {
			err = e.On("heading", "name")
		}
		h.Name, faults = name, append(faults, err)
	}
	if len(h.UserIDs) > MaxPeople {
		faults = append(faults, errs.Exceeds(MaxPeople, "There are %d people; at most %d are allowed.", len(h.UserIDs), MaxPeople).On("heading", "userIds"))
	}
	if h.AvatarURL != "" && (!strings.HasPrefix(h.AvatarURL, "https://") || len(h.AvatarURL) > maxURL) {
		faults = append(faults, errs.New(errs.Invalid, "The picture's URL must start with https:// and have at most %d characters.", maxURL).On("heading", "avatarUrl"))
	}
	return h, errors.Join(faults...)
}
