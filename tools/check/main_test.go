package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnknownCheck(t *testing.T) {
	_, err := run([]string{"grammar"})
	if err == nil || !strings.Contains(err.Error(), `there is no check "grammar"; there are: `) || !strings.Contains(err.Error(), "rules") {
		t.Errorf("got %v, want an error that lists the checks", err)
	}
}

// The root is found from any folder of the repository, over other modules.
func TestFindRoot(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module parley\n")
	write("tools/go.mod", "module parley/tools\n")
	t.Chdir(filepath.Join(root, "tools"))
	if got, err := findRoot(); got != root || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, root)
	}
	write("go.mod", "module another\n")
	if got, err := findRoot(); err == nil {
		t.Errorf("got %s, want an error", got)
	}
}
