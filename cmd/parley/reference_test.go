package main

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/testkit"
)

// API-25: the binary serves its schema and its documentation to anyone; each link of a served
// page leads to something that is served, or out of Parley.
func TestServedPages(t *testing.T) {
	t.Parallel()
	a := serveTest(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}))
	get := func(address string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if status, body := get("/schema.graphql"); status != http.StatusOK || body != graph.SDL() {
		t.Errorf("/schema.graphql: %d, %d bytes", status, len(body))
	}
	markdown := regexp.MustCompile(`\]\(([^)\s]+)\)|` + "`(/[\\w./-]+\\.(?:md|graphql|txt))`")
	visited := map[string]bool{}
	queue := []string{"/llms.txt", "/docs/"}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		if visited[address] {
			continue
		}
		visited[address] = true
		status, body := get(address)
		if status != http.StatusOK {
			t.Errorf("%s: %d", address, status)
		}
		if !strings.HasSuffix(address, ".md") && !strings.HasSuffix(address, ".txt") && path.Ext(address) != "" {
			continue
		}
		for _, link := range markdown.FindAllStringSubmatch(body, -1) {
			if to := resolveLink(t, address, link[1]+link[2]); to != "" {
				queue = append(queue, to)
			}
		}
	}
	for _, page := range []string{"/docs/api.md", "/docs/rules.md", "/docs/frontend.md", "/docs/decisions/fence.md", "/docs/live/client.ts", "/schema.graphql"} {
		if !visited[page] {
			t.Errorf("no page links to %s", page)
		}
	}
}

// resolveLink returns what a link of a page leads to; "" if that is another site, or the page itself.
func resolveLink(t *testing.T, page, link string) string {
	t.Helper()
	base, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	to, err := base.Parse(link)
	if err != nil || to.Host != "" || to.Path == page {
		return ""
	}
	return to.Path
}
