package conversation

import (
	"parley/ent"
	"parley/ent/schema"
	"parley/internal/richtext"
	"parley/internal/store"
)

// File derives where a conversation shows from what it is: Folder, InBots and
// EverAssigned (IN-2). It is for who writes whole conversations at once; a
// change does it when it is saved.
func File(c *ent.Conversation) { file(c) }

// Preview returns what a list's row shows of a message.
func Preview(text string) string { return richtext.Preview(text, previewLength) }

// Tell gives the events of one change what they tell of it: each what its type
// is about, the first one the rest, in front of what it tells already.
func Tell(before, after *ent.Conversation, events []store.Event) {
	tell(before, after, differences(before, after), events)
}

func tell(before, after *ent.Conversation, diff []column, events []store.Event) {
	told := make([][]schema.FieldChange, len(events))
	for _, c := range diff {
		if c.field != "" && len(events) > 0 {
			i := c.teller(events)
			told[i] = append(told[i], c.change(before, after))
		}
	}
	for i := range events {
		events[i].Revision = after.Revision
		events[i].Changes = append(told[i], events[i].Changes...)
	}
}
