package library

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/library/placeholder"
)

// cleanURL returns the address of a page on the web; one that is a pattern may have
// placeholders after its host.
func (s *Service) cleanURL(ctx context.Context, text string, pattern bool, path ...string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", errs.New(errs.Required, "Enter the address of a page.").On(path...)
	}
	if n := utf8.RuneCountInString(text); n > MaxURL {
		return "", errs.Exceeds(MaxURL, "The address has %d characters; at most %d are allowed.", n, MaxURL).On(path...)
	}
	filled := text
	if pattern {
		t := placeholder.Plain(text)
		if err := s.checkPlaceholders(ctx, t, path...); err != nil {
			return "", err
		}
		for _, p := range t.Pieces {
			if p.Name != "" {
				filled = strings.ReplaceAll(filled, p.Text, "x")
			}
		}
		if at := strings.Index(text, "{{"); at >= 0 && strings.Count(text[:at], "/") < 3 {
			return "", errs.New(errs.Invalid, "Placeholders may stand only after the host, such as in https://example.com/?name={{contact.name}}.").On(path...)
		}
	}
	if !isWebPage(filled, pattern) {
		return "", errs.New(errs.Invalid, "%q is not the address of a page: it begins with https://, and has no user name.", errs.Clip(text)).On(path...)
	}
	return text, nil
}

// isWebPage reports whether a text is the address of a page on the web.
func isWebPage(text string, secure bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(text, " \t\n\"<>\\") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && !secure
}

// fillURL returns a pattern with what its placeholders stand for, as a query has it;
// what is not known is left out.
func fillURL(pattern string, values map[string]string) string {
	t := placeholder.Plain(pattern)
	for i, p := range t.Pieces {
		if p.Name != "" && p.Fallback == nil {
			t.Pieces[i].Fallback = new(string)
		}
	}
	filled, _ := t.Fill(values, url.QueryEscape)
	return filled
}
