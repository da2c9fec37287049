package placeholder

import (
	"strings"

	"golang.org/x/net/html"

	"parley/internal/richtext"
)

// literal are the elements whose text has no placeholders.
var literal = map[string]bool{"code": true, "pre": true, "blockquote": true}

// HTML reads sanitised HTML, whose text has placeholders.
func HTML(text string) Template {
	all, depth := Template{}, 0
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return all
		}
		raw := string(z.Raw()) // reading the token spoils it
		if kind != html.TextToken || depth > 0 || !MayHave(raw) {
			all.Pieces = append(all.Pieces, Piece{Text: raw})
			if name, _ := z.TagName(); literal[string(name)] {
				depth = max(0, depth+step(kind))
			}
			continue
		}
		part := Plain(html.UnescapeString(raw))
		line, column := all.end()
		for _, f := range part.Faults {
			if f.Line == 1 {
				f.Column += column - 1
			}
			f.Line += line - 1
			all.Faults = append(all.Faults, f)
		}
		for _, p := range part.Pieces {
			p.Text = richtext.Escape(p.Text)
			all.Pieces = append(all.Pieces, p)
		}
	}
}

func step(kind html.TokenType) int {
	switch kind {
	case html.StartTagToken:
		return 1
	case html.EndTagToken:
		return -1
	}
	return 0
}

// InHTML writes a value into HTML. Braces of it begin no placeholder.
func InHTML(value string) string {
	return strings.ReplaceAll(strings.ReplaceAll(richtext.Escape(value), "\n", "<br>"), "{{", "{\u2060{")
}
