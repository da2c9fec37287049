package graph_test

import (
	"strings"
	"testing"

	"parley/graph"
)

// API-16: a page costs its rows; no list is forgotten.
func TestEveryListHasItsPrice(t *testing.T) {
	t.Parallel()
	es, err := graph.Schema(graph.Services{})
	if err != nil {
		t.Fatal(err)
	}
	priced := 0
	for _, def := range schema().Types {
		if !own(def) || def.Name == "ViewSnapshot" { // whose rows the subscription's price counts
			continue
		}
		for _, f := range def.Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") || f.Arguments.ForName("first") == nil {
				continue
			}
			ten, known := es.Complexity(t.Context(), def.Name, f.Name, 1, map[string]any{"first": int64(10)})
			twenty, _ := es.Complexity(t.Context(), def.Name, f.Name, 1, map[string]any{"first": int64(20)})
			if !known {
				continue // an interface, or a list with arguments that are required
			}
			if priced++; twenty-ten < 10 {
				t.Errorf("%s.%s costs %d with 10 rows, and %d with 20", def.Name, f.Name, ten, twenty)
			}
		}
	}
	if priced < 30 {
		t.Errorf("%d lists were looked at", priced)
	}
}
