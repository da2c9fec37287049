package placeholder

import (
	"strings"

	"parley/internal/richtext"
)

// Markdown reads Markdown.
func Markdown(text string) Template {
	r := &reader{whole: text}
	at, fence := 0, ""
	for line := range strings.Lines(text) {
		mark := fenceOf(line)
		switch {
		case fence != "":
			r.text.WriteString(line)
			if strings.HasPrefix(mark, fence) && strings.TrimSpace(line) == mark {
				fence = ""
			}
		case mark != "":
			fence = mark
			r.text.WriteString(line)
		case strings.HasPrefix(strings.TrimLeft(line, " "), ">"):
			r.text.WriteString(line)
		default:
			r.line(at, line)
		}
		at += len(line)
	}
	r.flush()
	return r.Template
}

// fenceOf is the mark that begins or ends a block of code; "": the line is none.
func fenceOf(line string) string {
	start := strings.TrimLeft(line, " ")
	if len(line)-len(start) > 3 {
		return ""
	}
	for _, mark := range []string{"`", "~"} {
		if run := len(start) - len(strings.TrimLeft(start, mark)); run >= 3 {
			return strings.Repeat(mark, run)
		}
	}
	return ""
}

// line reads a line that begins at an offset of the whole text.
func (r *reader) line(at int, line string) {
	for i := 0; i < len(line); {
		n := 1
		switch {
		case line[i] == '\\' && i+1 < len(line):
			n = 2
		case line[i] == '`':
			n = codeLength(line[i:])
		case strings.HasPrefix(line[i:], "{{"):
			i += r.braces(at + i)
			continue
		}
		r.text.WriteString(line[i : i+n])
		i += n
	}
}

// codeLength is how long the code is that a text begins with: with its marks, or only
// its mark if it does not end.
func codeLength(text string) int {
	rest := strings.TrimLeft(text, "`")
	mark := text[:len(text)-len(rest)]
	for at := 0; at < len(rest); {
		next := strings.IndexByte(rest[at:], '`')
		if next < 0 {
			break
		}
		at += next
		run := len(rest[at:]) - len(strings.TrimLeft(rest[at:], "`"))
		if run == len(mark) {
			return len(mark) + at + run
		}
		at += run
	}
	return len(mark)
}

// inert keeps addresses in a value from becoming links, and its braces from being read.
var inert = strings.NewReplacer("{", `\{`, "://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`)

// InMarkdown writes a value into Markdown: as text, without links of someone else's.
func InMarkdown(value string) string { return inert.Replace(richtext.TextToMarkdown(value)) }
