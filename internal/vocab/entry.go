package vocab

import "slices"

// EntryKind is what an entry of a conversation's history is (API-6).
type EntryKind string

// Kinds of entries.
const (
	EntryMessage EntryKind = "MESSAGE"
	EntryEvent   EntryKind = "EVENT"
)

// Entry is what an event is in the history of its conversation: the message that
// it began with, an event, or "" if it is none. What happens to a message later
// belongs to the message, what one user has read to that user, and what a bot is doing to
// its run.
func (t EventType) Entry() EntryKind {
	switch t.Message() {
	case ChangeAdded:
		return EntryMessage
	case ChangeChanged, ChangeDeleted:
		return ""
	}
	if t.does(private) || events[t].does&noEntry != 0 {
		return ""
	}
	return EntryEvent
}

// NoEntries are the types that are not among a conversation's entries of the
// given kinds. What a later version of Parley writes is an event.
func NoEntries(kinds []EntryKind) []EventType {
	var types []EventType
	for t := range events {
		if !slices.Contains(kinds, t.Entry()) {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return types
}
