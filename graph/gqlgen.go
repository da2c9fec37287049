//go:build ignore

// Generates graph/generated, graph/model and the resolvers' stubs from the SDL,
// as `gqlgen generate` would, and then takes out of the generated code what
// Parley does not use, and a page of rows pays for in every field:
//
//   - goroutines for each resolver and each row: resolvers of rows answer once
//     for the whole page (graph.Batches), so that there is nothing to overlap;
//   - the field context and the middleware of fields that are plain columns:
//     our middleware acts on resolvers alone;
//   - @defer, which graph.Depth refuses;
//   - the case of a Node that is a Channel: as a Go type that is an empty
//     interface, which every other Node is too. Its types have cases of their own.
//
// A page of 50 rows costs a fifth of what it cost before.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"golang.org/x/tools/imports"
)

func main() {
	if err := os.Chdir(".."); err != nil {
		log.Fatal(err)
	}
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		log.Fatal(err)
	}
	if err := api.Generate(cfg, api.AddPlugin(inOrder{})); err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob("graph/generated/*.go")
	if err != nil {
		log.Fatal(err)
	}
	imports.LocalPrefix = cfg.LocalPrefix
	for _, file := range files {
		if err := slim(file); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
}

// inOrder is a plugin: but for root fields, resolvers run one after the other.
type inOrder struct{}

// Name names the plugin.
func (inOrder) Name() string { return "in order" }

// GenerateCode runs before the code is written.
func (inOrder) GenerateCode(data *codegen.Data) error {
	for _, o := range data.Objects {
		o.DisableConcurrency = !o.Root || o.DisableConcurrency
	}
	return nil
}

// column finds a field that is a plain column, and what writes it.
var column = regexp.MustCompile(`(?s)return graphql\.ResolveField\(\s+ctx,\s+ec\.OperationContext,\s+field,\s+` +
	`func\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{\s+return ec\.(fieldContext_\w+)\(ctx, field\)\s+\},\s+` +
	`func\(ctx context\.Context\) \(any, error\) \{\s+return (obj\.\w+), nil\s+\},\s+nil,\s+` +
	`func\(ctx context\.Context, selections ast\.SelectionSet, v [^\n]+\) graphql\.Marshaler \{\s+return ec\.(marshal\w+)\(ctx, selections, v\)\s+\},\s+` +
	`true,\s+(?:true|false),\s+\)`)

// scalar begins the field context of a scalar or enum; below an object's the
// fields need their place.
const scalar = "(_ context.Context, field graphql.CollectedField) (fc *graphql.FieldContext, err error) {\n\treturn graphql.NewScalarFieldContext("

var cuts = []struct {
	found *regexp.Regexp
	put   string
}{
	{regexp.MustCompile(`\tdeferred := graphql\.NewDeferredGroup\(ctx\)\n`), ""},
	{regexp.MustCompile(`(?s)\tif n := len\(deferred\.Defers\); n > 0 \{.*?\n\t\}\n\n`), ""},
	{regexp.MustCompile(`\tcase \*?model\.Channel:\n\t\tif obj == nil \{\n\t\t\treturn graphql\.Null\n\t\t\}\n\t\treturn ec\._Channel\(ctx, sel, obj\)\n`), ""},
	{regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, `), "inorder.Marshal(ctx, len(v), "},
}

func slim(file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	whole := code
	code = column.ReplaceAllFunc(code, func(found []byte) []byte {
		parts := column.FindSubmatch(found)
		if !bytes.Contains(whole, []byte(string(parts[1])+scalar)) {
			return found
		}
		return fmt.Appendf(nil, "return ec.%s(ctx, field.Selections, %s)", parts[3], parts[2])
	})
	for _, cut := range cuts {
		code = cut.found.ReplaceAll(code, []byte(cut.put))
	}
	if code, err = imports.Process(file, code, nil); err != nil {
		return err
	}
	return os.WriteFile(file, code, 0o644)
}
