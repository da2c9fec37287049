package transfer_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/contact/transfer"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with contacts, which are imported and exported.
type world struct {
	*testkit.Fixture
	*transfer.Service
	contacts *contact.Service
	clock    *clock.Turned
	viewers  *viewers
	t        *testing.T
}

// viewers has everyone be the admin, until their rights are taken away.
type viewers struct {
	admin *viewer.Viewer
	err   error
	asked int
	stop  func(asked int)
}

func (v *viewers) ViewerOf(context.Context, string, string, string) (*viewer.Viewer, error) {
	if v.asked++; v.stop != nil {
		v.stop(v.asked)
	}
	return v.admin, v.err
}

// each runs the test on both databases.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(newWorld(t, db)) })
}

// eachAlone is each, in databases of the test's own.
func eachAlone(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(newWorld(t, db)) })
}

func newWorld(t *testing.T, db testkit.Database) *world {
	t.Helper()
	turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	s := db.Open(t, turned)
	s.UseJobs(&check.Jobs{})
	w := &world{Fixture: testkit.Account(t, s), contacts: contact.New(s), clock: turned, viewers: &viewers{}, t: t}
	w.viewers.admin = viewer.FromContext(w.Admin)
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	w.Service = transfer.New(s, keys, w.contacts, w.viewers, "https://parley.example", transfer.Options{MaxBytes: 1 << 20})
	return w
}

func (w *world) input(text string, change ...func(*transfer.ImportInput)) transfer.ImportInput {
	in := transfer.ImportInput{File: strings.NewReader(text), FileName: `C:\people\people.csv`, Size: int64(len(text))}
	for _, f := range change {
		f(&in)
	}
	return in
}

// begins begins an import.
func (w *world) begins(text string, change ...func(*transfer.ImportInput)) *ent.Task {
	w.t.Helper()
	return check.Must(w.Import(w.Admin, w.input(text, change...)))(w.t)
}

// ends works on an import until it is over, and returns what it did.
func (w *world) ends(task *ent.Task) (*ent.Task, *ent.ContactImport) {
	w.t.Helper()
	for again := (*river.JobSnoozeError)(nil); ; {
		err := w.Run(w.t.Context(), transfer.ImportArgs{AccountID: w.AccountID, TaskID: task.ID})
		if errors.As(err, &again) {
			continue
		}
		check.NoError(w.t, err)
		return w.task(task.ID), check.Must(w.Of(w.Admin, []*ent.Task{task}))(w.t)[0]
	}
}

func (w *world) task(taskID string) *ent.Task {
	w.t.Helper()
	return check.Must(w.Store.Client(w.System).Task.Get(w.System, taskID))(w.t)
}

// imports is begins and ends.
func (w *world) imports(text string, change ...func(*transfer.ImportInput)) (*ent.Task, *ent.ContactImport) {
	w.t.Helper()
	return w.ends(w.begins(text, change...))
}

// report has the rows of an import, as "1 CREATED", "2 REFUSED EMAIL: INVALID".
func (w *world) report(i *ent.ContactImport, outcomes ...vocab.ContactImportOutcome) (list []string) {
	w.t.Helper()
	page := check.Must(w.Rows(w.Admin, []*ent.ContactImport{i}, outcomes, paging.PageArgs{First: new(100)}))(w.t)[0]
	for _, e := range page.Edges {
		line := string(e.Node.Outcome)
		if p := e.Node.Problem; p != nil {
			line += " " + p.Code
			if p.Column != nil {
				line += " " + *p.Column
			}
		}
		list = append(list, line)
	}
	return list
}

// by is the contact with an external id or address.
func (w *world) by(key string) *ent.Contact {
	w.t.Helper()
	k := contact.ContactKey{ExternalID: &key}
	if strings.Contains(key, "@") {
		k = contact.ContactKey{Email: &key}
	}
	return check.Must(w.contacts.By(w.System, k))(w.t)
}

// told counts the events that came while something was done.
func (w *world) told(do func()) int {
	w.t.Helper()
	count := func() int {
		return check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.TypeIn(vocab.ContactCreated, vocab.ContactUpdated)).Count(w.System))(w.t)
	}
	before := count()
	do()
	return count() - before
}
