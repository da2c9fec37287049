package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/internal/clock"
)

// API-13, pitfall 13: a token reads by no way in what its scopes do not show: not
// by a request, a socket or an event stream.
func TestScopesOfEveryWayIn(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("A secret question")
		made := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Follower", "scopes", []string{"events:read"}, "inboxIds", []string{channel.inboxID}))
		token := text(made, "createApiToken", "token")
		const selection = `{ type message { text } }`
		if got := a.ask(token, `{ events(after: 0) { edges { node `+selection+` } } }`, nil); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "FORBIDDEN" ||
			!strings.Contains(got.Errors[0].Message, `"conversations:read"`) {
			t.Errorf("a request: %+v", got)
		}
		var data map[string]any
		live := `subscription { events(after: 0) ` + selection + ` }`
		if err := a.listen(token, live, nil).next(t.Context(), &data); err == nil || !strings.Contains(err.Error(), "FORBIDDEN") {
			t.Errorf("a socket: got %v, %v", data, err)
		}
		if got := a.stream(token, live); !strings.Contains(got, "FORBIDDEN") || strings.Contains(got, "secret") {
			t.Errorf("an event stream: got %s", got)
		}
		if got := a.hear(a.listen(token, `subscription { events(after: 0) { type } }`, nil)); text(got, "events", "type") == "" {
			t.Errorf("what it may follow: got %v", got)
		}
		if got := a.ask(token, `{ node(id: "`+chat.conversationID+`") { id } }`, nil); len(got.Errors) > 0 || at(got.Data, "node") != nil {
			t.Errorf("node: %+v", got)
		}
	})
}

// stream returns what an event stream that is refused answers.
func (a *api) stream(token, query string) string {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/graphql", bytes.NewReader([]byte(`{"query": "`+query+`"}`)))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(body)
}
