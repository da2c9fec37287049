package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/docs/connectors/client"
)

// api is a Bot API: its bot wrote the messages own, the others of the chat are its contacts'.
type api struct {
	lock    sync.Mutex
	own     map[string]bool
	others  int64 // up to this number
	probed  []string
	updates string // what is to be polled
}

func newConnector(t *testing.T, a *api, parley http.HandlerFunc) *connector {
	t.Helper()
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20)
		a.lock.Lock()
		defer a.lock.Unlock()
		id, _ := strconv.ParseInt(r.FormValue("message_id"), 10, 64)
		refuse := func(text string) {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error_code": 400, "description": "Bad Request: " + text})
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "/getUpdates"):
			_, _ = io.WriteString(w, `{"ok": true, "result": [`+a.updates+`]}`)
		case a.own[r.FormValue("message_id")]:
			refuse("message is not modified")
		case id <= a.others:
			refuse("message can't be edited")
		default:
			refuse("message to edit not found")
		}
		a.probed = append(a.probed, r.FormValue("message_id"))
	}))
	server := httptest.NewServer(parley)
	t.Cleanup(at.Close)
	t.Cleanup(server.Close)
	journal, err := client.OpenJournal(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	return &connector{Client: &client.Client{URL: server.URL, Journal: journal, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Hold: time.Millisecond}, api: at.URL, bot: "1", brought: map[int64]bool{}}
}

func accept(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"data": {"it": {"userErrors": []}}}`)
}

// CC-5: whether a message in doubt was sent is asked only once all that Telegram had has been
// polled; then as far as the newest of it, and on past other people's messages.
func TestSettleDoubt(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		own, want      string
		others, polled int64
	}{
		"it was not sent":               {"", "", 0, 0},
		"the next one":                  {"101", "101", 0, 0},
		"behind many that were polled":  {"150", "150", 0, 145},
		"behind many others in a group": {"180", "180", 179, 0},
		"one before it":                 {"99", "", 0, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := &api{own: map[string]bool{c.own: true}, others: c.others}
			connector := newConnector(t, a, accept)
			for _, err := range []error{connector.See("all", 100), connector.Begin("m1", "5", "all", 1)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error)
			go func() { done <- connector.settleDoubt(t.Context(), "m1") }()
			select {
			case err := <-done:
				t.Fatalf("it is settled before anything was polled: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			if len(a.probed) > 0 {
				t.Error("Telegram is asked before anything was polled")
			}
			var updates []tgUpdate
			if c.polled > 0 {
				updates = []tgUpdate{{1, &tgMessage{ID: c.polled}}}
			}
			if err := connector.noteMarks(updates); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			e := connector.Entry("m1")
			if got := strings.Join(e.Parts, ","); e.Doubt || got != c.want {
				t.Errorf("it was sent as %q, want %q", got, c.want)
			}
		})
	}
}

// CC-5: one update that cannot be brought holds up its chat, and is not confirmed; what no one
// wrote is not brought.
func TestOneBadUpdate(t *testing.T) {
	t.Parallel()
	update := func(id, chat int, text string) string {
		return fmt.Sprintf(`{"update_id": %d, "message": {"message_id": %d, "chat": {"id": %d}, "from": {"id": %d, "first_name": "A", "last_name": "B"}%s}}`, id, id, chat, chat, text)
	}
	a := &api{updates: strings.Join([]string{
		update(1, 1, `, "text": "bad"`), update(2, 1, `, "text": "behind it"`), update(3, 2, `, "text": "good"`), update(4, 2, `, "pinned_message": {"message_id": 3}`),
	}, ",")}
	var brought []string
	connector := newConnector(t, a, func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Variables struct{ In struct{ Text string } }
		}
		_ = json.NewDecoder(r.Body).Decode(&call)
		if call.Variables.In.Text == "bad" {
			_, _ = io.WriteString(w, `{"errors": [{"message": "out of order"}]}`)
			return
		}
		brought = append(brought, call.Variables.In.Text)
		accept(w, r)
	})
	for range 2 {
		if err := connector.pollUpdates(func() {}); err == nil {
			t.Fatal("the update that failed is confirmed")
		}
	}
	if fmt.Sprint(brought) != "[good]" || connector.Mark("all") != 4 {
		t.Errorf("brought are %q, the mark is %d", brought, connector.Mark("all"))
	}
}

// CC-5: supergroups number their messages by themselves, other groups do not.
func TestSequence(t *testing.T) {
	t.Parallel()
	for chat, want := range map[string]string{"5": "all", "-1001234567": "all", "-1001234567890": "-1001234567890"} {
		if got := sequence(chat); got != want {
			t.Errorf("%s is numbered with %s, want %s", chat, got, want)
		}
	}
}
