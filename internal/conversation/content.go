package conversation

import (
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/richtext"
)

// Most characters (Unicode code points) of a message.
const (
	MaxText        = 100_000
	MaxHTML        = 200_000
	MaxVisitorText = 10_000
)

// previewLength is the most characters of a message that a list row shows.
const previewLength = 140

// MaxMarkdown is the most characters of a message's Markdown.
const MaxMarkdown = MaxText

// written is what a caller wrote: text and HTML, or Markdown.
type written struct{ text, html, markdown *string }

// content is a message's text, and its HTML and Markdown if it has any, cleaned.
type content struct{ text, html, markdown string }

// composeContent cleans what a caller wrote: the text must be valid and, where no
// files go with it, not empty; of HTML the harmless part is kept, and it makes
// the text where none is given. Markdown makes both.
func composeContent(in written, most, files int) (content, error) {
	if given(in.markdown) {
		return in.composeMarkdown(most)
	}
	c := content{}
	if in.text != nil {
		var err error
		if c.text, err = cleanText(*in.text, most); err != nil {
			return c, err
		}
	}
	if given(in.html) {
		if n := utf8.RuneCountInString(*in.html); n > MaxHTML {
			return c, errs.Exceeds(MaxHTML, "The HTML has %d characters; at most %d are allowed.", n, MaxHTML).On("html")
		}
		if !utf8.ValidString(*in.html) {
			return c, errs.New(errs.Invalid, "The HTML is not valid UTF-8.").On("html")
		}
		c.html = richtext.Sanitize(*in.html)
		if richtext.Blank(c.text) {
			c.text = richtext.Text(c.html)
		}
		if n := utf8.RuneCountInString(c.text); n > most {
			return c, errs.Exceeds(most, "The HTML has %d characters of text; at most %d are allowed.", n, most).On("html")
		}
	}
	if c.empty() && files == 0 {
		return c, errs.New(errs.Required, "A message requires text or a file.").On("text")
	}
	return c, nil
}

func given(s *string) bool { return s != nil && *s != "" }

func (c content) empty() bool { return richtext.Blank(c.text) }

// composeMarkdown makes text and HTML of Markdown.
func (in written) composeMarkdown(most int) (content, error) {
	others := []string{}
	if given(in.text) {
		others = append(others, "text")
	}
	if given(in.html) {
		others = append(others, "html")
	}
	if len(others) > 0 {
		return content{}, errs.New(errs.Invalid, "Pass markdown, from which text and HTML are made, or text and html; markdown and %s were given.",
			strings.Join(others, " and ")).On("markdown")
	}
	if n := utf8.RuneCountInString(*in.markdown); n > min(most, MaxMarkdown) {
		return content{}, errs.Exceeds(min(most, MaxMarkdown), "The Markdown has %d characters; at most %d are allowed.", n, min(most, MaxMarkdown)).On("markdown")
	}
	clean, err := richtext.Clean(*in.markdown, "markdown")
	if err != nil {
		return content{}, err
	}
	c := content{html: richtext.FromMarkdown(clean), markdown: clean}
	c.text = firstCharacters(richtext.Text(c.html), MaxText)
	if c.html == "" {
		return c, errs.New(errs.Required, "The Markdown shows nothing.").On("markdown")
	}
	return c, nil
}

// MarkdownOf returns what a message says as Markdown: as its author wrote it, or
// made from its HTML or text; "" if it says nothing.
func MarkdownOf(m *ent.Message) string { return markdownOf(content{m.Text, m.HTML, m.Markdown}) }

// RevisionMarkdown is MarkdownOf for what a message said before.
func RevisionMarkdown(m *ent.MessageRevision) string {
	return markdownOf(content{m.Text, m.HTML, m.Markdown})
}

func markdownOf(c content) string {
	switch {
	case c.markdown != "":
		return c.markdown
	case c.html != "":
		return richtext.ToMarkdown(c.html)
	}
	return richtext.TextToMarkdown(c.text)
}

func cleanText(text string, most int) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On("text")
	}
	return richtext.Clean(text, "text")
}
