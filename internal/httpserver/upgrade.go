package httpserver

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"parley/internal/clock"
	"parley/internal/errs"
)

const subprotocol = "graphql-transport-ws"

// Sizes of a socket's buffers. Net/http's have 4 kB each, which thousands of
// idle sockets would hold for nothing; a message of ordinary size still goes
// out in one write.
const (
	socketReadBuffer  = 512
	socketWriteBuffer = 2 << 10
)

// socketTransport carries any number of operations over a WebSocket, as the
// protocol graphql-transport-ws has it.
type socketTransport struct{ *streams }

var _ graphql.Transport = (*socketTransport)(nil)

// Supports takes requests to upgrade to a WebSocket.
func (t *socketTransport) Supports(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Do upgrades the connection. The socket then lives on a goroutine of its own:
// the request, its headers and the stack of its handlers are free to go.
func (t *socketTransport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	life := lifetimeOf(r.Context())
	if !life.addSocket() {
		writeError(w, r, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "The server is shutting down."))
		return
	}
	remote := remoteKey(r.RemoteAddr)
	if most := crowd * t.config.Limits.PublicStreams; !t.quotas.takeShare(waiting(remote), most) {
		life.removeSocket()
		writeError(w, r, http.StatusTooManyRequests, errs.New(errs.RateLimited,
			"%d sockets from this address are waiting for connection_init already. Send it, or close some.", most))
		return
	}
	up := &upgrade{ResponseWriter: w, request: r, timeout: t.config.Limits.WriteTimeout}
	conn, err := websocket.Accept(up, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // origins.handle has looked at the origin
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil { // the caller has the answer
		t.quotas.returnShare(waiting(remote))
		life.removeSocket()
		return
	}
	s := newSocket(t.streams, conn, up.conn, t.executor(exec), life, r)
	go s.serve()
}

// upgrade is the response through which a connection becomes a WebSocket. It
// keeps the connection, gives it small buffers, and turns a refused handshake
// into an answer in GraphQL's shape.
type upgrade struct {
	http.ResponseWriter
	request *http.Request
	timeout time.Duration
	conn    *boundedConn
	refused bool
}

// WriteHeader passes 101 on, and answers any other status itself.
func (u *upgrade) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		u.ResponseWriter.WriteHeader(status)
		return
	}
	u.refused = true
	writeError(u.ResponseWriter, u.request, status, errs.New(errs.BadUserInput,
		"This is not a WebSocket handshake of version 13 over HTTP/1.1."))
}

// Write drops the text of a refused handshake, which would give headers back.
func (u *upgrade) Write(b []byte) (int, error) {
	if u.refused {
		return len(b), nil
	}
	return u.ResponseWriter.Write(b)
}

// Hijack takes the connection from net/http, with all that was read ahead.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.conn = &boundedConn{Conn: conn, timeout: u.timeout}
	early, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), u.conn), max(socketReadBuffer, len(early)))
	if _, err := r.Peek(len(early)); err != nil {
		return nil, nil, err
	}
	return u.conn, bufio.NewReadWriter(r, bufio.NewWriterSize(u.conn, socketWriteBuffer)), nil
}

// boundedConn gives every write a deadline, so that a client that does not
// read cannot hold what is written to it forever. It notes that it was read from.
type boundedConn struct {
	net.Conn
	timeout time.Duration
	heard   atomic.Bool
}

// Read reads into b.
func (c *boundedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(true)
	}
	return n, err
}

// Write writes b, or fails when the deadline passes.
func (c *boundedConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(clock.System{}.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
