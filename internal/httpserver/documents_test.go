package httpserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/httpserver"
)

func sha(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// apq is a request's extensions that name a document.
func apq(hash string) string {
	return fmt.Sprintf(`{"persistedQuery":{"version":1,"sha256Hash":%q}}`, hash)
}

// API-18: a document is found by its hash once it was sent with it.
func TestAutomaticPersistedQueries(t *testing.T) {
	t.Parallel()
	h := newServer(t, nil)
	const kind = `{"data":{"kind":"ANYONE"}}`
	post := func(body string, headers ...string) *http.Request { return request(t, "/graphql", body, headers...) }
	hash := sha("{kind}")
	byHash := `{"extensions":` + apq(hash) + `}`
	notFound := func(r *http.Request, status int) {
		t.Helper()
		refused(t, do(h, r), status, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
	}
	found := func(r *http.Request) {
		t.Helper()
		if rec := do(h, r); rec.Code != 200 || rec.Body.String() != kind {
			t.Errorf("got %d %s", rec.Code, rec.Body)
		}
	}
	byURL := "/graphql?extensions=" + url.QueryEscape(apq(hash))
	notFound(post(byHash), 200) // as clients of application/json expect it
	notFound(post(byHash, "Accept", newer), 400)
	notFound(request(t, byURL, ""), 200)
	notFound(post(`{"documentId":"sha256:`+hash+`"}`), 200)
	found(post(`{"query":"{kind}","extensions":` + apq(hash) + `}`))
	found(post(byHash))
	found(post(`{"query":"","extensions":` + apq(hash) + `}`))
	found(request(t, byURL, ""))
	found(post(`{"documentId":"sha256:` + hash + `"}`))
	found(request(t, "/graphql?documentId="+hash, ""))
	found(post(`{"extensions":` + apq("sha256:"+hash) + `}`)) // API-18

	large := "{kind #" + strings.Repeat("x", 40<<10) + "\n}"
	found(post(`{"query":` + fmt.Sprintf("%q", large) + `,"extensions":` + apq(sha(large)) + `}`))
	notFound(post(`{"extensions":`+apq(sha(large))+`}`), 200) // not kept

	for name, c := range map[string]struct{ body, message string }{
		"another hash":   {`{"query":"{kind}","extensions":` + apq(sha("{boom}")) + `}`, "not the SHA-256"},
		"two hashes":     {`{"documentId":"` + sha("{boom}") + `","extensions":` + apq(hash) + `}`, "named by its SHA-256"},
		"short hash":     {`{"extensions":` + apq("abc") + `}`, "named by its SHA-256"},
		"capital hash":   {`{"extensions":` + apq(strings.ToUpper(hash)) + `}`, "named by its SHA-256"},
		"id":             {`{"id":"` + hash + `"}`, `named by "documentId"`},
		"doc_id":         {`{"doc_id":"abc"}`, `named by "documentId"`},
		"another method": {`{"documentId":"md5:abc"}`, "named by its SHA-256"},
		"version 2":      {`{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"` + hash + `"}}}`, `"version": 1`},
		"a text":         {`{"extensions":{"persistedQuery":"` + hash + `"}}`, `"version": 1`},
		"id of a number": {`{"documentId":7}`, `"documentId" must be a string`},
	} {
		t.Run(name, func(t *testing.T) { refused(t, do(h, post(c.body)), 400, "BAD_USER_INPUT", c.message) })
	}
}

func TestPersistedQueriesOverStreams(t *testing.T) {
	t.Parallel()
	base := listen(t, nil)
	c := ready(t, base, "{}")
	const query = "subscription{count(to:1)}"
	c.send(`{"id":"1","type":"subscribe","payload":{"extensions":` + apq(sha(query)) + `}}`)
	c.expectError("1", "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
	c.send(`{"id":"1","type":"subscribe","payload":{"query":"` + query + `","extensions":` + apq(sha(query)) + `}}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"count":1}}}`, `{"id":"1","type":"complete"}`)
	c.send(`{"id":"1","type":"subscribe","payload":{"documentId":"` + sha(query) + `"}}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"count":1}}}`, `{"id":"1","type":"complete"}`)
}

// API-18: with trusted documents no other is run, whoever asks and however.
func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	const query, stream = "query($t:String){echo(text:$t)}", "subscription{count(to:1)}"
	trust := func(c *httpserver.Config) {
		c.TrustedDocuments = map[string]string{sha(query): query, sha(stream): stream}
	}
	h := newServer(t, trust)
	post := func(body string) *http.Request { return request(t, "/graphql", body, "Authorization", "Bearer admin") }
	const variables = `"variables":{"t":"x"}`
	for name, r := range map[string]*http.Request{
		"by id":        post(`{"documentId":"sha256:` + sha(query) + `",` + variables + `}`),
		"by bare id":   post(`{"documentId":"` + sha(query) + `",` + variables + `}`),
		"by extension": post(`{"extensions":` + apq(sha(query)) + `,` + variables + `}`),
		"in full":      post(`{"query":"` + query + `",` + variables + `}`),
		"by GET":       request(t, "/graphql?documentId="+sha(query)+"&variables="+url.QueryEscape(`{"t":"x"}`), ""),
	} {
		if rec := do(h, r); rec.Body.String() != `{"data":{"echo":"x"}}` {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	for name, r := range map[string]*http.Request{
		"another":          post(`{"query":"{kind}"}`),
		"introspection":    post(`{"query":"{__schema{queryType{name}}}"}`),
		"another by id":    post(`{"documentId":"` + sha("{kind}") + `"}`),
		"a space more":     post(`{"query":"` + query + ` "}`),
		"learnt":           post(`{"query":"{kind}","extensions":` + apq(sha("{kind}")) + `}`),
		"another, by GET":  request(t, "/graphql?query={kind}", ""),
		"another's stream": request(t, "/graphql", `{"query":"subscription{kind}"}`, "Accept", "text/event-stream"),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, do(h, r), 200, "PERSISTED_QUERY_NOT_IN_LIST", "only runs trusted documents")
		})
	}
	refused(t, do(h, post(`{"query":"{kind}","documentId":"`+sha(query)+`"}`)), 400, "BAD_USER_INPUT", "not the SHA-256")
	if rec := do(h, request(t, "/", "")); rec.Code != 200 {
		t.Errorf("the explorer's page: %d", rec.Code)
	}

	c := ready(t, listen(t, trust), "{}")
	c.subscribe("1", "subscription{kind}")
	c.expectError("1", "PERSISTED_QUERY_NOT_IN_LIST", "only runs trusted documents")
	c.send(`{"id":"1","type":"subscribe","payload":{"documentId":"sha256:` + sha(stream) + `"}}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"count":1}}}`, `{"id":"1","type":"complete"}`)
}

func TestLoadTrustedDocuments(t *testing.T) {
	t.Parallel()
	load := func(text string) (map[string]string, error) {
		path := filepath.Join(t.TempDir(), "documents.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return httpserver.LoadTrustedDocuments(path)
	}
	got, err := load(`{"` + sha("{a}") + `":"{a}","sha256:` + sha("{b}") + `":"{b}"}`)
	if err != nil || len(got) != 2 || got[sha("{a}")] != "{a}" || got[sha("{b}")] != "{b}" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := load(`{}`); err != nil || got == nil {
		t.Errorf("an empty list trusts nothing: %v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"` + sha("{a}") + `":"{b}"}`: "is not the SHA-256",
		`{"md5:1":"{b}"}`:              "is not the SHA-256",
		`["{a}"]`:                      "one JSON object",
		`null`:                         "one JSON object",
		``:                             "one JSON object",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := httpserver.LoadTrustedDocuments(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is no error")
	}
}
