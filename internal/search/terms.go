package search

import "slices"

// Terms are the different terms of texts, as they are compared: words in lower case
// without accents, and pairs of letters of scripts without spaces; at most a number of
// them, those that come first.
func Terms(most int, texts ...string) []string {
	w := readWords(texts...)
	seen := map[string]bool{}
	var list []string
	for i := range w.list {
		t := w.term(i)
		if t == "" || seen[t] {
			continue
		}
		if len(list) == most {
			break
		}
		seen[t] = true
		list = append(list, t)
	}
	return slices.Clip(list)
}
