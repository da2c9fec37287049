package httpserver

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// message is what a client sends over a socket.
type message struct {
	ID      *string         `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

const (
	maxOperationID = 128
	// maxEchoed is the largest payload of a ping that its pong gives back.
	maxEchoed = 1 << 10
)

// take acts on one message. A closure says that the protocol forbids it.
func (s *socket) take(text []byte) *closure {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return malformed(`a message must be a JSON object {"type": "...", ...}`)
	}
	switch m.Type {
	case "connection_init":
		return s.begin(m.Payload)
	case "ping":
		return s.pong(m.Payload)
	case "pong":
		return nil
	case "subscribe", "complete":
	default:
		return malformed("its type must be connection_init, ping, pong, subscribe or complete")
	}
	if m.ID == nil || *m.ID == "" || len(*m.ID) > maxOperationID {
		return malformed("it needs an id, a string of 1 to 128 bytes")
	}
	if m.Type == "complete" {
		s.completed(*m.ID)
		return nil
	}
	return s.subscribe(*m.ID, m.Payload)
}

// pong answers a ping, with its payload if that is small.
func (s *socket) pong(payload json.RawMessage) *closure {
	if !isObject(payload) {
		return malformed("the payload of a ping must be an object")
	}
	frame := append([]byte(nil), `{"type":"pong"`...)
	if len(payload) > 0 && payload[0] == '{' && len(payload) <= maxEchoed {
		frame = append(append(frame, `,"payload":`...), payload...)
	}
	s.write(append(frame, '}'))
	return nil
}

// isObject reports whether a payload is an object, null or not there at all.
func isObject(payload json.RawMessage) bool {
	return len(payload) == 0 || payload[0] == '{' || string(payload) == "null"
}

// begin authenticates the connection and begins its session.
func (s *socket) begin(payload json.RawMessage) *closure {
	s.mu.Lock()
	again := s.begun
	s.begun = true
	s.mu.Unlock()
	if again {
		return closeSecondInit
	}
	v, token, c := s.credentials(payload)
	s.viewer, s.token = nil, ""
	if c != nil {
		return c
	}
	if !s.quotas.takeStream(v, s.remote, &s.config.Limits) {
		return refusedInit(tooManyStreams())
	}
	s.follow(v, token)
	s.conn.SetReadLimit(s.config.MaxBodyBytes)
	s.mu.Lock()
	s.acked = true
	s.mu.Unlock()
	s.rearm()
	s.write([]byte(`{"type":"connection_ack"}`))
	return nil
}

// follow puts the socket's context under the viewer's session.
func (s *socket) follow(v *viewer.Viewer, token string) {
	s.release()
	session, end := s.session(s.ctx, token, v)
	s.ctx = session
	stop := context.AfterFunc(session, func() { s.ended(session) })
	s.release = func() {
		stop()
		end()
		s.quotas.giveStream(v, s.remote)
	}
}

// credentials returns whose connection it is: by the payload's Authorization,
// else as the upgrade request was authenticated.
func (s *socket) credentials(payload json.RawMessage) (v *viewer.Viewer, token string, c *closure) {
	header, found, c := authorization(payload)
	if c != nil || !found {
		return s.viewer, s.token, c
	}
	token, ok := bearer(header)
	if !ok {
		return nil, "", refusedInit(notBearer())
	}
	v, err := s.config.viewerOf(s.ctx, token)
	if err != nil {
		return nil, "", refusedInit(s.config.presentAuthentication(s.ctx, err))
	}
	return v, token, nil
}

// authorization finds the payload's Authorization, however it is capitalised.
func authorization(payload json.RawMessage) (header string, found bool, c *closure) {
	if !isObject(payload) {
		return "", false, malformed("the payload of connection_init must be an object")
	}
	var members map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &members) != nil {
		return "", false, malformed("the payload of connection_init must be an object")
	}
	for name, value := range members {
		if !strings.EqualFold(name, "Authorization") || value == nil {
			continue
		}
		text, ok := value.(string)
		if !ok || found {
			return "", false, malformed("the payload of connection_init must have one Authorization, a string")
		}
		header, found = text, true
	}
	return header, found, nil
}

// subscribe begins an operation. One that a limit refuses ends with an error
// of its own; the others go on.
func (s *socket) subscribe(id string, payload json.RawMessage) *closure {
	if !s.ready() {
		return closeNotAcked
	}
	in, refused := decodeInput(payload)
	if refused != nil {
		return malformed("its payload must be an object " + operationShape)
	}
	if hash, wrong := in.hash(); wrong == nil && hash == "" && in.Query == nil {
		return malformed("its payload needs a query, a string")
	}
	if s.find(id) != nil {
		return closeDuplicate
	}
	v, o := viewer.FromContext(s.ctx), newOperation(s, id, in)
	if e := s.admit(v); e != nil {
		o.fail(inGraphQL(e))
		o.cancel()
		return nil
	}
	s.add(o)
	go o.run(v)
	return nil
}

func (s *socket) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// admit takes one more operation into account, or says which limit it is past.
func (s *socket) admit(v *viewer.Viewer) *errs.Error {
	if wait := s.gate.admit(v, s.remote); wait > 0 {
		return errs.New(errs.RateLimited, "Too many requests: try again in %d s.", int(math.Ceil(wait.Seconds())))
	}
	s.mu.Lock()
	full := s.count >= s.config.Limits.Operations
	s.mu.Unlock()
	if full || !s.quotas.takeOperation(v, s.remote, &s.config.Limits) {
		return tooManyOperations()
	}
	return nil
}
