package search

import (
	"strings"

	"parley/internal/errs"
)

// PlainWords are the words of a text, without the signs that a query gives a meaning.
func PlainWords(text string) []string {
	return strings.Fields(strings.NewReplacer(`"`, " ", "*", " ").Replace(text))
}

// ParseBeginnings reads the query of a filter of records: words, each of which is the
// beginning of one. Errors are those of Parse, on the filter's query.
func ParseBeginnings(text string) (Query, error) {
	words := PlainWords(text)
	for i, word := range words {
		words[i] = word + "*"
	}
	q, err := Parse(strings.Join(words, " "))
	if e := errs.Of(err); err != nil && e != nil {
		err = e.On("filter", "query")
	}
	return q, err
}
