package targeting

import (
	"errors"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/richtext"
)

// MaxWelcome is the most characters of a welcome message (TM-4).
const MaxWelcome = 5000

// cleanWelcome returns a welcome message as it is kept. A draft may do without;
// complete asks for it.
func cleanWelcome(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n > MaxWelcome {
		return "", errs.New(errs.TooLong, "The welcome message has %d characters; at most %d are allowed.", n, MaxWelcome).On("welcomeMessage")
	}
	clean, err := richtext.Clean(text, "welcomeMessage")
	return strings.TrimSpace(clean), err
}

// complete names everything that a message lacks to be shown, an error each
// (TM-1).
func complete(m *ent.TargetedMessage) error {
	var faults []error
	if m.Name == "" {
		faults = append(faults, errs.New(errs.Required, "A name is needed.").On("name"))
	}
	if m.WelcomeMessage == "" {
		faults = append(faults, errs.New(errs.Required, "A welcome message is needed: it is what visitors read first.").On("welcomeMessage"))
	}
	if len(m.Rules) == 0 {
		faults = append(faults, errs.New(errs.Required, "A rule is needed that says on which pages it is shown.").On("rules"))
	}
	return errors.Join(faults...)
}
