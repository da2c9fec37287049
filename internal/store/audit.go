package store

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Audit is an entry for the account's audit log, before it has its number (AC-17).
type Audit struct {
	Action    vocab.AuditAction
	InboxID   string
	SubjectID string
	// Detail is what was read or exported.
	Detail  string
	Changes []vocab.FieldChange

	accountID  string
	actorKind  viewer.Kind
	actorID    string
	work       string
	credential string
	at         clock.Micros
	event      int64 // the number of the event that says the same; 0: none does
}

// Audit adds an entry to the audit log as the last act of the transaction: of what
// has no event. Those of events that are audited come by themselves (Append). The
// actor and the account are the context's viewer.
func (tx *Tx) Audit(ctx context.Context, a Audit) {
	if a.Changes == nil {
		a.Changes = []vocab.FieldChange{}
	}
	a.record(viewer.FromContext(ctx), tx.store.Now())
	tx.entries = append(tx.entries, a)
}

// AuditHourly is Audit for what may happen often: the same action and detail of the
// same actor, on the same subject, is recorded once in an hour. It reports whether
// it was.
func (tx *Tx) AuditHourly(ctx context.Context, a Audit) (bool, error) {
	v, now := viewer.FromContext(ctx), tx.store.Now()
	name := AuditMark(v, a, now)
	n, err := tx.Exec(ctx, "INSERT INTO audit_marks (account_id, name, at) VALUES ($1, $2, $3) ON CONFLICT (account_id, name) DO NOTHING", v.AccountID, name, now)
	if err != nil || n == 0 {
		return false, err
	}
	tx.Audit(ctx, a)
	return true, nil
}

// AuditMark names what a viewer does within the hour of a time.
func AuditMark(v *viewer.Viewer, a Audit, at clock.Micros) string {
	return fmt.Sprintf("%s %s %s %q %d", a.Action, v.Actor().ActorID, a.SubjectID, a.Detail, int64(at)/hour)
}

const hour = 3600 * 1_000_000

// record says whose doing the entry is, and when it was.
func (a *Audit) record(v *viewer.Viewer, at clock.Micros) {
	actor := v.Actor()
	a.accountID, a.at = v.AccountID, at
	a.actorKind, a.actorID, a.credential = actor.Kind, actor.ActorID, actor.TokenID
	if actor != v {
		a.work = v.ActorID
	}
}

const (
	entryColumns  = 14
	insertEntries = "INSERT INTO audit_entries (id, account_id, number, action, at, actor_kind, actor_id, work, credential_id, inbox_id, subject_id, detail, event_sequence, changes) VALUES "
)

// insertEntries writes entries of the audit log under the numbers after the last.
func (g *group) insertEntries(ctx context.Context, entries []*Audit, last int64) error {
	for start := 0; start < len(entries); start += eventBatch {
		batch := entries[start:min(start+eventBatch, len(entries))]
		args := make([]any, 0, len(batch)*entryColumns)
		for i, a := range batch {
			changes, err := json.Marshal(a.Changes)
			if err != nil {
				return err
			}
			args = append(args, id.New(id.AuditEntry), a.accountID, last+int64(start+i)+1, string(a.Action), int64(a.at), string(a.actorKind), a.actorID,
				a.work, a.credential, a.InboxID, a.SubjectID, a.Detail, a.event, string(changes))
		}
		insert := insertSQL(insertEntries, len(batch), entryColumns)
		g.store.trace(insert)
		if _, err := g.tx.ExecContext(ctx, insert, args...); err != nil {
			return fmt.Errorf("append %d entries to the audit log: %w", len(batch), err)
		}
	}
	return nil
}
