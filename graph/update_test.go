package graph_test

import (
	"fmt"
	"go/ast"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// deltas are input fields of updates that say what to add and to remove: null is nothing.
var deltas = regexp.MustCompile(`^(add|remove)|^(idempotencyKey|expectedRevision|texts)$`)

// API-8: every field of an update that can be null knows null from left out.
func TestUpdatesKnowNullFromAbsent(t *testing.T) {
	t.Parallel()
	structs := inputStructs(t)
	for name, def := range schema().Types {
		if !strings.HasPrefix(name, "Update") || !strings.HasSuffix(name, "Input") {
			continue
		}
		fields := structs[name]
		for _, f := range def.Fields {
			if f.Type.NonNull || deltas.MatchString(f.Name) {
				continue
			}
			if got := fields[strings.ToLower(f.Name)]; got != "opt.Value" {
				t.Errorf("%s.%s: got a %q in Go, want opt.Value", name, f.Name, got)
			}
		}
	}
}

// inputStructs are the fields of the structs of the domain packages, with their
// types' names: a struct's name, a field's name in lower case.
func inputStructs(t *testing.T) map[string]map[string]string {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"../internal/*", "../internal/*/*", "../internal/*/*/*"} {
		files, err := filepath.Glob(pattern + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				paths = append(paths, f)
			}
		}
	}
	structs, embedded := map[string]map[string]string{}, map[string][]string{}
	for _, file := range parse(t, paths) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			of, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			key := spec.Name.Name
			if structs[key] == nil {
				structs[key] = map[string]string{}
			}
			for _, f := range of.Fields.List {
				if len(f.Names) == 0 {
					embedded[key] = append(embedded[key], typeName(f.Type))
				}
				for _, name := range f.Names {
					structs[key][strings.ToLower(name.Name)] = typeName(f.Type)
				}
			}
			return true
		})
	}
	for key, names := range embedded {
		for _, name := range names {
			for f, of := range structs[name] {
				structs[key][f] = of
			}
		}
	}
	return structs
}

// typeName is the name of a type, without what it is made of.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	default:
		return fmt.Sprintf("%T", e)
	}
}

// API-8: left out keeps, null clears, and null is REQUIRED where a value must be.
func TestNullClears(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		admin := o.token(t, o.AdminID)
		agent := o.AgentIDs[0]
		for _, step := range []struct{ document, want string }{
			{`mutation { updateUser(input: {userId: "` + agent + `", avatarUrl: "https://example.com/ben.png", chatCapacity: 3}) { user { name avatarUrl chatCapacity } userErrors { code } } }`,
				`{"data":{"updateUser":{"user":{"name":"Ben Agent","avatarUrl":"https://example.com/ben.png","chatCapacity":3},"userErrors":[]}}}`},
			{`mutation { updateUser(input: {userId: "` + agent + `", chatCapacity: null}) { user { avatarUrl chatCapacity } userErrors { code } } }`,
				`{"data":{"updateUser":{"user":{"avatarUrl":"https://example.com/ben.png","chatCapacity":null},"userErrors":[]}}}`},
			{`mutation { updateUser(input: {userId: "` + agent + `", avatarUrl: null}) { user { avatarUrl } userErrors { code } } }`,
				`{"data":{"updateUser":{"user":{"avatarUrl":null},"userErrors":[]}}}`},
			{`mutation { updateUser(input: {userId: "` + agent + `", name: null, role: null, seat: null, reassignRepliesWhenAway: null, chatCapacity: 0}) { user { name } userErrors { code field } } }`,
				`{"data":{"updateUser":{"user":null,"userErrors":[{"code":"REQUIRED","field":["name"]},{"code":"REQUIRED","field":["role"]},` +
					`{"code":"REQUIRED","field":["seat"]},{"code":"REQUIRED","field":["reassignRepliesWhenAway"]},{"code":"INVALID","field":["chatCapacity"]}]}}}`},
			{`mutation { updateAccount(input: {name: null, timeZone: null, gdprEnabled: null}) { account { name } userErrors { code field } } }`,
				`{"data":{"updateAccount":{"account":null,"userErrors":[{"code":"REQUIRED","field":["name"]},{"code":"REQUIRED","field":["timeZone"]},{"code":"REQUIRED","field":["gdprEnabled"]}]}}}`},
			{`mutation { updateUser(input: {userId: "` + agent + `"}) { user { name } userErrors { code } } }`,
				`{"data":{"updateUser":{"user":{"name":"Ben Agent"},"userErrors":[]}}}`},
		} {
			if got := o.as(t, admin, step.document); strings.TrimSpace(got) != step.want {
				t.Errorf("%s\n got %s\nwant %s", step.document, got, step.want)
			}
		}
	})
}
