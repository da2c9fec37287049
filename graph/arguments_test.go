package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"
)

// ENG-10: each argument of a field reaches what answers it, a resolver or a method of
// the Go type: gqlgen binds to a method, or a struct's field, that takes none
// and drops the argument without a word.
func TestArgumentsReachWhatAnswers(t *testing.T) {
	t.Parallel()
	passed := argumentsPassed(parse(t, []string{"generated"}))
	fields := 0
	for _, def := range schema().Types {
		if def.Kind != gql.Object || !own(def) {
			continue
		}
		for _, f := range def.Fields {
			if len(f.Arguments) == 0 || strings.HasPrefix(f.Name, "__") {
				continue
			}
			fields++
			for _, a := range f.Arguments {
				if !slices.Contains(passed[def.Name+"_"+f.Name], a.Name) {
					t.Errorf("%s.%s: argument %s is not passed on; make the field a resolver in gqlgen.yml, or give the method a parameter", def.Name, f.Name, a.Name)
				}
			}
		}
	}
	if fields == 0 {
		t.Error("found no field with arguments")
	}
}

func TestArgumentsPassedSeesThoseThatAreDropped(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "", `package generated
func (ec *executionContext) _User_name() { return obj.Name(fc.Args["locale"].(string)), nil }
func (ec *executionContext) _User_teams() { return obj.Teams, nil }
func (ec *executionContext) resolveBatch_User_inboxes() { return resolver.Inboxes(ctx, objs, fc.Args["first"].(*int)) }
func (ec *executionContext) field_User_teams_args() { args["first"] = rawArgs["first"] }
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := argumentsPassed([]*ast.File{file})
	if !slices.Equal(got["User_name"], []string{"locale"}) || !slices.Equal(got["User_inboxes"], []string{"first"}) {
		t.Errorf("got %v, want User_name with locale and User_inboxes with first", got)
	}
	if len(got["User_teams"]) != 0 {
		t.Errorf("User_teams drops its argument: got %v, want none", got["User_teams"])
	}
}

// argumentsPassed returns the arguments that generated code takes from the field
// context and hands to a call, by "Type_field".
func argumentsPassed(files []*ast.File) map[string][]string {
	all := map[string][]string{}
	for _, file := range files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name, ok := strings.CutPrefix(f.Name.Name, "resolveBatch_")
			if !ok {
				name, ok = strings.CutPrefix(f.Name.Name, "_")
			}
			if ok {
				all[name] = append(all[name], argumentsIn(f)...)
			}
		}
	}
	return all
}

// argumentsIn returns each x of the fc.Args["x"] in a function's calls.
func argumentsIn(f *ast.FuncDecl) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, arg := range call.Args {
			if name := argumentName(arg); name != "" {
				names = append(names, name)
			}
		}
		return true
	})
	return names
}

func argumentName(e ast.Expr) string {
	if asserted, ok := e.(*ast.TypeAssertExpr); ok {
		e = asserted.X
	}
	index, ok := e.(*ast.IndexExpr)
	if !ok {
		return ""
	}
	if from, ok := index.X.(*ast.SelectorExpr); !ok || from.Sel.Name != "Args" {
		return ""
	}
	literal, ok := index.Index.(*ast.BasicLit)
	if !ok {
		return ""
	}
	name, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return name
}
