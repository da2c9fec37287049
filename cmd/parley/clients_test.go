package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/docs"
	"parley/graph"
	"parley/graph/clientcache"
	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/testkit"
)

// clientsFolder has the public clients that the API is tested with.
const clientsFolder = "clients"

// clientPatience bounds a client's test: compilers take some seconds.
const clientPatience = 3 * time.Minute

// needClients skips the test where node or the clients are missing, but in CI.
func needClients(t *testing.T) (node string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(clientsFolder, "node_modules/graphql"))
	}
	if err == nil {
		return node
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("the API must be tested with public clients here: %v (apt-get install npm; scripts/clients.sh)", err)
	}
	t.Skipf("SKIPPED, the API is not tested with public clients: %v (apt-get install npm; scripts/clients.sh)", err)
	return ""
}

// Unmodified public clients work with the API, by the operations of docs/frontend.md and with
// what `parley schema` prints for them (API-23).
func TestAPIClients(t *testing.T) {
	t.Parallel()
	node := needClients(t)
	tests, err := filepath.Glob(filepath.Join(clientsFolder, "*.test.mjs"))
	if err != nil || len(tests) < 4 {
		t.Fatalf("got %d tests: %v", len(tests), err)
	}
	for _, file := range tests {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serveTest(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}), func(s *serverSettings) {
				if name == "federation" {
					s.Federation = "on"
				}
			})
			runClient(t, node, file, "PARLEY_TEST_URL="+a.url, "PARLEY_TEST_TOKEN="+a.inboxToken(t), "PARLEY_TEST_FOLDER="+clientFiles(t))
		})
	}
}

func runClient(t *testing.T, node, file string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientPatience)
	defer cancel()
	// Apollo Client warns in development only.
	run := exec.CommandContext(ctx, node, "--conditions=development", "--test", file)
	run.Env = append(os.Environ(), env...)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// inboxToken fills the server with conversations, and returns a token with the scopes of
// an inbox's front end.
func (a *api) inboxToken(t *testing.T) string {
	t.Helper()
	a.head() // the first account is there
	filled, err := demo.Fill(t.Context(), a.store, demo.Options{Conversations: 60, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	me := a.do(filled.AdminToken, `{ viewer { actor { ... on User { id } } } }`, nil)
	made := a.do(filled.AdminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
		input("name", "A front end", "userId", text(me, "viewer", "actor", "id"), "scopes", inboxScopes))
	return text(made, "createApiToken", "token")
}

// inboxScopes are what an agent's front end needs.
var inboxScopes = []string{"inbox"}

// clientFiles returns a folder with what the clients' tests read: the page with the operations,
// the schema, and what caches have to know of it.
func clientFiles(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	page, err := docs.Files.ReadFile("frontend.md")
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Abs(filepath.Join(clientsFolder, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	schema := graph.PublicSchema()
	for name, content := range map[string]string{
		"package.json": `{"type": "module"}`, "frontend.md": string(page), "schema.graphql": graph.SDL(),
		"typePolicies.js": clientcache.TypePolicies(schema), "possibleTypes.json": clientcache.PossibleTypes(schema),
		"graphcache.js": clientcache.GraphcacheKeys(schema),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// API-26: what breaks clients since docs/schema-baseline.graphqls is listed in
// docs/api-changelog.md.
func TestBreakingChangesAreListed(t *testing.T) {
	t.Parallel()
	node := needClients(t)
	schema := filepath.Join(t.TempDir(), "schema.graphql")
	if err := os.WriteFile(schema, []byte(graph.SDL()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), node, clientsFolder+"/api-diff.mjs", "check",
		"../../docs/api-changelog.md", "../../docs/schema-baseline.graphqls", schema).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
