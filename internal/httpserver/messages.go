package httpserver

import (
	"context"
	"encoding/json"
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

// handleMessage acts on one message. A closure says that the protocol forbids it.
func (s *socket) handleMessage(text []byte) *closure {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return malformed(`a message must be a JSON object {"type": "...", ...}`)
	}
	switch m.Type {
	case "connection_init":
		return s.beginSession(m.Payload)
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
		s.onComplete(*m.ID)
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
	s.sendControl(append(frame, '}'))
	return nil
}

// isObject reports whether a payload is an object, null or not there at all.
func isObject(payload json.RawMessage) bool {
	return len(payload) == 0 || payload[0] == '{' || string(payload) == "null"
}

// beginSession authenticates the connection and begins its session.
func (s *socket) beginSession(payload json.RawMessage) *closure {
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
	if most := s.quotas.takeStream(v, s.remote, &s.config.Limits); most > 0 {
		return refusedInit(tooManyStreams(most))
	}
	s.followSession(v, token)
	s.conn.SetReadLimit(s.config.MaxBodyBytes)
	s.mu.Lock()
	s.acked = true
	s.mu.Unlock()
	s.resetTimer()
	s.sendControl(s.acknowledgement(v, payload))
	return nil
}

// acknowledgement is the socket's first message. It has the caller's allowance, if
// connection_init or the upgrade request asks for it: an answer is shared with
// others, and says nothing of one caller.
func (s *socket) acknowledgement(v *viewer.Viewer, payload json.RawMessage) []byte {
	var members map[string]any
	_ = json.Unmarshal(payload, &members) // credentials has read it
	asked := s.wantsCost
	for name, value := range members {
		asked = asked || strings.EqualFold(name, costHeader) && asksForCost(value)
	}
	if !asked {
		return []byte(`{"type":"connection_ack"}`)
	}
	return mustEncode(map[string]any{"type": "connection_ack", "payload": map[string]any{"cost": s.gate.meter(v, s.remote, nil).report()}})
}

// followSession puts the socket's context under the viewer's session.
func (s *socket) followSession(v *viewer.Viewer, token string) {
	s.release()
	session, end := s.session(s.ctx, token, v)
	s.ctx = session
	stop := context.AfterFunc(session, func() { s.closeAtEnd(session) })
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

// authorization finds the token in the payload: as Authorization, however it is
// capitalised, there or among headers; or as token or authToken, as other servers
// have it, with or without "Bearer".
func authorization(payload json.RawMessage) (header string, found bool, c *closure) {
	if !isObject(payload) {
		return "", false, malformed("the payload of connection_init must be an object")
	}
	var members map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &members) != nil {
		return "", false, malformed("the payload of connection_init must be an object")
	}
	headers, _ := members["headers"].(map[string]any)
	for _, given := range []struct {
		in   map[string]any
		name string
		bare bool
	}{{members, "Authorization", false}, {headers, "Authorization", false}, {members, "token", true}, {members, "authToken", true}} {
		header, found, c = member(given.in, given.name)
		if c != nil {
			return "", false, c
		}
		if found {
			if given.bare && !strings.Contains(header, " ") {
				header = "Bearer " + header
			}
			return header, true, nil
		}
	}
	return "", false, nil
}

// member returns the one string of a name, however it is capitalised.
func member(members map[string]any, name string) (text string, found bool, c *closure) {
	for key, value := range members {
		if !strings.EqualFold(key, name) || value == nil {
			continue
		}
		given, ok := value.(string)
		if !ok || found {
			return "", false, malformed("the payload of connection_init must have one " + name + ", a string")
		}
		text, found = given, true
	}
	return text, found, nil
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
		return malformed(`its payload needs a query, a string, or a documentId (not "id" or "doc_id")`)
	}
	if s.findOperation(id) != nil {
		return closeDuplicate
	}
	v, o := viewer.FromContext(s.ctx), newOperation(s, id, in)
	m := s.gate.meter(v, s.remote, nil)
	o.ctx = withMeter(o.ctx, m)
	if e := s.countOperation(v, m); e != nil {
		o.fail(inGraphQL(e))
		o.cancel()
		return nil
	}
	s.addOperation(o)
	go o.run(v)
	return nil
}

func (s *socket) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// countOperation takes one more operation into account, or says which limit it is
// past.
func (s *socket) countOperation(v *viewer.Viewer, m *meter) *errs.Error {
	if wait := m.chargeRequest(); wait > 0 {
		return tooManyRequests(wait, s.config.Clock)
	}
	s.mu.Lock()
	full := s.count >= s.config.Limits.Operations
	s.mu.Unlock()
	switch limits := &s.config.Limits; {
	case full:
		return tooManyOperations(limits.Operations)
	case !s.quotas.takeOperation(v, s.remote, limits):
		return tooManyOperations(limits.AccountOperations)
	}
	return nil
}
