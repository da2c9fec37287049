package graph_test

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// API-10: what can stand in one place can be selected together: no two members of
// a union, or implementers of an interface, have a field of one name and another
// type or nullability. Clients of Node and of timelines, whose items are of nearly all
// types, use aliases.
func TestUnionsCanBeSelectedTogether(t *testing.T) {
	t.Parallel()
	schema := generatedSchema().Schema()
	for _, def := range schema.Types {
		if !def.IsAbstractType() || def.Name == "Node" || def.Name == "_Entity" || def.Name == "TimelineItem" {
			continue
		}
		first := map[string]*ast.FieldDefinition{}
		of := map[string]string{}
		for _, member := range schema.GetPossibleTypes(def) {
			for _, f := range member.Fields {
				if same := first[f.Name]; same == nil {
					first[f.Name], of[f.Name] = f, member.Name
				} else if same.Type.String() != f.Type.String() {
					t.Errorf("%s: %s.%s is %s, but %s.%s is %s", def.Name, of[f.Name], f.Name, same.Type, member.Name, f.Name, f.Type)
				}
			}
		}
	}
}

// API-10: each member of Actor has a name to show, and a picture.
func TestActorsHaveANameAndAPicture(t *testing.T) {
	t.Parallel()
	schema := generatedSchema().Schema()
	for _, member := range schema.GetPossibleTypes(schema.Types["Actor"]) {
		for name, want := range map[string]string{"displayName": "String!", "avatarUrl": "URL", "name": "String", "email": "EmailAddress"} {
			f := member.Fields.ForName(name)
			if optional := name == "name" || name == "email"; f == nil && optional {
				continue
			}
			if f == nil || f.Type.String() != want {
				t.Errorf("%s.%s is not %s", member.Name, name, want)
			}
		}
	}
}
