package demo

import (
	"cmp"
	"encoding/json"
	"slices"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// actor is whose doing an event is.
type actor struct {
	kind viewer.Kind
	id   string
}

// entry is an event that has happened and waits for its place in the log.
type entry struct {
	store.Event
	id    string
	at    clock.Micros
	actor actor
	order int
}

// log puts the events of many stories, which overlap, into the order of time.
type log struct {
	minter  minter
	waiting []*entry
	count   int
}

// appendEvent adds an event that happened at the given time.
func (l *log) appendEvent(at clock.Micros, by actor, e store.Event) {
	l.count++
	l.waiting = append(l.waiting, &entry{Event: e, id: l.minter.at(id.Event, at), at: at, actor: by, order: l.count})
}

// takeBefore returns the events before a time, in order; nothing earlier may be
// appended any longer.
func (l *log) takeBefore(before clock.Micros) []*entry {
	slices.SortFunc(l.waiting, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
	})
	n, _ := slices.BinarySearchFunc(l.waiting, before, func(e *entry, t clock.Micros) int { return cmp.Compare(e.at, t) })
	taken := slices.Clone(l.waiting[:n])
	rest := copy(l.waiting, l.waiting[n:])
	clear(l.waiting[rest:])
	l.waiting = l.waiting[:rest]
	return taken
}

var eventTable = table{"events", []string{
	"id", "account_id", "sequence", "type", "occurred_at", "actor_kind", "actor_id", "inbox_id",
	"conversation_id", "message_id", "subject_id", "user_id", "revision", "changes",
}}

// numbered returns the rows of events that follow a sequence number.
func numbered(accountID string, entries []*entry, last int64) ([]any, error) {
	values := make([]any, 0, len(entries)*len(eventTable.columns))
	for i, e := range entries {
		changes := "[]"
		if len(e.Changes) > 0 {
			text, err := json.Marshal(e.Changes)
			if err != nil {
				return nil, err
			}
			changes = string(text)
		}
		values = append(values, e.id, accountID, last+int64(i)+1, string(e.Type), int64(e.at), string(e.actor.kind), e.actor.id,
			e.InboxID, e.ConversationID, e.MessageID, e.SubjectID, e.UserID, e.Revision, changes)
	}
	return values, nil
}
