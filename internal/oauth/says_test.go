package oauth

import "testing"

// AC-9: a claim that is kept elsewhere is another thing than one that is missing, or that has no values.
func TestSaysOfClaims(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]any{"groups": "src1"}
	for what, c := range map[string]struct {
		said            claims
		says, elsewhere bool
		values          int
	}{
		"missing":              {claims{"sub": "1"}, false, false, 0},
		"none":                 {claims{"groups": []any{}}, true, false, 0},
		"some":                 {claims{"groups": []any{"a", "b"}}, true, false, 2},
		"elsewhere":            {claims{"_claim_names": elsewhere}, true, true, 0},
		"here and elsewhere":   {claims{"groups": []any{"a"}, "_claim_names": elsewhere}, true, false, 1},
		"another is elsewhere": {claims{"_claim_names": map[string]any{"roles": "src1"}}, false, false, 0},
	} {
		who := Identity{said: c.said}
		if who.Says("groups") != c.says || who.Elsewhere("groups") != c.elsewhere || len(who.Values("groups")) != c.values {
			t.Errorf("%s: %v %v %v", what, who.Says("groups"), who.Elsewhere("groups"), who.Values("groups"))
		}
	}
}
