package search

import (
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
)

// Limits of a query.
const (
	maxQuery      = 1000 // characters
	maxQueryTerms = 32
	// minPrefix is how many characters the last word has at least that is taken as
	// the beginning of one.
	minPrefix = 2
)

// Query is what someone looks for. Parse makes it; its zero value finds
// every document.
type Query struct {
	all  []choice // each must be found
	none []phrase // none may be found
}

// choice is found if one of its readings is: a number in groups is looked for as
// it is written, and as one.
type choice []reading

// reading is found if each of its phrases is.
type reading []phrase

// phrase is a row of terms that stand next to each other.
type phrase []term

type term struct {
	text   string
	prefix bool // whatever begins with text
}

// Parse reads a query as people type it: words, "phrases in quotes", prefixes
// with a star at their end, and words to leave out with a minus before them.
//
//   - The last word is a prefix too, unless it is quoted or has one character.
//   - A word that falls into several (an e-mail address, a hyphenated word,
//     Chinese) is a phrase.
//   - A number of five digits or more is found however it is grouped, and by its
//     beginning.
//   - A quote that is not closed, and all other signs and words like AND or NEAR,
//     mean nothing special.
//
// It returns INVALID for a query without a word to look for and TOO_LONG
// beyond 1,000 characters or 32 words, both on the field "query".
func Parse(query string) (Query, error) {
	if n := utf8.RuneCountInString(query); n > maxQuery {
		return Query{}, errs.Exceeds(maxQuery, "The query has %d characters; at most %d are allowed.", n, maxQuery).On("query")
	}
	parts := split(query)
	var q Query
	for len(parts) > 0 {
		n := numbersIn(parts)
		if n > 0 {
			q.all = append(q.all, numberChoice(parts[:n]))
		} else {
			n = 1
			q.add(parts[0])
		}
		parts = parts[n:]
	}
	switch terms := q.terms(); {
	case len(q.all) == 0:
		return Query{}, errs.New(errs.Invalid, "The query has no words to search for; it requires at least one letter or digit.").On("query")
	case terms > maxQueryTerms:
		return Query{}, errs.Exceeds(maxQueryTerms, "The query has %d words; at most %d are allowed.", terms, maxQueryTerms).On("query")
	}
	return q, nil
}

// add takes a part that is no number.
func (q *Query) add(p part) {
	switch found := p.phrase(); {
	case len(found) == 0:
	case p.excluded:
		q.none = append(q.none, found)
	default:
		q.all = append(q.all, choice{{found}})
	}
}

// terms is how many words are looked for, as they are written.
func (q Query) terms() int {
	n := 0
	for _, c := range q.all {
		for _, p := range c[0] {
			n += len(p)
		}
	}
	for _, p := range q.none {
		n += len(p)
	}
	return n
}

func (p part) phrase() phrase {
	w := readWords(p.text)
	var found phrase
	for i, word := range w.list {
		if i > 0 && word.start < w.list[i-1].start {
			break // what is joined of these words
		}
		t := term{text: w.term(i)}
		last := int(word.end) >= lastEnd(&w)
		switch {
		case !word.spaceless:
			t.prefix = star(p.text[word.end:]) || last && (p.starred || p.last && utf8.RuneCountInString(t.text) >= minPrefix)
		case !word.runEnd || !last:
			// A pair, or the end of a run that something else follows.
		case i > 0 && w.list[i-1].spaceless && !w.list[i-1].runEnd:
			continue // the pair before has this character already
		default:
			t.prefix = true // one character is found as the first of a pair
		}
		found = append(found, t)
	}
	return found
}

// lastEnd is where the last word of a text ends.
func lastEnd(w *words) int {
	end := int32(0)
	for _, word := range w.list {
		end = max(end, word.end)
	}
	return int(end)
}

// star reports whether a star ends the word that ends before rest. Within a
// word it means nothing.
func star(rest string) bool {
	after := strings.TrimLeft(rest, "*")
	if len(after) == len(rest) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(after)
	return after == "" || classOf(next) == separator
}
