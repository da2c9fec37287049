// Command webhook receives webhooks: it verifies each, takes each once, and answers soon. Put
// your work in place of handle.
//
//	PARLEY_WEBHOOK_SECRET=whsec_... go run . 127.0.0.1:3000
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type delivery struct {
	Type string
	Data struct {
		Sequence int64
		Event    *struct{ ConversationID *string }
		Result   json.RawMessage // what the endpoint's document asked for
	}
}

// handle does what is to be done. Parley waits 15 seconds for the answer: for what takes longer,
// store the delivery here, and work on it elsewhere.
func handle(d delivery) error {
	conversation, result := "-", "null"
	if d.Data.Event != nil && d.Data.Event.ConversationID != nil {
		conversation = *d.Data.Event.ConversationID
	}
	if d.Data.Result != nil {
		result = string(d.Data.Result)
	}
	_, err := fmt.Println(d.Data.Sequence, d.Type, conversation, result)
	return err
}

type receiver struct {
	webhook *standardwebhooks.Webhook
	mu      sync.Mutex
	// done are the deliveries that are done, or under way. Keep them where your data is, in
	// the transaction of the work, for some days: a restart forgets these, and they are never
	// fewer.
	done map[string]*delivered
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err := r.webhook.Verify(body, request.Header); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err := r.once(request.Header.Get("webhook-id"), body); err != nil {
		slog.Error("not handled", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable) // Parley sends it again
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// once handles a delivery, unless that was done. Others go on in between.
func (r *receiver) once(id string, body []byte) error {
	r.mu.Lock()
	work := r.done[id]
	if work == nil {
		work = &delivered{}
		r.done[id] = work
	}
	r.mu.Unlock()
	work.mu.Lock()
	defer work.mu.Unlock()
	if work.done {
		return nil
	}
	var d delivery
	err := json.Unmarshal(body, &d)
	if err == nil {
		err = handle(d)
	}
	work.done = err == nil
	return err
}

// delivered is whether a delivery is done; while it is under way, it is locked.
type delivered struct {
	mu   sync.Mutex
	done bool
}

func main() {
	if err := serve(); err != nil {
		slog.Error("the end", "error", err)
		os.Exit(1)
	}
}

func serve() error {
	if len(os.Args) < 2 {
		return errors.New("an address is missing, such as 127.0.0.1:3000")
	}
	secret := os.Getenv("PARLEY_WEBHOOK_SECRET")
	if len(secret) < len("whsec_")+24 {
		return errors.New("PARLEY_WEBHOOK_SECRET is missing: with an empty one anyone could sign")
	}
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		return err
	}
	fmt.Println("listening", listener.Addr())
	server := http.Server{Handler: &receiver{webhook: webhook, done: map[string]*delivered{}}, ReadTimeout: 20 * time.Second}
	return server.Serve(listener)
}
