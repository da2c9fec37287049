package targeting

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/richtext"
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
	var faults []error
	note := func(err error) { faults = append(faults, err) }
	if in.Audience != nil {
		m.Audience = *in.Audience
	}
	if in.IncludeListIDs != nil {
		m.IncludeListIds = in.IncludeListIDs
	}
	if in.ExcludeListIDs != nil {
		m.ExcludeListIds = in.ExcludeListIDs
	}
	if in.Rules != nil {
		rules, err := cleanRules(in.Rules)
		m.Rules = rules
		note(err)
	}
	if in.Heading != nil {
		heading, err := cleanHeading(*in.Heading)
		m.Heading = heading
		note(err)
	}
	if in.EmailCapture != nil {
		m.EmailCapture = *in.EmailCapture
		note(clean(&m.EmailCapture.Text, MaxPrompt, "emailCapture", "text"))
	}
	if in.Display != nil {
		m.Display = *in.Display
	}
	if in.Consent != nil {
		m.Consent = *in.Consent
		note(clean(&m.Consent.ProcessingText, MaxText, "consent", "processingText"))
		note(clean(&m.Consent.CommunicationText, MaxText, "consent", "communicationText"))
	}
	if in.Routing != nil {
		m.Routing = *in.Routing
	}
	if in.BotID != nil {
		m.BotID = *in.BotID
	}
	return errors.Join(faults...)
}

// cleanWelcome returns a welcome message as it is kept. A draft may do without;
// complete asks for it.
func cleanWelcome(text string) (string, error) {
	err := clean(&text, MaxWelcome, "welcomeMessage")
	return text, err
}

// clean makes a text as it is kept: at most n characters, without control
// characters and outer spaces.
func clean(text *string, n int, path ...string) error {
	if got := utf8.RuneCountInString(*text); got > n {
		return errs.New(errs.TooLong, "The text has %d characters; at most %d are allowed.", got, n).On(path...)
	}
	kept, err := richtext.Clean(*text, strings.Join(path, "."))
	if e := errs.Of(err); e != nil {
		return e.On(path...)
	}
	*text = strings.TrimSpace(kept)
	return err
}

func cleanRules(rules []*schema.Targeting) ([]schema.Targeting, error) {
	if len(rules) > MaxRules {
		return nil, errs.New(errs.TooLong, "There are %d rules; at most %d are allowed.", len(rules), MaxRules).On("rules")
	}
	var faults []error
	list := make([]schema.Targeting, len(rules))
	for i, r := range rules {
		list[i] = *r
		at := strconv.Itoa(i)
		faults = append(faults, clean(&list[i].Value, MaxValue, "rules", at, "value"), clean(&list[i].Parameter, MaxValue, "rules", at, "parameter"))
	}
	return list, errors.Join(faults...)
}

func cleanHeading(h schema.Heading) (schema.Heading, error) {
	var faults []error
	if h.Name != "" {
		name, err := people.CleanName(h.Name, "name")
		if e := errs.Of(err); e != nil {
			err = e.On("heading", "name")
		}
		h.Name, faults = name, append(faults, err)
	}
	if len(h.UserIDs) > MaxPeople {
		faults = append(faults, errs.New(errs.TooLong, "There are %d people; at most %d are allowed.", len(h.UserIDs), MaxPeople).On("heading", "userIds"))
	}
	if h.AvatarURL != "" && (!strings.HasPrefix(h.AvatarURL, "https://") || len(h.AvatarURL) > maxURL) {
		faults = append(faults, errs.New(errs.Invalid, "The picture's address must begin with https:// and have at most %d characters.", maxURL).On("heading", "avatarUrl"))
	}
	return h, errors.Join(faults...)
}
