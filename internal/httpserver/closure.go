package httpserver

import (
	"unicode/utf8"

	"github.com/coder/websocket"

	"parley/internal/errs"
)

// closure is why a socket is closed.
type closure struct {
	code   websocket.StatusCode
	reason string
}

// Codes of graphql-transport-ws, and what npm graphql-ws's client makes of
// them. It comes back by itself after 1000 (if it has operations), 1001, 1013,
// 4403 and 4408, and asks its connectionParams again; after the others it
// gives up and notifies the application. So a session that ends closes with 4403,
// since a fresh token may be at hand; and a token that connection_init presents
// without success closes with 4401, so that no client knocks forever with a
// dead one.
const (
	closeMalformed    websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
)

var (
	closeSubprotocol = newClosure(4406, "Subprotocol not acceptable: ask for "+subprotocol)
	closeInitTimeout = newClosure(4408, "Connection initialisation timeout")
	closeDuplicate   = newClosure(4409, "A subscriber with this id already exists")
	closeSecondInit  = newClosure(4429, "Too many initialisation requests")
	closeNotAcked    = newClosure(closeUnauthorized, "Unauthorized: send connection_init first, and wait for connection_ack")
	closeIdle        = newClosure(websocket.StatusNormalClosure, "Idle: no operation for a long time; connect again for the next one")
	closeShutdown    = newClosure(websocket.StatusGoingAway, "The server is shutting down: connect again")
	closeProtocol    = newClosure(websocket.StatusProtocolError, "WebSocket protocol error")
	closeUTF8        = newClosure(websocket.StatusInvalidFramePayloadData, "A message must be valid UTF-8")
	closeTooBig      = newClosure(websocket.StatusMessageTooBig, "The message is too large")
	closeInternal    = newClosure(websocket.StatusInternalError, "Internal error")
)

// maxCloseReason is what a close frame has room for, in bytes.
const maxCloseReason = 123

func newClosure(code websocket.StatusCode, reason string) *closure {
	if len(reason) > maxCloseReason {
		end := maxCloseReason
		for !utf8.RuneStart(reason[end]) {
			end--
		}
		reason = reason[:end]
	}
	return &closure{code, reason}
}

// malformed is a message that the protocol does not know. The reason never
// gives it back.
func malformed(reason string) *closure {
	return newClosure(closeMalformed, "Invalid message: "+reason)
}

// refusedInit is a connection_init whose credentials are not taken.
func refusedInit(e *errs.Error) *closure {
	switch e.Code {
	case errs.Unauthenticated:
		return newClosure(closeUnauthorized, e.Message)
	case errs.Unavailable, errs.RateLimited:
		return newClosure(websocket.StatusTryAgainLater, e.Message)
	case errs.Forbidden:
		return newClosure(closeForbidden, e.Message)
	}
	return closeInternal
}
