package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"parley/ent"
	entlist "parley/ent/contactlist"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// samples is how many cells of each column a preview shows.
const samples = 3

// Preview is what a file would be taken for. Nothing is kept of it.
type Preview struct {
	Columns   []*Column
	Rows      int
	Delimiter string
	Encoding  string
}

// PreviewFile reads a whole file. Errors are on file: INVALID, TOO_LONG.
func (s *Service) PreviewFile(ctx context.Context, file io.ReadSeeker, size int64) (*Preview, error) {
	if err := mayTransfer(ctx); err != nil {
		return nil, err
	}
	if err := s.checkSize(size); err != nil {
		return nil, err
	}
	t, err := openTable(file)
	if err != nil {
		return nil, err
	}
	properties, err := contactProperties(ctx, s.store.Client(ctx))
	if err != nil {
		return nil, err
	}
	columns := suggest(t.Header, properties)
	p := &Preview{Delimiter: string(t.Delimiter), Encoding: t.Encoding}
	p.Rows, err = t.eachRow(func(_ int, cells []string) error {
		for i, cell := range cells {
			if c := &columns[i]; cell != "" && len(c.Samples) < samples {
				c.Samples = append(c.Samples, errs.Clip(cell))
			}
		}
		return nil
	})
	for i := range columns {
		p.Columns = append(p.Columns, &columns[i])
	}
	return p, err
}

func (s *Service) checkSize(size int64) error {
	if size > s.maxBytes {
		return errs.Exceeds(s.maxBytes, "The file is larger than the maximum of %d bytes.", s.maxBytes).On("file")
	}
	return nil
}

// eachRow calls do with each row and its number, from 1, and returns how many there are.
func (t *table) eachRow(do func(number int, cells []string) error) (int, error) {
	for n := 0; ; n++ {
		cells, err := t.nextRow()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if n == maxRows {
			return n, errs.Exceeds(maxRows, "The file has more than %d rows.", maxRows).On("file")
		}
		if err := do(n+1, cells); err != nil {
			return n, err
		}
	}
}

// ImportInput is what an import is asked for.
type ImportInput struct {
	File     io.ReadSeeker
	FileName string
	Size     int64
	// Columns say what columns are; nil: as their names say.
	Columns []ColumnInput
	// ContactListID is a static list that the contacts are put on; "": none.
	ContactListID string
	// DryRun changes nothing: the rows say what would become of them.
	DryRun         bool
	IdempotencyKey *string
}

// Import begins to import a file in the background, and returns the task that shows the
// progress (CR-1). Errors: on file, as PreviewFile; on columns; NOT_FOUND on
// contactListId.
func (s *Service) Import(ctx context.Context, in ImportInput) (*ent.Task, error) {
	if err := mayTransfer(ctx); err != nil {
		return nil, err
	}
	if err := s.checkSize(in.Size); err != nil {
		return nil, err
	}
	if err := checkList(ctx, s.store.Client(ctx), in.ContactListID); err != nil {
		return nil, err
	}
	columns, hash, err := s.examine(ctx, in)
	if err != nil {
		return nil, err
	}
	taskID := id.New(id.Task)
	call := idempotency.Call{
		Mutation: "importContacts", Key: in.IdempotencyKey, Result: taskID,
		Input: struct {
			Hash, ContactListID string
			Columns             []Column
			DryRun              bool
		}{hash, in.ContactListID, columns, in.DryRun},
	}
	rows, err := s.keepRows(ctx, taskID, in.File)
	if err != nil {
		return nil, errors.Join(err, s.dropRows(ctx, taskID))
	}
	var task *ent.Task
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		task, err = startTask(ctx, tx, taskID, in, columns, rows)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		task, err = tx.Client.Task.Get(ctx, first)
		return err
	})
	if err != nil || task.ID != taskID {
		return task, errors.Join(err, s.dropRows(ctx, taskID))
	}
	return task, nil
}

// examine reads a whole file, so that nothing begins that cannot end, and returns what
// its columns are, and a digest of it.
func (s *Service) examine(ctx context.Context, in ImportInput) ([]Column, string, error) {
	digest := sha256.New()
	if _, err := io.Copy(digest, in.File); err != nil {
		return nil, "", err
	}
	if _, err := in.File.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	t, err := openTable(in.File)
	if err != nil {
		return nil, "", err
	}
	client := s.store.Client(ctx)
	properties, err := contactProperties(ctx, client)
	if err != nil {
		return nil, "", err
	}
	columns := suggest(t.Header, properties)
	if in.Columns != nil {
		if columns, err = chosen(t.Header, in.Columns, properties); err != nil {
			return nil, "", err
		}
	}
	if err := checkKeys(columns); err != nil {
		return nil, "", err
	}
	n, err := t.eachRow(func(int, []string) error { return nil })
	if err == nil && n == 0 {
		err = errs.New(errs.Invalid, "The file has no rows below the names of its columns.").On("file")
	}
	return columns, hex.EncodeToString(digest.Sum(nil)), err
}

// checkList refuses a list that no one is put on.
func checkList(ctx context.Context, client *ent.Client, listID string) error {
	if listID == "" {
		return nil
	}
	list, err := client.ContactList.Query().Where(entlist.ID(listID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return errs.New(errs.NotFound, "There is no list %q.", errs.Clip(listID)).On("contactListId")
	case err != nil:
		return err
	case list.Criteria != "":
		return errs.New(errs.Invalid, "The list %q is smart: its criteria say who is on it.", list.Name).On("contactListId")
	case list.ArchivedAt.IsSet():
		return errs.New(errs.Invalid, "The list %q is archived.", list.Name).On("contactListId")
	}
	return nil
}

func startTask(ctx context.Context, tx *store.Tx, taskID string, in ImportInput, columns []Column, rows int) (*ent.Task, error) {
	v := viewer.FromContext(ctx)
	if err := checkList(ctx, tx.Client, in.ContactListID); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(columns)
	if err != nil {
		return nil, err
	}
	err = tx.Client.ContactImport.Create().SetID(taskID).SetFileName(cleanFileName(in.FileName)).SetDryRun(in.DryRun).SetColumns(raw).
		SetListID(in.ContactListID).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return nil, err
	}
	tx.Append(ctx, store.Event{Type: vocab.TaskStarted, SubjectID: taskID})
	tx.Enqueue(store.Job{Args: ImportArgs{AccountID: v.AccountID, TaskID: taskID}})
	return tx.Client.Task.Create().SetID(taskID).SetKind(vocab.TaskImportContacts).SetState(vocab.TaskQueued).SetParams(json.RawMessage("{}")).
		SetTotal(rows).SetProblems([]vocab.TaskProblem{}).SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).
		SetCreatedAt(tx.Now()).Save(ctx)
}

// maxFileName is the most characters of a file's name.
const maxFileName = 200

// cleanFileName is a file's name without its folders, on one line.
func cleanFileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	clean, err := richtext.OneLine(name, maxFileName)
	if err != nil || !utf8.ValidString(clean) {
		return "contacts.csv"
	}
	return clean
}
