package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ImportArgs asks that an import be worked on.
type ImportArgs struct {
	AccountID string `json:"accountId"`
	TaskID    string `json:"taskId"`
}

// Kind names the job.
func (ImportArgs) Kind() string { return "import-contacts" }

// slice is how long an import works before it lets other jobs run.
const slice = 5 * time.Second

// tries is how often a row is tried that another change came before.
const tries = 5

var (
	errStopped = errors.New("the import was canceled, or another worker continues it")
	errDryRun  = errors.New("a trial run")
)

// run is one slice of an import's work.
type run struct {
	s       *Service
	task    *ent.Task
	of      *ent.ContactImport
	mapping *mapping
	system  context.Context
	at      int64 // the last row that was done with
}

// Run works on an import for a while: each row is one transaction with the task's
// progress, so that an import that is interrupted goes on where it was. It acts with the
// rights that the asker has now; without them it fails.
func (s *Service) Run(ctx context.Context, args ImportArgs) error {
	system := viewer.NewContext(ctx, viewer.System("import", args.AccountID))
	client := s.store.Client(system)
	task, err := client.Task.Get(system, args.TaskID)
	if err != nil || task.State != vocab.TaskQueued && task.State != vocab.TaskRunning {
		return ignoreMissing(err)
	}
	more, err := s.workOn(system, task)
	switch refused := errs.Of(err); {
	case errors.Is(err, errStopped):
		return nil
	case refused != nil && refused.Code != errs.Unavailable:
		return s.endTask(system, task.ID, vocab.TaskFailed, refused.Message)
	case err != nil && job.LastAttempt(ctx):
		return errors.Join(err, s.endTask(system, task.ID, vocab.TaskFailed, ""))
	case err != nil:
		return err
	case more:
		return job.Again(0)
	}
	return s.endTask(system, task.ID, vocab.TaskDone, "")
}

func ignoreMissing(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}

func (s *Service) workOn(system context.Context, task *ent.Task) (more bool, err error) {
	r := &run{s: s, task: task, system: system}
	client := s.store.Client(system)
	if r.of, err = client.ContactImport.Get(system, task.ID); err != nil {
		return false, err
	}
	properties, err := contactProperties(system, client)
	if err != nil {
		return false, err
	}
	r.mapping = &mapping{client: client, properties: map[string]*ent.Property{}, owners: map[string]string{}}
	for _, p := range properties {
		r.mapping.properties[p.Name] = p
	}
	if err := json.Unmarshal(r.of.Columns, &r.mapping.columns); err != nil {
		return false, err
	}
	if task.Cursor != "" {
		if r.at, err = strconv.ParseInt(task.Cursor, 10, 64); err != nil {
			return false, fmt.Errorf("cursor of an import: %w", err)
		}
	}
	return r.takeRows()
}

// takeRows takes rows until the slice is over, and reports whether some are left.
func (r *run) takeRows() (more bool, err error) {
	until := r.s.store.Clock().Now().Add(slice)
	for {
		rows, err := r.s.nextRows(r.system, r.task.ID, r.at)
		if err != nil || len(rows) == 0 {
			return false, err
		}
		for _, w := range rows {
			if err := r.takeRow(w); err != nil {
				return false, err
			}
			if r.s.store.Clock().Now().After(until) {
				return true, nil
			}
		}
	}
}

// asker is the context of whoever asked for the import, with the rights of this moment: a
// role, a scope or a token that is taken away stops the very next row (AC-12).
func (r *run) asker() (context.Context, error) {
	v, err := r.s.viewers.ViewerOf(r.system, r.task.AccountID, r.task.ActorID, r.task.TokenID)
	if err != nil {
		return nil, err
	}
	ctx := viewer.NewContext(r.system, v)
	return ctx, mayTransfer(ctx)
}

// takeRow imports one row, or notes why it was refused.
func (r *run) takeRow(w waiting) error {
	asker, err := r.asker()
	if err != nil {
		return err
	}
	row, bad, err := r.mapping.readRow(r.system, w.cells)
	if err != nil {
		return err
	}
	if bad != nil {
		return r.refuseRow(w, bad)
	}
	for try := 1; ; try++ {
		err := r.importRow(asker, w, row)
		e := errs.Of(err)
		switch {
		case e == nil || e.Code == errs.Unavailable:
			return err
		case try < tries && e.Code == errs.AlreadyExists && r.isThere(row):
			continue // made in the meantime: the next try finds it
		}
		return r.refuseRow(w, &fault{r.columnOf(e, row), e})
	}
}

// importRow imports a row in one transaction with the task's progress.
func (r *run) importRow(asker context.Context, w waiting, row contact.ImportedRow) error {
	var c *ent.Contact
	var did vocab.ContactImportOutcome
	note := func(ctx context.Context, tx *store.Tx) error {
		contactID := c.ID
		if r.of.DryRun && did == vocab.ImportCreated {
			contactID = ""
		}
		_, err := tx.Exec(ctx, "UPDATE contact_import_rows SET outcome = $1, contact_id = $2, cells = '[]' WHERE task_id = $3 AND number = $4",
			string(did), contactID, r.task.ID, w.number)
		if err != nil {
			return err
		}
		return r.advanceTask(ctx, tx, w, did)
	}
	err := r.s.store.WithTx(asker, func(ctx context.Context, tx *store.Tx) (err error) {
		if c, did, err = r.s.contacts.Import(ctx, tx, row); err != nil {
			return err
		}
		if r.of.ListID != "" {
			entered, err := r.s.contacts.Enlist(ctx, tx, r.of.ListID, c)
			if err != nil {
				return err
			}
			if entered && did == vocab.ImportUnchanged {
				did = vocab.ImportUpdated
			}
		}
		if r.of.DryRun {
			return errDryRun
		}
		return note(ctx, tx)
	})
	if errors.Is(err, errDryRun) {
		err = r.s.store.WithTx(r.system, note)
	}
	if err == nil {
		r.at = int64(w.number)
	}
	return err
}

// isThere reports whether there is a contact now that has what a row is known by.
func (r *run) isThere(row contact.ImportedRow) bool {
	c, err := r.s.contacts.By(r.system, row.By)
	return err == nil && c != nil
}

// refuseRow notes why a row is not imported.
func (r *run) refuseRow(w waiting, why *fault) error {
	err := r.s.store.WithTx(r.system, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE contact_import_rows SET outcome = $1, code = $2, message = $3, column_name = $4 WHERE task_id = $5 AND number = $6",
			string(vocab.ImportRefused), string(why.Code), why.Message, why.column, r.task.ID, w.number)
		if err != nil {
			return err
		}
		return r.advanceTask(ctx, tx, w, vocab.ImportRefused)
	})
	if err == nil {
		r.at = int64(w.number)
	}
	return err
}

// counters are the columns that count outcomes.
var counters = map[vocab.ContactImportOutcome]string{
	vocab.ImportCreated: "created", vocab.ImportUpdated: "updated", vocab.ImportUnchanged: "unchanged", vocab.ImportRefused: "refused",
}

// advanceTask moves the task on by a row, unless it was canceled or another run did.
func (r *run) advanceTask(ctx context.Context, tx *store.Tx, w waiting, did vocab.ContactImportOutcome) error {
	counts := "done = done + 1"
	if did == vocab.ImportRefused {
		counts = "skipped = skipped + 1"
	}
	before := ""
	if r.at > 0 {
		before = strconv.FormatInt(r.at, 10)
	}
	moved, err := tx.Exec(ctx, "UPDATE tasks SET state = 'RUNNING', cursor = $1, "+counts+
		" WHERE id = $2 AND cursor = $3 AND state IN ('QUEUED', 'RUNNING')", strconv.Itoa(w.number), r.task.ID, before)
	if err != nil {
		return err
	}
	if moved == 0 {
		return errStopped
	}
	_, err = tx.Exec(ctx, "UPDATE contact_imports SET "+counters[did]+" = "+counters[did]+" + 1 WHERE id = $1", r.task.ID)
	return err
}

// columnOf is the column that an error of a row's contact is about; "": none is.
func (r *run) columnOf(e *errs.Error, row contact.ImportedRow) string {
	if len(e.Field) == 0 {
		return ""
	}
	name := ""
	if len(e.Field) > 1 && e.Field[0] == "properties" {
		if i, err := strconv.Atoi(e.Field[1]); err == nil && i < len(row.Facts.Properties.Value()) {
			name = row.Facts.Properties.Value()[i].Name
		}
	}
	for _, c := range r.mapping.columns {
		if c.Field != nil && fieldNames[*c.Field] == e.Field[0] || c.Property != nil && *c.Property == name {
			return c.Name
		}
	}
	return ""
}

// fieldNames are the fields of contacts' inputs, by what columns are.
var fieldNames = map[vocab.ContactImportField]string{
	vocab.ImportExternalID: "externalId", vocab.ImportEmail: "email", vocab.ImportOtherEmails: "emails", vocab.ImportName: "name",
	vocab.ImportFirstName: "firstName", vocab.ImportLastName: "lastName", vocab.ImportPhone: "phone", vocab.ImportJobTitle: "jobTitle",
	vocab.ImportOwner: "ownerId", vocab.ImportLanguage: "language", vocab.ImportTimeZone: "timeZone", vocab.ImportCountry: "country",
	vocab.ImportCity: "city", vocab.ImportLifecycleStage: "lifecycleStage", vocab.ImportAvatarURL: "avatarUrl",
	vocab.ImportCompany: "company", vocab.ImportCompanyDomain: "companyDomain",
}

// endTask gives the task its final state, unless it has one.
func (s *Service) endTask(ctx context.Context, taskID string, state vocab.TaskState, failure string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		touched, err := tx.Exec(ctx, "UPDATE tasks SET state = $1, finished_at = $2, failure = $3 WHERE id = $4 AND state IN ('QUEUED', 'RUNNING')",
			string(state), int64(tx.Now()), failure, taskID)
		if err != nil || touched == 0 {
			return err
		}
		to := string(state)
		tx.Append(ctx, store.Event{Type: vocab.TaskFinished, SubjectID: taskID, Changes: []vocab.FieldChange{{Field: "state", To: &to}}})
		return nil
	})
}
