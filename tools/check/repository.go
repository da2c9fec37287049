package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// repository is the text of the files that people write and checks read.
type repository struct{ files []file }

// file is a text file. Its path is relative to the repository, with slashes.
type file struct {
	path string
	text string
}

// written are the names that end a file of which people are the authors.
var written = []string{".go", ".sql", ".ts", ".mjs", ".graphqls", ".md", ".sh", ".yml"}

// foreign are folders of which no one here is the author, or that hold samples.
var foreign = []string{".git", "node_modules", "testdata", "dist", "bin", "parley-data"}

// readRepository reads the files below root. Generated code is left out: what
// is wrong in it is wrong in its source.
func readRepository(root string) (*repository, error) {
	return readFiles(os.DirFS(root))
}

func readFiles(tree fs.FS) (*repository, error) {
	repo := &repository{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(foreign, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !slices.Contains(written, path.Ext(name)):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err == nil && !isGenerated(text) {
			repo.files = append(repo.files, file{name, string(text)})
		}
		return err
	})
	return repo, err
}

// isGenerated says whether a file's first lines have Go's mark of generated code.
func isGenerated(text []byte) bool {
	head := text[:min(len(text), 400)]
	return bytes.Contains(head, []byte("// Code generated ")) && bytes.Contains(head, []byte("DO NOT EDIT"))
}

// find is the file of that path.
func (r *repository) find(name string) (file, bool) {
	at := slices.IndexFunc(r.files, func(f file) bool { return f.path == name })
	if at < 0 {
		return file{}, false
	}
	return r.files[at], true
}

// lines gives each line with its number, from 1 on.
func (f file) lines(yield func(int, string) bool) {
	number := 0
	for line := range strings.Lines(f.text) {
		number++
		if !yield(number, line) {
			return
		}
	}
}
