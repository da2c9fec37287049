package search

import (
	"strings"
	"unicode/utf8"
)

// How many digits a number has that is found however it is grouped: from five,
// so that years and quantities stay words, to the longest phone number.
const (
	minNumber = 5
	maxNumber = 15
)

// joinWords adds, behind a text's own words from the list's from-th on, what
// people write apart and look for in one: a number in groups ("+47 123 45 678"),
// from each of its groups on, and a name with an apostrophe ("O'Brien"). A
// position lies before each, so that no phrase reaches it.
func (r *reader) joinWords(text string, from int) {
	end := len(r.list)
	for i := from; i < end && !r.full; i++ {
		switch {
		case r.isNumber(i):
			r.joinNumber(text, i, end)
		case !r.list[i].spaceless && (i == from || !r.elided(text, i-1)):
			r.joinName(text, i, end)
		}
	}
}

// joinNumber adds the number that begins with the i-th word, if groups follow.
func (r *reader) joinNumber(text string, i, end int) {
	digits := r.length(i)
	last := i
	for next := i + 1; next < end && r.isNumber(next) && digits+r.length(next) <= maxNumber; next++ {
		if !groups(r.between(text, last), r.length(next)) {
			break
		}
		digits += r.length(next)
		last = next
	}
	if last > i && digits >= minNumber {
		r.storeJoined(i, last)
	}
}

// joinName adds the name that begins with the i-th word, if an apostrophe follows.
func (r *reader) joinName(text string, i, end int) {
	last := i
	for last+1 < end && r.elided(text, last) && !r.list[last+1].spaceless {
		last++
	}
	if last > i {
		r.storeJoined(i, last)
	}
}

// elided reports whether an apostrophe, and nothing else, parts the i-th word
// from the next.
func (r *reader) elided(text string, i int) bool {
	if i+1 >= len(r.list) {
		return false
	}
	switch r.between(text, i) {
	case "'", "’", "ʼ", "‘", "´", "`":
		return true
	}
	return false
}

// between is what parts the i-th word from the next; "" also where one
// character is two words.
func (r *reader) between(text string, i int) string {
	end, start := r.list[i].end, r.list[i+1].start
	return text[min(end, start):start]
}

// groups reports whether what stands between two groups of digits leaves them
// one number. A comma or apostrophe parts thousands.
func groups(between string, next int) bool {
	switch between {
	case " ", "\u00a0", "\u202f", "-", "\u2010", "\u2011", "\u2013", ".", "/", ") ", ")", " (", "(", " - ", " / ", ")-":
		return true
	case ",", "'", "’":
		return next == 3
	}
	return false
}

func (r *reader) length(i int) int { return int(r.list[i].hi - r.list[i].lo) }

// isNumber reports whether the i-th word has digits only.
func (r *reader) isNumber(i int) bool {
	w := r.list[i]
	return !w.spaceless && allDigits(string(r.terms[w.lo:w.hi]))
}

func allDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// storeJoined adds the words from the i-th to the last as one.
func (r *reader) storeJoined(i, last int) {
	first := r.list[i]
	r.word = word{lo: int32(len(r.terms)), start: first.start, end: r.list[last].end}
	chars := 0
	for ; i <= last; i++ {
		for _, c := range string(r.terms[r.list[i].lo:r.list[i].hi]) {
			if chars < maxWord {
				r.terms = utf8.AppendRune(r.terms, c)
				chars++
			}
		}
	}
	r.position++
	r.storeWord()
}
