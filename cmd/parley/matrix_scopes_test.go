package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

// way is a way to objects of a type: from a root field through fields of other types.
type way struct {
	call *call
	to   *ast.Definition
	// wrap puts a selection of the object into the document.
	wrap func(selection string) string
	// needs are the scopes that the fields on the way need, of each one.
	needs [][]string
	// hides: the type is known only at run time, and the object is hidden, not refused.
	hides bool
}

// scopesOf returns the scopes of which a token needs one to read a field, as the
// SDL says it; none: it needs none.
func (l *lab) scopesOf(def *ast.Definition, field string) []string {
	if rows := l.rowsOf(def); rows != nil && field != "edges" && field != "nodes" {
		return l.scopesOf(rows, "id")
	}
	needed := slices.Concat(namesIn(def.Directives.ForName("scope"), "read"), namesIn(def.Directives.ForName("scope"), "also"))
	if f := def.Fields.ForName(field); f != nil && len(needed) > 0 {
		needed = append(needed, namesIn(f.Directives.ForName("scope"), "also")...)
	}
	return needed
}

// rowsOf returns the type of a connection's rows; nil: it is none, or they are of several types.
func (l *lab) rowsOf(def *ast.Definition) *ast.Definition {
	if !strings.HasSuffix(def.Name, "Connection") {
		return nil
	}
	if rows := l.schema.Types[def.Fields.ForName("nodes").Type.Name()]; rows.Kind == ast.Object {
		return rows
	}
	return nil
}

// ways returns every way to every object type: each field that leads to it, on
// the shortest way to the type that has the field. A new field is here by itself.
func (l *lab) ways(w *world) []*way {
	ids := l.idsByType(w)
	var found, queue []*way
	known := map[string]bool{}
	add := func(next *way) {
		found = append(found, next)
		if !known[next.to.Name] {
			known[next.to.Name] = true
			queue = append(queue, next)
		}
	}
	var late []*call
	for _, c := range l.calls() {
		if len(l.staffOf(c)) == 0 {
			continue
		}
		if slices.ContainsFunc(l.places(c), func(p *place) bool { return p.kindOf(c) == anyKind }) {
			late = append(late, c) // their objects are found by plainer ways too
			continue
		}
		l.rootWays(c, w, ids, add)
	}
	for range 2 {
		for ; len(queue) > 0; queue = queue[1:] {
			l.waysOn(queue[0], w, add)
		}
		for _, c := range late {
			l.rootWays(c, w, ids, add)
		}
		late = nil
	}
	return found
}

// staffOf are the kinds of staff who may call.
func (l *lab) staffOf(c *call) []viewer.Kind {
	return slices.DeleteFunc(slices.Clone(kindsOfCallers[:4]), func(k viewer.Kind) bool {
		return !slices.Contains(namesIn(c.field.Directives.ForName("access"), "to"), string(k))
	})
}

// idsByType returns the id of an object of each type that node knows.
func (l *lab) idsByType(w *world) map[string]string {
	ids := map[string]string{}
	for _, nodeID := range w.own {
		if name := text(l.run(w.Admin, fmt.Sprintf("{ node(id: %q) { __typename } }", nodeID)).Data, "node", "__typename"); name != "" {
			ids[name] = nodeID
		}
	}
	return ids
}

func (l *lab) rootWays(c *call, w *world, ids map[string]string, add func(*way)) {
	needs := [][]string{namesIn(c.field.Directives.ForName("access"), "scope")}
	for _, to := range l.objectsOf(c.field.Type) {
		out := &writer{lab: l, call: c, world: w}
		if places := l.places(c); len(places) > 0 && places[0].kindOf(c) == anyKind {
			out.at, out.value = places[0], ids[to.Name]
		}
		add(&way{c, to, func(s string) string { return out.document(l.among(c.field.Type, to, s)) }, needs, l.guards(c.field.Type)})
	}
}

// waysOn goes on from the object at the end of a way.
func (l *lab) waysOn(from *way, w *world, add func(*way)) {
	for _, f := range from.to.Fields {
		if only := namesIn(f.Directives.ForName("visible"), "to"); len(only) > 0 && !slices.Contains(only, string(viewer.Admin)) {
			continue
		}
		out := &writer{lab: l, call: &call{"", f}, world: w}
		for _, to := range l.objectsOf(f.Type) {
			wrap := func(s string) string {
				return from.wrap(" { " + f.Name + out.arguments() + l.among(f.Type, to, s) + " }")
			}
			add(&way{from.call, to, wrap, append(slices.Clip(from.needs), l.scopesOf(from.to, f.Name)), from.hides || l.guards(f.Type)})
		}
	}
}

// objectsOf are the object types that a field can return.
func (l *lab) objectsOf(t *ast.Type) []*ast.Definition {
	def := l.schema.Types[t.Name()]
	if !def.IsCompositeType() || strings.HasPrefix(def.Name, "__") {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.schema.GetPossibleTypes(def)), func(p *ast.Definition) bool { return p.Kind != ast.Object })
}

// guards reports whether a field leaves out what the caller may not see.
func (l *lab) guards(t *ast.Type) bool {
	return l.schema.Types[t.Name()].IsAbstractType() && (!t.NonNull || t.Elem != nil)
}

// among is a selection on one of the types that a field can return.
func (l *lab) among(t *ast.Type, to *ast.Definition, selection string) string {
	if t.Name() == to.Name {
		return selection
	}
	return " { ... on " + to.Name + selection + " }"
}

// leaves are fields of a type without fields of their own, one for each group of
// scopes that fields of it need.
func (l *lab) leaves(def *ast.Definition) []string {
	groups := map[string]string{}
	if def.Directives.ForName("scope") != nil {
		groups["name"] = "__typename"
	}
	for _, f := range def.Fields {
		needed := fmt.Sprint(l.scopesOf(def, f.Name))
		plain := !l.schema.Types[f.Type.Name()].IsCompositeType() && !slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull })
		if plain && needed != "[]" && groups[needed] == "" && !strings.HasPrefix(f.Name, "__") {
			groups[needed] = f.Name
		}
	}
	var list []string
	for _, name := range groups {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// holds reports whether an answer has a value under the alias "leaf".
func holds(answer any) bool {
	switch v := answer.(type) {
	case map[string]any:
		for key, value := range v {
			if key == "leaf" && value != nil || holds(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holds)
	}
	return false
}

// with returns the context of a caller with other scopes.
func with(ctx context.Context, scopes []string) context.Context {
	v := *viewer.FromContext(ctx)
	v.Scopes = scopes
	return viewer.NewContext(ctx, &v)
}

// singleScopes are the scopes that are no shorthands.
func singleScopes() []string {
	var names []string
	for _, s := range viewer.Scopes {
		if s.Grants == nil && s.Name != viewer.ScopeAll && s.Name != viewer.ScopeRead && s.Name != viewer.ScopeWrite {
			names = append(names, s.Name)
		}
	}
	return names
}

// answersAtOnce are subscriptions that begin with an answer.
var answersAtOnce = []string{"conversationView", "events", "viewCounts"}

// ask runs a document of a way; of a subscription that begins with an answer it gets that.
func (l *lab) ask(ctx context.Context, w *way, document string) *reply {
	l.t.Helper()
	if w.call.operation == "subscription" && slices.Contains(answersAtOnce, w.call.field.Name) {
		return l.first(ctx, document)
	}
	return l.run(ctx, document)
}

// API-13, pitfall 13: on no way does a token get a field of a type that its
// scopes do not grant: not with one scope, and not with all but those that grant
// it. What the type of an object decides is hidden; all else is refused before
// anything runs. With what the SDL names a token gets through.
func TestNoWayAroundScopes(t *testing.T) {
	t.Parallel()
	eachLab(t, func(t *testing.T, l *lab) {
		w := l.world()
		seen, live := map[string]bool{}, map[string]bool{}
		for _, way := range l.ways(w) {
			caller := w.as(l.staffOf(way.call)[0])
			for _, leaf := range l.leaves(way.to) {
				document := way.wrap(" { leaf: " + leaf + " }")
				needed := l.scopesOf(way.to, strings.ReplaceAll(leaf, "__typename", "id"))
				grants := func(scope string) bool { return viewer.FromContext(with(caller, []string{scope})).GrantsAny(needed) }
				others := slices.DeleteFunc(singleScopes(), grants)
				tokens := [][]string{others}
				for _, scope := range others {
					tokens = append(tokens, []string{scope})
				}
				for _, scopes := range tokens {
					got := l.ask(with(caller, scopes), way, document)
					if holds(got.Data) {
						t.Errorf("%v reads %s.%s, which needs one of %v: %s\n%.300s", scopes, way.to.Name, leaf, needed, document, got.raw)
					}
					if refused := slices.Contains(got.codes(), "FORBIDDEN"); !way.hides && (!refused || len(got.Data) > 0) {
						t.Errorf("%v is not refused %s.%s, which needs one of %v: %s\n%.300s", scopes, way.to.Name, leaf, needed, document, got.raw)
					}
				}
				if way.call.operation == "mutation" {
					continue // which would do it
				}
				var enough []string
				for _, step := range append(slices.Clip(way.needs), needed) {
					enough = append(enough, step[:min(len(step), 1)]...)
				}
				got := l.ask(with(caller, enough), way, document)
				if slices.Contains(got.codes(), "FORBIDDEN") {
					t.Errorf("%v do not suffice for %s.%s: %s\n%.300s", enough, way.to.Name, leaf, document, got.raw)
				}
				seen[way.to.Name] = seen[way.to.Name] || holds(got.Data)
				live[way.call.field.Name] = live[way.call.field.Name] || way.call.operation == "subscription" && holds(got.Data)
			}
		}
		for name, def := range l.schema.Types {
			if implements(def, "Node") && !onlyForVisitors(name) && !seen[name] {
				t.Errorf("no %s was read by the scopes that suffice: nothing was there to hide", name)
			}
		}
		for _, name := range answersAtOnce {
			if !live[name] {
				t.Errorf("subscription %s answered nothing", name)
			}
		}
	})
}
