package corpus

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// inGo returns the documents in the string constants of the folders' Go files.
func inGo(root string, folders []string) ([]Document, error) {
	var all []Document
	for _, folder := range folders {
		names, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			return nil, err
		}
		files := map[string]*ast.File{}
		for _, name := range names {
			if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution); err != nil {
				return nil, err
			}
		}
		f := folding{constantsOf(files)}
		for name, file := range files {
			all = append(all, documents(folder+"/"+filepath.Base(name), f.texts(file))...)
		}
	}
	return all, nil
}

// constantsOf returns the expressions of the named values of a package, its
// functions' included: two of one name are left out.
func constantsOf(files map[string]*ast.File) map[string]ast.Expr {
	constants := map[string]ast.Expr{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					if _, twice := constants[name.Name]; twice {
						constants[name.Name] = nil
						continue
					}
					constants[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	return constants
}

// folding works out what string expressions are.
type folding struct{ constants map[string]ast.Expr }

func (f folding) texts(file *ast.File) []string {
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.BinaryExpr:
			if text, ok := f.fold(e, 8); ok {
				found = append(found, text)
			}
			return e.Op != token.ADD // its parts are no documents
		case *ast.BasicLit:
			if text, ok := f.fold(e, 1); ok && !strings.Contains(text, "%") {
				found = append(found, text)
			}
		}
		return true
	})
	return found
}

func (f folding) fold(e ast.Expr, depth int) (string, bool) {
	if depth == 0 || e == nil {
		return "", false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return f.fold(e.X, depth-1)
	case *ast.Ident:
		return f.fold(f.constants[e.Name], depth-1)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, ok := f.fold(e.X, depth) // long sums lean to the left
		right, ok2 := f.fold(e.Y, depth-1)
		return left + right, ok && ok2
	}
	return "", false
}
