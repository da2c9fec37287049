package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// requestCodes are those of errs that no payload has.
var requestCodes = []string{
	"UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "RATE_LIMITED", "COMPLEXITY_LIMIT", "UNAVAILABLE", "INTERNAL", "CURSOR_EXPIRED",
}

// checkErrors compares each mutation's @errors(codes:) with the codes in the
// functions below its resolver. A function reaches those that it names, in
// literals of functions too; a method of an interface of ours reaches all of
// that name and signature.
func checkErrors(repo *repository) ([]finding, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	g, err := loadCalls(root)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, m := range declaredErrors(repo) {
		if reached := g.codesBelow(m.name); !slices.Equal(reached, m.codes) {
			found = append(found, finding{m.file, m.line, fmt.Sprintf("%s: the code below it has other errors than it declares: write @errors(codes: [%s])", m.name, strings.Join(reached, ", "))})
		}
	}
	return found, nil
}

// mutation is a field of Mutation in the SDL, with its @errors.
type mutation struct {
	name, file string
	line       int
	codes      []string
}

// mutationField is a field that takes one input and answers with a payload.
var mutationField = regexp.MustCompile(`(?m)^  (\w+)\(\s*(?:"[^"\n]*"\s*|"""(?s:.*?)"""\s*)?input: \w+Input!\s*\): \w+Payload!([^\n]*(?:\n    @[^\n]*)*)`)

var errorCodes = regexp.MustCompile(`@errors\(codes: \[([A-Z_, ]*)\]\)`)

func declaredErrors(repo *repository) (all []mutation) {
	for _, f := range repo.files {
		if !strings.HasPrefix(f.path, "graph/schema/") {
			continue
		}
		for _, at := range mutationField.FindAllStringSubmatchIndex(f.text, -1) {
			m := mutation{name: f.text[at[2]:at[3]], file: f.path, line: 1 + strings.Count(f.text[:at[2]], "\n")}
			if codes := errorCodes.FindStringSubmatch(f.text[at[4]:at[5]]); codes != nil {
				m.codes = strings.FieldsFunc(codes[1], func(r rune) bool { return r == ',' || r == ' ' })
			}
			slices.Sort(m.codes)
			all = append(all, m)
		}
	}
	return all
}

// calls says which functions name which, and which codes.
type calls struct {
	named     map[string][]string
	codes     map[string][]string
	methods   map[string][]string // by name and signature
	resolvers map[string]string   // functions, by the mutation's name in lower case
}

const errsPath = "parley/internal/errs"

func loadCalls(root string) (*calls, error) {
	config := &packages.Config{Dir: root, Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports}
	loaded, err := packages.Load(config, "./graph", "./internal/...")
	if err != nil {
		return nil, err
	}
	g := &calls{map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string]string{}}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, errors.Join(fmt.Errorf("load %s", p.PkgPath), p.Errors[0])
		}
		for _, file := range p.Syntax {
			for _, decl := range file.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
					g.addFunction(p, fn)
				}
			}
		}
	}
	return g, nil
}

func (g *calls) addFunction(p *packages.Package, fn *ast.FuncDecl) {
	object, ok := p.TypesInfo.Defs[fn.Name].(*types.Func)
	if !ok {
		return
	}
	name := object.Origin().FullName()
	if isContained(fn) {
		return
	}
	if fn.Recv != nil {
		key := methodKey(object)
		g.methods[key] = append(g.methods[key], name)
		if strings.Contains(name, "graph.mutationResolver)") {
			g.resolvers[strings.ToLower(fn.Name.Name)] = name
		}
	}
	inspectWithParents(fn.Body, func(ident *ast.Ident, parents []ast.Node) {
		switch used := p.TypesInfo.Uses[ident].(type) {
		case *types.Func:
			g.addNamed(name, used.Origin())
		case *types.Const:
			if named, ok := used.Type().(*types.Named); ok && named.Obj().Name() == "Code" && named.Obj().Pkg().Path() == errsPath && !isCompared(parents) {
				g.codes[name] = append(g.codes[name], constant.StringVal(used.Val()))
			}
		}
	})
}

// contained marks a function in its comment that turns the errors below it into
// something else: no caller gets them.
const contained = "//errors:contained"

func isContained(fn *ast.FuncDecl) bool {
	return fn.Doc != nil && slices.ContainsFunc(fn.Doc.List, func(c *ast.Comment) bool { return c.Text == contained })
}

// addNamed records that a function names another, or a method of an interface.
func (g *calls) addNamed(name string, used *types.Func) {
	if used.Pkg() == nil || !strings.HasPrefix(used.Pkg().Path(), "parley/") {
		return
	}
	if used.Pkg().Path() == errsPath {
		if used.Name() == "Exceeds" {
			g.codes[name] = append(g.codes[name], "TOO_LONG")
		}
		return
	}
	recv := used.Signature().Recv()
	if recv != nil && types.IsInterface(recv.Type()) {
		g.named[name] = append(g.named[name], "interface "+methodKey(used))
		return
	}
	g.named[name] = append(g.named[name], used.FullName())
}

func methodKey(f *types.Func) string {
	unnamed := types.NewSignatureType(nil, nil, nil, withoutNames(f.Signature().Params()), withoutNames(f.Signature().Results()), f.Signature().Variadic())
	return f.Name() + types.TypeString(unnamed, nil)
}

func withoutNames(t *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range t.Variables() {
		vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
	}
	return types.NewTuple(vars...)
}

// isCompared reports whether a code stands where errors are looked at, not made.
func isCompared(parents []ast.Node) bool {
	for i := len(parents) - 1; i >= 0 && i >= len(parents)-3; i-- {
		switch at := parents[i].(type) {
		case *ast.BinaryExpr:
			return true
		case *ast.CaseClause:
			return len(parents)-i <= 2 // the selector is an expression of the case itself
		case *ast.CallExpr:
			if fun, ok := at.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == "Is" {
				return true
			}
			return false
		}
	}
	return false
}

// inspectWithParents calls visit for each identifier with the nodes around it.
func inspectWithParents(body ast.Node, visit func(*ast.Ident, []ast.Node)) {
	var parents []ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		if ident, ok := n.(*ast.Ident); ok {
			visit(ident, parents)
		}
		parents = append(parents, n)
		return true
	})
}

// codesBelow returns the codes that payloads can have, of all functions below a
// mutation's resolver, in order.
func (g *calls) codesBelow(mutation string) []string {
	seen, codes := map[string]bool{}, map[string]bool{}
	queue := []string{g.resolvers[strings.ToLower(mutation)]}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, code := range g.codes[name] {
			if !slices.Contains(requestCodes, code) {
				codes[code] = true
			}
		}
		if key, ok := strings.CutPrefix(name, "interface "); ok {
			queue = append(queue, g.methods[key]...)
		}
		queue = append(queue, g.named[name]...)
	}
	var all []string
	for code := range codes {
		all = append(all, code)
	}
	slices.Sort(all)
	return all
}
