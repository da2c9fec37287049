package library

import (
	"context"
	"slices"
	"strings"

	"parley/internal/errs"
	"parley/internal/library/placeholder"
	"parley/internal/richtext"
)

// Text is what is written in a message; nil: not given.
type Text struct{ Text, HTML, Markdown, Subject *string }

// part is one of a text's fields that may have placeholders.
type part struct {
	name     string
	at       **string
	template placeholder.Template
	escape   func(string) string
	// link writes an address of the team's as a link.
	link func(address string) string
}

// parts are the fields of a text that placeholders are looked for in. Plain text goes out
// as it is, unless it says what HTML says.
func (t *Text) parts() []part {
	var list []part
	add := func(name string, at **string, read func(string) placeholder.Template, escape, link func(string) string) {
		if *at != nil && placeholder.MayHave(**at) {
			list = append(list, part{name, at, read(**at), escape, link})
		}
	}
	asIs := func(value string) string { return value }
	add("markdown", &t.Markdown, placeholder.Markdown, placeholder.InMarkdown, func(address string) string { return "<" + address + ">" })
	add("html", &t.HTML, placeholder.HTML, placeholder.InHTML, func(address string) string {
		return `<a href="` + richtext.Escape(address) + `">` + richtext.Escape(address) + `</a>`
	})
	add("subject", &t.Subject, placeholder.Plain, func(value string) string { return strings.Join(strings.Fields(value), " ") }, asIs)
	if t.HTML != nil && *t.HTML != "" {
		add("text", &t.Text, placeholder.Plain, asIs, asIs)
	}
	return list
}

// Fill returns a text with its placeholders filled, and which ones have neither a value nor
// a fallback: they stay as they are. What stands for nothing is text.
func (s *Service) Fill(ctx context.Context, of Occasion, t Text) (filled Text, missing []string, err error) {
	filled, missing, _, err = s.fill(ctx, of, t)
	return filled, missing, err
}

// Complete is Fill for what is sent: MISSING_PLACEHOLDER on the first field with one that
// has no value, so that nothing goes out empty (CO-2).
func (s *Service) Complete(ctx context.Context, of Occasion, t Text) (Text, error) {
	filled, missing, field, err := s.fill(ctx, of, t)
	if err == nil && len(missing) > 0 {
		err = errs.New(errs.MissingPlaceholder, "There is no value for {{%s}}: enter one, or give a fallback, such as {{%s | \"there\"}}.",
			strings.Join(missing, "}}, {{"), missing[0]).On(field)
	}
	return filled, err
}

func (s *Service) fill(ctx context.Context, of Occasion, t Text) (filled Text, missing []string, field string, err error) {
	list := t.parts()
	var names []string
	for _, p := range list {
		names = append(names, p.template.Names()...)
	}
	if len(names) == 0 {
		return t, nil, "", nil
	}
	known, err := s.knows(ctx, names)
	if err != nil {
		return t, nil, "", err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !known[name] })
	values, err := s.values(ctx, of, names)
	if err != nil {
		return t, nil, "", err
	}
	for _, p := range list {
		template := p.template.Only(func(name string) bool { return known[name] })
		if own := values[meetingLink]; own != "" {
			template = template.With(meetingLink, p.link(own))
		}
		text, lacking := template.Fill(values, p.escape)
		*p.at = &text
		if len(lacking) > 0 && field == "" {
			field = p.name
		}
		for _, name := range lacking {
			if !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	return t, missing, field, nil
}
