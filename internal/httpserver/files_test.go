package httpserver_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/httpserver"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// site is a server with one account's attachments.
type site struct {
	*testkit.Fixture
	t      *testing.T
	files  *attachment.Service
	clock  *clock.Turned
	server *httptest.Server
}

// agents are agents of one inbox.
type agents struct{ inboxID string }

// ViewerOf returns an agent.
func (a agents) ViewerOf(_ context.Context, accountID, actorID, _ string) (*viewer.Viewer, error) {
	return &viewer.Viewer{Kind: viewer.Agent, AccountID: accountID, ActorID: actorID, InboxIDs: []string{a.inboxID}}, nil
}

func newSite(t *testing.T, db testkit.Database) *site {
	t.Helper()
	c := clock.At(clock.System{}.Now())
	s := db.Open(t, c)
	f := testkit.Account(t, s)
	bucket, err := blob.Open(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	files := attachment.New(s, bucket, keys, agents{f.InboxIDs[0]}, server.URL, attachment.Options{})
	handler, err = httpserver.New(httpserver.Config{
		Schema: newTestSchema(), Authenticator: tokens{}, Files: files, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &site{Fixture: f, t: t, files: files, clock: c, server: server}
}

func eachSite(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newSite(t, db)) })
}

func (s *site) upload(name, content string) *ent.Attachment {
	s.t.Helper()
	a, err := s.files.Upload(s.Agent(0), attachment.UploadInput{InboxID: s.InboxIDs[0], File: strings.NewReader(content), FileName: name})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *site) url(a *ent.Attachment) string {
	s.t.Helper()
	address, err := s.files.URL(s.Agent(0), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return address
}

// reply is an answer without its body.
type reply struct {
	StatusCode    int
	Header        http.Header
	ContentLength int64
}

// get asks for an address, with headers as "Name: value".
func (s *site) get(method, address string, headers ...string) (reply, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := s.server.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, response.ContentLength}, string(body)
}

const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00<script>alert(1)</script>"

// A file goes out whole, in parts, or not at all if the browser has it.
func TestFiles(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		address := s.url(s.upload("Bild für Sie.png", picture))
		response, body := s.get(http.MethodGet, address)
		for name, want := range map[string]string{
			"Content-Type": "image/png", "Content-Disposition": "attachment; filename*=utf-8''Bild%20f%C3%BCr%20Sie.png",
			"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin",
			"Referrer-Policy": "no-referrer", "Accept-Ranges": "bytes",
		} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
			t.Errorf("policy %q", policy)
		}
		if response.StatusCode != http.StatusOK || body != picture {
			t.Errorf("%d: %q", response.StatusCode, body)
		}
		if response, body := s.get(http.MethodGet, address, "Range: bytes=1-3"); response.StatusCode != http.StatusPartialContent || body != "PNG" {
			t.Errorf("a part: %d, %q", response.StatusCode, body)
		}
		if response, _ := s.get(http.MethodGet, address, "Range: bytes=1000-"); response.StatusCode != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("a part beyond the end: %d", response.StatusCode)
		}
		if response, body := s.get(http.MethodHead, address); response.StatusCode != http.StatusOK || response.ContentLength != int64(len(picture)) || body != "" {
			t.Errorf("HEAD: %d, %d bytes", response.StatusCode, response.ContentLength)
		}
		if response, _ := s.get(http.MethodGet, address, "If-None-Match: "+response.Header.Get("ETag")); response.StatusCode != http.StatusNotModified {
			t.Errorf("known: %d", response.StatusCode)
		}
		if response, body := s.get(http.MethodPost, address); response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST: %d, %q", response.StatusCode, body)
		}
	})
}

// What a browser could run is never served as such, whatever it is called and
// however it is asked for.
func TestFilesNeverRun(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const page, vector = "<!DOCTYPE html><script>alert(1)</script>", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
		for name, c := range map[string]struct{ content, served, disposition string }{
			"page.html":    {page, "application/octet-stream", "attachment"},
			"photo.png":    {page, "application/octet-stream", "attachment"},
			"logo.svg":     {vector, "application/octet-stream", "attachment"},
			"logo.jpg":     {vector, "application/octet-stream", "attachment"},
			"feed.xml":     {"<?xml version=\"1.0\"?><a/>", "application/octet-stream", "attachment"},
			"run.js":       {"#!/usr/bin/env node\nalert(1)", "application/octet-stream", "attachment"},
			"notes.txt":    {"A text with <b>tags</b>", "text/plain; charset=utf-8", "attachment"},
			"polyglot.htm": {picture, "image/png", "attachment"}, // of no size that could be told
			"report.pdf":   {"%PDF-1.7\n", "application/pdf", "inline"},
		} {
			address := s.url(s.upload(name, c.content))
			response, _ := s.get(http.MethodGet, address+"&inline=1")
			disposition, _, _ := strings.Cut(response.Header.Get("Content-Disposition"), ";")
			if got := response.Header.Get("Content-Type"); got != c.served || disposition != c.disposition || response.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s is served as %q, %s", name, got, disposition)
			}
			policy := response.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || c.served != "application/pdf" && !strings.Contains(policy, "sandbox") {
				t.Errorf("%s: policy %q", name, policy)
			}
		}
	})
}

// An address that does not hold says so, and gives nothing.
func TestFilesAddresses(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		a, other := s.upload("a.txt", "Hello"), s.upload("b.txt", "Bye")
		address := s.url(a)
		path, token, _ := strings.Cut(address, "?token=")
		for name, c := range map[string]struct {
			address string
			status  int
		}{
			"NoToken":      {path, http.StatusForbidden},
			"FalseToken":   {path + "?token=x", http.StatusForbidden},
			"OtherFile":    {strings.Replace(address, a.ID, other.ID, 1), http.StatusForbidden},
			"Traversal":    {s.server.URL + "/files/..%2f..%2fetc/passwd?token=" + token, http.StatusForbidden},
			"OtherName":    {s.server.URL + "/files/" + a.ID + "/..%2fpasswd?token=" + token, http.StatusOK},
			"NoFile":       {s.server.URL + "/files/", http.StatusNotFound},
			"TokenForData": {s.server.URL + "/graphql?query=%7Bkind%7D&token=" + token, http.StatusBadRequest},
		} {
			response, body := s.get(http.MethodGet, c.address)
			if response.StatusCode != c.status || c.status != http.StatusOK && strings.Contains(body, "Hello") {
				t.Errorf("%s: %d, %q", name, response.StatusCode, body)
			}
			if c.status == http.StatusForbidden && (!strings.Contains(body, `"FORBIDDEN"`) || !strings.Contains(body, "ten minutes")) {
				t.Errorf("%s does not say why: %q", name, body)
			}
		}
		if _, body := s.get(http.MethodPost, s.server.URL+"/graphql", "Authorization: Bearer "+token, "Content-Type: application/json"); strings.Contains(body, "data") {
			t.Errorf("a file's token is taken for a session's: %q", body)
		}
		s.clock.Advance(10*time.Minute + time.Second)
		if response, body := s.get(http.MethodGet, address); response.StatusCode != http.StatusForbidden || !strings.Contains(body, "ten minutes") {
			t.Errorf("expired: %d, %q", response.StatusCode, body)
		}
		foreign, err := s.files.URL(s.Visitor(0), a)
		if err != nil {
			t.Fatal(err)
		}
		if response, body := s.get(http.MethodGet, foreign); response.StatusCode != http.StatusNotFound || !strings.Contains(body, `"NOT_FOUND"`) {
			t.Errorf("of a visitor: %d, %q", response.StatusCode, body)
		}
	})
}
