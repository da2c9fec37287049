package audit

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/auditentry"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Format is how the log is exported.
type Format string

// Formats.
const (
	NDJSON Format = "ndjson"
	CSV    Format = "csv"
)

// scope reads the log.
const scope = "audit:read"

// exportBatch is how many entries are in memory at a time.
const exportBatch = 500

// Export writes the audit log behind a number, oldest first, while it is read (AC-17).
// The export itself is recorded before the first entry is written. begin is called
// before that, once nothing refuses it. Errors: UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Export(ctx context.Context, format Format, after int64, begin func(), to io.Writer) error {
	if err := mayExport(ctx); err != nil {
		return err
	}
	if err := s.recordExport(ctx, format, after); err != nil {
		return err
	}
	begin()
	write := linesTo(to)
	if format == CSV {
		var err error
		if write, err = sheetTo(to); err != nil {
			return err
		}
	}
	for {
		list, err := s.store.Client(ctx).AuditEntry.Query().Where(auditentry.NumberGT(after)).Order(auditentry.ByNumber()).Limit(exportBatch).All(ctx)
		if err != nil {
			return err
		}
		if err := write(list); err != nil || len(list) < exportBatch {
			return err
		}
		after = list[len(list)-1].Number
	}
}

// recordExport records the export: of all of the log each time, of what is new since one
// once in an hour, so that a program that asks often does not fill the log with its asking.
func (s *Service) recordExport(ctx context.Context, format Format, after int64) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		exported := store.Audit{Action: vocab.AuditExported, Detail: "audit." + string(format)}
		if after == 0 {
			tx.Audit(ctx, exported)
			return nil
		}
		_, err = tx.AuditHourly(ctx, exported)
		return err
	})
}

func mayExport(ctx context.Context) error {
	v := viewer.FromContext(ctx)
	switch {
	case v == nil || v.Kind == viewer.Anyone:
		return errs.New(errs.Unauthenticated, "Send the token of an admin in the header \"Authorization: Bearer ...\".")
	case v.Kind != viewer.Admin:
		return errs.New(errs.Forbidden, "Only admins may export the audit log.")
	case !v.Grants(scope):
		return errs.New(errs.Forbidden, "The token lacks the scope %q.", scope)
	}
	return nil
}

// line is an entry as a line of an export.
type line struct {
	ID            string              `json:"id"`
	Number        int64               `json:"number"`
	At            clock.Micros        `json:"at"`
	Action        vocab.AuditAction   `json:"action"`
	ActorKind     viewer.Kind         `json:"actorKind"`
	ActorID       string              `json:"actorId,omitempty"`
	Work          string              `json:"work,omitempty"`
	CredentialID  string              `json:"credentialId,omitempty"`
	InboxID       string              `json:"inboxId,omitempty"`
	SubjectID     string              `json:"subjectId,omitempty"`
	Detail        string              `json:"detail,omitempty"`
	EventSequence int64               `json:"eventSequence,omitempty"`
	Changes       []vocab.FieldChange `json:"changes"`
}

func linesTo(to io.Writer) func([]*ent.AuditEntry) error {
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	return func(list []*ent.AuditEntry) error {
		for _, e := range list {
			if err := out.Encode(line{
				e.ID, e.Number, e.At, e.Action, e.ActorKind, e.ActorID, e.Work, e.CredentialID, e.InboxID, e.SubjectID, e.Detail, e.EventSequence, e.Changes,
			}); err != nil {
				return err
			}
		}
		return nil
	}
}

// sheetTo writes CSV. Changes are JSON in a cell, which begins with a bracket: no
// spreadsheet takes one for a formula, nor any other cell.
func sheetTo(to io.Writer) (func([]*ent.AuditEntry) error, error) {
	out := csv.NewWriter(to)
	err := out.Write([]string{"id", "number", "at", "action", "actorKind", "actorId", "work", "credentialId", "inboxId", "subjectId", "detail", "eventSequence", "changes"})
	return func(list []*ent.AuditEntry) error {
		for _, e := range list {
			changes, err := json.Marshal(e.Changes)
			if err != nil {
				return err
			}
			cells := []string{
				e.ID, strconv.FormatInt(e.Number, 10), e.At.String(), string(e.Action), string(e.ActorKind), e.ActorID, e.Work, e.CredentialID, e.InboxID, e.SubjectID,
				e.Detail, strconv.FormatInt(e.EventSequence, 10), string(changes),
			}
			for i, cell := range cells {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					cells[i] = "'" + cell
				}
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	}, err
}
