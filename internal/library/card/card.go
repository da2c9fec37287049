// Package card writes the cards of messages for those who do not draw them: as HTML for
// mail, as lines of plain text, and as Markdown (CO-6).
package card

import (
	"fmt"
	"strings"

	"parley/internal/richtext"
	"parley/internal/vocab"
)

// HTML returns cards as HTML for mail; "": there are none.
func HTML(cards []vocab.MessageCard) string {
	var b strings.Builder
	for _, c := range cards {
		b.WriteString(`<table role="presentation" cellpadding="12" style="margin-top:12px;border:1px solid #cbd5e1;border-collapse:collapse"><tr><td>`)
		if c.ImageURL != "" {
			b.WriteString(`<a href="` + richtext.Escape(c.URL) + `"><img src="` + richtext.Escape(c.ImageURL) + `" alt="" width="320" style="display:block;max-width:100%;border:0"></a>`)
		}
		b.WriteString(`<strong>` + richtext.Escape(c.Title) + `</strong>`)
		if c.Description != "" {
			b.WriteString(`<br>` + richtext.Escape(c.Description))
		}
		if c.Seconds > 0 {
			b.WriteString(`<br>` + Lasts(c.Seconds))
		}
		b.WriteString(`<br><a href="` + richtext.Escape(c.URL) + `">` + richtext.Escape(c.ButtonText) + `</a></td></tr></table>`)
	}
	return b.String()
}

// Lasts is how long a video takes: 3:05, 1:00:00.
func Lasts(seconds int) string {
	if hours := seconds / 3600; hours > 0 {
		return fmt.Sprintf("%d:%02d:%02d", hours, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// Text returns cards as lines "title: link"; "": there are none.
func Text(cards []vocab.MessageCard) string {
	lines := make([]string, len(cards))
	for i, c := range cards {
		lines[i] = c.Title + ": " + c.URL
	}
	return strings.Join(lines, "\n")
}

// With is a text and the cards beside it as plain text.
func With(text string, cards []vocab.MessageCard) string {
	lines := Text(cards)
	if strings.TrimSpace(text) == "" || lines == "" {
		return text + lines
	}
	return text + "\n\n" + lines
}

// Titles are those of cards.
func Titles(cards []vocab.MessageCard) []string {
	titles := make([]string, len(cards))
	for i, c := range cards {
		titles[i] = c.Title
	}
	return titles
}

// Markdown is a card as a link.
func Markdown(c vocab.MessageCard) string {
	return "[" + richtext.TextToMarkdown(c.Title) + "](<" + c.URL + ">)"
}
