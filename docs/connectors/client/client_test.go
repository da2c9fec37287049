package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a Parley that answers each mutation as refuse says, and keeps the inputs.
type server struct {
	lock   sync.Mutex
	inputs []map[string]any
	refuse func(in map[string]any) (code string)
}

func newClient(t *testing.T, refuse func(in map[string]any) (code string)) (*Client, *server) {
	t.Helper()
	s := &server{refuse: refuse}
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct{ Variables struct{ In map[string]any } }
		_ = json.NewDecoder(r.Body).Decode(&call)
		s.lock.Lock()
		defer s.lock.Unlock()
		s.inputs = append(s.inputs, call.Variables.In)
		faults := []map[string]any{}
		if code := s.refuse(call.Variables.In); code != "" {
			faults = append(faults, map[string]any{"code": code, "message": "It is " + code})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"it": map[string]any{"userErrors": faults}}})
	}))
	t.Cleanup(at.Close)
	journal, err := OpenJournal(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	return &Client{URL: at.URL, Journal: journal, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Hold: time.Minute, HoldOld: time.Minute, tries: map[string]int{}}, s
}

func accepts(map[string]any) string { return "" }

func message(id string) *Outbound {
	m := &Outbound{Action: "SEND", Text: "Hello", ExternalThreadID: "thread"}
	m.Message.ID = id
	return m
}

// CC-5: a message in doubt that the medium says is DELIVERED, before or at the same time as it
// says that it was sent, is not sent again; nor is one that failed.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	for state, again := range map[string]bool{"DELIVERED": false, "READ": false, "SENT": false, "FAILED": false, "": true} {
		t.Run("state "+state, func(t *testing.T) {
			t.Parallel()
			c, _ := newClient(t, accepts)
			if err := c.Begin("m1", "thread", "", 1); err != nil {
				t.Fatal(err)
			}
			sent, waits := 0, make(chan struct{})
			settle := func(ctx context.Context, id string) error {
				close(waits)
				return c.AwaitWord(ctx, id)
			}
			if state == "" {
				c.Hold, c.HoldOld = time.Millisecond, time.Millisecond
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.carryOut(t.Context(), message("m1"), settle, func(m Outbound) (string, error) {
					return c.SendParts(m, "", func(Part) (string, error) { sent++; return "x2", nil })
				})
			}()
			<-waits
			if state != "" {
				report, _, err := c.Confirm("m1 0 1", "thread", "x1")
				report["state"] = state
				if err = errors.Join(err, c.Report(report)); err != nil {
					t.Fatal(err)
				}
			}
			<-done
			if (sent == 1) != again || sent > 1 {
				t.Errorf("it is sent %d times", sent)
			}
			if e := c.Entry("m1"); e.Count != 0 {
				t.Errorf("the journal still has %+v", e)
			}
		})
	}
}

// CC-5: a report that Parley refuses, but for a message that is gone, makes nothing sent again;
// an id that it does not take is left out.
func TestRefusedReports(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct{ inputs, entries int }{"TOO_LONG": {2, 0}, "NOT_FOUND": {1, 0}, "CONFLICT": {2, 1}} {
		c, s := newClient(t, func(in map[string]any) string {
			if code == "TOO_LONG" && in["externalMessageId"] == nil {
				return ""
			}
			return code
		})
		ctx, cancel := context.WithCancel(t.Context())
		sent := 0
		try := func() {
			_ = c.tryOnce(ctx, message("m1"), nil, func(m Outbound) (string, error) {
				return c.SendParts(m, "", func(Part) (string, error) { sent++; return "x1", nil })
			})
		}
		if try(); len(s.inputs) != want.inputs || len(c.Open()) != want.entries {
			t.Errorf("%s: %d reports, and %d messages in the journal, want %+v", code, len(s.inputs), len(c.Open()), want)
		}
		if code == "CONFLICT" {
			if try(); sent != 1 {
				t.Errorf("it is sent %d times", sent)
			}
		}
		cancel()
	}
}

// CC-5: of several parts the first one's id is reported, and a crash between them sends the rest;
// all ids are kept, to take the parts back.
func TestParts(t *testing.T) {
	t.Parallel()
	c, s := newClient(t, accepts)
	file := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("file")) }))
	t.Cleanup(file.Close)
	m := message("m1")
	for range 5 {
		m.Attachments = append(m.Attachments, struct{ FileName, ContentType, URL string }{"a.txt", "text/plain", file.URL})
	}
	var numbers []int
	send := func(p Part) (string, error) {
		if p.Number == 3 && !slices.Contains(numbers, 3) {
			numbers = append(numbers, p.Number)
			return "", errors.New("the connection is gone")
		}
		numbers = append(numbers, p.Number)
		return strings.Repeat("w", 63) + string(rune('0'+p.Number)), nil
	}
	settle := func(_ context.Context, id string) error { return c.Settle(id, "") }
	for range 2 {
		_ = c.tryOnce(t.Context(), m, settle, func(m Outbound) (string, error) { return c.SendParts(m, "", send) })
	}
	if !slices.Equal(numbers, []int{0, 1, 2, 3, 3, 4, 5}) {
		t.Errorf("the parts %v are sent", numbers)
	}
	first := strings.Repeat("w", 63) + "0"
	if len(s.inputs) != 1 || s.inputs[0]["externalMessageId"] != first {
		t.Errorf("the reports are %v", s.inputs)
	}
	if got := c.PartsOf("thread", first); len(got) != 6 || got[5] != strings.Repeat("w", 63)+"5" {
		t.Errorf("of its parts are known %v", got)
	}
}

// CC-5: what turns out to have been sent is reported though Parley does not give it again.
func TestSentAndNotGivenAgain(t *testing.T) {
	t.Parallel()
	c, s := newClient(t, accepts)
	if err := c.Begin("m1", "thread", "", 1); err != nil {
		t.Fatal(err)
	}
	if err := c.closeEntry("m1", true, func(_ context.Context, id string) error { return c.Settle(id, "x1") }); err != nil {
		t.Fatal(err)
	}
	if len(s.inputs) != 1 || s.inputs[0]["state"] != "SENT" || s.inputs[0]["externalMessageId"] != "x1" || len(c.Open()) != 0 {
		t.Errorf("reported is %v, and open %v", s.inputs, c.Open())
	}
}

// CC-5: a file that cannot be had, or is refused, takes no message with it.
func TestFilesThatFail(t *testing.T) {
	t.Parallel()
	c, s := newClient(t, func(in map[string]any) string {
		if in["attachmentIds"] != nil {
			return "INVALID"
		}
		return ""
	})
	in := map[string]any{"externalThreadId": "t", "externalMessageId": "1", "text": "See"}
	for n := range fileTries - 1 {
		if err := c.AddFile(in, "a.txt", nil, errors.New("no route")); err == nil {
			t.Fatalf("try %d: the message comes without its file", n)
		}
	}
	if err := c.AddFile(in, "a.txt", nil, errors.New("no route")); err != nil || !strings.Contains(in["text"].(string), "a.txt cannot be had: no route") {
		t.Errorf("%v, %v", in, err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	if _, err := Download(gone.URL, nil); Refused(err) == nil {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := c.Receive(map[string]any{"externalMessageId": "2", "text": "Look", "attachmentIds": []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	last := s.inputs[len(s.inputs)-1]
	if len(s.inputs) != 2 || last["attachmentIds"] != nil || !strings.Contains(last["text"].(string), "Look\n[A file was refused: It is INVALID]") {
		t.Errorf("received are %v", s.inputs)
	}
}

// CC-5: an answer that is too large is refused, not cut.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 65 {
			_, _ = w.Write(chunk)
		}
	}))
	t.Cleanup(large.Close)
	if content, err := Download(large.URL, nil); Refused(err) == nil || content != nil {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}
