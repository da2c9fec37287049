package targeting_test

import (
	"testing"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/vocab"
)

// CH-12, TM-3: which parts of an address the rules look at beside the path.
func TestLooksAt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule            vocab.Targeting
		query, fragment bool
	}{
		"all pages":           {vocab.Targeting{Operator: vocab.OpAllPages}, false, false},
		"a path":              {vocab.Targeting{Operator: vocab.OpIs, Value: "/pricing"}, false, false},
		"a path and a query":  {vocab.Targeting{Operator: vocab.OpStartsWith, Value: "/pricing?plan=pro"}, true, false},
		"a part of either":    {vocab.Targeting{Operator: vocab.OpNotContains, Value: "plan"}, true, false},
		"a parameter":         {vocab.Targeting{Operator: vocab.OpQueryParam, Parameter: "plan", Value: "#1"}, true, false},
		"a fragment":          {vocab.Targeting{Operator: vocab.OpIs, Value: "/#/pricing"}, false, true},
		"a fragment with a ?": {vocab.Targeting{Operator: vocab.OpIs, Value: "/#/pricing?plan=pro"}, false, true},
	} {
		on := []*ent.TargetedMessage{message("a", 1, nil), message("b", 2, func(m *ent.TargetedMessage) { m.Rules = []vocab.Targeting{tc.rule} })}
		if query, fragment := targeting.LooksAt(on); query != tc.query || fragment != tc.fragment {
			t.Errorf("%s: query %v, fragment %v", name, query, fragment)
		}
	}
}
