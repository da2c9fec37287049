package quote

import (
	"regexp"
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
		case lines[last].plainlyQuoted():
			return end
		case listFooter(lines[:last+1]) >= 0:
			start = listFooter(lines[:last+1])
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

// listFooter returns where the footer begins with which a mailing list ends what it passes
// on, or -1: a drawn line, and below it who the list is and how to leave it.
func listFooter(lines []line) int {
	const mostLines, widest, least = 6, 100, 20
	named, reachable := false, false
	for i, seen := len(lines)-1, 0; i >= 0 && seen <= mostLines; i-- {
		l := lines[i]
		switch {
		case l.plainlyQuoted(), l.long, utf8.RuneCountInString(l.text) > widest && !l.rule:
			return -1
		case l.rule && utf8.RuneCountInString(l.text) >= least:
			if named && reachable {
				return i
			}
			return -1
		case l.content():
			seen++
			text := strings.ToLower(l.text)
			if strings.HasSuffix(text, "?") {
				return -1
			}
			named = named || slices.ContainsFunc(listWords, func(word string) bool { return strings.Contains(text, word) })
			reachable = reachable || strings.Contains(text, "@") || strings.Contains(text, "://")
		}
	}
	return -1
}

// listWords are what such footers say.
var listWords = []string{
	"mailing list", "mailing-list", "mailingliste", "mailinglist", "unsubscribe", "listinfo", "abmelden", "abbestellen", "désabonn", "désinscri", "lista de correo",
	"darse de baja", "cancellarsi", "disiscri", "lista de discussão", "uitschrijven", "afmelden", "avsluta prenumeration", "отписаться",
}

// delimited returns the last line that delimits a signature, or -1. One that
// lost its space must look like a signature below: short, and asking nothing.
func delimited(lines []line) int {
	const mostLines, mostBare, widest = 40, 8, 80
	bare := true
	for i, seen := len(lines)-1, 0; i >= 0 && seen <= mostLines; i-- {
		l := lines[i]
		switch {
		case l.plainlyQuoted():
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

// linked is where a line links to, as clients write it beside the words.
var linked = regexp.MustCompile(`[<(\[]?https?://[^\s<>)\]]*[>)\]]?`)

// sentFrom reports whether a line is one like "Sent from my iPhone", which
// names a device or of a client and says nothing else.
func sentFrom(s string) bool {
	const longest, mostWords, mostRunes = 200, 8, 60
	s = strings.TrimRight(normal(linked.ReplaceAllString(strings.ToLower(s), " ")), " <([.!。")
	if s == "" || len(s) > longest || !slices.ContainsFunc(devices, func(device string) bool { return strings.Contains(s, device) }) {
		return false
	}
	return slices.ContainsFunc(sentPhrases, func(p phrase) bool {
		rest, begins := strings.CutPrefix(s, p.begin)
		rest, ends := strings.CutSuffix(rest, p.end)
		return begins && ends && len(strings.Fields(rest)) <= mostWords && utf8.RuneCountInString(rest) <= mostRunes && !strings.HasSuffix(rest, "?")
	})
}
