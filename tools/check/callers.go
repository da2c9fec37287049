package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// libraryCalls are the methods that libraries call, by the names that their
// interfaces give them.
var libraryCalls = []string{
	"ExtensionName", "InterceptField", "InterceptResponse", "MutateOperationContext", "MutateOperationParameters", "Supports", "Validate", // gqlgen's server
	"GenerateCode", "MutateConfig", // gqlgen's generator
	"MarshalGQL", "UnmarshalGQL", "UnmarshalJSON", // scalars of gqlgen, and what encoding/json reads
	"GoString", "LogValue", // fmt and slog
	"NewSession",      // go-smtp
	"GetAll", "Patch", // the SCIM library
	"HandleError", "HandlePanic", "KindAliases", "Work", // River
}

// testCalls are for tests in several packages, and have no other caller.
var testCalls = []string{
	"Advance",      // clock.Turned is the clock of tests
	"ReplyAddress", // mails to such addresses are read; tests write them
}

// checkCallers reports exported functions and methods whose name nothing but
// tests says: they are to go, or to move to a test. It compares names only, so
// that what shares its name with something else is overlooked.
func checkCallers(repo *repository) ([]finding, error) {
	declared, said := []finding{}, map[string]bool{}
	for _, f := range repo.files {
		if !isDelivered(f.path) {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, f.path, f.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		names := map[*ast.Ident]bool{}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			names[fn.Name] = true
			if fn.Name.IsExported() && !isCalledElsewhere(f.path) {
				declared = append(declared, finding{f.path, set.Position(fn.Pos()).Line, fn.Name.Name})
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok && !names[ident] {
				said[ident.Name] = true
			}
			return true
		})
	}
	return uncalled(declared, said), nil
}

// uncalled are the declarations of names that nothing says.
func uncalled(declared []finding, said map[string]bool) []finding {
	var found []finding
	for _, d := range declared {
		if name := d.message; !said[name] && !slices.Contains(libraryCalls, name) && !slices.Contains(testCalls, name) {
			d.message = "no delivered code calls " + name + ": remove it, or move it to a test"
			found = append(found, d)
		}
	}
	return found
}

// isDelivered says whether a file is part of the program.
func isDelivered(name string) bool {
	return path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "tools/")
}

// isCalledElsewhere says whether generated code, ent or tests call what a file
// declares.
func isCalledElsewhere(name string) bool {
	return strings.HasSuffix(name, ".resolvers.go") || strings.HasPrefix(name, "graph/scalar/") ||
		strings.HasPrefix(name, "ent/") || strings.HasPrefix(name, "internal/testkit/")
}
