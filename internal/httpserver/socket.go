package httpserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const (
	// maxFirstMessage bounds messages until connection_init was taken: a
	// stranger need not send more than a token.
	maxFirstMessage = 4 << 10
	// closeTimeout is how long a client may take to answer a close frame.
	closeTimeout = 2 * time.Second
)

// socket is one WebSocket. One goroutine reads it, and each operation has one;
// a timer pings it.
type socket struct {
	*streams
	conn   *websocket.Conn
	net    *boundedConn
	exec   graphql.GraphExecutor
	life   *lifetime
	remote string
	// wantsCost: the upgrade request asks for the allowance.
	wantsCost bool

	// Until connection_init, what the request had; then nothing.
	viewer *viewer.Viewer
	token  string

	// ctx is the session's once there is one. cancel ends the socket's
	// own, from which it stems; release lets go of both.
	ctx     context.Context
	cancel  context.CancelFunc
	release func()

	closing atomic.Bool
	writing sync.Mutex // one message at a time; guards operation.over
	running sync.WaitGroup

	mu         sync.Mutex // guards what follows
	timer      *time.Timer
	begun      bool // connection_init has come
	acked      bool
	count      int // of operations whose goroutines run
	operations []*operation
	quiet      time.Duration // since there was an operation
}

func newSocket(t *streams, conn *websocket.Conn, nc *boundedConn, exec graphql.GraphExecutor, life *lifetime, r *http.Request) *socket {
	s := &socket{
		streams: t, conn: conn, net: nc, exec: exec, life: life, remote: remoteKey(r.RemoteAddr),
		wantsCost: asksForCost(r.Header.Get(costHeader)),
		viewer:    viewer.FromContext(r.Context()), token: strings.Clone(tokenOf(r)),
	}
	// Not the request's context: it ends with the request, and holds it.
	own, cancel := context.WithCancel(viewer.WithRemote(context.WithValue(life.ctx, requestIDKey{}, strings.Clone(requestID(r.Context()))), s.remote))
	s.ctx, s.cancel = own, cancel
	stop := context.AfterFunc(own, func() { s.closeAtEnd(own) })
	s.release = func() {
		stop()
		s.quotas.returnShare(waiting(s.remote))
	}
	conn.SetReadLimit(min(maxFirstMessage, t.config.MaxBodyBytes))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(t.config.Limits.InitTimeout, s.onTick)
	return s
}

// serve reads messages until the socket ends, and then frees all it held.
func (s *socket) serve() {
	defer s.freeOperations()
	defer s.closeAfterPanic()
	if s.conn.Subprotocol() == "" {
		s.close(closeSubprotocol)
		return
	}
	for s.receiveMessage() {
	}
}

// receiveMessage handles one message. It reports false when no other will come.
func (s *socket) receiveMessage() bool {
	// Bounded by closing the connection: a context would cost at each frame.
	kind, r, err := s.conn.Reader(context.Background())
	if err != nil {
		s.closeAfterError(err)
		return false
	}
	buf := takeBuffer()
	defer giveBuffer(buf)
	if _, err := buf.ReadFrom(r); err != nil {
		s.closeAfterError(err)
		return false
	}
	if c := s.handleFrame(kind, buf); c != nil {
		s.close(c)
		return false
	}
	return true
}

func (s *socket) handleFrame(kind websocket.MessageType, buf *bytes.Buffer) *closure {
	switch {
	case kind != websocket.MessageText:
		return malformed("a message must be text, not binary")
	case !utf8.Valid(buf.Bytes()):
		return closeUTF8
	}
	return s.handleMessage(buf.Bytes())
}

// closeAfterError closes after an error of reading.
func (s *socket) closeAfterError(err error) {
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		s.close(closeTooBig)
	case websocket.CloseStatus(err) != -1: // the client has closed
	default:
		s.close(closeProtocol)
	}
}

// closeAfterPanic closes after a panic, which the log gets.
func (s *socket) closeAfterPanic() {
	if panicked := recover(); panicked != nil {
		s.config.Log.ErrorContext(s.ctx, "panic on a socket", "id", requestID(s.ctx),
			"panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		s.close(closeInternal)
	}
}

// freeOperations frees what the socket holds, once nothing is read any longer.
func (s *socket) freeOperations() {
	s.closing.Store(true)
	s.stop()
	_ = s.conn.CloseNow()
	s.running.Wait()
	s.release()
	s.life.removeSocket()
}

// stop ends the operations and the timer.
func (s *socket) stop() {
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
}

// close closes the socket with a code and a reason, unless it closes already.
// It waits for the client's answer, but not for long.
func (s *socket) close(c *closure) {
	if s.closing.Swap(true) {
		return
	}
	s.stop()
	_ = s.net.SetReadDeadline(clock.System{}.Now().Add(closeTimeout))
	_ = s.conn.Close(c.code, c.reason)
}

// abandon cuts off a client that does not answer any longer.
func (s *socket) abandon() {
	s.closing.Store(true)
	s.stop()
	_ = s.conn.CloseNow()
}

// closeAtEnd closes when the socket's context or its session ends: by the server's
// end, by the token's, or because the socket is closed already.
func (s *socket) closeAtEnd(ctx context.Context) {
	if e := errs.Of(context.Cause(ctx)); e != nil {
		s.close(newClosure(closeForbidden, e.Message))
		return
	}
	s.close(closeShutdown)
}

// onTick is the timer's: first the time-out of connection_init, then the pings.
func (s *socket) onTick() {
	limits := &s.config.Limits
	s.mu.Lock()
	begun, acked := s.begun, s.acked
	idle := acked && s.count == 0 && s.quiet >= limits.IdleTimeout
	s.quiet += s.period()
	s.mu.Unlock()
	switch {
	case !begun:
		s.close(closeInitTimeout)
	case idle:
		s.close(closeIdle)
	case acked && !s.ping(limits.PongTimeout):
		s.abandon()
	default:
		s.resetTimer()
	}
}

// period is the time between two ticks.
func (s *socket) period() time.Duration {
	return min(s.config.Limits.KeepAlive, s.config.Limits.IdleTimeout)
}

func (s *socket) resetTimer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing.Load() {
		s.timer.Reset(s.period())
	}
}

// ping asks the client for a sign of life, which browsers give by themselves.
// One that is still busy sending a message gives it by that.
func (s *socket) ping(timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	s.net.heard.Store(false)
	return s.conn.Ping(ctx) == nil || s.net.heard.Load()
}
