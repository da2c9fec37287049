package search

import "strings"

// FTS4 returns the query for `MATCH ?`, in FTS4's enhanced syntax.
func (q Query) FTS4(account int64) string {
	prefix := termPrefix(account)
	write := func(p phrase) string {
		row := make([]string, len(p))
		for i, t := range p {
			row[i] = prefix + t.text
			if t.prefix {
				row[i] += "*"
			}
		}
		return `"` + strings.Join(row, " ") + `"`
	}
	found := q.compose(write, " AND ", " OR ")
	for _, p := range q.none {
		found = "(" + found + ") NOT " + write(p)
	}
	return found
}

// TSQuery returns the query for `@@ $1::tsquery`.
func (q Query) TSQuery(account int64) string {
	prefix := termPrefix(account)
	write := func(p phrase) string {
		row := make([]string, len(p))
		for i, t := range p {
			row[i] = "'" + prefix + t.text + "'"
			if t.prefix {
				row[i] += ":*"
			}
		}
		if len(row) > 1 {
			return "(" + strings.Join(row, " <-> ") + ")"
		}
		return row[0]
	}
	found := q.compose(write, " & ", " | ")
	for _, p := range q.none {
		found += " & !" + write(p)
	}
	return found
}

// compose writes what must be found.
func (q Query) compose(write func(phrase) string, and, or string) string {
	all := make([]string, len(q.all))
	for i, c := range q.all {
		readings := make([]string, len(c))
		for j, r := range c {
			phrases := make([]string, len(r))
			for k, p := range r {
				phrases[k] = write(p)
			}
			readings[j] = inParentheses(phrases, and)
		}
		all[i] = inParentheses(readings, or)
	}
	return strings.Join(all, and)
}

func inParentheses(list []string, by string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, by) + ")"
}

// Match reports whether the document of these texts has all that the query
// looks for, and nothing that it excludes: what both databases answer for it, in
// memory.
func (q Query) Match(texts ...string) bool {
	w := readWords(texts...)
	w.markSurplus()
	for _, c := range q.all {
		if !c.in(&w) {
			return false
		}
	}
	for _, p := range q.none {
		if p.in(&w) {
			return false
		}
	}
	return true
}

func (c choice) in(w *words) bool {
	for _, r := range c {
		if r.in(w) {
			return true
		}
	}
	return false
}

func (r reading) in(w *words) bool {
	for _, p := range r {
		if !p.in(w) {
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

// Weights of Score.
const (
	wholeWord = 3 // a word, or phrase, as it was looked for
	beginning = 2 // the beginning of one
	countHits = 3 // more hits of one thing say nothing more
	inARow    = 6 // all words stand in a row as they were typed
)

// Score ranks documents that the query finds: the higher, the more of it stands
// in the texts as it was typed. What it does not find has 0.
func (q Query) Score(texts ...string) int {
	w := readWords(texts...)
	w.markSurplus()
	score := 0
	var row phrase
	for _, c := range q.all {
		score += c.score(&w)
		for _, p := range c[0] {
			row = append(row, p...)
		}
	}
	if len(row) > 1 && row.in(&w) {
		score += inARow
	}
	return score
}

func (c choice) score(w *words) int {
	best := 0
	for _, r := range c {
		sum := 0
		for _, p := range r {
			sum += p.score(w)
		}
		best = max(best, sum)
	}
	return best
}

func (p phrase) score(w *words) int {
	score, hits := 0, 0
	for i := range w.list {
		if hits == countHits {
			break
		}
		if p.at(w, i) {
			hits++
			score += p.weight(w, i)
		}
	}
	return score
}

// weight is what the phrase counts that begins at the i-th word.
func (p phrase) weight(w *words, i int) int {
	if last := len(p) - 1; w.term(i+last) != p[last].text {
		return beginning
	}
	return wholeWord
}
