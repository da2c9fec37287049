package targeting

import (
	"strings"

	"parley/ent"
	"parley/internal/vocab"
)

// LooksAt reports whether a rule of the messages looks at the query of a page's
// address, or at its fragment (TM-3). If none does, pages that differ in it alone are
// the same to them.
func LooksAt(messages []*ent.TargetedMessage) (query, fragment bool) {
	for _, m := range messages {
		for _, r := range m.Rules {
			query = query || looksAtQuery(r)
			fragment = fragment || r.Operator != vocab.OpQueryParam && strings.Contains(r.Value, "#")
		}
	}
	return query, fragment
}

func looksAtQuery(r vocab.Targeting) bool {
	switch r.Operator {
	case vocab.OpQueryParam, vocab.OpContains, vocab.OpNotContains:
		return true
	}
	value, _, _ := strings.Cut(r.Value, "#")
	return strings.Contains(value, "?")
}
