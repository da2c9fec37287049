package crm

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service reads and changes pipelines, tickets and deals. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

func mayEdit(ctx context.Context, what string) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit %s.", what)
}

// leaveEngagements has what was logged of a record that is about to be deleted stay without
// it (CR-8).
func leaveEngagements(ctx context.Context, tx *store.Tx, column, accountID, recordID string) error {
	_, err := tx.Exec(ctx, "UPDATE engagements SET "+column+" = '' WHERE "+column+" = $1 AND account_id || '' = $2", recordID, accountID)
	return err
}

func given(s *string) bool { return s != nil && *s != "" }

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// missing is NOT_FOUND on a field.
func missing(what, objectID string, path ...string) error {
	return errs.New(errs.NotFound, "There is no %s %q that you may see.", what, errs.Clip(objectID)).On(path...)
}

// oneLine returns a text on one line, of least to most characters.
func oneLine(text string, least, most int, field ...string) (string, error) {
	clean, err := cleanText(text, most, field...)
	if err != nil {
		return "", err
	}
	if clean = richtext.Name(clean); len(clean) < least {
		return "", errs.New(errs.Required, "Enter a text.").On(field...)
	}
	return clean, nil
}

// cleanText returns a text of at most so many characters as it is kept.
func cleanText(text string, most int, field ...string) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(field...)
	}
	return richtext.Clean(text, field...)
}

// cut returns the first characters of a text.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:most]))
}

// at is a field of what stands at a path.
func at(path []string, field ...string) []string { return append(slices.Clone(path), field...) }

// revisionIs refuses a change of a record that the caller has not seen as it is.
func revisionIs(expected *int, revision int) error {
	if expected == nil || *expected == revision {
		return nil
	}
	return errs.New(errs.Conflict, "It was changed since then: its revision is %d, not %d. Load it again.", revision, *expected).On("expectedRevision")
}
