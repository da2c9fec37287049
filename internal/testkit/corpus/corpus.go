// Package corpus finds the GraphQL documents that are written in the
// repository, in the docs, the programs in TypeScript and JavaScript, and the
// strings of Go packages, so that a test can hold all of them to the schema at
// each commit (API-26).
//
// A text counts as a document if it begins like one and parses. Texts that are put
// together while a program runs are left to the tests that run it.
package corpus

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// Document is a GraphQL document, and where it is written.
type Document struct {
	Path string // from the root, with slashes
	Text string
}

// begins matches what a document begins with.
var begins = regexp.MustCompile(`^\s*(?:#[^\n]*\s+)*(?:(?:query|mutation|subscription|fragment)\b|\{\s+[\w.]+)`)

// Collect returns the documents below root. goFolders are the folders with Go whose
// strings are searched: others have tests with schemas of their own.
func Collect(root string, goFolders ...string) ([]Document, error) {
	var all []Document
	scripts := map[string]map[string]string{} // text by path, for each folder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if isSkipped(entry.Name()) && name != "." {
				return filepath.SkipDir
			}
			return nil
		}
		find := finderOf(name)
		script := slices.Contains([]string{".ts", ".mjs", ".js"}, filepath.Ext(name))
		if find == nil && !script {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if script {
			folder := filepath.Dir(name)
			if scripts[folder] == nil {
				scripts[folder] = map[string]string{}
			}
			scripts[folder][name] = string(text)
			return nil
		}
		all = append(all, documents(name, find(string(text)))...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, folder := range scripts {
		for name, text := range folder {
			all = append(all, documents(name, inScript(text, folder))...)
		}
	}
	goDocuments, err := inGo(root, goFolders)
	return append(all, goDocuments...), err
}

// isSkipped reports whether a folder has nothing that a person wrote.
func isSkipped(folder string) bool {
	return strings.HasPrefix(folder, ".") || slices.Contains([]string{"node_modules", "dist", "generated", "testdata", "bin"}, folder)
}

func finderOf(name string) func(string) []string {
	switch filepath.Ext(name) {
	case ".md", ".txt":
		return inMarkdown
	case ".graphql":
		return func(text string) []string { return []string{text} }
	}
	return nil
}

// documents keeps the texts of a file that are documents. What they take from others of the
// same file is added: fragments are often written apart.
func documents(path string, texts []string) []Document {
	var list []Document
	fragments := map[string]string{} // the text with each
	for _, text := range texts {
		if doc := Parse(text); doc != nil {
			list = append(list, Document{path, text})
			for _, f := range doc.Fragments {
				fragments[f.Name] = fragmentText(f)
			}
		}
	}
	for i := range list {
		list[i].Text += missing(list[i].Text, fragments)
	}
	return list
}

// spread matches the use of a fragment.
var spread = regexp.MustCompile(`\.\.\.\s*(\w+)`)

// missing returns the fragments that a text uses and does not have.
func missing(text string, fragments map[string]string) string {
	added := ""
	known := map[string]bool{"on": true}
	for _, f := range Parse(text).Fragments {
		known[f.Name] = true
	}
	for queue := []string{text}; len(queue) > 0; queue = queue[1:] {
		for _, use := range spread.FindAllStringSubmatch(queue[0], -1) {
			if more, ok := fragments[use[1]]; ok && !known[use[1]] {
				known[use[1]] = true
				added += "\n" + more
				queue = append(queue, more)
			}
		}
	}
	return added
}

func fragmentText(f *ast.FragmentDefinition) string {
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(&ast.QueryDocument{Fragments: ast.FragmentDefinitionList{f}})
	return b.String()
}

// Parse returns a text as a document; nil if it is none.
func Parse(text string) *ast.QueryDocument {
	if !begins.MatchString(text) {
		return nil
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil || len(doc.Operations)+len(doc.Fragments) == 0 {
		return nil
	}
	return doc
}
