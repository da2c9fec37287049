package conversation

import (
	"strings"
	"unicode/utf8"

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

// content is a message's text, and its HTML if it has any, cleaned.
type content struct{ text, html string }

// compose cleans what a caller wrote: the text must be valid and, where no files
// go with it, not empty; of HTML the harmless part is kept, and it makes the text
// where none is given.
func compose(text, html *string, most, files int) (content, error) {
	c := content{}
	if text != nil {
		var err error
		if c.text, err = cleanText(*text, most); err != nil {
			return c, err
		}
	}
	if html != nil && *html != "" {
		if n := utf8.RuneCountInString(*html); n > MaxHTML {
			return c, errs.New(errs.TooLong, "The HTML has %d characters; at most %d are allowed.", n, MaxHTML).On("html")
		}
		if !utf8.ValidString(*html) {
			return c, errs.New(errs.Invalid, "The HTML is not valid UTF-8.").On("html")
		}
		c.html = richtext.Sanitize(*html)
		if strings.TrimSpace(c.text) == "" {
			c.text = richtext.Text(c.html)
		}
		if n := utf8.RuneCountInString(c.text); n > most {
			return c, errs.New(errs.TooLong, "The HTML has %d characters of text; at most %d are allowed.", n, most).On("html")
		}
	}
	if strings.TrimSpace(c.text) == "" && files == 0 {
		return c, errs.New(errs.Required, "A message needs text, or a file.").On("text")
	}
	return c, nil
}

func cleanText(text string, most int) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.New(errs.TooLong, "The text has %d characters; at most %d are allowed.", n, most).On("text")
	}
	return richtext.Clean(text, "text")
}

// oneLine returns a short text as it is kept: on one line, trimmed, of 1 to most
// characters. Errors blame the field: REQUIRED, TOO_LONG, INVALID.
func oneLine(text string, most int, field ...string) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.New(errs.TooLong, "The text has %d characters; at most %d are allowed.", n, most).On(field...)
	}
	clean, err := richtext.Clean(text, field...)
	if err != nil {
		return "", err
	}
	if clean = strings.Join(strings.Fields(clean), " "); clean == "" {
		return "", errs.New(errs.Required, "A text is needed.").On(field...)
	}
	return clean, nil
}
