package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// bareVerbs are methods that do not say what they act on: their name goes on
// with an object (readHeader), or is another verb's (startWaiting). An exported
// method may have such a name: interfaces of libraries have them.
var bareVerbs = []string{
	"answer", "answered", "ask", "asked", "bear", "begin", "cut", "enter", "follow", "give", "gone", "greet", "hand", "hear", "heard",
	"hurry", "join", "keep", "learn", "leave", "look", "lose", "mark", "meet", "muster", "note", "put", "reach", "read", "say",
	"settle", "sit", "stay", "stir", "take", "tell", "tend", "told",
}

// metaphors are words that stand for something that has a name of its own. No
// declared name has one among its words.
var metaphors = map[string]string{
	"board": "openRows", "circle": "turnScope", "crew": "workers", "hall": "inboxPresence",
	"muster": "startDue", "room": "conversationPresence", "tell": "record, report or notify", "tells": "records, reports or notifies",
	"told": "recorded, reported or notified", "wish": "viewRequest",
}

// nameWords splits a name where its words begin.
var nameWords = regexp.MustCompile(`[A-Z]?[a-z0-9]+|[A-Z]+`)

// checkNames finds methods without an object and metaphors in the names that
// delivered code declares.
func checkNames(repo *repository) ([]finding, error) {
	var found []finding
	for _, f := range repo.files {
		if !isDelivered(f.path) {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, f.path, f.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv != nil && slices.Contains(bareVerbs, fn.Name.Name) {
				found = append(found, finding{f.path, set.Position(fn.Name.Pos()).Line, fmt.Sprintf("a method named %q: say what it acts on", fn.Name.Name)})
			}
			for _, name := range declaredNames(n) {
				if word := metaphorIn(name.Name); word != "" {
					found = append(found, finding{f.path, set.Position(name.Pos()).Line, fmt.Sprintf("%q has %q in it: write %s", name.Name, word, metaphors[word])})
				}
			}
			return true
		})
	}
	return found, nil
}

// declaredNames are the names that a node itself declares.
func declaredNames(n ast.Node) []*ast.Ident {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return []*ast.Ident{n.Name}
	case *ast.TypeSpec:
		return []*ast.Ident{n.Name}
	case *ast.ValueSpec:
		return n.Names
	case *ast.Field: // of a struct or an interface, a parameter, a result
		return n.Names
	case *ast.RangeStmt:
		return identifiers(n.Key, n.Value)
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			return identifiers(n.Lhs...)
		}
	}
	return nil
}

func identifiers(list ...ast.Expr) []*ast.Ident {
	var names []*ast.Ident
	for _, e := range list {
		if name, ok := e.(*ast.Ident); ok {
			names = append(names, name)
		}
	}
	return names
}

// metaphorIn returns the metaphor among a name's words; "": there is none.
func metaphorIn(name string) string {
	for _, word := range nameWords.FindAllString(name, -1) {
		if word = strings.ToLower(word); metaphors[word] != "" {
			return word
		}
	}
	return ""
}
