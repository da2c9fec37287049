package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is a piece of a query: what stands in quotes, or a word between spaces.
type part struct {
	text     string
	quoted   bool
	starred  bool // a star follows the closing quote
	excluded bool // a minus stands before it
	last     bool // the query ends with it, and it may be typed on
}

// split cuts a query into its parts.
func split(query string) []part {
	var parts []part
	for {
		before, quoted, rest, ok := cutQuoted(query)
		minus := ok && endsInMinus(before)
		if minus {
			before = before[:len(before)-1]
		}
		for _, word := range strings.FieldsFunc(before, unicode.IsSpace) {
			parts = append(parts, newPart(word))
		}
		if !ok {
			if len(parts) > 0 && !parts[len(parts)-1].quoted {
				parts[len(parts)-1].last = true
			}
			return parts
		}
		parts = append(parts, part{text: quoted, quoted: true, starred: strings.HasPrefix(rest, "*"), excluded: minus})
		query = rest
	}
}

// cutQuoted cuts at the first quotation that is closed, by double quotes,
// straight or as a phone sets them.
func cutQuoted(s string) (before, quoted, after string, found bool) {
	before, rest, open := cutQuote(s)
	quoted, after, closed := cutQuote(rest)
	if !open || !closed {
		return s, "", "", false
	}
	return before, quoted, after, true
}

func cutQuote(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, `"“”„‟＂`)
	if i < 0 {
		return s, "", false
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return s[:i], s[i+size:], true
}

// endsInMinus reports whether a minus stands before what follows s, by itself.
func endsInMinus(s string) bool {
	if !strings.HasSuffix(s, "-") {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(s[:len(s)-1])
	return len(s) == 1 || unicode.IsSpace(before)
}

// newPart takes a word between spaces. A minus before a letter excludes it;
// before a digit it is the number's sign.
func newPart(word string) part {
	rest, minus := strings.CutPrefix(word, "-")
	first, _ := utf8.DecodeRuneInString(rest)
	if minus && !unicode.IsDigit(first) && classOf(first) != separator {
		return part{text: rest, excluded: true}
	}
	return part{text: word}
}

// isNumber reports whether a part is digits, with the signs that numbers are
// written with.
func (p part) isNumber() bool {
	digit := false
	for _, c := range p.text {
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case !strings.ContainsRune("+-–.,/()#*'’", c):
			return false
		}
	}
	return digit && !p.quoted && !p.excluded
}

// digits returns the digits of a part, without all else.
func (p part) digits() string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, p.text)
}

// numbersIn returns how many of the first parts make up one number that is found
// however it is grouped.
func numbersIn(parts []part) int {
	n, digits := 0, 0
	for n < len(parts) && parts[n].isNumber() && digits+len(parts[n].digits()) <= maxNumber {
		digits += len(parts[n].digits())
		n++
	}
	if digits < minNumber {
		return 0
	}
	return n
}

// numberChoice reads parts as the numbers that they are written as, or as one.
func numberChoice(parts []part) choice {
	var written reading
	joined := ""
	for _, p := range parts {
		written = append(written, p.phrase())
		joined += p.digits()
	}
	whole := reading{{{text: joined, prefix: true}}}
	if len(written) == 1 && len(written[0]) == 1 {
		return choice{whole}
	}
	return choice{written, whole}
}
