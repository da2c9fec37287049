package search

import (
	"cmp"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hit is one place in a text where a phrase was found, in bytes and characters.
type hit struct {
	start, end         int
	startChar, endChar int
	phrase             int
}

// Excerpt returns about most characters of text around the best of what the
// query finds in it, as HTML: found words stand in <mark>, all else is escaped,
// and "…" stands where the text goes on. It is cut between words. It is false
// if text has nothing that the query looks for, as when another text of the
// same document has it.
func (q Query) Excerpt(text string, most int) (string, bool) {
	hits := q.hits(text)
	if len(hits) == 0 {
		return "", false
	}
	start, end := window(text, hits, max(most, 1))
	return render(text, hits, start, end), true
}

// hits returns all places, by their beginning.
func (q Query) hits(text string) []hit {
	w := readWords(text)
	var hits []hit
	for n, c := range q.all {
		for _, r := range c {
			for _, p := range r {
				hits = append(hits, p.hits(&w, n)...)
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	at, chars := 0, 0
	for i := range hits {
		h := &hits[i]
		chars += utf8.RuneCountInString(text[at:h.start])
		at = h.start
		h.startChar = chars
		h.endChar = chars + utf8.RuneCountInString(text[h.start:h.end])
	}
	return hits
}

// hits returns the places of a phrase, which is of the n-th thing looked for.
func (p phrase) hits(w *words, n int) []hit {
	var hits []hit
	for i := range w.list {
		if !p.at(w, i) {
			continue
		}
		last := w.list[i+len(p)-1]
		end := last.end
		if last.spaceless && p[len(p)-1].prefix {
			end = last.first // only this character was asked for
		}
		hits = append(hits, hit{start: int(w.list[i].start), end: int(end), phrase: n})
	}
	return hits
}

// window returns the bytes of text to show.
func window(text string, hits []hit, most int) (start, end int) {
	from, to := best(hits, most)
	core := hits[from]
	core.end, core.endChar = hits[to].end, hits[to].endChar
	if core.endChar-core.startChar > most { // one long phrase
		return core.start, backTo(text, forward(text, core.start, 1), forward(text, core.start, most))
	}
	spare := most - (core.endChar - core.startChar)
	behind := len(text[core.end:])
	if behind > spare*utf8.UTFMax {
		behind = spare // more than fits; no need to count it
	} else {
		behind = utf8.RuneCountInString(text[core.end:])
	}
	// A third of the room before the hits, unless less text stands behind them.
	before := min(max(spare/3, spare-behind), core.startChar)
	start = backward(text, core.start, before)
	end = forward(text, core.end, spare-before)
	for start < core.start && !border(text, start) {
		start = forward(text, start, 1)
	}
	return start, backTo(text, core.end, end)
}

// best returns the first and last of the hits that fit into most characters
// and are of most different phrases, then the most; the first such ones.
func best(hits []hit, most int) (from, to int) {
	var (
		bestPhrases, bestHits int
		seen                  = make(map[int]int)
		next                  int // hits[i:next] fit
	)
	for i := range hits {
		for next < len(hits) && (next <= i || hits[next].endChar-hits[i].startChar <= most) {
			seen[hits[next].phrase]++
			next++
		}
		if len(seen) > bestPhrases || len(seen) == bestPhrases && next-i > bestHits {
			bestPhrases, bestHits = len(seen), next-i
			from, to = i, next-1
		}
		if seen[hits[i].phrase]--; seen[hits[i].phrase] == 0 {
			delete(seen, hits[i].phrase)
		}
	}
	return from, to
}

// forward and backward return the place n characters on, or the text's end.
func forward(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

func backward(text string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return at
}

// backTo returns the last place between words from least to at, or at itself
// if there is none.
func backTo(text string, least, at int) int {
	for end := at; end >= least; end = backward(text, end, 1) {
		if border(text, end) {
			return end
		}
	}
	return at
}

// border reports whether text may be cut at a byte: not within a word, nor
// between a character and its accents.
func border(text string, at int) bool {
	if at == 0 || at == len(text) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	a, b := classOf(before), classOf(after)
	if b == ignored || unicode.Is(unicode.Cf, before) {
		return false
	}
	return !(a == letter || a == ignored) || b != letter
}

// render writes text[start:end] with its hits marked.
func render(text string, hits []hit, start, end int) string {
	shown := text[start:end]
	end = start + len(strings.TrimRightFunc(shown, unicode.IsSpace))
	start += len(shown) - len(strings.TrimLeftFunc(shown, unicode.IsSpace))
	var out strings.Builder
	if strings.TrimSpace(text[:start]) != "" {
		out.WriteString("…")
	}
	at := start
	for i := 0; i < len(hits); {
		from, to := hits[i].start, hits[i].end
		for i++; i < len(hits) && hits[i].start <= to; i++ { // pairs overlap
			to = max(to, hits[i].end)
		}
		from, to = max(from, start), min(to, end)
		if from >= to {
			continue
		}
		out.WriteString(escape(text[at:from]) + "<mark>" + escape(text[from:to]) + "</mark>")
		at = to
	}
	out.WriteString(escape(text[at:end]))
	if strings.TrimSpace(text[end:]) != "" {
		out.WriteString("…")
	}
	return out.String()
}

func escape(s string) string { return html.EscapeString(strings.ToValidUTF8(s, "\uFFFD")) }
