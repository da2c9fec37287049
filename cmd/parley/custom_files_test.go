package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
)

const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// fileHost gives files by their paths, and notes what redirected requests say of where they
// came from.
type fileHost struct {
	*httptest.Server
	asked    atomic.Int32 // how often /slow was asked for
	revealed atomic.Value
}

func (h *fileHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/gone":
		w.WriteHeader(http.StatusNotFound)
		return
	case "/moved":
		http.Redirect(w, r, "/there.gif", http.StatusFound)
		return
	case "/there.gif":
		h.revealed.Store(r.Header.Get("Referer") + r.Header.Get("Authorization") + r.Header.Get("Cookie"))
	case "/circle":
		http.Redirect(w, r, "/circle", http.StatusFound)
		return
	case "/inside":
		http.Redirect(w, r, "http://127.0.0.2:9/secret", http.StatusFound)
		return
	case "/large":
		_, _ = w.Write([]byte(strings.Repeat(gif, 100)))
		return
	case "/slow":
		if h.asked.Add(1) == 1 { // it never begins to answer
			<-r.Context().Done()
			return
		}
	}
	_, _ = w.Write([]byte(gif))
}

// files are what a message shows of its files: those that were fetched, and why others were not.
func (m *medium) files(messageID string) string {
	m.t.Helper()
	shown := at(m.do(adminToken, `query($id: ID!) { node(id: $id) { ... on Message { attachments { fileName size } remoteFiles { fileName state error } } } }`, map[string]any{"id": messageID}), "node")
	var list []string
	attached, _ := at(shown, "attachments").([]any)
	for _, f := range attached {
		list = append(list, text(f, "fileName")+" "+fmt.Sprint(at(f, "size")))
	}
	remote, _ := at(shown, "remoteFiles").([]any)
	for _, f := range remote {
		list = append(list, strings.TrimSpace(text(f, "fileName")+" "+text(f, "state")+" "+text(f, "error")))
	}
	return strings.Join(list, "; ")
}

// CC-2: files are fetched from a server that the operator allows, also where it names another
// address, which does not hear of the first one; each that cannot be had says why.
func TestFetchedFiles(t *testing.T) {
	t.Parallel()
	host := &fileHost{}
	host.Server = httptest.NewServer(host)
	t.Cleanup(host.Close)
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		a := serveTest(t, db.Open(t, turned), func(s *serverSettings) {
			s.ChannelFileNetworks, s.MaxFileBytes, s.channelFileTimeout = []string{"127.0.0.1"}, 2048, time.Second
		})
		host.asked.Store(0)
		m := a.medium(nil)
		secretive := strings.Replace(host.URL, "http://", "http://user:secret@", 1)
		var asked []any
		for _, address := range []string{host.URL + "/a.gif", secretive + "/moved", host.URL + "/gone", host.URL + "/circle", host.URL + "/inside", host.URL + "/large",
			"http://127.0.0.2:9/private"} {
			asked = append(asked, map[string]any{"url": address})
		}
		messageID := text(m.brings("t1", "1", "", "files", asked), "message", "id")
		a.until("the files are had, or not", func() bool { return !strings.Contains(m.files(messageID), "PENDING") })
		got := m.files(messageID)
		for _, want := range []string{"a.gif 43", "moved 43", "gone FAILED Its server answered 404.", "circle FAILED", "inside FAILED Its address is not public.",
			"large FAILED It has more than 2048 bytes.", "private FAILED Its address is not public."} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if revealed, _ := host.revealed.Load().(string); revealed != "" {
			t.Errorf("the address that was named hears %q of the first one", revealed)
		}
		slow := text(m.brings("t1", "2", "", "files", []any{map[string]any{"url": host.URL + "/slow"}}), "message", "id")
		a.until("the slow server was given up for now", func() bool {
			return a.numbers("channel_files WHERE attempts = 1 AND message_id = '"+slow+"' AND due_at < "+fmt.Sprint(turned.Now().Add(time.Minute).UnixMicro())) == "1"
		})
		if got := m.files(slow); got != "slow PENDING" {
			t.Errorf("got %s", got)
		}
		turned.Advance(11 * time.Second)
		a.until("it is asked again", func() bool { return m.files(slow) == "slow 43" })
	})
}
