// Package autobind checks what gqlgen bound by itself: to the Go type of the
// same name in a package that gqlgen.yml lists under autobind.
//
// That is right for enums and inputs. An object must be named: a Go type may
// have its name by chance, and a field with arguments would silently bind to a
// method that takes none.
package autobind

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Bindings is what gqlgen is about to generate code for.
type Bindings struct {
	Schema *ast.Schema
	// Named are the types of the SDL that gqlgen.yml names.
	Named map[string]bool
	// Bound has the Go type of each type of the SDL that is bound, named or not.
	Bound map[string]string
	// Packages are those listed under autobind, by path: the names in each.
	Packages map[string][]string
}

// Check returns an error for each object, interface or union that is bound but
// not named, and for each type whose name is in more than one of the packages.
func (b Bindings) Check() error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(b.Bound)) {
		def := b.Schema.Types[name]
		if def == nil || def.BuiltIn || b.Named[name] || b.Bound[name] == "" {
			continue
		}
		switch def.Kind {
		case ast.Object, ast.Interface, ast.Union:
			all = append(all, fmt.Errorf("%s is bound to %s because the names are equal: name the Go type of this %s in gqlgen.yml",
				name, b.Bound[name], strings.ToLower(string(def.Kind))))
		default:
			all = append(all, b.checkOne(name))
		}
	}
	return errors.Join(all...)
}

// checkOne refuses a name that two packages have: the order of a list would
// choose between them.
func (b Bindings) checkOne(name string) error {
	var holders []string
	for _, path := range slices.Sorted(maps.Keys(b.Packages)) {
		if slices.Contains(b.Packages[path], name) {
			holders = append(holders, path)
		}
	}
	if len(holders) < 2 {
		return nil
	}
	return fmt.Errorf("%s is in %s: name the Go type in gqlgen.yml", name, strings.Join(holders, " and in "))
}
