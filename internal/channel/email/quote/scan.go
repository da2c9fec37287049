package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cut is where a mail stops to be its sender's own words: lines from folded on
// are not shown; those of them before quote are the signature.
type cut struct{ folded, quote int }

// findCut looks for the line from which on a mail is folded: the number of
// lines if nothing is, or if nothing would be left.
func findCut(lines []line, hint string) cut {
	quote := quoteStart(lines, hint)
	signature := quote
	if !forwarding(lines[:quote]) {
		signature = signatureStart(lines[:quote])
	}
	switch {
	case lastContent(lines[quote:]) < 0 && signature == quote:
		return cut{len(lines), len(lines)}
	case lastContent(lines[:signature]) >= 0:
		return cut{signature, quote}
	case signature < quote && quote < len(lines):
		return cut{quote, quote}
	}
	return cut{len(lines), len(lines)}
}

// quoteStart returns the line at which the quote that ends the mail begins.
func quoteStart(lines []line, hint string) int {
	// Once a quote was introduced, another one in the same mail is its
	// continuation, after an answer in between.
	introduced := false
	own := lastContent(lines[:signatureStart(lines)]) // the last line that is no signature
	for i := 0; i < len(lines); {
		l := lines[i]
		if !l.content() {
			i++
			continue
		}
		if forwards(lines, i) {
			return len(lines)
		}
		if l.quoted() && l.weak != "" { // no attribution stands above: they are the sender's own words
			i = runEnd(lines, i)
			continue
		}
		if l.quoted() {
			end := runEnd(lines, i)
			introduced = introduced || l.sure || introducesItself(lines[i:end])
			if introduced && own < end {
				return leadStart(lines, i)
			}
			i = end
			continue
		}
		if marker(l) {
			return leadStart(lines, i)
		}
		if l.rest || original(l.text) || headed(lines, i) || messageOf(lines, i) || outlined(lines, i) || hinted(l, hint) {
			return i
		}
		n, next := attributed(lines, i)
		switch {
		case n == 0:
			i++
		case next == len(lines): // all below is quoted, though nothing marks it
			return i
		default:
			end := runEnd(lines, next)
			if own < end {
				return i
			}
			introduced, i = true, end
		}
	}
	return len(lines)
}

// runEnd returns the end of the quoted lines, and empty ones between them,
// that begin at i and are marked alike. Of a mark that may mean something else an empty line
// is the end: clients mark those too.
func runEnd(lines []line, i int) int {
	end, weak := i, lines[i].weak
	for ; i < len(lines); i++ {
		switch l := lines[i]; {
		case l.quoted() && l.weak == weak:
			end = i + 1
		case l.content() || weak != "":
			return end
		}
	}
	return end
}

// within is how many lines of a quote are searched for what introduces it.
const within = 8

// introducesItself reports whether a quote holds its own introduction, as
// Apple Mail writes it, or Parley's marker.
func introducesItself(quote []line) bool {
	for i, seen := nextContent(quote, 0), 0; i < len(quote) && seen < within; i, seen = nextContent(quote, i+1), seen+1 {
		if marker(quote[i]) {
			return true
		}
		if seen > 0 {
			continue
		}
		if original(quote[i].text) || headed(quote, i) || messageOf(quote, i) {
			return true
		}
		if _, g := attribution(quote, i); g >= strong {
			return true
		}
	}
	return false
}

// leadStart returns where what introduces the quote at i begins: a line in a
// language that is not known still ends with a colon and holds a date.
func leadStart(lines []line, i int) int {
	before := lastContent(lines[:i])
	if before < 0 || i-before > 3 || lines[before].quoted() {
		return i
	}
	l := lines[before]
	if l.intro || closed(l.text) && dated.MatchString(l.text) && (angled.MatchString(l.text) || lines[i].sure || marker(lines[i])) {
		return before
	}
	return i
}

// key is what of a line stays the same whether a mail is HTML or plain text:
// its first letters and digits.
func key(s string) string {
	const most = 24
	letters := make([]rune, 0, most)
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters = append(letters, r)
		}
		if len(letters) == most {
			break
		}
	}
	return string(letters)
}

// hinted reports whether a line is the one with which the quote begins in
// another form of the same mail: a short line might be said twice.
func hinted(l line, hint string) bool {
	const least = 12
	return utf8.RuneCountInString(hint) >= least && l.text != "" && key(l.text) == hint
}
