package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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
	keys     map[string]string // the ids of what was sent
	refusals map[string]string
}

func newPager(t *testing.T, fault string) *pager {
	t.Helper()
	p := &pager{fault: fault, sent: map[string][]map[string]any{}, keys: map[string]string{}, refusals: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /medium", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"name": "pager", "capabilities": map[string]any{"maxTextLength": 500, "editing": true}, "environment": map[string]string{"PAGER": p.URL, "PAGER_FAULT": fault}, "does": []string{"repeat", "echo", "refuse"}})
	})
	mux.HandleFunc("GET /medium/messages", func(w http.ResponseWriter, r *http.Request) {
		p.lock.Lock()
		list := []map[string]any{}
		for _, m := range p.sent[r.URL.Query().Get("thread")] {
			list = append(list, maps.Clone(m))
		}
		p.lock.Unlock()
		p.answer(w, list)
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
	post("/medium/refuse", func(in map[string]any) any {
		thread, _ := in["thread"].(string)
		p.refusals[thread], _ = in["error"].(string)
		return map[string]any{}
	})
	post("/medium/echo", func(in map[string]any) any {
		if in["id"] == nil {
			in["id"] = fmt.Sprint("e", len(p.incoming))
		}
		in["echo"] = true
		p.incoming = append(p.incoming, in)
		return map[string]any{"thread": in["thread"], "id": in["id"]}
	})
	// What follows is the medium's own protocol.
	post("/change", func(in map[string]any) any {
		for _, list := range p.sent {
			for _, m := range list {
				if m["id"] == in["id"] {
					m["text"], m["deleted"] = in["text"], in["delete"]
				}
			}
		}
		return map[string]any{}
	})
	post("/pull", func(in map[string]any) any { return p.incoming[int(in["from"].(float64)):] })
	post("/push", func(in map[string]any) any {
		thread, _ := in["thread"].(string)
		key, _ := in["key"].(string)
		if why := p.refusals[thread]; why != "" {
			return map[string]any{"refused": why}
		}
		if p.keys[key] == "" {
			p.keys[key] = fmt.Sprint("p", len(p.keys))
			p.sent[thread] = append(p.sent[thread], map[string]any{"id": p.keys[key], "text": in["text"]})
		}
		return map[string]any{"id": p.keys[key]}
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

// pagerConnector is the pager's connector, with a fault that the environment names; "": none.
type pagerConnector struct {
	*client.Client
	fault string
}

func runPager() {
	c := &pagerConnector{client.New(), os.Getenv("PAGER_FAULT")}
	go c.Forever("pulling", func(func()) error { return c.pull() })
	c.Follow(1, false, func(_ context.Context, id string) error { return c.Settle(id, "") }, c.carryOut)
}

func (c *pagerConnector) call(path string, in, out any) error {
	body, _ := json.Marshal(in)
	status, err := client.Call(http.MethodPost, os.Getenv("PAGER")+path, http.Header{"Content-Type": {"application/json"}}, body, out)
	if err == nil && status != http.StatusOK {
		err = errors.New("the pager refuses it")
	}
	return err
}

func (c *pagerConnector) pull() error {
	from := 0
	for {
		var list []struct {
			Thread, ID, Text string
			Echo             bool
		}
		if err := c.call("/pull", map[string]any{"from": from}, &list); err != nil {
			return err
		}
		for n, m := range list {
			in := map[string]any{"externalThreadId": m.Thread, "externalMessageId": m.ID, "text": m.Text, "sender": map[string]any{"key": m.Thread}}
			if c.fault == "new-ids" {
				in["externalMessageId"] = fmt.Sprint(from+n, os.Getpid())
			}
			if m.Echo && c.fault != "echoes-come-in" {
				delete(in, "sender")
				in["direction"] = "ECHO"
			} else if m.Echo {
				in["externalMessageId"] = "echo " + m.ID
			}
			if err := c.Receive(in); err != nil {
				return err
			}
		}
		from += len(list)
		<-time.After(20 * time.Millisecond)
	}
}

func (c *pagerConnector) push(m client.Outbound, text, key string) (id string, err error) {
	var answer struct{ ID, Refused string }
	err = c.call("/push", map[string]any{"thread": m.ExternalThreadID, "text": text, "key": key}, &answer)
	if err == nil && answer.Refused != "" && c.fault != "refused-is-sent" {
		err = &client.Refusal{Text: answer.Refused}
	}
	return answer.ID, err
}

func (c *pagerConnector) carryOut(m client.Outbound) (string, error) {
	key := m.Message.ID
	if m.Action != "SEND" {
		switch c.fault {
		case "ignores-changes":
			return m.ExternalMessageID, nil
		case "edits-as-new":
			if m.Action == "EDIT" {
				if _, err := c.push(m, m.Text, key+" edited"); err != nil {
					return "", err
				}
			}
			m.Action = "DELETE"
		}
		return m.ExternalMessageID, c.call("/change", map[string]any{"id": m.ExternalMessageID, "text": m.Text, "delete": m.Action == "DELETE"}, &struct{}{})
	}
	switch c.fault {
	case "lies":
		return "p-" + key, nil // without a word to the medium
	case "doubles":
		if _, err := c.push(m, m.Text, key+" again"); err != nil {
			return "", err
		}
	case "doubles-late":
		go func() {
			<-time.After(time.Second)
			_, _ = c.push(m, m.Text, key+" again")
		}()
	case "forgets-keys":
		key += fmt.Sprint(" ", os.Getpid(), m.Attempt)
		id, err := c.push(m, m.Text, key)
		<-time.After(300 * time.Millisecond)
		return id, err
	case "disorders":
		if strings.HasSuffix(m.Text, "1") {
			go func() {
				<-time.After(time.Second)
				_, _ = c.push(m, m.Text, key)
			}()
			return "p-" + key, nil
		}
	case "escapes":
		m.Text = strings.ReplaceAll(m.Text, "<", "&lt;")
	}
	return c.push(m, m.Text, key)
}

// CC-5: a connector of another medium is checked over the control protocol; what is wrong with
// it is found, by the check that is for it.
func TestChannelTestOfAnotherMedium(t *testing.T) {
	t.Parallel()
	for fault, failing := range map[string][]string{
		"":                nil,
		"new-ids":         {"duplicates", "kills"},
		"lies":            {"order", "text", "states", "kills"},
		"doubles":         {"order", "text", "states", "kills"},
		"doubles-late":    {"afterwards"},
		"escapes":         {"text"},
		"disorders":       {"order"},
		"forgets-keys":    {"kills"},
		"refused-is-sent": {"refusals"},
		"echoes-come-in":  {"echoes"},
		"ignores-changes": {"changes"},
		"edits-as-new":    {"changes"},
	} {
		t.Run("fault "+fault, func(t *testing.T) {
			t.Parallel()
			p := newPager(t, fault)
			patience := "1m"
			if fault != "" {
				patience = "5s"
			}
			checks := []string{"receive", "duplicates", "order", "text", "files", "states", "refusals", "echoes", "changes", "kills", "afterwards"}
			if fault != "" {
				checks = append([]string{"receive", "files"}, failing...)
				if fault == "doubles-late" {
					checks = append(checks, "order", "text", "changes")
				}
			}
			kills := "3"
			if fault == "forgets-keys" {
				kills = "12"
			}
			out, err := program(t.Context(), nil, "channel-test", "--connector", os.Args[0]+" "+asPager, "--medium", p.URL, "--kills", kills, "--every", "600ms", "--patience", patience,
				"--only", strings.Join(checks, ",")).CombinedOutput()
			if (err == nil) != (failing == nil) {
				t.Errorf("it ends with %v", err)
			}
			for _, name := range checks {
				want := "ok       " + name
				switch {
				case name == "files":
					want = "skipped  " + name
				case slices.Contains(failing, name):
					want = "FAILED   " + name
				case fault != "" && name != "receive": // it may suffer from the fault, too
					continue
				}
				if !strings.Contains(string(out), want+" ") {
					t.Errorf("want %q of:\n%s", want, out)
				}
			}
		})
	}
}
