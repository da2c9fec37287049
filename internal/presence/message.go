package presence

import (
	"encoding/json"
	"slices"
	"time"

	"parley/internal/id"
	"parley/internal/viewer"
)

func subject(inboxID string) string { return "presence." + inboxID }

const (
	// maxWords is how many words a message has at most.
	maxWords = 100
	// maxBytes is how long a message is at most.
	maxBytes = 64 << 10
	// maxHolds is how long a word can hold.
	maxHolds = time.Minute
)

// message is what nodes say to each other about an inbox.
type message struct {
	Account string `json:"account"`
	Inbox   string `json:"inbox"`
	Node    string `json:"node"`
	// Ask: who knows something of the inbox says it.
	Ask   bool   `json:"ask,omitempty"`
	Words []word `json:"words,omitempty"`
}

// deed is what somebody does in a conversation.
type deed string

const (
	looks     deed = "looks"
	types     deed = "types"
	typesNote deed = "types note"
)

// word says of somebody what they do, by one node: all their sockets there
// count as one.
type word struct {
	Conversation string      `json:"conversation"`
	Kind         viewer.Kind `json:"kind"`
	Actor        string      `json:"actor"`
	Deed         deed        `json:"deed"`
	// Millis is how long to believe it; 0: it is taken back.
	Millis int64 `json:"millis"`
}

func say(conversationID string, a actor, d deed, holds time.Duration) word {
	return word{Conversation: conversationID, Kind: a.kind, Actor: a.id, Deed: d, Millis: holds.Milliseconds()}
}

func (w word) holds() time.Duration { return time.Duration(w.Millis) * time.Millisecond }

// read returns a message that concerns an account's inbox; what cannot be meant
// is left aside.
func read(data []byte, accountID, inboxID string) (message, bool) {
	var m message
	if len(data) > maxBytes || json.Unmarshal(data, &m) != nil {
		return m, false
	}
	if m.Account != accountID || m.Inbox != inboxID || m.Node == "" || len(m.Node) > 64 || len(m.Words) > maxWords {
		return m, false
	}
	m.Words = slices.DeleteFunc(m.Words, func(w word) bool { return !w.valid() })
	return m, true
}

func (w word) valid() bool {
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
	return known && id.Is(a.id, prefix)
}
