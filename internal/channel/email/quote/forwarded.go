package quote

import "strings"

// mostForwarded is how many lines are searched for a forwarded message, and within how
// many of them its header must stand.
const (
	mostForwarded = 2000
	mostHeader    = 8
)

// ForwardedFrom returns who wrote the first message that a text forwards, as the line of
// its header says: "Ada <ada@example.com>". At least one other field must stand beside it.
// "": there is none.
func ForwardedFrom(text string) string {
	lines := strings.SplitN(text, "\n", mostForwarded+1)
	lines = lines[:min(len(lines), mostForwarded)]
	for i, raw := range lines {
		line := headerLine(raw)
		if label(line) != fieldFrom {
			continue
		}
		for _, other := range lines[max(0, i-mostHeader):min(len(lines), i+mostHeader)] {
			if f := label(headerLine(other)); f == fieldSent || f == fieldTo || f == fieldSubject {
				return strings.TrimLeft(line[strings.IndexAny(line, ":："):], ":： *\t")
			}
		}
	}
	return ""
}

// Forwards reports whether a client wrote above a message in a text that it is forwarded.
func Forwards(text string) bool {
	for line := range strings.Lines(text[:min(len(text), mostForwarded*20)]) {
		if forwardHeading(headerLine(line)) {
			return true
		}
	}
	return false
}

// headerLine is a line without the marks of a quotation and of bold text.
func headerLine(raw string) string {
	return strings.Trim(strings.TrimSpace(strings.TrimLeft(raw, ">| \t")), "*")
}
