package quote

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how many bytes of a line are looked at: what introduces a quote
// or a signature is shorter.
const longest = 600

// line is one line of a mail as a reader sees it, and what is known of it.
type line struct {
	text      string // white space collapsed, without ">" marks; "" if long
	long      bool   // longer than any line that means something here
	image     bool   // there is something to see besides text
	depth     int    // of quotation, by ">" marks and by blockquotes
	marked    bool   // by ">"
	weak      string // a mark that may mean something else, by which it is: "|", "Ada>"
	cite      bool   // a client's own quote element: <blockquote type=cite>
	sure      bool   // a quote, whatever stands above
	intro     bool   // an element in which a client introduces a quote
	sig       bool   // an element in which a client puts the signature
	rest      bool   // from here on, all is quoted
	forward   bool   // an element in which a client puts a forwarded message
	apart     bool   // a block begins with it
	rule      bool   // it is drawn, not written
	divider   bool   // a rule as Outlook draws it above the header of a quote
	delimiter int    // 2: "-- ", 1: "--"
}

func (l line) content() bool { return l.text != "" && !l.rule || l.long || l.image }

func (l line) quoted() bool { return l.depth > 0 }

// plainlyQuoted is quoted, whatever stands above.
func (l line) plainlyQuoted() bool { return l.depth > 0 && l.weak == "" }

// plainLine reads a line of plain text.
func plainLine(raw string) line {
	var l line
	l.setText(raw)
	return l
}

// setText takes in the text of a line, of which ">" marks are the depth.
func (l *line) setText(raw string) {
	depth, own := marks(raw)
	l.marked = depth > 0
	if depth == 0 {
		depth, own, l.weak = weakMarks(raw)
	}
	l.depth += depth
	switch strings.TrimRight(raw, "\u00a0") {
	case "-- ":
		l.delimiter = 2
	case "--":
		l.delimiter = 1
	}
	if len(own) > longest {
		l.long = strings.TrimSpace(own) != ""
		return
	}
	l.text = normal(own)
	l.rule = ruled(l.text)
}

// marks counts the ">" at the beginning of a line and returns what follows.
func marks(s string) (depth int, rest string) {
	for rest = s; ; rest = rest[1:] {
		trimmed := strings.TrimLeft(rest, " ")
		if len(rest)-len(trimmed) > 1 || !strings.HasPrefix(trimmed, ">") {
			return depth, rest
		}
		rest = trimmed
		depth++
	}
}

// initialed is a quote's mark that names who wrote it: "Ada> ", "AL>> ".
var initialed = regexp.MustCompile(`^ ?[\p{L}][\p{L}\p{N}._-]{0,14}(>+)(?:\s|$)`)

// weakMarks is marks for those that mean something else where no attribution stands above: a
// bar, which also draws tables, and a name, which also is a prompt.
func weakMarks(s string) (depth int, rest, mark string) {
	if found := initialed.FindStringSubmatchIndex(s); found != nil {
		return found[3] - found[2], s[found[3]:], strings.TrimSpace(s[:found[2]+1])
	}
	bare := strings.TrimSpace(s)
	if own, is := strings.CutPrefix(bare, "|"); is && !strings.Contains(own, "|") && (own == "" || own[0] == ' ') {
		return 1, own, "|"
	}
	return 0, s, ""
}

// normal collapses white space and drops characters that cannot be seen, such
// as the marks of direction that clients put around addresses.
func normal(s string) string {
	var out strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = out.Len() > 0
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		case space:
			out.WriteByte(' ')
			space = false
		}
		out.WriteRune(r)
	}
	return out.String()
}

// ruled reports whether a line is drawn rather than written.
func ruled(s string) bool { return utf8.RuneCountInString(s) >= 3 && undashed(s) == "" }

// dashes are what clients draw lines with around a heading.
const dashes = "-_=*~‐‑‒–—―─ "

// undashed returns the heading within a drawn line, s itself if it has none.
func undashed(s string) string { return strings.Trim(s, dashes) }

// dashed reports whether s is a heading within a drawn line.
func dashed(s string) bool {
	inner := undashed(s)
	before, after, _ := strings.Cut(s, inner)
	return inner != "" && drawn(before) && drawn(after)
}

func drawn(s string) bool { return utf8.RuneCountInString(strings.TrimSpace(s)) >= 2 }

// nextContent returns the first line from i on that shows something, or the
// number of lines.
func nextContent(lines []line, i int) int {
	for i < len(lines) && !lines[i].content() {
		i++
	}
	return i
}

// lastContent returns the last line that shows something, or -1.
func lastContent(lines []line) int {
	i := len(lines) - 1
	for i >= 0 && !lines[i].content() {
		i--
	}
	return i
}

// readable joins lines to a text for readers, without empty lines around it.
func readable(lines []line) string {
	texts := make([]string, 0, len(lines))
	for _, l := range lines {
		if l.delimiter == 0 && !l.rule {
			texts = append(texts, l.text)
		}
	}
	return strings.Trim(strings.Join(texts, "\n"), "\n ")
}
