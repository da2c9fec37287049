package id_test

import (
	"testing"

	"parley/internal/id"
)

// API-1: an id says what kind of thing it names, around a UUIDv7.
func TestNew(t *testing.T) {
	t.Parallel()
	one := id.New(id.Conversation)
	if got := id.Prefix(one); got != id.Conversation {
		t.Errorf("%s: got the kind %q, want %q", one, got, id.Conversation)
	}
	if !id.Is(one, id.Conversation) || id.Is(one, id.Message) {
		t.Errorf("%s is a conversation's id, and no message's", one)
	}
	uuid, ok := id.Bytes(one)
	if version := uuid[6] >> 4; !ok || version != 7 {
		t.Errorf("%s: got a UUID of version %d, want 7", one, version)
	}
	if got := id.FromBytes(id.Conversation, uuid); got != one {
		t.Errorf("got %s back, want %s", got, one)
	}
}

// API-1: what is no id has no kind.
func TestPrefixOfNoID(t *testing.T) {
	t.Parallel()
	for _, none := range []string{"", "conversation", "conversation_", "conversation_\x00", "Conversation_01h455vb4pex5vsknk084sn02q", "conversation_8zzzzzzzzzzzzzzzzzzzzzzzzz"} {
		if got := id.Prefix(none); got != "" {
			t.Errorf("%q: got the kind %q, want none", none, got)
		}
		if _, ok := id.Bytes(none); ok {
			t.Errorf("%q has a UUID", none)
		}
	}
}
