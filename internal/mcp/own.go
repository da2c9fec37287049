package mcp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"parley/internal/viewer"
)

// staff are the kinds of callers that the tools without a file are for.
var staff = []need{{kinds: []string{string(viewer.Admin), string(viewer.Agent), string(viewer.Integration), string(viewer.Bot)}}}

// ownTools are the tools that no document can be: they look into the schema, and run what
// the model writes.
func ownTools(schema *ast.Schema) []tool {
	never := false
	offer := func(name, description string, properties object, required ...string) *mcp.Tool {
		return &mcp.Tool{
			Name: name, Title: title(name), Description: description,
			InputSchema: object{"type": "object", "properties": properties, "required": required, "additionalProperties": false},
			Annotations: &mcp.ToolAnnotations{Title: title(name), ReadOnlyHint: true, DestructiveHint: &never, OpenWorldHint: &never},
		}
	}
	return []tool{
		{name: "describe_type", variants: []variant{{
			needs: staff,
			offered: offer("describe_type", "Describes a type of the GraphQL API, or a field of Query, in the schema's language with its documentation: to write a query for run_query.",
				object{"name": object{"type": "string", "description": "A type such as Conversation, or a field such as Query.conversations. Query lists what can be asked for."}}, "name"),
			prepare: func(map[string]json.RawMessage) (*request, string) { return nil, "" },
			answer:  func(given map[string]json.RawMessage) *mcp.CallToolResult { return describeType(schema, given) },
		}}},
		{name: "run_query", variants: []variant{{
			needs: staff,
			offered: offer("run_query", "Runs a GraphQL query that reads only, for what no other tool reads. Mutations and subscriptions are refused.",
				object{
					"query":     object{"type": "string", "description": "The document, with one query."},
					"variables": object{"type": "object", "description": "Its variables."},
				}, "query"),
			prepare: readOnly,
		}}},
	}
}

// readOnly is the request of run_query: refused unless all of its operations are queries.
func readOnly(given map[string]json.RawMessage) (*request, string) {
	var r request
	if err := json.Unmarshal(given["query"], &r.Query); err != nil || r.Query == "" {
		return nil, "Give the query as a text."
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: r.Query}, maxTokens)
	if err != nil {
		return nil, "The query cannot be read: " + err.Error()
	}
	if slices.ContainsFunc(document.Operations, func(o *ast.OperationDefinition) bool { return o.Operation != ast.Query }) {
		return nil, "Only queries are run here: mutations and subscriptions are not."
	}
	if len(document.Operations) != 1 {
		return nil, "The document must have one query."
	}
	r.OperationName, r.Variables = document.Operations[0].Name, given["variables"]
	return &r, ""
}

// maxTokens is the most tokens of a query.
const maxTokens = 5000

func describeType(schema *ast.Schema, given map[string]json.RawMessage) *mcp.CallToolResult {
	var name string
	if err := json.Unmarshal(given["name"], &name); err != nil || name == "" {
		return failed("Name a type, such as Conversation.")
	}
	typeName, fieldName, _ := strings.Cut(name, ".")
	d := schema.Types[typeName]
	if d == nil {
		return failed(fmt.Sprintf("There is no type %q.%s", typeName, similar(schema, typeName)))
	}
	shown := *d
	switch {
	case fieldName != "":
		field := d.Fields.ForName(fieldName)
		if field == nil {
			return failed(fmt.Sprintf("%s has no field %q.", typeName, fieldName))
		}
		shown.Fields = ast.FieldList{field}
	case d == schema.Query || d == schema.Mutation || d == schema.Subscription:
		// All of a root's fields with all that is written about them would be a book.
		shown.Fields = nil
		for _, f := range d.Fields {
			brief := *f
			brief.Description, _, _ = strings.Cut(strings.TrimSpace(f.Description), "\n")
			brief.Arguments = nil
			for _, a := range f.Arguments {
				bare := *a
				bare.Description = ""
				brief.Arguments = append(brief.Arguments, &bare)
			}
			shown.Fields = append(shown.Fields, &brief)
		}
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatSchema(&ast.Schema{Types: map[string]*ast.Definition{typeName: &shown}})
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: b.String()}}}
}

// similar names types that have a name within theirs.
func similar(schema *ast.Schema, name string) string {
	var found []string
	for known := range schema.Types {
		if !strings.HasPrefix(known, "__") && strings.Contains(strings.ToLower(known), strings.ToLower(name)) {
			found = append(found, known)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return " There are " + strings.Join(found[:min(len(found), 20)], ", ") + "."
}
