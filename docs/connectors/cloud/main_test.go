package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"parley/docs/connectors/client"
)

func newConnector(t *testing.T, api http.HandlerFunc) (c *connector, calls *[]string) {
	t.Helper()
	calls = &[]string{}
	parley := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*calls = append(*calls, string(body))
		_, _ = io.WriteString(w, `{"data": {"it": {"userErrors": []}}}`)
	}))
	medium := httptest.NewServer(api)
	t.Cleanup(parley.Close)
	t.Cleanup(medium.Close)
	journal, err := client.OpenJournal(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	return &connector{&client.Client{URL: parley.URL, Journal: journal, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, medium.URL, "token", "1"}, calls
}

func entry(field, phone, rest string) string {
	return `{"changes": [{"field": "` + field + `", "value": {"metadata": {"phone_number_id": "` + phone + `"}, ` + rest + `}}]}`
}

// CC-5: of what an app's webhook is called with, the number's own comes: answers by buttons as
// words, reactions as reactions, known states; and nothing else is in its way.
func TestNotifications(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		entry string
		want  []string // of the calls of Parley, in their order
	}{
		"a text":           {entry("messages", "1", `"contacts": [{"wa_id": "50", "profile": {"name": "Bob"}}, {"wa_id": "49", "profile": {"name": "Ann"}}], "messages": [{"id": "a", "from": "49", "type": "text", "text": {"body": "Hi"}}]`), []string{`"name":"Ann"`}},
		"another number's": {entry("messages", "2", `"messages": [{"id": "a", "from": "49", "type": "text", "text": {"body": "Hi"}}]`), nil},
		"another field":    {entry("account_update", "1", `"messages": 7`), nil},
		"a button":         {entry("messages", "1", `"messages": [{"id": "a", "from": "49", "type": "button", "button": {"text": "Yes, please"}}]`), []string{"Yes, please"}},
		"a list":           {entry("messages", "1", `"messages": [{"id": "a", "from": "49", "type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Tuesday"}}}]`), []string{"Tuesday"}},
		"a reaction":       {entry("messages", "1", `"messages": [{"id": "a", "from": "49", "type": "reaction", "reaction": {"message_id": "b", "emoji": "👍"}}]`), []string{"reportReaction"}},
		"a notice":         {entry("messages", "1", `"messages": [{"id": "a", "from": "49", "type": "system"}]`), nil},
		"states": {entry("messages", "1", `"statuses": [{"id": "b", "status": "played", "biz_opaque_callback_data": "m 0 1"}, {"id": "b", "status": "delivered", "biz_opaque_callback_data": "m 0 1"},
			{"id": "b", "status": "failed", "biz_opaque_callback_data": "m 0 1", "errors": [{"title": "Gone", "error_data": "a text"}]}]`), []string{"DELIVERED", `"error":"Gone"`}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			connector, calls := newConnector(t, http.NotFound)
			values, err := read([]byte(`{"entry": [`+c.entry+`]}`), "1")
			for _, v := range values {
				if err := connector.bring(v); err != nil {
					t.Error(err)
				}
			}
			if err != nil || len(*calls) != len(c.want) {
				t.Fatalf("%v, Parley is called with %q, want %q", err, *calls, c.want)
			}
			for n, want := range c.want {
				if !strings.Contains((*calls)[n], want) {
					t.Errorf("%s has no %q", (*calls)[n], want)
				}
			}
		})
	}
}

// CC-5: the code of an error says what to do, not the HTTP status.
func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		status, code, calls int
		refused             bool
	}{
		"the pair is too fast": {400, 131056, 2, false},
		"the API has a fault":  {400, 1, 1, false},
		"another fault":        {500, 131000, 1, false},
		"the window is closed": {400, 131047, 1, true},
		"the token is old":     {401, 190, 1, false},
		"it is too large":      {413, 0, 1, true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			connector, _ := newConnector(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) == 1 {
					w.WriteHeader(c.status)
					_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": c.code, "message": "No"}})
					return
				}
				_, _ = io.Copy(w, bytes.NewReader([]byte(`{"messages": [{"id": "a"}]}`)))
			})
			_, err := connector.call(http.MethodPost, "/1/messages", "application/json", nil)
			if int(calls.Load()) != c.calls || (client.Refused(err) != nil) != c.refused || (err == nil) != (c.calls == 2) {
				t.Errorf("%d calls, %v", calls.Load(), err)
			}
		})
	}
}
