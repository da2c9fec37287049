package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/coder/websocket"
)

// floorCommand makes the benchmark run as the floor of live results: a server
// of raw WebSockets that sends what it gets to everyone.
const floorCommand = "websocket-floor"

// broadcaster is that server. Like any server that must not let one slow client
// hold up the others, it has a goroutine and a queue for each socket's writing.
type broadcaster struct {
	mu    sync.Mutex
	conns map[chan []byte]struct{}
}

func serveFloor() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := &broadcaster{conns: map[chan []byte]struct{}{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/graphql", b.socket)
	mux.HandleFunc("/broadcast", b.broadcast)
	fmt.Printf("GraphQL http://%s/graphql\n", listener.Addr())
	return http.Serve(listener, mux) //nolint:gosec // it lives for a benchmark
}

func (b *broadcaster) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, answer := range []string{`{"type":"connection_ack"}`, ""} {
		if _, _, err := conn.Read(ctx); err != nil {
			return
		}
		if answer != "" && write(ctx, conn, answer) != nil {
			return
		}
	}
	queue := make(chan []byte, 16)
	b.mu.Lock()
	b.conns[queue] = struct{}{}
	b.mu.Unlock()
	go func() {
		for frame := range queue {
			if conn.Write(ctx, websocket.MessageText, frame) != nil {
				cancel()
			}
		}
	}()
	_, _, _ = conn.Read(ctx)
	b.mu.Lock()
	delete(b.conns, queue)
	b.mu.Unlock()
	close(queue)
}

func (b *broadcaster) broadcast(_ http.ResponseWriter, r *http.Request) {
	frame, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for queue := range b.conns {
		queue <- frame
	}
}

// floor starts the floor's server.
func (p *program) floor(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(p.dir, "floor.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, floorCommand)
	cmd.Env = append(os.Environ(), "GOGC=100")
	return p.startServer(ctx, cmd, log)
}
