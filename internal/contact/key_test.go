package contact_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

func external(s string) contact.ContactKey { return contact.ContactKey{ExternalID: &s} }

func address(s string) contact.ContactKey { return contact.ContactKey{Email: &s} }

// API-1: an external id belongs to one contact of the account; null clears it, and "" is
// as if left out.
func TestExternalID(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.must(w.Create(w.Admin, contact.CreateContactInput{ExternalID: new("crm 1"), Email: new("Eve@example.com")}))
		stranger := testkit.Account(w.t, w.Store)
		w.must(w.Create(stranger.Admin, contact.CreateContactInput{ExternalID: new("crm 1")}))
		for _, key := range []contact.ContactKey{external("crm 1"), address("eve@EXAMPLE.com"), {ID: &c.ID}} {
			if got := w.must(w.By(w.Agent(0), key)); got == nil || got.ID != c.ID || *got.ExternalID != "crm 1" {
				w.t.Errorf("%+v: got %+v, want the contact", key, got)
			}
		}
		for _, key := range []contact.ContactKey{
			external("crm 2"), external("CRM 1"), external(""), external("\x00"), address("x"), address("eva@example.com"),
			{ID: new("")}, {ID: new("x")}, {ID: &stranger.ContactID}, {ID: &w.AdminID}, {ID: new(id.New(id.Contact))}, {},
		} {
			if got, err := w.By(w.Agent(0), key); got != nil || err != nil {
				w.t.Errorf("%+v: got %v, %v; want none", key, got, err)
			}
		}
		_, err := w.Create(w.Admin, contact.CreateContactInput{ExternalID: new("crm 1")})
		w.fails(err, errs.AlreadyExists, "externalId")
		for text, code := range map[string]errs.Code{strings.Repeat("é", 201): errs.TooLong, strings.Repeat("x", 1<<20): errs.TooLong, "a\nb": errs.Invalid, "\xff": errs.Invalid} {
			_, err := w.Create(w.Admin, contact.CreateContactInput{ExternalID: &text})
			w.fails(err, code, "externalId")
		}
		w.must(w.Create(w.Admin, contact.CreateContactInput{ExternalID: new(strings.Repeat("é", 200))}))
		for range 2 {
			w.must(w.Create(w.Admin, contact.CreateContactInput{Name: new("n"), ExternalID: new("")}))
		}
		update := func(v opt.Value[*string]) (*ent.Contact, error) {
			return w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{ExternalID: v}})
		}
		check.Same(w.t, *w.must(update(opt.Of(""))).ExternalID, "crm 1")
		check.Same(w.t, w.must(update(opt.Null[string]())).ExternalID == nil, true)
		w.must(w.Create(w.Admin, contact.CreateContactInput{ExternalID: new("crm 1")}))
		_, err = update(opt.Of("crm 1"))
		w.fails(err, errs.AlreadyExists, "externalId")
		check.Same(w.t, *w.must(update(opt.Of("crm 3"))).ExternalID, "crm 3")
	})
}

// CR-10: a contact's picture is what was set, and null takes it away.
func TestAvatar(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const picture = "https://example.com/eve.png"
		c := w.must(w.Create(w.Admin, contact.CreateContactInput{Name: new("Eve"), AvatarURL: new(picture)}))
		check.Same(w.t, c.AvatarURL, picture)
		c = w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{AvatarURL: opt.Null[string]()}}))
		check.Same(w.t, c.AvatarURL, "")
	})
}

// API-1: an upsert changes what its key leads to, and makes it unless the key is an id.
func TestUpsert(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		upsert := func(key contact.ContactKey, f contact.ContactFacts, idempotencyKey string) (*ent.Contact, bool, error) {
			return w.Upsert(w.Agent(0), contact.UpsertContactInput{By: key, ContactFacts: f, IdempotencyKey: &idempotencyKey})
		}
		must := func(c *ent.Contact, created bool, err error) (*ent.Contact, bool) {
			w.t.Helper()
			return w.must(c, err), created
		}
		for range 2 { // a replay says the same
			c, created := must(upsert(external("1"), contact.ContactFacts{Name: opt.Of("Eve")}, "a"))
			check.Same(w.t, []any{c.Name, *c.ExternalID, created}, []any{"Eve", "1", true})
		}
		for range 2 {
			c, created := must(upsert(external("1"), contact.ContactFacts{Phone: opt.Of("123"), ExternalID: opt.Of("2")}, "b"))
			check.Same(w.t, []any{c.Name, c.Phone, *c.ExternalID, created}, []any{"Eve", "123", "2", false})
		}
		c, created := must(upsert(address("Ada@example.com"), contact.ContactFacts{ExternalID: opt.Of("3")}, ""))
		check.Same(w.t, []any{c.Email, *c.ExternalID, created}, []any{"ada@example.com", "3", true})
		c, created = must(upsert(address("ada@example.com"), contact.ContactFacts{ExternalID: opt.Null[string](), Email: opt.Of("ada@example.org")}, ""))
		check.Same(w.t, []any{c.Email, c.ExternalID == nil, created}, []any{"ada@example.org", true, false})
		same, created := must(upsert(address("ada@example.com"), contact.ContactFacts{}, "")) // one of its addresses still
		check.Same(w.t, []any{same.ID, created}, []any{c.ID, false})
		same, created = must(upsert(contact.ContactKey{ID: &c.ID}, contact.ContactFacts{Name: opt.Of("Ada")}, ""))
		check.Same(w.t, []any{same.Name, created}, []any{"Ada", false})
		stranger := testkit.Account(w.t, w.Store)
		for _, none := range []string{"", "x", w.AdminID, stranger.ContactID, id.New(id.Contact)} {
			_, _, err := upsert(contact.ContactKey{ID: &none}, contact.ContactFacts{Name: opt.Of("n")}, "")
			w.fails(err, errs.NotFound, "by.id")
		}
		for _, bad := range []struct {
			key   contact.ContactKey
			facts contact.ContactFacts
			code  errs.Code
			field string
		}{
			{contact.ContactKey{}, contact.ContactFacts{}, errs.Invalid, "by"},
			{external(""), contact.ContactFacts{}, errs.Invalid, "by.externalId"},
			{external(strings.Repeat("x", 201)), contact.ContactFacts{}, errs.TooLong, "by.externalId"},
			{address("x"), contact.ContactFacts{}, errs.Invalid, "by.email"},
			{external("9"), contact.ContactFacts{ExternalID: opt.Of("8")}, errs.Invalid, "externalId"},
			{external("9"), contact.ContactFacts{ExternalID: opt.Null[string](), Name: opt.Of("n")}, errs.Invalid, "externalId"},
			{address("a@example.com"), contact.ContactFacts{Email: opt.Of("b@example.com")}, errs.Invalid, "email"},
			{external("9"), contact.ContactFacts{Email: opt.Null[string]()}, errs.Required, "email"},
			{external("9"), contact.ContactFacts{Email: opt.Of("ada@example.com")}, errs.AlreadyExists, "email"},
			{address("a@example.com"), contact.ContactFacts{ExternalID: opt.Of("2")}, errs.AlreadyExists, "externalId"},
		} {
			_, _, err := upsert(bad.key, bad.facts, "")
			w.fails(err, bad.code, bad.field)
		}
		_, _, err := w.Upsert(w.Visitor(0), contact.UpsertContactInput{By: external("v")})
		w.fails(err, errs.Forbidden, "")
	})
}

// API-1: many that make or upsert the same at once make one contact.
func TestOneContactForManyCallers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for name, key := range map[string]contact.ContactKey{"externalId": external("busy"), "email": address("busy@example.com")} {
			var callers sync.WaitGroup
			var made atomic.Int32
			ids := make([]string, 16)
			for i := range ids {
				callers.Go(func() {
					c, created, err := w.Upsert(w.Agent(i%2), contact.UpsertContactInput{By: key, ContactFacts: contact.ContactFacts{Name: opt.Of("Busy")}})
					if err != nil {
						w.t.Errorf("%s: got %v, want the contact", name, err)
						return
					}
					if created {
						made.Add(1)
					}
					ids[i] = c.ID
				})
			}
			callers.Wait()
			check.Same(w.t, int(made.Load()), 1)
			for _, got := range ids {
				check.Same(w.t, got, ids[0])
			}
		}
		var callers sync.WaitGroup
		var made atomic.Int32
		for range 16 {
			callers.Go(func() {
				if _, err := w.Create(w.Admin, contact.CreateContactInput{ExternalID: new("made")}); err == nil {
					made.Add(1)
				} else {
					w.fails(err, errs.AlreadyExists, "externalId")
				}
			})
		}
		callers.Wait()
		check.Same(w.t, int(made.Load()), 1)
	})
}

// API-1: a caller may choose the id of what they make, of these days, and once; without
// a key it is the key.
func TestOwnID(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		now := w.clock.Now()
		own := func(ago time.Duration) *string { return new(testkit.OwnID(id.Contact, now.Add(-ago))) }
		first := contact.CreateContactInput{ID: own(23 * time.Hour), Name: new("Eve")}
		for range 2 {
			check.Same(w.t, w.must(w.Create(w.Agent(0), first)).ID, *first.ID)
		}
		taken := func(err error) {
			w.t.Helper()
			w.fails(err, errs.AlreadyExists, "id")
			if err != nil && err.Error() != "ALREADY_EXISTS: This id is already in use: make a new one for a new object." {
				w.t.Errorf("got %v, want the same words", err)
			}
		}
		other := first
		other.Name = new("Eva")
		_, err := w.Create(w.Agent(0), other) // another input
		taken(err)
		_, err = w.Create(w.Agent(1), first) // another actor
		taken(err)
		_, err = w.Create(testkit.Account(w.t, w.Store).Admin, first) // another account
		taken(err)
		keyed := first
		keyed.IdempotencyKey = new("k")
		_, err = w.Create(w.Agent(0), keyed)
		taken(err)

		w.must(w.Create(w.Agent(0), contact.CreateContactInput{ID: own(-4 * time.Minute), Name: new("n")}))
		w.must(w.Create(w.Agent(0), contact.CreateContactInput{ID: new(""), Name: new("n")}))
		for _, bad := range []*string{
			own(24*time.Hour + time.Second), own(-5*time.Minute - time.Second), new("x"), new("contact_"), new(testkit.OwnID(id.Team, now)),
			new(strings.Repeat("x", 1<<20)), new(id.FirstAt(id.Contact, now)), new("contact_\x00"),
		} {
			_, err := w.Create(w.Agent(0), contact.CreateContactInput{ID: bad, Name: new("n")})
			w.fails(err, errs.Invalid, "id")
		}

		same := own(0)
		var callers sync.WaitGroup
		var made atomic.Int32
		for i := range 16 {
			callers.Go(func() {
				if c, err := w.Create(w.Agent(i%2), contact.CreateContactInput{ID: same, Name: new("Busy")}); err == nil && c.ID == *same {
					made.Add(1)
				} else {
					w.fails(err, errs.AlreadyExists, "id")
				}
			})
		}
		callers.Wait()
		check.Same(w.t, int(made.Load()), 8) // one agent's are replays
		n, err := w.Store.Client(w.System).Contact.Query().Where(entcontact.Name("Busy")).Count(w.System)
		check.Same(w.t, []any{n, err}, []any{1, nil})
	})
}
