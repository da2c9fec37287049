package corpus_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/testkit/corpus"
)

// Documents are found wherever people write them.
func TestCollect(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"docs/a.md":              "Text `{ no }`\n```graphql story\nquery InBlock { a }\n```\n```bash\nask '{ inShell(text: \\\"a\\\") }'\nRUN='query InVariable { b }'\ncurl -d '{\"query\": \"query InJSON { c(d: \\\"e\\\") }\"}'\n```\n",
		"docs/b.md":              "```graphql\nfragment Row on A { id }\nfragment Unused on A { b }\n```\n```graphql\nquery UsesRow { a { ...Row } }\n```\n",
		"src/parts.ts":           "export const row = `id name`;\nconst all: string = `${row} more`;\n",
		"src/use.ts":             "const list = `query InTemplate { a { ${all} } }`;\nconst none = `query ${built()} { a }`;\nask(\"mutation InText { b }\");\n",
		"src/node_modules/x.js":  "`query InPackage { a }`",
		"app/a.go":               "package app\nconst row = \"id \" + \"name\"\nvar _ = \"query InSum { a { \" + row + \" } }\"\nvar _ = `query Literal { a }`\nvar _ = \"query %s { a }\"\n",
		"app/b.go":               "package app\nfunc f(s string) string { row := 1; _ = row; return \"query NotConstant { \" + s + \" }\" }\n",
		"other/c.go":             "package other\nvar _ = `query ElsewhereInGo { a }`\n",
		"queries/one.graphql":    "# A comment.\nquery InFile { a }",
		"queries/schema.graphql": "type Query { a: Int }",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := corpus.Collect(root, "app")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range all {
		got = append(got, d.Path+": "+strings.Join(strings.Fields(d.Text), " "))
	}
	slices.Sort(got)
	want := []string{
		`app/a.go: query InSum { a { id name } }`,
		`app/a.go: query Literal { a }`,
		`docs/a.md: query InBlock { a }`,
		`docs/a.md: query InJSON { c(d: "e") }`,
		`docs/a.md: query InVariable { b }`,
		`docs/b.md: fragment Row on A { id } fragment Unused on A { b }`,
		`docs/b.md: query UsesRow { a { ...Row } } fragment Row on A { id }`,
		`docs/a.md: { inShell(text: "a") }`,
		`queries/one.graphql: # A comment. query InFile { a }`,
		`src/use.ts: mutation InText { b }`,
		`src/use.ts: query InTemplate { a { id name more } }`,
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
