package mcp

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"parley/internal/viewer"
)

//go:embed operations/*.graphql
var files embed.FS

const pattern = "operations/*.graphql"

// tool is one file of operations.
type tool struct {
	name string
	// variants are its operations, the preferred one first.
	variants []variant
}

// variant is a way to do what a tool is for.
type variant struct {
	needs   []need
	offered *mcp.Tool
	// document has the operation of this name; "": the tool is no file.
	document, operation string
	// prepare makes the request of the arguments, or says what is wrong with them; nil:
	// answer answers them.
	prepare func(given map[string]json.RawMessage) (r *request, refusal string)
	answer  func(given map[string]json.RawMessage) *mcp.CallToolResult
}

// need is what a field asks of a caller: to be of one of these kinds, and to have one of
// these scopes; nil: any.
type need struct{ kinds, scopes []string }

// Documents are the documents that tools run, by their SHA-256 in hexadecimal, for servers
// that run known documents only.
func Documents() map[string]string {
	documents := map[string]string{}
	names, err := fs.Glob(files, pattern)
	for _, name := range names {
		var content []byte
		if content, err = files.ReadFile(name); err != nil {
			break
		}
		sum := sha256.Sum256(content)
		documents[hex.EncodeToString(sum[:])] = string(content)
	}
	if err != nil {
		panic(err) // the files are in the binary
	}
	return documents
}

// loadTools reads the files and checks them against the schema. An error is a mistake of
// the program's.
func loadTools(schema *ast.Schema) ([]tool, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, err
	}
	tools := make([]tool, len(names))
	for i, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tools[i].name = strings.TrimSuffix(path.Base(name), ".graphql")
		if tools[i].variants, err = readVariants(schema, tools[i].name, string(content)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return tools, nil
}

func readVariants(schema *ast.Schema, name, content string) ([]variant, error) {
	document, err := parser.ParseQuery(&ast.Source{Input: content})
	if err != nil {
		return nil, err
	}
	if faults := validator.ValidateWithRules(schema, document, rules.NewDefaultRules()); len(faults) > 0 {
		return nil, faults
	}
	variants := make([]variant, len(document.Operations))
	for i, o := range document.Operations {
		v := &variants[i]
		*v = variant{document: content, operation: o.Name, needs: needsOf(o)}
		v.prepare = v.fill
		if v.offered, err = describe(schema, o, name); err != nil {
			return nil, err
		}
	}
	return variants, nil
}

// needsOf are the needs of an operation: who may use the fields of its root, by their
// `@access`, and read the objects within, by their `@scope`.
func needsOf(o *ast.OperationDefinition) (needs []need) {
	for _, s := range o.SelectionSet {
		if field, ok := s.(*ast.Field); ok {
			var n need
			if access := field.Definition.Directives.ForName("access"); access != nil {
				n.kinds, n.scopes = namesIn(access, "to"), namesIn(access, "scope")
			}
			needs = append(append(needs, n), needsWithin(field.SelectionSet)...)
		}
	}
	return needs
}

func needsWithin(selections ast.SelectionSet) (needs []need) {
	for _, s := range selections {
		field, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		of := field.ObjectDefinition.Directives.ForName("scope")
		if of != nil && of.Arguments.ForName("read") != nil {
			n := need{scopes: append(namesIn(of, "read"), namesIn(of, "also")...)}
			if own := field.Definition.Directives.ForName("scope"); own != nil {
				n.scopes = append(n.scopes, namesIn(own, "also")...)
			}
			needs = append(needs, n)
		}
		needs = append(needs, needsWithin(field.SelectionSet)...)
	}
	return needs
}

// namesIn are the values of a directive's argument: one, or a list.
func namesIn(d *ast.Directive, argument string) (names []string) {
	a := d.Arguments.ForName(argument)
	switch {
	case a == nil:
	case a.Value.Kind == ast.ListValue:
		for _, item := range a.Value.Children {
			names = append(names, item.Value.Raw)
		}
	default:
		names = append(names, a.Value.Raw)
	}
	return names
}

func (n need) met(v *viewer.Viewer) bool {
	return (n.kinds == nil || slices.Contains(n.kinds, string(v.Kind))) && (n.scopes == nil || v.GrantsAny(n.scopes))
}

// fill makes the request of a file's operation.
func (v *variant) fill(given map[string]json.RawMessage) (*request, string) {
	variables, err := json.Marshal(given)
	if err != nil {
		return nil, err.Error()
	}
	return &request{Query: v.document, OperationName: v.operation, Variables: variables}, ""
}

// describe is the tool as clients see it.
func describe(schema *ast.Schema, o *ast.OperationDefinition, name string) (*mcp.Tool, error) {
	if o.Description == "" {
		return nil, fmt.Errorf("%s has no description", o.Name)
	}
	arguments, err := argumentsSchema(schema, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	never := false
	return &mcp.Tool{
		Name: name, Title: title(name), Description: o.Description, InputSchema: arguments,
		Annotations: &mcp.ToolAnnotations{Title: title(name), ReadOnlyHint: o.Operation == ast.Query, DestructiveHint: &never, OpenWorldHint: &never},
	}, nil
}

func title(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// variantFor is the first variant that a caller may run; -1: the tool is not for them.
func (t *tool) variantFor(v *viewer.Viewer) int {
	return slices.IndexFunc(t.variants, func(way variant) bool {
		return !slices.ContainsFunc(way.needs, func(n need) bool { return !n.met(v) })
	})
}
