package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/docs/connectors/client"
)

// asPager, as the first argument, makes the test binary run as a connector.
const asPager = "as-pager"

// pager is a medium of the test's own, with the control protocol of docs/custom-channels.md.
// It knows repeats: a message with a key that it has is not sent again.
type pager struct {
	*httptest.Server
	fault string // of its connector

	lock     sync.Mutex
	incoming []map[string]any
	sent     map[string][]map[string]any
	keys     map[string]bool
}

func newPager(t *testing.T, fault string) *pager {
	t.Helper()
	p := &pager{fault: fault, sent: map[string][]map[string]any{}, keys: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /medium", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"name": "pager", "capabilities": map[string]any{"maxTextLength": 500}, "environment": map[string]string{"PAGER": p.URL, "PAGER_FAULT": fault}, "does": []string{"repeat"}})
	})
	mux.HandleFunc("GET /medium/messages", func(w http.ResponseWriter, r *http.Request) {
		p.answer(w, append([]map[string]any{}, p.sent[r.URL.Query().Get("thread")]...))
	})
	post := func(path string, do func(in map[string]any) any) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var in map[string]any
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			p.lock.Lock()
			answer := do(in)
			p.lock.Unlock()
			p.answer(w, answer)
		})
	}
	post("/medium/write", func(in map[string]any) any {
		in["id"] = fmt.Sprint(len(p.incoming))
		p.incoming = append(p.incoming, in)
		return map[string]any{"thread": in["thread"], "id": in["id"]}
	})
	post("/medium/repeat", func(in map[string]any) any {
		for _, m := range p.incoming {
			if m["id"] == in["id"] {
				for range int(in["times"].(float64)) {
					p.incoming = append(p.incoming, m)
				}
				break
			}
		}
		return map[string]any{}
	})
	// What follows is the medium's own protocol.
	post("/pull", func(in map[string]any) any { return p.incoming[int(in["from"].(float64)):] })
	post("/push", func(in map[string]any) any {
		thread, _ := in["thread"].(string)
		if key, _ := in["key"].(string); key == "" || !p.keys[key] {
			p.keys[key] = true
			p.sent[thread] = append(p.sent[thread], map[string]any{"id": fmt.Sprint("p", len(p.keys)), "text": in["text"]})
		}
		return map[string]any{}
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *pager) answer(w io.Writer, v any) {
	p.lock.Lock()
	defer p.lock.Unlock()
	_ = json.NewEncoder(w).Encode(v)
}

// runPager is the pager's connector, with a fault that the environment names; "": none.
func runPager() {
	c, fault := client.New(), os.Getenv("PAGER_FAULT")
	call := func(path string, in, out any) error {
		body, _ := json.Marshal(in)
		status, err := client.Call(http.MethodPost, os.Getenv("PAGER")+path, http.Header{"Content-Type": {"application/json"}}, body, out)
		if err == nil && status != http.StatusOK {
			err = errors.New("the pager refuses it")
		}
		return err
	}
	go c.Forever("pulling", func(func()) error {
		for from := 0; ; {
			var list []struct{ Thread, ID, Text string }
			if err := call("/pull", map[string]any{"from": from}, &list); err != nil {
				return err
			}
			for n, m := range list {
				id := m.ID
				if fault == "new-ids" {
					id = fmt.Sprint(from+n, os.Getpid())
				}
				if err := c.Receive(map[string]any{"externalThreadId": m.Thread, "externalMessageId": id, "text": m.Text, "sender": map[string]any{"key": m.Thread}}); err != nil {
					return err
				}
			}
			from += len(list)
			<-time.After(20 * time.Millisecond)
		}
	})
	c.Follow(1, func(id string) error { return c.Settle(id, "") }, func(m client.Outbound) (string, error) {
		in := map[string]any{"thread": m.ExternalThreadID, "text": m.Text, "key": m.Message.ID}
		switch fault {
		case "lies":
			return "p-" + m.Message.ID, nil // without a word to the medium
		case "doubles":
			in["key"] = m.Message.ID + " again"
			if err := call("/push", in, &struct{}{}); err != nil {
				return "", err
			}
			in["key"] = m.Message.ID
		case "escapes":
			in["text"] = strings.ReplaceAll(m.Text, "<", "&lt;")
		}
		return "p-" + m.Message.ID, call("/push", in, &struct{}{})
	})
}

// CC-5: a connector of another medium is checked over the control protocol; what is wrong with
// it is found, by the check that is for it.
func TestChannelTestOfAnotherMedium(t *testing.T) {
	t.Parallel()
	for fault, failing := range map[string][]string{
		"":        nil,
		"new-ids": {"duplicates", "kills"},
		"lies":    {"order", "text", "states", "kills"},
		"doubles": {"order", "text", "states", "kills"},
		"escapes": {"text"},
	} {
		t.Run("fault "+fault, func(t *testing.T) {
			t.Parallel()
			p := newPager(t, fault)
			patience := "1m"
			if fault != "" {
				patience = "5s"
			}
			out, err := program(t.Context(), nil, "channel-test", "--connector", os.Args[0]+" "+asPager, "--medium", p.URL, "--kills", "3", "--patience", patience,
				"--only", "receive,duplicates,order,text,files,states,kills").CombinedOutput()
			if (err == nil) != (failing == nil) {
				t.Errorf("it ends with %v", err)
			}
			for _, name := range []string{"receive", "duplicates", "order", "text", "states", "kills"} {
				want := "ok       " + name
				switch {
				case slices.Contains(failing, name):
					want = "FAILED   " + name
				case fault != "" && name != "receive": // it may suffer from the fault, too
					continue
				}
				if !strings.Contains(string(out), want+" ") {
					t.Errorf("want %q of:\n%s", want, out)
				}
			}
			if !strings.Contains(string(out), "skipped  files") {
				t.Errorf("a medium without files:\n%s", out)
			}
		})
	}
}
