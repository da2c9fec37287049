package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/errs"
)

// Limits of a query.
const (
	maxQuery      = 1000 // characters
	maxQueryTerms = 32
)

// Query is what someone looks for: phrases, all of which a document must have.
// A single word is a phrase of one. Parse makes it; its zero value finds
// every document.
type Query struct{ phrases []phrase }

// phrase is a row of terms that stand next to each other.
type phrase []term

type term struct {
	text   string
	prefix bool // whatever begins with text
}

// Parse reads a query as people type it: words, "phrases in quotes", and
// prefixes with a star at their end. A word that falls into several (an e-mail
// address, a hyphenated word, Chinese) is a phrase. A quote that is not closed
// ends with the query; all other signs, and words like AND or NEAR, mean
// nothing special. It returns INVALID for a query without a word and TOO_LONG
// beyond 1,000 characters or 32 words, both on the field "query".
func Parse(query string) (Query, error) {
	if n := utf8.RuneCountInString(query); n > maxQuery {
		return Query{}, errs.New(errs.TooLong, "The query has %d characters; it may have %d.", n, maxQuery).On("query")
	}
	var q Query
	terms := 0
	for _, part := range split(query) {
		if p := part.phrase(); len(p) > 0 {
			q.phrases = append(q.phrases, p)
			terms += len(p)
		}
	}
	if terms == 0 {
		return Query{}, errs.New(errs.Invalid, "The query has no word to look for; it needs at least one letter or digit.").On("query")
	}
	if terms > maxQueryTerms {
		return Query{}, errs.New(errs.TooLong, "The query has %d words; it may have %d.", terms, maxQueryTerms).On("query")
	}
	return q, nil
}

// part is a piece of a query that becomes one phrase: what stands in quotes, or
// a word between spaces.
type part struct {
	text    string
	starred bool // a star follows the closing quote
}

func split(query string) []part {
	var parts []part
	for quoted := false; ; quoted = !quoted {
		text, rest, more := cutQuote(query)
		if quoted {
			parts = append(parts, part{text, strings.HasPrefix(rest, "*")})
		} else {
			for _, word := range strings.FieldsFunc(text, unicode.IsSpace) {
				parts = append(parts, part{text: word})
			}
		}
		if !more {
			return parts
		}
		query = rest
	}
}

// cutQuote cuts at the first double quote, straight or as a phone sets it.
func cutQuote(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, `"“”„‟＂`)
	if i < 0 {
		return s, "", false
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return s[:i], s[i+size:], true
}

func (p part) phrase() phrase {
	w := read(p.text)
	var found phrase
	for i, word := range w.list {
		t := term{text: w.term(i)}
		last := i == len(w.list)-1
		switch {
		case !word.spaceless:
			t.prefix = star(p.text[word.end:]) || last && p.starred
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

// FTS4 returns the query for `MATCH ?`. It reads alike with and without FTS4's
// enhanced query syntax.
func (q Query) FTS4(account int64) string {
	prefix := termPrefix(account)
	var out strings.Builder
	for i, p := range q.phrases {
		if i > 0 {
			out.WriteByte(' ')
		}
		row := make([]string, len(p))
		for j, t := range p {
			row[j] = prefix + t.text
			if t.prefix {
				row[j] += "*"
			}
		}
		out.WriteString(`"` + strings.Join(row, " ") + `"`)
	}
	return out.String()
}

// TSQuery returns the query for `@@ $1::tsquery`.
func (q Query) TSQuery(account int64) string {
	prefix := termPrefix(account)
	all := make([]string, len(q.phrases))
	for i, p := range q.phrases {
		row := make([]string, len(p))
		for j, t := range p {
			row[j] = "'" + prefix + t.text + "'"
			if t.prefix {
				row[j] += ":*"
			}
		}
		all[i] = strings.Join(row, " <-> ")
		if len(row) > 1 {
			all[i] = "(" + all[i] + ")"
		}
	}
	return strings.Join(all, " & ")
}

// Match reports whether the document of these texts has all that the query
// looks for: what both databases answer for it, in memory.
func (q Query) Match(texts ...string) bool {
	w := read(texts...)
	w.markSurplus()
	for _, p := range q.phrases {
		if !p.in(&w) {
			return false
		}
	}
	return true
}

func (p phrase) in(w *words) bool {
	for i := range w.list {
		if p.at(w, i) {
			return true
		}
	}
	return false
}

// at reports whether the phrase begins at the i-th word.
func (p phrase) at(w *words, i int) bool {
	if i+len(p) > len(w.list) || w.list[i+len(p)-1].position-w.list[i].position != int32(len(p)-1) {
		return false
	}
	for j, t := range p {
		if w.list[i+j].surplus || !t.is(w.term(i+j)) {
			return false
		}
	}
	return true
}

func (t term) is(word string) bool {
	if t.prefix {
		return strings.HasPrefix(word, t.text)
	}
	return word == t.text
}
