package crm

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
)

// placeholders are what patterns of a preset may contain (EM-3).
var placeholders = []string{"email.subject", "email.text", "contact.name", "contact.email"}

// piece is a text of a pattern, or a placeholder.
type piece struct{ text, placeholder string }

// parsePattern reads a pattern: text with placeholders such as {{email.subject}}. Braces
// that do not belong to one, and names that there are not, are INVALID at path.
func parsePattern(pattern string, path ...string) ([]piece, error) {
	var pieces []piece
	for rest := pattern; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			pieces = append(pieces, piece{text: before})
		}
		if !found {
			break
		}
		name, next, closed := strings.Cut(after, "}}")
		name = strings.TrimSpace(name)
		if !closed || !slices.Contains(placeholders, name) {
			return nil, errs.New(errs.Invalid, "{{%s}} is not a placeholder; these are: {{%s}}.", errs.Clip(name), strings.Join(placeholders, "}}, {{")).On(path...)
		}
		pieces, rest = append(pieces, piece{placeholder: name}), next
	}
	return pieces, nil
}

// mailFacts are what placeholders stand for, loaded when they are needed.
type mailFacts struct {
	tx      *store.Tx
	c       *ent.Conversation
	subject string
}

// fill is a pattern with its placeholders replaced. A pattern was checked when it was
// stored: one that can no longer be read is as it stands.
func (m mailFacts) fill(ctx context.Context, pattern string) (string, error) {
	pieces, err := parsePattern(pattern)
	if err != nil {
		return pattern, nil //nolint:nilerr // no mail goes without its ticket for it
	}
	var b strings.Builder
	for _, p := range pieces {
		text := p.text
		if p.placeholder != "" {
			if text, err = m.value(ctx, p.placeholder); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (m mailFacts) value(ctx context.Context, placeholder string) (string, error) {
	switch placeholder {
	case "email.subject":
		return m.subject, nil
	case "email.text":
		return lastIncoming(ctx, m.tx, m.c.ID)
	}
	if m.c.ContactID == "" {
		return "", nil
	}
	contact, err := m.tx.Client.Contact.Get(ctx, m.c.ContactID)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if placeholder == "contact.email" {
		return contact.Email, nil
	}
	return contact.Name, nil
}
