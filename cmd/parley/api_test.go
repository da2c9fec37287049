package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
)

const adminToken = "parley_test_admin_token_0123456789"

// api is a Parley server over HTTP on a database of its own.
type api struct {
	t     *testing.T
	url   string
	store *store.Store
	// dataDir is where mail goes.
	dataDir string
	// smtp is where mail to forwarding addresses is received.
	smtp string
	// channels is how many inboxes with a chat were made; their names are unique (IB-1).
	channels int
}

// eachAPI runs the test on a server with SQLite and on one with PostgreSQL.
func eachAPI(t *testing.T, c clock.Clock, test func(t *testing.T, a *api)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(t, serveTest(t, db.Open(t, c))) })
}

// serveTest serves the whole program, but for the command line, until the test ends.
func serveTest(t *testing.T, s *store.Store, set ...func(*serverSettings)) *api {
	t.Helper()
	return serveLogged(t, s, slog.New(slog.DiscardHandler), set...)
}

// serveLogged is serveTest with a log.
func serveLogged(t *testing.T, s *store.Store, log *slog.Logger, set ...func(*serverSettings)) *api {
	t.Helper()
	keys, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	dataDir := t.TempDir()
	blobs, err := blob.Open(t.Context(), "", dataDir)
	if err != nil {
		t.Fatal(err)
	}
	c := &serveCommand{uploads: t.TempDir(), serverSettings: serverSettings{
		emailSettings: emailSettings{
			MailListen: "127.0.0.1:0", MailDomain: "in.example.com", MaxFileBytes: 1 << 20, MaxDocumentBytes: 2 << 20, MaxMailBytes: 8 << 20,
			MailNetworks: []string{"127.0.0.0/8", "::1"}, ImageNetworks: []string{"127.0.0.0/8"}, PushNetworks: []string{"127.0.0.0/8"}, MicrosoftTenant: "common",
		},
		signInSettings: signInSettings{OIDCNetworks: []string{"127.0.0.0/8", "::1"}},
		AdminToken:     adminToken, PublicURL: url, MaxBodyBytes: 4 << 20, MaxDepth: 15, MaxComplexity: 12_500,
		RequestTimeout: 30 * time.Second, ShutdownTimeout: 10 * time.Second, EventRetention: 30 * 24 * time.Hour,
	}}
	for _, change := range set {
		change(&c.serverSettings)
	}
	a, err := compose(&storage{store: s, keys: keys, blobs: blobs, dataDir: dataDir}, &c.serverSettings, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	post, err := c.openPost(a, log)
	if err != nil {
		t.Fatal(err)
	}
	l, err := a.connect(t.Context(), "", log)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 3)
	go func() { ended <- l.run(ctx) }()
	go func() { ended <- post.run(ctx) }()
	go func() { ended <- c.serve(ctx, a, l, listener, log, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, <-ended, <-ended, blobs.Close()); err != nil {
			t.Error(err)
		}
	})
	return &api{t: t, url: url, store: s, dataDir: dataDir, smtp: post.socket.Addr().String()}
}

// answer is a GraphQL answer; Data is read with at.
type answer struct {
	Status int
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// ask sends an operation and returns the answer, whatever it is.
func (a *api) ask(token, query string, variables map[string]any) answer {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.post(token, "application/json", body)
}

func (a *api) post(token, contentType string, body []byte) answer {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "application/graphql-response+json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	got := answer{Status: response.StatusCode}
	if err := json.Unmarshal(raw, &got); err != nil {
		a.t.Fatalf("status %d, not JSON: %.300s", response.StatusCode, raw)
	}
	return got
}

// do sends an operation that must succeed, without userErrors, and returns its data.
func (a *api) do(token, query string, variables map[string]any) map[string]any {
	a.t.Helper()
	got := a.ask(token, query, variables)
	if len(got.Errors) > 0 {
		a.t.Fatalf("%s\nerrors: %+v", query, got.Errors)
	}
	for field, payload := range got.Data {
		if p, ok := payload.(map[string]any); ok {
			if problems, ok := p["userErrors"].([]any); ok && len(problems) > 0 {
				a.t.Fatalf("%s: userErrors %v", field, problems)
			}
		}
	}
	return got.Data
}

// at walks into an answer by field names and list positions.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

// text is at for a string.
func text(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}
