package contact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

type world struct {
	*testkit.Fixture
	*contact.Service
	clock *clock.Turned
	jobs  *check.Jobs
	// seen is the sequence of the last event that lists followed.
	seen int64
	t    *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		j := &check.Jobs{}
		s.UseJobs(j)
		test(&world{Fixture: testkit.Account(t, s), Service: contact.New(s), clock: turned, jobs: j, t: t})
	})
}

func (w *world) must(c *ent.Contact, err error) *ent.Contact {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) create(name, email string) *ent.Contact {
	w.t.Helper()
	w.clock.Advance(time.Second)
	in := contact.CreateContactInput{Name: &name}
	if email != "" {
		in.Email = &email
	}
	return w.must(w.Create(w.Admin, in))
}

func (w *world) fails(err error, code errs.Code, field string) {
	w.t.Helper()
	if e := errs.Of(err); e == nil || e.Code != code || strings.Join(e.Field, ".") != field {
		w.t.Errorf("got %v, want %s on %q", err, code, field)
	}
}

func (w *world) addresses(contactID string) []string {
	w.t.Helper()
	c, err := w.Store.Client(w.System).Contact.Get(w.System, contactID)
	if err != nil {
		w.t.Fatal(err)
	}
	lists, err := w.Addresses(w.Admin, []*ent.Contact{c, {ID: w.AdminID}})
	if err != nil || len(lists[1]) != 0 {
		w.t.Fatal(lists, err)
	}
	return lists[0]
}

// CR-1: a contact's facts change, earlier addresses stay, and the log names
// fields without their values.
func TestCreateAndUpdate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.must(w.Create(w.Agent(0), contact.CreateContactInput{Name: new(" Eve  Example "), Email: new("Eve@Example.COM"), Phone: new("+44 1")}))
		if c.Name != "Eve Example" || c.Email != "eve@example.com" || c.Phone != "+44 1" {
			w.t.Fatalf("%+v", c)
		}
		update := contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("eve@example.org"), Phone: opt.Of("")}}
		c = w.must(w.Update(w.Agent(0), update))
		if c.Name != "Eve Example" || c.Email != "eve@example.org" || c.Phone != "" {
			w.t.Fatalf("%+v", c)
		}
		w.must(w.Update(w.Agent(0), update)) // changes nothing
		w.must(w.Update(w.Agent(0), contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Phone: opt.Of("2")}}))
		w.must(w.Update(w.Agent(0), contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("eve@example.com")}}))
		if diff := cmp.Diff([]string{"eve@example.com", "eve@example.org"}, w.addresses(c.ID)); diff != "" {
			w.t.Error(diff)
		}

		events, err := w.Store.Client(w.System).Event.Query().Order(entevent.BySequence()).All(w.System)
		if err != nil {
			w.t.Fatal(err)
		}
		var told []string
		for _, e := range events {
			line := string(e.Type)
			for _, change := range e.Changes {
				if line += " " + change.Field; change.From != nil || change.To != nil {
					w.t.Errorf("%s tells a personal value", e.Type)
				}
			}
			told = append(told, line)
			if e.SubjectID != c.ID || e.ActorID != w.AgentIDs[0] {
				w.t.Errorf("%+v", e)
			}
		}
		want := []string{"CONTACT_CREATED name email phone", "CONTACT_UPDATED email phone", "CONTACT_UPDATED phone", "CONTACT_UPDATED email"}
		if diff := cmp.Diff(want, told); diff != "" {
			w.t.Error(diff)
		}
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for name, tc := range map[string]struct {
			in    contact.CreateContactInput
			code  errs.Code
			field string
		}{
			"nothing":      {contact.CreateContactInput{}, errs.Required, "name"},
			"all empty":    {contact.CreateContactInput{Name: new(" "), Phone: new("")}, errs.Required, "name"},
			"long name":    {contact.CreateContactInput{Name: new(strings.Repeat("n", 201))}, errs.TooLong, "name"},
			"no address":   {contact.CreateContactInput{Email: new("Eve <eve@example.com>")}, errs.Invalid, "email"},
			"long address": {contact.CreateContactInput{Email: new(strings.Repeat("e", 250) + "@example.com")}, errs.TooLong, "email"},
			"long phone":   {contact.CreateContactInput{Phone: new(strings.Repeat("1", 51))}, errs.TooLong, "phone"},
			"bad UTF-8":    {contact.CreateContactInput{Name: new("\xff")}, errs.Invalid, "name"},
			"taken":        {contact.CreateContactInput{Email: new("DORA@example.net")}, errs.AlreadyExists, "email"},
		} {
			if _, err := w.Create(w.Admin, tc.in); err == nil {
				w.t.Errorf("%s: was taken", name)
			} else {
				w.fails(err, tc.code, tc.field)
			}
		}
		_, err := w.Create(w.Visitor(0), contact.CreateContactInput{Name: new("n")})
		w.fails(err, errs.Forbidden, "")
		c := w.create("Eve", "")
		_, err = w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("dora@example.net")}})
		w.fails(err, errs.AlreadyExists, "email")
		_, err = w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Name: opt.Of("")}})
		w.fails(err, errs.Required, "name")
		for _, foreign := range []string{testkit.Account(w.t, w.Store).ContactID, w.AdminID, "", "contact_\x00"} {
			_, err = w.Update(w.Admin, contact.UpdateContactInput{ContactID: foreign, ContactFacts: contact.ContactFacts{Name: opt.Of("n")}})
			w.fails(err, errs.NotFound, "contactId")
		}
		if n, err := w.Store.Client(w.System).Contact.Query().Count(w.System); err != nil || n != 2 {
			w.t.Errorf("%d contacts, %v: something was half done", n, err)
		}
	})
}

// OP-3: a repeated call makes no second contact.
func TestReplay(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		in := contact.CreateContactInput{Email: new("eve@example.com"), IdempotencyKey: new("k")}
		first, again := w.must(w.Create(w.Admin, in)), w.must(w.Create(w.Admin, in))
		if first.ID != again.ID {
			w.t.Error("two contacts")
		}
	})
}

// An address has one contact, also when many ask for it at once; accounts do
// not share it.
func TestFindOrCreateByEmail(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var all sync.WaitGroup
		var mu sync.Mutex
		made, ids := 0, []string{}
		for range 16 {
			all.Go(func() {
				ctx := viewer.NewContext(w.System, viewer.System("chat", w.AccountID))
				err := w.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					c, created, err := w.FindOrCreateByEmail(ctx, tx, " Eve@Example.com", vocab.SourceEmail)
					if err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					if ids = append(ids, c.ID); created {
						made++
					}
					return nil
				})
				if err != nil {
					w.t.Error(err)
				}
			})
		}
		all.Wait()
		if ids = slices.Compact(ids); len(ids) != 1 || made != 1 {
			w.t.Errorf("%d contacts, made %d times", len(ids), made)
		}
		stranger := testkit.Account(w.t, w.Store)
		w.Write(stranger.System, func(ctx context.Context, tx *store.Tx) error {
			c, created, err := w.FindOrCreateByEmail(ctx, tx, "eve@example.com", vocab.SourceEmail)
			if err == nil && (!created || c.ID == ids[0]) {
				w.t.Error("another account's contact was found")
			}
			return err
		})
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			c, created, err := w.FindOrCreateByEmail(ctx, tx, "dora@example.net", vocab.SourceEmail)
			if c == nil || c.ID != w.ContactID || created {
				w.t.Errorf("found %+v, created %v", c, created)
			}
			_, _, bad := w.FindOrCreateByEmail(ctx, tx, "nobody", vocab.SourceEmail)
			w.fails(bad, errs.Invalid, "email")
			return err
		})
	})
}

// The same from two nodes, which share nothing but the database.
func TestFindOrCreateByEmailOnTwoNodes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() == "" {
			t.Skip("a SQLite database belongs to one process")
		}
		one := db.Open(t, nil)
		two := db.Open(t, nil)
		f := testkit.Account(t, one)
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() {
				s := []*store.Store{one, two}[i%2]
				err := s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
					_, _, err := contact.New(s).FindOrCreateByEmail(ctx, tx, fmt.Sprintf("eve%d@example.com", i/8), vocab.SourceEmail)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		created, err := one.Client(f.System).Event.Query().Where(entevent.TypeEQ(vocab.ContactCreated)).Count(f.System)
		if err != nil || created != 4 {
			t.Errorf("%d contacts made for 4 addresses, %v", created, err)
		}
		if n, err := one.Client(f.System).Contact.Query().Count(f.System); err != nil || n != 5 {
			t.Errorf("%d contacts, %v", n, err)
		}
	})
}

func (w *world) list(query string, first int) (names []string) {
	w.t.Helper()
	args := paging.PageArgs{First: &first}
	for {
		page, err := w.List(w.Agent(0), contact.ContactFilter{Query: &query}, "", args)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range page.Edges {
			names = append(names, e.Node.Name)
		}
		if !page.PageInfo.HasNextPage {
			return names
		}
		args.After = page.PageInfo.EndCursor
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.create("Élodie Martin", "elodie@example.com")
		w.create("Ann-Lee Smith", "sales@smith.example")
		eve := w.create("Eve", "eve@example.com")
		w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: eve.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("eva@example.org")}}))
		for query, want := range map[string]string{
			"":                   "Eve, Ann-Lee Smith, Élodie Martin, Dora Contact",
			"ELO":                "Élodie Martin",
			"mart élo":           "Élodie Martin",
			"lee":                "Ann-Lee Smith",
			"sales@smi":          "Ann-Lee Smith",
			"eve@example.c":      "Eve",
			"EVA@":               "Eve",
			"example com":        "Eve, Élodie Martin",
			"odie":               "",
			"dora @example":      "Dora Contact",
			`"ann-l*`:            "Ann-Lee Smith",
			"eve@example.com do": "",
		} {
			for _, first := range []int{1, 2, 100} {
				if got := strings.Join(w.list(query, first), ", "); got != want {
					w.t.Errorf("%q, %d a page: got %s, want %s", query, first, got, want)
				}
			}
		}
		_, err := w.List(w.Admin, contact.ContactFilter{Query: new("?!")}, "", paging.PageArgs{})
		w.fails(err, errs.Invalid, "filter.query")
		_, err = w.List(w.Admin, contact.ContactFilter{}, "", paging.PageArgs{First: new(100_000)})
		w.fails(err, errs.Invalid, "first")
		page, err := w.List(w.Admin, contact.ContactFilter{Query: new("ex")}, "", paging.PageArgs{First: new(1)})
		if err != nil {
			w.t.Fatal(err)
		}
		_, err = w.List(w.Admin, contact.ContactFilter{Query: new("elo")}, "", paging.PageArgs{After: page.PageInfo.EndCursor})
		w.fails(err, errs.BadUserInput, "after")
		if _, err := w.List(w.Visitor(0), contact.ContactFilter{}, "", paging.PageArgs{}); err == nil {
			w.t.Error("a visitor saw contacts")
		}
	})
}

// A query that no index serves tests a bounded number of contacts and says
// where to go on.
func TestListIsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const many = 5_300
		w.create("Needle", "")
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			for start := 0; start < many; start += 100 {
				bulk := make([]*ent.ContactCreate, 100)
				for i := range bulk {
					bulk[i] = tx.Client.Contact.Create().SetID(fmt.Sprintf("contact_%026d", start+i)).SetName("Hay").SetCreatedAt(tx.Now() + 1)
				}
				if err := tx.Client.Contact.CreateBulk(bulk...).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		page, err := w.List(w.Admin, contact.ContactFilter{Query: new("needle")}, "", paging.PageArgs{})
		if err != nil || len(page.Edges) != 0 || !page.PageInfo.HasNextPage || page.PageInfo.EndCursor == nil {
			w.t.Fatalf("%+v, %v", page, err)
		}
		if got := w.list("needle", 20); len(got) != 1 {
			w.t.Errorf("found %v", got)
		}
	})
}
