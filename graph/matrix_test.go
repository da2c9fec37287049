package graph_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gql "github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

const matrixFile = "testdata/access.txt"

// API-12, API-13: who may call each root field, and who may see objects of each
// type, with which scope. A change of the file is a change of what callers may do:
// look at it, then have it written again with PARLEY_WRITE_GOLDEN=1.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	got := matrix(schema())
	if os.Getenv("PARLEY_WRITE_GOLDEN") != "" {
		if err := os.WriteFile(matrixFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the file (-), the SDL (+):\n%s", diff)
	}
}

var callers = []viewer.Kind{viewer.Admin, viewer.Agent, viewer.Integration, viewer.Bot, viewer.Visitor, viewer.Anyone}

// matrix has a line for each root field, and one for each object type and each
// field of it that differs from its type.
func matrix(s *gql.Schema) string {
	var b strings.Builder
	line := func(name string, admits func(viewer.Kind) bool, scopes string) {
		fmt.Fprintf(&b, "%-58s", name)
		for _, kind := range callers {
			mark := strings.Repeat("-", len(kind))
			if admits(kind) {
				mark = string(kind)
			}
			fmt.Fprintf(&b, "%s ", mark)
		}
		b.WriteString(scopes + "\n")
	}
	for _, root := range []*gql.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range root.Fields {
			if access := f.Directives.ForName("access"); access != nil {
				to := argument(access, "to")
				line(root.Name+"."+f.Name, func(k viewer.Kind) bool { return slices.Contains(to, string(k)) }, strings.Join(argument(access, "scope"), ""))
			}
		}
	}
	for _, name := range sorted(s) {
		def := s.Types[name]
		visible := argument(def.Directives.ForName("visible"), "to")
		scope := def.Directives.ForName("scope")
		line(name, func(k viewer.Kind) bool {
			return !slices.Contains(callers[4:], k) || slices.Contains(visible, string(k))
		}, strings.Join(slices.Concat(argument(scope, "read"), argument(scope, "also")), " or "))
		for _, f := range def.Fields {
			also, only := argument(f.Directives.ForName("scope"), "also"), argument(f.Directives.ForName("visible"), "to")
			if len(also)+len(only) > 0 {
				line("  "+name+"."+f.Name, func(k viewer.Kind) bool {
					return len(only) == 0 && (!slices.Contains(callers[4:], k) || slices.Contains(visible, string(k))) || slices.Contains(only, string(k))
				}, strings.Join(prefixed("or ", also), " "))
			}
		}
	}
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n")
}

func prefixed(prefix string, all []string) []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = prefix + s
	}
	return list
}

// argument returns the values of a directive's argument; none without it.
func argument(d *gql.Directive, name string) []string {
	if d == nil || d.Arguments.ForName(name) == nil {
		return nil
	}
	value := d.Arguments.ForName(name).Value
	if value.Kind != gql.ListValue {
		return []string{value.Raw}
	}
	var all []string
	for _, child := range value.Children {
		all = append(all, child.Value.Raw)
	}
	return all
}

// sorted are the object types that are not only carriers of others.
func sorted(s *gql.Schema) []string {
	var names []string
	for name, def := range s.Types {
		if def.Kind == gql.Object && own(def) && def != s.Query && def != s.Mutation && def != s.Subscription {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
