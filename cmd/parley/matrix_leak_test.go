package main

import (
	"regexp"
	"testing"

	"parley/internal/viewer"
)

// typeIDs are ids in an answer.
var typeIDs = regexp.MustCompile(`[a-z]+_[0-9a-hjkmnp-tv-z]{26}`)

// AC-1, AC-3: in all that staff can be answered stands no id of an object of
// another account, or of an inbox that they are not in. A new field is here by itself.
func TestNoAnswerNamesForeignObjects(t *testing.T) {
	t.Parallel()
	eachLab(t, func(t *testing.T, l *lab) {
		foreign := l.world()
		long := 0
		for _, c := range l.calls() {
			if c.operation == "subscription" {
				continue
			}
			w := l.world()
			hidden := map[string]string{}
			for kind, value := range foreign.own {
				hidden[value] = kind + " of another account"
			}
			for kind, value := range w.other {
				if hides(prefixOf(kind), viewer.Agent) {
					hidden[value] = kind + " of another inbox"
				}
			}
			for _, kind := range []viewer.Kind{viewer.Agent, viewer.Integration, viewer.Bot} {
				if !c.admits(kind) || kind == viewer.Bot && c.operation == "mutation" {
					continue
				}
				selection := everything(l.schema, c.field.Type, 1)
				if !l.schema.Types[c.field.Type.Name()].IsCompositeType() {
					selection = ""
				}
				got := l.run(w.as(kind), (&writer{lab: l, call: c, world: w}).document(selection))
				for _, found := range typeIDs.FindAllString(got.raw, -1) {
					if hidden[found] != "" {
						t.Errorf("the answer to %s calling %s names %s, a %s", kind, c, found, hidden[found])
					}
				}
				if len(got.raw) > 500 {
					long++
				}
			}
		}
		if long < 100 {
			t.Errorf("only %d answers have something in them", long)
		}
	})
}
