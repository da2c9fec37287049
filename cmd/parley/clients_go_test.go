package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/docs"
	"parley/graph"
	"parley/internal/clock"
	"parley/internal/testkit"
)

// A Go program of genqlient, with its default settings, works with the API: it sends zero
// values where people mean nothing (API-2, API-23). genqlient is a tool of tools/go.mod.
func TestGenqlient(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	folder := genqlientModule(t)
	goes := func(args ...string) (string, error) {
		run := exec.CommandContext(t.Context(), "go", args...)
		run.Dir = folder
		run.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off")
		out, err := run.CombinedOutput()
		return string(out), err
	}
	if out, err := goes("mod", "download", "github.com/Khan/genqlient"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("genqlient must be tested here: %v\n%s", err, out)
		}
		t.Skipf("SKIPPED, genqlient is not tested: %v\n%s", err, out)
	}
	if out, err := goes("tool", "genqlient"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program := filepath.Join(folder, "program")
	if out, err := goes("build", "-o", program, "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	a := serveTest(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}))
	run := exec.CommandContext(t.Context(), program)
	run.Env = append(os.Environ(), "PARLEY_TEST_URL="+a.url, "PARLEY_TEST_TOKEN="+a.inboxToken(t))
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// genqlientModule returns a folder with the program, in a module with the requirements of
// tools/go.mod.
func genqlientModule(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	page, err := docs.Files.ReadFile("frontend.md")
	if err != nil {
		t.Fatal(err)
	}
	var operations strings.Builder
	for _, block := range regexp.MustCompile("(?ms)^```graphql\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		operations.WriteString(block[1])
	}
	files := map[string]string{"schema.graphql": graph.SDL(), "operations.graphql": operations.String()}
	for from, to := range map[string]string{
		"../../tools/go.mod": "go.mod", "../../tools/go.sum": "go.sum",
		clientsFolder + "/genqlient/genqlient.yaml": "genqlient.yaml", clientsFolder + "/genqlient/main.go.txt": "main.go",
		clientsFolder + "/genqlient/operations.graphql": "operations.graphql",
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		files[to] += string(content)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
