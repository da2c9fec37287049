package quote

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// grade is how sure it is that a line introduces a quote.
type grade uint8

const (
	none     grade = iota
	datedOne       // a date and a colon: before an element that quotes
	named          // "Ada Lovelace wrote:": before a quote that a client marked
	strong         // with a date or an address: before any quote
	complete       // with all that only a client writes: before anything
)

var (
	dated  = regexp.MustCompile(`\p{Nd}{4}|\p{Nd}{1,2}[:.h]\p{Nd}{2}|\p{Nd}{1,2}[./]\p{Nd}{1,2}`)
	angled = regexp.MustCompile(`[<(\[][^\s<>()\[\]]*@[^\s<>()\[\]]+\.[^\s<>()\[\]]+[>)\]]`)
	// addressed is a line that ends with an address and a colon.
	addressed = regexp.MustCompile(`[<(\[]\S+@\S+[>)\]]\s*[:：]$`)
	weekday   = regexp.MustCompile(`^[\p{L}\p{M}]{1,12}[.,]{0,2}\s+(?:den )?\p{Nd}`)
	numbered  = regexp.MustCompile(`^["“]?\p{Nd}`)
)

// findVerb finds any language's "wrote" in a line in lower case: as a word where
// words have spaces between them, anywhere else. Of several, the first and
// longest counts.
func findVerb(s string) (start, end int, found bool) {
	for _, word := range wrote {
		at, ok := wordIn(s, word)
		if ok && (!found || at < start || at == start && at+len(word) > end) {
			start, end, found = at, at+len(word), true
		}
	}
	return start, end, found
}

func wordIn(s, word string) (int, bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return 0, false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(word):])
		if !lettered(before) && !lettered(after) || !spaced(word) {
			return i, true
		}
		from = i + len(word)
	}
}

func lettered(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r)) }

// spaced reports whether a word's script puts spaces between words.
func spaced(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
	})
}

// attributed returns how many lines at i introduce a quote, 0 if they do not,
// and where that quote begins: the number of lines if nothing marks it.
func attributed(lines []line, i int) (n, next int) {
	n, g := attribution(lines, i)
	if lines[i].intro && g < strong {
		for n = 1; i+n < len(lines) && lines[i+n].intro; {
			n++
		}
		g = strong
	}
	if g == none {
		return 0, 0
	}
	next = nextContent(lines, i+n)
	if next == len(lines) {
		return 0, 0
	}
	if l := lines[next]; l.quoted() {
		if g >= strong && (l.weak == "" || next <= i+n+1) || g == named && (l.marked || l.cite || l.sure) || l.cite || l.sure {
			return n, next
		}
		return 0, 0
	}
	if apart(lines, i) && g == complete {
		return n, len(lines)
	}
	return 0, 0
}

// apart reports whether line i begins a paragraph.
func apart(lines []line, i int) bool { return i == 0 || lines[i].apart || !lines[i-1].content() }

// mostWrapped is over how many lines clients wrap an attribution.
const mostWrapped = 4

// attribution returns how many lines at i read together as an attribution,
// and how surely.
func attribution(lines []line, i int) (n int, g grade) {
	joined := lines[i].text
	if g := grading(joined); g > none {
		return 1, g
	}
	nameFirst := saysWhen(joined)
	if !opens(joined) && !nameFirst || closed(joined) {
		return 0, none
	}
	for n = 2; n <= mostWrapped && i+n <= len(lines); n++ {
		l := lines[i+n-1]
		text := l.text
		if l.marked && l.depth == lines[i].depth+1 && openAngle(joined) { // the ">" is the address's
			text = "> " + text
		} else if l.depth != lines[i].depth {
			break
		}
		if !l.content() || len(joined) > longest || nameFirst && !timeOnly(text) || !nameFirst && opener(l.text) {
			break
		}
		joined += " " + text
		if g := grading(angleSpace.Replace(joined)); g >= strong {
			return n, g
		}
	}
	return 0, none
}

// angleSpace takes out the space that a line's end leaves within an address's brackets.
var angleSpace = strings.NewReplacer("< ", "<", " >", ">")

// openAngle reports whether an address in brackets goes on in the next line.
func openAngle(s string) bool {
	return strings.LastIndexByte(s, '<') > strings.LastIndexByte(s, '>')
}

// saysWhen reports whether a line is "Ada wrote on Mon, 5 Jan 2026", of an attribution that
// goes on with the time in the next line: behind the verb stands nothing but a date.
func saysWhen(s string) bool {
	_, end, written := findVerb(strings.ToLower(s))
	const mostWords = 7
	rest := s[min(end, len(s)):]
	words := strings.Fields(rest)
	return written && len(words) > 1 && len(words) <= mostWords && dated.MatchString(rest) && dateEnd.MatchString(rest)
}

// dateEnd is the end of a date, in front of a time.
var dateEnd = regexp.MustCompile(`\p{Nd}[.,]?\s*$`)

// timeOnly reports whether a line is nothing but a time, as in "um 10:12 Uhr:".
func timeOnly(s string) bool {
	return len(strings.Fields(s)) <= 5 && clockTime.MatchString(s)
}

var clockTime = regexp.MustCompile(`\p{Nd}{1,2}\s?[:.h]\s?\p{Nd}{2}`)

// opens reports whether an attribution that goes on in the next line may
// begin like this.
func opens(s string) bool {
	return opener(s) || dated.MatchString(s) && (weekday.MatchString(s) || numbered.MatchString(s))
}

// opener reports whether a line begins like "On 3 March".
func opener(s string) bool {
	first, rest, _ := strings.Cut(strings.ToLower(s), " ")
	return openers[strings.TrimRight(first, ",")] && strings.ContainsFunc(rest, unicode.IsDigit)
}

// closed reports whether a line ends as attributions do.
func closed(s string) bool {
	return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
}

func grading(s string) grade {
	if len(s) > longest || s == "" {
		return none
	}
	framed := dashed(s)
	if framed {
		s = undashed(s)
	}
	if !framed && !closed(s) {
		return none
	}
	lower := strings.ToLower(s)
	start, end, written := findVerb(lower)
	date, address := dated.MatchString(s), strings.Contains(s, "@")
	switch {
	case framed && written && (date || address || closed(s)):
		return complete
	case framed:
		return none
	case date && (written && angled.MatchString(s) || addressed.MatchString(s)):
		return complete
	case written && (date || address):
		return strong
	case written && len(lower) == len(s) && nameOnly(s[:start]+" "+s[end:]):
		return named
	case date:
		return datedOne
	}
	return none
}

// nameOnly reports whether what stands around the verb may be a name.
func nameOnly(s string) bool {
	words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" :：\"“”«»,", r) })
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	for _, word := range words {
		if first, _ := utf8.DecodeRuneInString(word); !unicode.IsLetter(first) || unicode.IsLower(first) && !particles[word] {
			return false
		}
	}
	return true
}
