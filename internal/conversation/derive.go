package conversation

import (
	"parley/ent"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// File derives where a conversation shows from what it is: Folder, InBots and
// EverAssigned (IN-2). It is for who writes whole conversations at once; a
// change does it when it is saved.
func File(c *ent.Conversation) { fileConversation(c) }

// Preview returns what a list's row shows of a message.
func Preview(text string) string { return richtext.Preview(text, previewLength) }

// AddChanges gives the events of one change what they say of it: each what its type
// is about, the first one the rest, in front of what it says already.
func AddChanges(before, after *ent.Conversation, events []store.Event) {
	addChanges(before, after, differences(before, after), events)
}

func addChanges(before, after *ent.Conversation, diff []column, events []store.Event) {
	changes := make([][]vocab.FieldChange, len(events))
	for _, c := range diff {
		if c.field != "" && len(events) > 0 {
			i := c.eventOf(events)
			changes[i] = append(changes[i], c.fieldChange(before, after))
		}
	}
	for i := range events {
		events[i].Revision = after.Revision
		events[i].Changes = append(changes[i], events[i].Changes...)
	}
}
