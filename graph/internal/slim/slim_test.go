package slim

import (
	"strings"
	"testing"
)

// generated has each passage that a cut is for, as gqlgen writes it.
const generated = `
func (ec *executionContext) _User_name(ctx context.Context, field graphql.CollectedField, obj *ent.User) (ret graphql.Marshaler) {
	return graphql.ResolveField(
		ctx,
		ec.OperationContext,
		field,
		func(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
			return ec.fieldContext_User_name(ctx, field)
		},
		func(ctx context.Context) (any, error) {
			return obj.Name, nil
		},
		nil,
		func(ctx context.Context, selections ast.SelectionSet, v string) graphql.Marshaler {
			return ec.marshalNString2string(ctx, selections, v)
		},
		true,
		true,
	)
}
func (ec *executionContext) fieldContext_User_name(_ context.Context, field graphql.CollectedField) (fc *graphql.FieldContext, err error) {
	return graphql.NewScalarFieldContext("User", field, false, false, "String")
}
	deferred := graphql.NewDeferredGroup(ctx)
	if n := len(deferred.Defers); n > 0 {
		ec.Deferred.Add(n)
	}

	case model.Channel:
		if obj == nil {
			return graphql.Null
		}
		return ec._Channel(ctx, sel, obj)
	return graphql.MarshalSliceConcurrently(ctx, len(v), 0, false, func(ctx context.Context, i int) graphql.Marshaler {
func (ec *executionContext) marshalOString2string(ctx context.Context, sel ast.SelectionSet, v string) graphql.Marshaler {
	res := graphql.MarshalString(v)
func (ec *executionContext) marshalOString2ᚖstring(ctx context.Context, sel ast.SelectionSet, v *string) graphql.Marshaler {
	if v == nil {
		return graphql.Null
`

func TestFileMakesEachCut(t *testing.T) {
	t.Parallel()
	s := New()
	got := string(s.File([]byte(generated)))
	for _, gone := range []string{"ResolveField", "NewDeferredGroup", "deferred", "model.Channel", "MarshalSliceConcurrently"} {
		if strings.Contains(got, gone) {
			t.Errorf("the generated code still has %q:\n%s", gone, got)
		}
	}
	for _, want := range []string{"return ec.marshalNString2string(ctx, field.Selections, obj.Name)", "inorder.Marshal(ctx, len(v), func(",
		"v string) graphql.Marshaler {\n\tif v == \"\" {\n\t\treturn graphql.Null\n\t}\n\tres :=", `if v == nil || *v == "" {`} {
		if !strings.Contains(got, want) {
			t.Errorf("the generated code lacks %q:\n%s", want, got)
		}
	}
	if err := s.Unused(); err != nil {
		t.Errorf("after each cut found something: got %v, want no error", err)
	}
}

// An object below a field needs the field's place: the cut leaves it, and has
// not found what it is for.
func TestFileLeavesColumnsThatAreObjects(t *testing.T) {
	t.Parallel()
	s := New()
	object := strings.Replace(generated, "return graphql.NewScalarFieldContext(", "return graphql.NewObjectFieldContext(", 1)
	if got := string(s.File([]byte(object))); !strings.Contains(got, "graphql.ResolveField(") {
		t.Errorf("the field of an object was cut:\n%s", got)
	}
	assertUnused(t, s, "plain columns")
}

// ENG-10: a cut that finds nothing fails the generation and is named.
func TestUnusedNamesTheCutThatFoundNothing(t *testing.T) {
	t.Parallel()
	for name, passage := range map[string]string{
		"plain columns":                   "ec.OperationContext,",
		"the group of deferred fields":    "NewDeferredGroup",
		"the dispatch of deferred fields": "len(deferred.Defers)",
		"a Node that is a Channel":        "case model.Channel",
		"goroutines of lists":             "MarshalSliceConcurrently",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New()
			s.File([]byte(strings.ReplaceAll(generated, passage, "written otherwise")))
			assertUnused(t, s, name)
		})
	}
}

func TestOneFileIsEnoughForACut(t *testing.T) {
	t.Parallel()
	s := New()
	s.File([]byte("package generated"))
	s.File([]byte(generated))
	s.File([]byte("package generated"))
	if err := s.Unused(); err != nil {
		t.Errorf("one of three files has all passages: got %v, want no error", err)
	}
}

func assertUnused(t *testing.T, s *Slimmer, name string) {
	t.Helper()
	err := s.Unused()
	if err == nil {
		t.Fatalf("got no error, want one that names the cut of %s", name)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.Contains(lines[0], "the cut of "+name+" ") {
		t.Errorf("got %q, want one line that names the cut of %s", err, name)
	}
}
