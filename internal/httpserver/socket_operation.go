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
	defer o.freeShares(v)
	defer o.closeAfterPanic()
	params, refused := o.documents.params(o.in, nil)
	o.in = nil
	if refused != nil {
		o.fail(refused.errors())
		return
	}
	ctx := graphql.StartOperationTrace(o.ctx)
	opCtx, faults := o.exec.CreateOperationContext(ctx, params)
	if faults != nil {
		o.fail(o.presentFaults(ctx, o.exec, opCtx, faults).Errors)
		return
	}
	o.streams.run(ctx, o.exec, opCtx, o)
}

// next sends one answer.
func (o *operation) next(resp *graphql.Response) bool {
	buf := takeBuffer()
	defer giveBuffer(buf)
	b := append(o.beginMessage(buf.AvailableBuffer()), `"next","payload":`...)
	b = append(appendEnvelope(b, resp), '}')
	buf.Write(b) // so that the buffer that has grown goes back
	return o.send(b, false)
}

// fail sends errors, which end the operation.
func (o *operation) fail(errors gqlerror.List) {
	b := append(o.beginMessage(nil), `"error","payload":`...)
	o.send(append(append(b, mustEncode(errors)...), '}'), true)
}

// complete reports that the operation has come to its end.
func (o *operation) complete() {
	o.send(append(o.beginMessage(nil), `"complete"}`...), true)
}

// beginMessage begins a message.
func (o *operation) beginMessage(b []byte) []byte {
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
		o.removeOperation(o)
	}
	return o.writeFrame(frame)
}

// sendControl sends a message that belongs to no operation.
func (s *socket) sendControl(frame []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.writeFrame(frame)
}

// writeFrame writes a message; s.writing is held. The deadline is boundedConn's.
func (s *socket) writeFrame(frame []byte) bool {
	if s.conn.Write(context.Background(), websocket.MessageText, frame) != nil {
		s.abandon()
		return false
	}
	return true
}

// onComplete ends the operation that the client has no more interest in, if it
// still runs.
func (s *socket) onComplete(id string) {
	o := s.findOperation(id)
	if o == nil {
		return
	}
	o.cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	o.over = true
	s.removeOperation(o)
}

func (s *socket) findOperation(id string) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.operations {
		if o.id == id {
			return o
		}
	}
	return nil
}

func (s *socket) addOperation(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations = append(s.operations, o)
	s.count++
	s.running.Add(1)
}

// removeOperation frees the operation's id.
func (s *socket) removeOperation(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations = slices.DeleteFunc(s.operations, func(other *operation) bool { return other == o })
	if len(s.operations) == 0 {
		s.operations = nil
	}
}

// freeShares frees what the operation held.
func (o *operation) freeShares(v *viewer.Viewer) {
	o.cancel()
	o.removeOperation(o)
	o.quotas.giveOperation(v, o.remote)
	o.mu.Lock()
	o.count--
	o.quiet = 0
	o.mu.Unlock()
	o.running.Done()
}
