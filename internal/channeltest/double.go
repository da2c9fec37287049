package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"parley/internal/clock"
)

// double is a medium that is built in. Its methods are the control protocol.
type double interface {
	// describe is called with the address at which its protocol is served.
	describe(address string) Description
	write(in Incoming) (Placed, error)
	repeat(r request) error
	echo(r request) (Placed, error)
	receipt(r request) error
	refuse(r request) error
	forge(ctx context.Context, r request) (forged, error)
	messages(thread string) []Delivered
	// holdSend holds the next message that the connector sends until the connector is dead, and
	// reports whether one came.
	holdSend(ctx context.Context) bool
	// protocol answers the connector.
	protocol() http.Handler
	// run does what the medium does by itself, until ctx ends.
	run(ctx context.Context)
}

// Media are the names of the doubles that are built in.
func Media() []string { return []string{"telegram", "cloud"} }

// serveDouble serves a double on loopback until ctx ends, and returns its address.
func serveDouble(ctx context.Context, name string, c clock.Clock, chance *rand.Rand) (address string, err error) {
	var d double
	switch name {
	case "telegram":
		d = newTelegram(c, chance)
	case "cloud":
		if d, err = newCloud(ctx, c, chance); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("there is no medium %q: want telegram, cloud, or the address of one that speaks the control protocol", name)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address = "http://" + listener.Addr().String()
	server := &http.Server{Handler: routes(d, address), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	go d.run(ctx)
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return address, nil
}

// routes serve the control protocol below /medium, and the medium's own at all other paths.
func routes(d double, address string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /medium", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, d.describe(address), nil) })
	mux.HandleFunc("GET /medium/messages", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, d.messages(r.URL.Query().Get("thread")), nil)
	})
	mux.HandleFunc("POST /medium/write", func(w http.ResponseWriter, r *http.Request) {
		var in Incoming
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			answerJSON(w, nil, err)
			return
		}
		placed, err := d.write(in)
		answerJSON(w, placed, err)
	})
	for what, do := range map[string]func(ctx context.Context, r request) (any, error){
		doesRepeat:  func(_ context.Context, r request) (any, error) { return struct{}{}, d.repeat(r) },
		doesEcho:    func(_ context.Context, r request) (any, error) { return d.echo(r) },
		doesReceipt: func(_ context.Context, r request) (any, error) { return struct{}{}, d.receipt(r) },
		doesRefuse:  func(_ context.Context, r request) (any, error) { return struct{}{}, d.refuse(r) },
		doesHold:    func(ctx context.Context, _ request) (any, error) { return held{d.holdSend(ctx)}, nil },
		doesForge:   func(ctx context.Context, r request) (any, error) { return d.forge(ctx, r) },
	} {
		mux.HandleFunc("POST /medium/"+what, func(w http.ResponseWriter, r *http.Request) {
			var in request
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				answerJSON(w, nil, err)
				return
			}
			answer, err := do(r.Context(), in)
			answerJSON(w, answer, err)
		})
	}
	mux.Handle("/", d.protocol())
	return mux
}

func answerJSON(w http.ResponseWriter, answer any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// errCannot is of what a medium has no such thing as.
var errCannot = errors.New("the medium cannot do that")

// dice are chances that several goroutines ask for.
type dice struct {
	lock   sync.Mutex
	chance *rand.Rand
}

// upTo returns a span shorter than the given one.
func (d *dice) upTo(span time.Duration) time.Duration {
	d.lock.Lock()
	defer d.lock.Unlock()
	return time.Duration(d.chance.Int64N(int64(span)))
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	d.lock.Lock()
	defer d.lock.Unlock()
	return d.chance.IntN(n)
}

// hesitate waits a moment, before something is done, or answered. It does not end with the
// connection: a medium does what it took when the connector is dead, too.
func (d *dice) hesitate() { <-time.After(d.upTo(30 * time.Millisecond)) }

// gate holds a message that is sent until its connection ends.
type gate struct {
	lock  sync.Mutex
	armed chan struct{} // closed when one is held; nil: none is to be
}

// heldWithin is how long a message to hold is waited for; held is how long it is held at most.
const heldWithin, heldAtMost = 5 * time.Second, 10 * time.Second

// holdSend holds the next one, and reports whether it came.
func (g *gate) holdSend(ctx context.Context) bool {
	armed := make(chan struct{})
	g.lock.Lock()
	g.armed = armed
	g.lock.Unlock()
	select {
	case <-armed:
		return true
	case <-time.After(heldWithin):
	case <-ctx.Done():
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	came := g.armed != armed
	g.armed = nil
	return came
}

// pass lets a message through, unless it is to be held.
func (g *gate) pass(connection context.Context) {
	g.lock.Lock()
	armed := g.armed
	g.armed = nil
	g.lock.Unlock()
	if armed == nil {
		return
	}
	close(armed)
	select {
	case <-connection.Done():
	case <-time.After(heldAtMost):
	}
}

// sendHeld does what a connector sends: after a moment, and with another one before the
// answer. One that is to be held is so before it is done, or after it.
func (g *gate) sendHeld(connection context.Context, d *dice, do func()) {
	if d.below(2) == 0 {
		g.pass(connection)
	}
	d.hesitate()
	do()
	g.pass(connection)
	d.hesitate()
}
