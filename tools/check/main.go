// Command check finds what the linters cannot: disagreements between the
// documents, the schema and the code of this repository.
//
//	check [name...]
//
// It runs the checks of these names, or all, in the repository that it is
// started in, prints one line for each finding (file:line: message), and exits
// with 1 if there is one. Each check is a file beside this one.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checks are the checks by name. Each gets the repository's files.
var checks = map[string]func(*repository) ([]finding, error){
	"rules":        checkRules,
	"words-docs":   checkWordsDocs,
	"words-errors": checkWordsErrors,
	"words-sdl":    checkWordsSDL,
	"callers":      checkCallers,
	"floors":       checkFloors,
	"migrations":   checkMigrations,
	"names":        checkNames,
	"errors":       checkErrors,
}

// finding is a place that is wrong, and why.
type finding struct {
	file    string
	line    int
	message string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.message) }

func main() {
	found, err := run(os.Args[1:])
	for _, f := range found {
		fmt.Fprintln(os.Stdout, f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
	}
	if err != nil || len(found) > 0 {
		os.Exit(1)
	}
}

// run runs the named checks, or all, on the repository around the working
// folder.
func run(names []string) ([]finding, error) {
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(checks))
	}
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	repo, err := readRepository(root)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, name := range names {
		check, ok := checks[name]
		if !ok {
			return nil, fmt.Errorf("there is no check %q; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(checks)), ", "))
		}
		findings, err := check(repo)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found = append(found, findings...)
	}
	return found, nil
}

// findRoot is the nearest folder around the working folder that has Parley's
// go.mod: `go -C tools run` starts the command in tools.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module parley\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no folder around this one has the go.mod of module parley")
		}
		dir = parent
	}
}
