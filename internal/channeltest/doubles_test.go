package channeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
)

func openDouble(t *testing.T, name string) *control {
	t.Helper()
	address, err := serveDouble(t.Context(), name, clock.System{}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := openControl(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sendAs sends a text to a chat as a connector would, and reports whether it got an answer.
func sendAs(ctx context.Context, c *control, chat, text string) bool {
	path, body := "/bot"+telegramToken+"/sendMessage", map[string]any{"chat_id": chat, "text": text}
	if c.says.Name == "whatsapp" {
		path, body = "/v21.0/"+cloudPhone+"/messages", map[string]any{"messaging_product": "whatsapp", "to": chat, "type": "text", "text": map[string]any{"body": text}}
	}
	content, _ := json.Marshal(body)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, strings.NewReader(string(content)))
	if err != nil {
		return false
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + cloudToken}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// CC-5: a double holds what is sent until the connector is dead, and does it all the same; many
// may send, write and ask at once.
func TestDoublesHold(t *testing.T) {
	t.Parallel()
	for _, name := range Media() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openDouble(t, name)
			placed, err := c.write(t.Context(), Incoming{Thread: "a", Text: "Hello"})
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for n := range 5 {
				all.Go(func() {
					sendAs(t.Context(), c, placed.Thread, fmt.Sprint("at once ", n))
					_, _ = c.write(t.Context(), Incoming{Thread: "a", Text: "Hello"})
					_, _ = c.messages(t.Context(), "a")
				})
			}
			all.Wait()
			for n := range 4 { // held before it is done, and after it
				ctx, die := context.WithCancel(t.Context())
				answered := make(chan bool, 1)
				all.Go(func() {
					var h held
					if err := c.post(t.Context(), doesHold, request{}, &h); err != nil || !h.Held {
						t.Errorf("held: %+v, %v", h, err)
					}
					die()
				})
				text := fmt.Sprint("in doubt ", n)
				for gone := false; !gone; { // until it is asked to hold one
					select {
					case <-ctx.Done():
						gone = true
					default:
						answered <- sendAs(ctx, c, placed.Thread, text)
						gone = !<-answered
					}
				}
				all.Wait()
				look := time.NewTicker(10 * time.Millisecond)
				for found := false; !found; <-look.C {
					list, err := c.messages(t.Context(), "a")
					if err != nil {
						t.Fatal(err)
					}
					for _, m := range list {
						found = found || m.Text == text
					}
				}
				look.Stop()
			}
		})
	}
}

// CC-5: the cloud's double brings what one contact writes in its order, all the rest in any, and
// again until it is taken; now and then with what is for another number.
func TestCloudCalls(t *testing.T) {
	t.Parallel()
	c := openDouble(t, "cloud")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", c.says.Environment["LISTEN"])
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	var came []string
	calls, foreign, batches, done := 0, 0, 0, make(chan struct{})
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if r.FormValue("hub.verify_token") != cloudVerify {
				w.WriteHeader(http.StatusForbidden)
			}
			_, _ = io.WriteString(w, r.FormValue("hub.challenge"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		lock.Lock()
		defer lock.Unlock()
		if calls++; calls%3 == 0 || r.Header.Get("X-Hub-Signature-256") != sign(body) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var n struct {
			Entry []struct {
				Changes []struct{ Value json.RawMessage }
			}
		}
		_ = json.Unmarshal(body, &n)
		if len(n.Entry) > 1 {
			batches++
		}
		for _, e := range n.Entry {
			text := string(e.Changes[0].Value)
			switch {
			case !strings.Contains(text, cloudPhone):
				foreign++
			case strings.Contains(text, `"body":"in `):
				_, text, _ = strings.Cut(text, `"body":"`)
				text, _, _ = strings.Cut(text, `"`)
				if came = append(came, text); len(came) == 60 {
					close(done)
				}
			}
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	var want []string
	for n := range 60 {
		want = append(want, fmt.Sprint("in ", n))
		if _, err := c.write(t.Context(), Incoming{Thread: "a", Text: want[n]}); err != nil {
			t.Fatal(err)
		}
	}
	<-done
	lock.Lock()
	defer lock.Unlock()
	if err := compare("contact's", want, came); err != nil {
		t.Error(err)
	}
	if foreign == 0 || batches == 0 {
		t.Errorf("%d calls for other numbers, %d with several changes", foreign, batches)
	}
}
