package presence

import (
	"encoding/json"
	"slices"
	"time"

	"parley/internal/id"
	"parley/internal/viewer"
)

func busSubject(inboxID string) string { return "presence." + inboxID }

const (
	// maxStatements is how many statements a message has at most.
	maxStatements = 100
	// maxBytes is how long a message is at most.
	maxBytes = 64 << 10
	// maxHolds is how long a statement is valid at most.
	maxHolds = time.Minute
)

// message is what nodes say to each other about an inbox.
type message struct {
	Account string `json:"account"`
	Inbox   string `json:"inbox"`
	Node    string `json:"node"`
	// Ask: who knows something of the inbox says it.
	Ask        bool        `json:"ask,omitempty"`
	Statements []statement `json:"words,omitempty"`
}

// activity is what someone does in a conversation.
type activity string

const (
	looks     activity = "looks"
	types     activity = "types"
	typesNote activity = "types note"
)

// statement says of someone what they do, by one node: all their sockets there
// count as one.
type statement struct {
	Conversation string      `json:"conversation"`
	Kind         viewer.Kind `json:"kind"`
	Actor        string      `json:"actor"`
	Deed         activity    `json:"deed"`
	// Millis is how long to believe it; 0: it is taken back.
	Millis int64 `json:"millis"`
}

func newStatement(conversationID string, a actor, d activity, holds time.Duration) statement {
	return statement{Conversation: conversationID, Kind: a.kind, Actor: a.id, Deed: d, Millis: holds.Milliseconds()}
}

func (w statement) holds() time.Duration { return time.Duration(w.Millis) * time.Millisecond }

// decodeMessage returns a message that concerns an account's inbox; what cannot
// be meant is left aside.
func decodeMessage(data []byte, accountID, inboxID string) (message, bool) {
	var m message
	if len(data) > maxBytes || json.Unmarshal(data, &m) != nil {
		return m, false
	}
	if m.Account != accountID || m.Inbox != inboxID || m.Node == "" || len(m.Node) > 64 || len(m.Statements) > maxStatements {
		return m, false
	}
	m.Statements = slices.DeleteFunc(m.Statements, func(w statement) bool { return !w.valid() })
	return m, true
}

func (w statement) valid() bool {
	a := actor{w.Kind, w.Actor}
	if !id.Is(w.Conversation, id.Conversation) || !a.valid() || w.Millis < 0 || w.Millis > maxHolds.Milliseconds() {
		return false
	}
	switch w.Deed {
	case types:
		return true
	case looks, typesNote:
		return w.Kind != viewer.Visitor
	}
	return false
}

// prefixes are the identifiers of those who can be present.
var prefixes = map[viewer.Kind]string{
	viewer.Admin: id.User, viewer.Agent: id.User, viewer.Integration: id.Integration, viewer.Bot: id.Bot, viewer.Visitor: id.Visitor,
}

func (a actor) valid() bool {
	prefix, known := prefixes[a.kind]
	return known && (id.Is(a.id, prefix) || a.kind == viewer.Visitor && id.Is(a.id, id.Contact)) // a contact, in a custom channel
}
