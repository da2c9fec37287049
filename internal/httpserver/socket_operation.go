package httpserver

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/viewer"
)

// operation is one operation on a socket. It is the sink of its answers.
type operation struct {
	*socket
	id     string
	quoted []byte // the id as JSON
	in     *input
	ctx    context.Context
	cancel context.CancelFunc
	over   bool // nothing more is sent; guarded by socket.writing
}

var _ sink = (*operation)(nil)

func newOperation(s *socket, id string, in *input) *operation {
	o := &operation{socket: s, id: id, quoted: mustEncode(id), in: in}
	o.ctx, o.cancel = context.WithCancel(s.ctx)
	return o
}

// run runs the operation to its end.
func (o *operation) run(v *viewer.Viewer) {
	defer o.left(v)
	defer o.recovered()
	params, refused := o.documents.params(o.in, nil)
	o.in = nil
	if refused != nil {
		o.fail(refused.errors())
		return
	}
	ctx := graphql.StartOperationTrace(o.ctx)
	opCtx, faults := o.exec.CreateOperationContext(ctx, params)
	if faults != nil {
		o.fail(o.faults(ctx, o.exec, opCtx, faults).Errors)
		return
	}
	o.streams.run(ctx, o.exec, opCtx, o)
}

// next sends one answer.
func (o *operation) next(resp *graphql.Response) bool {
	buf := takeBuffer()
	defer giveBuffer(buf)
	b := append(o.open(buf.AvailableBuffer()), `"next","payload":`...)
	b = append(appendEnvelope(b, resp), '}')
	buf.Write(b) // so that the buffer that has grown goes back
	return o.send(b, false)
}

// fail sends errors, which end the operation.
func (o *operation) fail(errors gqlerror.List) {
	b := append(o.open(nil), `"error","payload":`...)
	o.send(append(append(b, mustEncode(errors)...), '}'), true)
}

// complete tells that the operation has come to its end.
func (o *operation) complete() {
	o.send(append(o.open(nil), `"complete"}`...), true)
}

// open begins a message.
func (o *operation) open(b []byte) []byte {
	b = append(append(b, `{"id":`...), o.quoted...)
	return append(b, `,"type":`...)
}

// send sends a message, unless the client has completed the operation or the
// socket's time is over: then no operation has ended, as far as a client that
// comes back is concerned. After the last message the id is free again.
func (o *operation) send(frame []byte, last bool) bool {
	o.writing.Lock()
	defer o.writing.Unlock()
	if o.over || o.socket.ctx.Err() != nil {
		return false
	}
	if last {
		o.over = true
		o.remove(o)
	}
	return o.put(frame)
}

// write sends a message that belongs to no operation.
func (s *socket) write(frame []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.put(frame)
}

// put writes a message; s.writing is held. The deadline is boundedConn's.
func (s *socket) put(frame []byte) bool {
	if s.conn.Write(context.Background(), websocket.MessageText, frame) != nil {
		s.abandon()
		return false
	}
	return true
}

// completed ends the operation that the client has no more interest in, if it
// still runs.
func (s *socket) completed(id string) {
	o := s.find(id)
	if o == nil {
		return
	}
	o.cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	o.over = true
	s.remove(o)
}

func (s *socket) find(id string) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.operations {
		if o.id == id {
			return o
		}
	}
	return nil
}

func (s *socket) add(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations = append(s.operations, o)
	s.count++
	s.running.Add(1)
}

// remove frees the operation's id.
func (s *socket) remove(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations = slices.DeleteFunc(s.operations, func(other *operation) bool { return other == o })
	if len(s.operations) == 0 {
		s.operations = nil
	}
}

// left frees what the operation held.
func (o *operation) left(v *viewer.Viewer) {
	o.cancel()
	o.remove(o)
	o.quotas.giveOperation(v, o.remote)
	o.mu.Lock()
	o.count--
	o.quiet = 0
	o.mu.Unlock()
	o.running.Done()
}
