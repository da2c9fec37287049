package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Event is an entry for the account's log, before it has its sequence number.
type Event struct {
	Type           vocab.EventType
	InboxID        string
	ConversationID string
	MessageID      string
	SubjectID      string
	// UserID, when set, makes the event visible only to that user or integration.
	UserID   string
	Revision int
	Changes  []vocab.FieldChange
	// AuditAs is what the audit log has the event as, in place of what its type says;
	// AuditDetail is the entry's detail.
	AuditAs     vocab.AuditAction
	AuditDetail string

	accountID string
	actorKind viewer.Kind
	actorID   string
	at        clock.Micros
	// audit is the entry of the audit log that says the same; its action is empty: none does.
	audit Audit
}

// Append adds e to the log as the last act of the transaction. The actor and
// the account are the context's viewer.
func (tx *Tx) Append(ctx context.Context, e Event) {
	v := viewer.FromContext(ctx)
	e.accountID, e.at = v.AccountID, tx.store.Now()
	e.actorKind, e.actorID = v.Actor().Kind, v.Actor().ActorID
	if e.Changes == nil {
		e.Changes = []vocab.FieldChange{}
	}
	action, audited := e.Type.Audited()
	if e.AuditAs != "" {
		action, audited = e.AuditAs, true
	}
	if audited {
		e.audit = Audit{Action: action, InboxID: e.InboxID, SubjectID: cmp.Or(e.SubjectID, e.ConversationID), Detail: e.AuditDetail, Changes: e.Changes}
		e.audit.record(v, e.at)
	}
	tx.events = append(tx.events, e)
}

// row is the event as the log has it, under its number.
func (e *Event) row(sequence int64) *ent.Event {
	return &ent.Event{
		ID: id.New(id.Event), AccountID: e.accountID, Sequence: sequence, Type: e.Type, OccurredAt: e.at,
		ActorKind: e.actorKind, ActorID: e.actorID, InboxID: e.InboxID, ConversationID: e.ConversationID,
		MessageID: e.MessageID, SubjectID: e.SubjectID, UserID: e.UserID, Revision: e.Revision, Changes: e.Changes,
	}
}

// UsePublisher has publish called with the events of each commit, at once after
// it: those of one account in the order of their numbers, and the commits that
// this store makes for an account one after the other. It must not block: the
// callers whose commit it was wait for it. Events of a process that dies in
// between are in the log all the same.
func (s *Store) UsePublisher(publish func([]*ent.Event)) { s.publish = publish }

const eventColumns = 14

// eventBatch keeps a statement below SQLite's limit of 32,766 parameters.
const eventBatch = 1000

// appendLogs writes the events, and the entries of the audit log, account by account.
func (g *group) appendLogs(ctx context.Context, events []Event, entries []Audit) error {
	for len(events)+len(entries) > 0 {
		var account string
		if len(events) > 0 {
			account = events[0].accountID
		} else {
			account = entries[0].accountID
		}
		var mine []Event
		var audited []Audit
		mine, events = splitOf(events, func(e *Event) bool { return e.accountID == account })
		audited, entries = splitOf(entries, func(a *Audit) bool { return a.accountID == account })
		if err := g.appendLog(ctx, account, mine, audited); err != nil {
			return err
		}
	}
	return nil
}

// splitOf splits a list in those that belong and the others, each in their order.
func splitOf[T any](list []T, belongs func(*T) bool) (those, others []T) {
	for i := range list {
		if belongs(&list[i]) {
			those = append(those, list[i])
		} else {
			others = append(others, list[i])
		}
	}
	return those, others
}

// appendLog takes the next numbers of an account's logs and writes what belongs
// under them. The counters' row is locked from here to the commit, so that the
// order of the numbers is the order of the commits. entries are those of the audit
// log that no event has; those of events come before them.
func (g *group) appendLog(ctx context.Context, account string, events []Event, entries []Audit) error {
	own, head := len(entries), int64(0)
	audited := make([]*Audit, 0, own)
	for i := range events {
		if events[i].audit.Action != "" {
			audited = append(audited, &events[i].audit)
		}
	}
	for i := range entries {
		audited = append(audited, &entries[i])
	}
	number, err := g.takeNumbers(ctx, account, len(events), len(audited), &head)
	if err != nil {
		return fmt.Errorf("take %d sequence numbers: %w", len(events), err)
	}
	last := head - int64(len(events))
	for i := range events {
		events[i].audit.event = last + int64(i) + 1
	}
	if err := g.insertEvents(ctx, events, last); err != nil || len(audited) == 0 {
		return err
	}
	return g.insertEntries(ctx, audited, number-int64(len(audited)))
}

// takeNumbers takes numbers of an account's logs. head is the event log's last; it
// returns the audit log's.
func (g *group) takeNumbers(ctx context.Context, account string, events, entries int, head *int64) (number int64, err error) {
	if entries == 0 {
		const take = "UPDATE account_sequences SET sequence = sequence + $1 WHERE id = $2 RETURNING sequence"
		g.store.trace(take)
		return 0, g.tx.QueryRowContext(ctx, take, events, account).Scan(head)
	}
	const take = "UPDATE account_sequences SET sequence = sequence + $1, audit_number = audit_number + $2 WHERE id = $3 RETURNING sequence, audit_number"
	g.store.trace(take)
	return number, g.tx.QueryRowContext(ctx, take, events, entries, account).Scan(head, &number)
}

func (g *group) insertEvents(ctx context.Context, events []Event, last int64) error {
	for start := 0; start < len(events); start += eventBatch {
		batch := events[start:min(start+eventBatch, len(events))]
		args := make([]any, 0, len(batch)*eventColumns)
		for i, e := range batch {
			changes, err := json.Marshal(e.Changes)
			if err != nil {
				return err
			}
			row := e.row(last + int64(start+i) + 1)
			g.logged = append(g.logged, row)
			args = append(args, row.ID, row.AccountID, row.Sequence, string(row.Type), int64(row.OccurredAt),
				string(row.ActorKind), row.ActorID, row.InboxID, row.ConversationID, row.MessageID, row.SubjectID, row.UserID, row.Revision, string(changes))
		}
		insert := insertSQL(insertEvents, len(batch), eventColumns)
		g.store.trace(insert)
		if _, err := g.tx.ExecContext(ctx, insert, args...); err != nil {
			return fmt.Errorf("append %d events: %w", len(batch), err)
		}
	}
	return nil
}

const insertEvents = "INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, subject_id, user_id, revision, changes) VALUES "

// insertSQL is an insertion of rows, with the placeholders of their columns.
func insertSQL(insert string, rows, columns int) string {
	var b strings.Builder
	b.WriteString(insert)
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "$%d", r*columns+c+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}
