package search

import (
	"slices"
	"strconv"
	"strings"
)

// Doc is one document as the databases index it.
type Doc struct {
	// FTS4 has the terms in order, for an FTS4 column with tokenize=simple.
	FTS4 string
	// TSVector is the literal of a tsvector, for `$1::tsvector`.
	TSVector string
}

// gap stands in FTS4, which counts words only, where no word may be found. No
// query asks for it: all terms of queries begin with a digit.
const gap = "x"

// Document returns the index forms of texts that are found together, such as a
// conversation's subject, contact name and e-mail address; account is the
// number of the account that may find them. A phrase does not match across
// two texts.
func Document(account int64, texts ...string) Doc {
	w := readWords(texts...)
	w.markSurplus()
	prefix := termPrefix(account)
	return Doc{FTS4: w.fts4(prefix), TSVector: w.tsvector(prefix)}
}

// termPrefix sets an account's terms apart. Digits end at the "x", so that no
// account's number begins another's.
func termPrefix(account int64) string { return strconv.FormatInt(account, 10) + "x" }

func (w *words) fts4(prefix string) string {
	var out strings.Builder
	out.Grow(len(w.terms) + len(w.list)*(len(prefix)+1))
	next := int32(1)
	write := func(parts ...string) {
		if next > 1 {
			out.WriteByte(' ')
		}
		for _, part := range parts {
			out.WriteString(part)
		}
		next++
	}
	for i := range w.list {
		for next < w.list[i].position {
			write(gap)
		}
		if w.list[i].surplus {
			write(gap)
			continue
		}
		write(prefix, w.term(i))
	}
	return out.String()
}

func (w *words) tsvector(prefix string) string {
	order := make([]int32, 0, len(w.list))
	for i := range w.list {
		if !w.list[i].surplus {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return strings.Compare(w.term(int(a)), w.term(int(b))) })
	out := make([]byte, 0, len(w.terms)+len(w.list)*(len(prefix)+8))
	for n, i := range order {
		term := w.term(int(i))
		switch {
		case n > 0 && w.term(int(order[n-1])) == term:
			out = append(out, ',')
		default:
			if n > 0 {
				out = append(out, ' ')
			}
			// Terms are letters and digits: nothing in them needs escaping.
			out = append(append(append(out, '\''), prefix...), term...)
			out = append(out, "':"...)
		}
		out = strconv.AppendInt(out, int64(w.list[i].position), 10)
	}
	return string(out)
}
