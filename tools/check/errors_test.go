package main

import (
	"slices"
	"testing"
)

func TestDeclaredErrors(t *testing.T) {
	t.Parallel()
	const sdl = `extend type Mutation {
  "Stars."
  star(
    "Which."
    input: StarInput!
  ): StarPayload! @access(to: [ADMIN], scope: "x:write")
    @errors(codes: [NOT_FOUND, CONFLICT])
  "Has none."
  unstar(input: UnstarInput!): UnstarPayload!
}
`
	got := declaredErrors(&repository{files: []file{{"graph/schema/star.graphqls", sdl}}})
	if len(got) != 2 || got[0].name != "star" || got[0].line != 3 || !slices.Equal(got[0].codes, []string{"CONFLICT", "NOT_FOUND"}) || got[1].codes != nil {
		t.Errorf("got %+v", got)
	}
}

// API-15: the codes below a mutation are those of the functions that its resolver
// names, also through interfaces, and without those that are only compared.
func TestCodesBelow(t *testing.T) {
	t.Parallel()
	g := &calls{
		named:     map[string][]string{"resolver": {"use"}, "use": {"interface Load()", "use"}},
		codes:     map[string][]string{"use": {"INVALID", "FORBIDDEN"}, "load": {"CONFLICT"}, "other": {"REQUIRED"}},
		methods:   map[string][]string{"Load()": {"load"}},
		resolvers: map[string]string{"starit": "resolver"},
	}
	if got := g.codesBelow("starIt"); !slices.Equal(got, []string{"CONFLICT", "INVALID"}) {
		t.Errorf("got %v", got)
	}
}
