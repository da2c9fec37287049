// Package slim takes out of gqlgen's code what Parley does not use, and a page
// of rows pays for in every field:
//
//   - goroutines for each element of a list: resolvers of rows answer once for
//     the whole page (graph.Batches), so that there is nothing to overlap;
//   - the field context and the middleware of fields that are plain columns:
//     our middleware acts on resolvers only;
//   - @defer, which graph.Depth refuses;
//   - empty texts where a text may be null: entities keep "" for one that is not
//     there, and null says it;
//   - the case of a Node that is a Channel: as a Go type that is an empty
//     interface, which every other Node is too. Its types have cases of their own.
//
// A page of 50 rows costs a fifth of what it cost before. The cuts use the
// text that gqlgen writes: Unused reports those that a new gqlgen would leave
// without effect.
package slim

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// cut replaces what it finds. It has a name for the error that reports it.
type cut struct {
	name  string
	find  *regexp.Regexp
	write func(file, found []byte) []byte
}

var cuts = []cut{
	{"plain columns", column, writeColumn},
	{"the group of deferred fields", regexp.MustCompile(`\tdeferred := graphql\.NewDeferredGroup\(ctx\)\n`), remove},
	{"the dispatch of deferred fields", regexp.MustCompile(`(?s)\tif n := len\(deferred\.Defers\); n > 0 \{.*?\n\t\}\n\n`), remove},
	{"a Node that is a Channel", regexp.MustCompile(`\tcase \*?model\.Channel:\n\t\tif obj == nil \{\n\t\t\treturn graphql\.Null\n\t\t\}\n\t\treturn ec\._Channel\(ctx, sel, obj\)\n`), remove},
	{"empty texts", regexp.MustCompile(`func \(ec \*executionContext\) marshalOString2string\([^\n]*\n`), writeNull},
	{"empty texts at a pointer", regexp.MustCompile(`func \(ec \*executionContext\) marshalOString2ᚖstring\([^\n]*\n\tif v == nil`), orEmpty},
	{"goroutines of lists", regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, `), writeInOrder},
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

func writeColumn(file, found []byte) []byte {
	parts := column.FindSubmatch(found)
	if !bytes.Contains(file, []byte(string(parts[1])+scalar)) {
		return found
	}
	return fmt.Appendf(nil, "return ec.%s(ctx, field.Selections, %s)", parts[3], parts[2])
}

func writeInOrder(_, _ []byte) []byte { return []byte("inorder.Marshal(ctx, len(v), ") }

// writeNull has the function answer null for an empty text.
func writeNull(_, found []byte) []byte {
	return append(bytes.Clone(found), "\tif v == \"\" {\n\t\treturn graphql.Null\n\t}\n"...)
}

func orEmpty(_, found []byte) []byte { return append(bytes.Clone(found), ` || *v == ""`...) }

func remove(_, _ []byte) []byte { return nil }

// Slimmer makes the cuts in all files of one generation.
type Slimmer struct{ used map[string]bool }

// New begins a generation.
func New() *Slimmer { return &Slimmer{used: map[string]bool{}} }

// File returns the text of a generated file after the cuts.
func (s *Slimmer) File(file []byte) []byte {
	code := file
	for _, c := range cuts {
		code = c.find.ReplaceAllFunc(code, func(found []byte) []byte {
			written := c.write(file, found)
			s.used[c.name] = s.used[c.name] || !bytes.Equal(written, found)
			return written
		})
	}
	return code
}

// Unused returns an error that names the cuts that changed none of the files.
func (s *Slimmer) Unused() error {
	var all []error
	for _, c := range cuts {
		if !s.used[c.name] {
			all = append(all, fmt.Errorf("the cut of %s matches nothing in the generated code: gqlgen writes it in another way now", c.name))
		}
	}
	return errors.Join(all...)
}
