package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	gql "github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/graph/generated"
)

// schema is the SDL as the server serves it.
func schema() *gql.Schema { return generatedSchema().Schema() }

// generatedSchema is what the server runs, without services.
func generatedSchema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: &graph.Resolver{}})
}

// own reports whether Parley's SDL, not GraphQL itself, defines a type.
func own(def *gql.Definition) bool { return !def.BuiltIn }

// Every type, field, argument, input field, enum value and directive says what it is.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	s := schema()
	says := func(name, description string) {
		if d := strings.TrimSpace(description); d == "" || !strings.HasSuffix(d, ".") {
			t.Errorf("%s: description %q; want a sentence", name, d)
		}
	}
	for _, def := range s.Types {
		if !own(def) {
			continue
		}
		says(def.Name, def.Description)
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			says(def.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				says(def.Name+"."+f.Name+"("+a.Name+":)", a.Description)
			}
		}
		for _, v := range def.EnumValues {
			says(def.Name+"."+v.Name, v.Description)
		}
	}
	for _, name := range []string{"access", "visible", "scope", "perViewer", "errors", "key"} {
		d := s.Directives[name]
		says("@"+name, d.Description)
		for _, a := range d.Arguments {
			says("@"+name+"("+a.Name+":)", a.Description)
		}
	}
}

// Rule numbers are for code and tests: users of the API have no rule book.
func TestSchemaNamesNoRules(t *testing.T) {
	t.Parallel()
	rule := regexp.MustCompile(`\b([A-Z]{2}|API|ENG)-\d+\b`)
	for _, source := range sources(t) {
		for i, line := range strings.Split(source.Input, "\n") {
			if found := rule.FindString(line); found != "" {
				t.Errorf("%s:%d: got rule number %s; want the rule's meaning in words", source.Name, i+1, found)
			}
		}
	}
}

// sources returns the files of the SDL that the server serves and `parley schema` prints.
func sources(t *testing.T) []*gql.Source {
	t.Helper()
	byName := map[string]*gql.Source{}
	for _, def := range schema().Types {
		if source := def.Position.Src; !source.BuiltIn {
			byName[source.Name] = source
		}
	}
	if len(byName) < 2 {
		t.Fatalf("got %d SDL files; want the whole schema", len(byName))
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *gql.Source) int { return strings.Compare(a.Name, b.Name) })
}

// API-12: each root field says who may call it.
func TestRootFieldsAreGuarded(t *testing.T) {
	t.Parallel()
	if err := graph.CheckAccess(schema()); err != nil {
		t.Error(err)
	}
}

func TestVisitorsReachVisibleTypesOnly(t *testing.T) {
	t.Parallel()
	if err := graph.CheckVisible(schema()); err != nil {
		t.Error(err)
	}
}

// A mutation has one input, which takes an idempotency key (OP-3), and answers
// with user errors; its description names the events that it emits (NT-3).
func TestMutationsAreAlike(t *testing.T) {
	t.Parallel()
	s := schema()
	emits := regexp.MustCompile("(?s)Emits (nothing|.*`[A-Z_]+`)")
	name := regexp.MustCompile("`([A-Z_]+)`")
	for _, m := range s.Mutation.Fields {
		if len(m.Arguments) != 1 || m.Arguments[0].Name != "input" {
			t.Errorf("%s does not take exactly one input", m.Name)
			continue
		}
		stem := strings.ToUpper(m.Name[:1]) + m.Name[1:]
		if got := m.Arguments[0].Type.String(); got != stem+"Input!" {
			t.Errorf("%s takes %s", m.Name, got)
		}
		if got := m.Type.String(); got != stem+"Payload!" {
			t.Errorf("%s answers with %s", m.Name, got)
		}
		if key := s.Types[stem+"Input"].Fields.ForName("idempotencyKey"); key == nil || key.Type.String() != "String" {
			t.Errorf("%sInput has no idempotencyKey: String", stem)
		}
		if e := s.Types[stem+"Payload"].Fields.ForName("userErrors"); e == nil || e.Type.String() != "[UserError!]!" {
			t.Errorf("%sPayload has no userErrors: [UserError!]!", stem)
		}
		if d := m.Directives.ForName("errors"); d == nil { // API-15
			t.Errorf("%s does not declare its @errors; `go -C tools run ./check errors` prints them", m.Name)
		}
		said := emits.FindString(m.Description)
		if said == "" {
			t.Errorf("%s does not say what it emits", m.Name)
		}
		for _, found := range name.FindAllStringSubmatch(said, -1) {
			if s.Types["EventType"].EnumValues.ForName(found[1]) == nil {
				t.Errorf("%s emits %s, which is no EventType", m.Name, found[1])
			}
		}
	}
}

// The enums of the SDL have the values of their Go constants, in the same order.
func TestEnumsAreTheVocabulary(t *testing.T) {
	t.Parallel()
	s := schema()
	constants := constantsOf(t, "../internal/vocab", "../internal/conversation/input.go")
	for _, def := range s.Types {
		if def.Kind != gql.Enum || !own(def) || def.Name == "ActorKind" || def.Name == "UserErrorCode" {
			continue
		}
		var values []string
		for _, v := range def.EnumValues {
			values = append(values, v.Name)
		}
		of := slices.DeleteFunc(slices.Clone(constants[def.Name]), func(v string) bool { return def.Name == "ChannelKind" && v == "CUSTOM_LIVE" }) // it is only stored (CC-6)
		if diff := cmp.Diff(of, values); diff != "" {
			t.Errorf("%s: constants (-), SDL (+):\n%s", def.Name, diff)
		}
	}
}

// Whatever a use case refuses with, and the caller can put right, is in the SDL.
func TestUserErrorCodesAreComplete(t *testing.T) {
	t.Parallel()
	request := []string{
		"UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "RATE_LIMITED", "COMPLEXITY_LIMIT",
		"UNAVAILABLE", "INTERNAL", "CURSOR_EXPIRED",
	}
	values := schema().Types["UserErrorCode"].EnumValues
	for _, code := range constantsOf(t, "../internal/errs")["Code"] {
		if inSDL := values.ForName(code) != nil; inSDL == slices.Contains(request, code) {
			t.Errorf("%s: in UserErrorCode is %v", code, inSDL)
		}
	}
}

// constantsOf returns the values of the string constants in Go files or
// folders, by the name of their type.
func constantsOf(t *testing.T, paths ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, file := range parse(t, paths) {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				typeName, value := constant(spec)
				if typeName != "" {
					all[typeName] = append(all[typeName], value)
				}
			}
		}
	}
	return all
}

// constant returns the type's name and the value of a typed string constant.
func constant(spec ast.Spec) (typeName, value string) {
	c, ok := spec.(*ast.ValueSpec)
	if !ok || len(c.Values) != 1 {
		return "", ""
	}
	of, ok := c.Type.(*ast.Ident)
	if !ok {
		return "", ""
	}
	literal, ok := c.Values[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", ""
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		return "", ""
	}
	return of.Name, value
}

func parse(t *testing.T, paths []string) []*ast.File {
	t.Helper()
	var files []*ast.File
	for _, path := range paths {
		for _, name := range goFiles(t, path) {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
}

// goFiles returns path itself if it is a Go file, else the Go files in it.
func goFiles(t *testing.T, path string) []string {
	t.Helper()
	if strings.HasSuffix(path, ".go") {
		return []string{path}
	}
	names, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", path, err)
	}
	return names
}
