package audit

import (
	"context"
	"encoding/json"
	"slices"

	"entgo.io/ent/dialect/sql"
	lru "github.com/hashicorp/golang-lru/v2"

	"parley/ent"
	"parley/ent/auditentry"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service reads the audit log, and records what is read by admins. It is safe for
// concurrent use.
type Service struct {
	store *store.Store
	// known are the reads that were recorded within their hour, by their marks.
	known *lru.Cache[string, struct{}]
}

// knownReads is how many reads are known to be recorded, so that the database is
// not asked again.
const knownReads = 10_000

// New returns the audit log's use cases on a store.
func New(s *store.Store) *Service {
	known, err := lru.New[string, struct{}](knownReads)
	if err != nil {
		panic(err) // the size is above zero
	}
	return &Service{store: s, known: known}
}

// Filter narrows a page of the audit log; nil: by nothing.
type Filter struct {
	Actions   []vocab.AuditAction `json:"actions,omitempty"`
	ActorID   *string             `json:"actorId,omitempty"`
	SubjectID *string             `json:"subjectId,omitempty"`
	Since     *clock.Micros       `json:"since,omitempty"`
	Until     *clock.Micros       `json:"until,omitempty"`
}

// maxActions is the most actions that a filter names.
const maxActions = 100

func (f *Filter) check() error {
	if len(f.Actions) > maxActions {
		return errs.Exceeds(maxActions, "actions has %d values; at most %d are allowed.", len(f.Actions), maxActions).On("filter", "actions")
	}
	if f.Since != nil && f.Until != nil && *f.Until <= *f.Since {
		return errs.New(errs.Invalid, "until must be after since.").On("filter", "until")
	}
	return nil
}

// narrow leaves of a query the entries that the filter wants, but for the actions.
func (f *Filter) narrow(q *ent.AuditEntryQuery) {
	if f.ActorID != nil {
		q.Where(auditentry.ActorID(*f.ActorID))
	}
	if f.SubjectID != nil {
		q.Where(auditentry.SubjectID(*f.SubjectID))
	}
	if f.Since != nil {
		q.Where(auditentry.AtGTE(*f.Since))
	}
	if f.Until != nil {
		q.Where(auditentry.AtLT(*f.Until))
	}
}

// lanes are the entries of each action: an index has those of one in the order of the list.
func (f *Filter) lanes() []store.Lane {
	lanes := []store.Lane{}
	for _, action := range slices.Compact(slices.Sorted(slices.Values(f.Actions))) {
		lanes = append(lanes, func(s *sql.Selector) { s.Where(sql.EQ(s.C(auditentry.FieldAction), string(action))) })
	}
	return lanes
}

// fingerprint distinguishes the cursors of lists that are filtered otherwise.
func (f *Filter) fingerprint() (string, error) {
	text, err := json.Marshal(f)
	return string(text), err
}

// entries are listed newest first.
var entries = store.Listing[ent.AuditEntry]{
	Name: "auditLog", Kind: id.AuditEntry, Column: auditentry.FieldAt, Desc: true,
	Number: func(e *ent.AuditEntry) int64 { return int64(e.At) }, ID: func(e *ent.AuditEntry) string { return e.ID },
}

// pageSize is how long a page is unless asked otherwise.
const pageSize = 50

// List returns a page of the audit log, newest first (AC-17). Errors: INVALID,
// LIMIT_EXCEEDED on the filter; those of paging.
func (s *Service) List(ctx context.Context, f *Filter, args paging.PageArgs) (*paging.Connection[*ent.AuditEntry], error) {
	if f == nil {
		f = &Filter{}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	mark, err := f.fingerprint()
	if err != nil {
		return nil, err
	}
	load := func(narrow func(*sql.Selector)) ([]*ent.AuditEntry, error) {
		q := s.store.Client(ctx).AuditEntry.Query()
		f.narrow(q)
		q.Modify(narrow)
		return q.All(ctx)
	}
	if f.Actions == nil {
		return entries.Page(args, pageSize, load, mark)
	}
	return entries.Merged(args, pageSize, f.lanes(), load, mark)
}
