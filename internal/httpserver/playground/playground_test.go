package playground_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/httpserver/playground"
)

// At / is GraphiQL, with the notices of what it contains; the explorer has an address of its
// own (DX-6).
func TestWhichPage(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":                                   "GraphQL playground</title>",
		"/playground/explorer":                "GraphQL explorer</title>",
		"/playground/graphiql.min.js":         "GraphiQL",
		"/playground/THIRD-PARTY-NOTICES.txt": "codemirror",
	} {
		rec := httptest.NewRecorder()
		playground.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d %.200s", path, rec.Code, rec.Body)
		}
	}
	for _, path := range []string{"/playground/nothing.js", "/playground/../playground.go"} {
		rec := httptest.NewRecorder()
		playground.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != 404 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}

var (
	reference = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	imported  = regexp.MustCompile(`from "\./([^"]*)"`)
)

// Every file that a page or a script asks for is served, from here, as what it
// is, and nothing of a page is inline: the policy would not run it.
func TestPagesAreComplete(t *testing.T) {
	t.Parallel()
	h := playground.Handler()
	kinds := map[string]string{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	queue, seen := []string{"/", "/playground/explorer"}, map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		body, kind := rec.Body.String(), "text/html"
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			kind = kinds[path[i:]]
		}
		if rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Header().Get("Content-Type"))
		}
		if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if kind == "text/html" {
			if strings.Contains(body, "<style") || strings.Contains(body, " style=") || strings.Contains(body, "<script>") {
				t.Errorf("%s has something inline", path)
			}
			for _, m := range reference.FindAllStringSubmatch(body, -1) {
				if strings.HasPrefix(m[1], "/playground/") {
					queue = append(queue, m[1])
				}
			}
		}
		for _, m := range imported.FindAllStringSubmatch(body, -1) {
			queue = append(queue, "/playground/"+m[1])
		}
	}
	if !seen["/playground/token.js"] || !seen["/playground/docs.js"] {
		t.Errorf("the walk missed scripts: %v", seen)
	}
}

// A browser that has a file asks again and gets no body.
func TestRevalidation(t *testing.T) {
	t.Parallel()
	h := playground.Handler()
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest("GET", "/playground/style.css", nil))
	again := httptest.NewRequest("GET", "/playground/style.css", nil)
	again.Header.Set("If-None-Match", first.Header().Get("Etag"))
	second := httptest.NewRecorder()
	h.ServeHTTP(second, again)
	if second.Code != 304 || second.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes", second.Code, second.Body.Len())
	}
}

// What the pages propose is valid on the API as it is.
func TestExamplesFitTheSchema(t *testing.T) {
	t.Parallel()
	const root = "../../../"
	files, err := filepath.Glob(root + "graph/schema/*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	var sources []*ast.Source
	for _, file := range append(files, root+"schema.graphqls") {
		sdl, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(sdl)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	var script []byte
	for _, file := range []string{"pages/examples.js", "pages/recipes.js"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script = append(script, text...)
	}
	examples := regexp.MustCompile("(?s)query: `(.*?)`").FindAllSubmatch(script, -1)
	if len(examples) == 0 {
		t.Fatal("no examples found")
	}
	for _, example := range examples {
		if _, err := gqlparser.LoadQueryWithRules(schema, string(example[1]), nil); err != nil {
			t.Errorf("%s%v", example[1], err)
		}
	}
}
