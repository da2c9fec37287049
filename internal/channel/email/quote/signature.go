package quote

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// signatureStart returns the line at which the signature that ends lines
// begins, or their number.
func signatureStart(lines []line) int {
	end := len(lines)
	for range 4 { // a client's line may stand below a signature of one's own
		last := lastContent(lines[:end])
		if last < 0 {
			return end
		}
		start := last
		switch {
		case lines[last].quoted():
			return end
		case lines[last].sig:
			for start > 0 && (lines[start-1].sig || !lines[start-1].content()) {
				start--
			}
		case !sentFrom(lines[last].text):
			if start = delimited(lines[:last+1]); start < 0 {
				return end
			}
		}
		if d := lastContent(lines[:start]); d >= 0 && lines[d].delimiter > 0 {
			start = d
		}
		end = start
	}
	return end
}

// delimited returns the last line that delimits a signature, or -1. One that
// lost its space must look like a signature below: short, and asking nothing.
func delimited(lines []line) int {
	const mostLines, mostBare, widest = 40, 8, 80
	bare := true
	for i, seen := len(lines)-1, 0; i >= 0 && seen <= mostLines; i-- {
		l := lines[i]
		switch {
		case l.quoted():
			return -1
		case l.delimiter == 2, l.delimiter == 1 && bare && seen <= mostBare:
			return i
		case l.content():
			seen++
			bare = bare && !l.long && utf8.RuneCountInString(l.text) <= widest && !strings.HasSuffix(l.text, "?")
		}
	}
	return -1
}

// sentFrom reports whether a line is one like "Sent from my iPhone", which
// tells of a device or of a client and says nothing else.
func sentFrom(s string) bool {
	const longest, mostWords, mostRunes = 200, 8, 60
	s, _, _ = strings.Cut(strings.ToLower(s), "http")
	s = strings.TrimRight(s, " <([.!。")
	if s == "" || len(s) > longest || !slices.ContainsFunc(devices, func(device string) bool { return strings.Contains(s, device) }) {
		return false
	}
	return slices.ContainsFunc(sentPhrases, func(p phrase) bool {
		rest, begins := strings.CutPrefix(s, p.begin)
		rest, ends := strings.CutSuffix(rest, p.end)
		return begins && ends && len(strings.Fields(rest)) <= mostWords && utf8.RuneCountInString(rest) <= mostRunes && !strings.HasSuffix(rest, "?")
	})
}
