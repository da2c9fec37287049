package contact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func (w *world) update(contactID string, f contact.ContactFacts) *ent.Contact {
	w.t.Helper()
	return w.must(w.Update(w.Agent(0), contact.UpdateContactInput{ContactID: contactID, ContactFacts: f}))
}

func (w *world) refuses(contactID string, f contact.ContactFacts, code errs.Code, field string) {
	w.t.Helper()
	_, err := w.Update(w.Agent(0), contact.UpdateContactInput{ContactID: contactID, ContactFacts: f})
	w.fails(err, code, field)
}

// CR-10: first and last name stand beside the name, and follow one another.
func TestNames(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.create("Ada King Lovelace", "").ID
		for _, tc := range []struct {
			f    contact.ContactFacts
			want string
		}{
			{contact.ContactFacts{}, "Ada King Lovelace|Ada|King Lovelace"},
			{contact.ContactFacts{FirstName: opt.Of("Augusta")}, "Augusta King Lovelace|Augusta|King Lovelace"},
			{contact.ContactFacts{FirstName: opt.Of("Ada Augusta"), LastName: opt.Of("Lovelace")}, "Ada Augusta Lovelace|Ada Augusta|Lovelace"},
			{contact.ContactFacts{Name: opt.Of("Countess"), FirstName: opt.Of("Ada"), LastName: opt.Of("King")}, "Countess|Ada|King"},
			{contact.ContactFacts{Name: opt.Of("Grace Hopper")}, "Grace Hopper|Grace|Hopper"},
			{contact.ContactFacts{LastName: opt.Null[string]()}, "Grace|Grace|"},
		} {
			c := w.update(id, tc.f)
			first, last := contact.PartsOf(c.Name, c.FirstName, c.LastName)
			if got := c.Name + "|" + first + "|" + last; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		}
	})
}

func (w *world) emails(contactID string) string {
	w.t.Helper()
	c := check.Must(w.Store.Client(w.System).Contact.Get(w.System, contactID))(w.t)
	var all []string
	for _, a := range check.Must(w.EmailAddresses(w.Admin, []*ent.Contact{c}))(w.t)[0] {
		text := a.Email
		if a.Primary {
			text += "*"
		}
		if a.Verified {
			text += "!"
		}
		if a.Label != nil {
			text += "(" + *a.Label + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// CR-10: emails sets all addresses: it adds, takes off, labels, and makes one the main
// one; what is taken off is free for others.
func TestEmailsAreSet(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id, other := w.create("Ann", "ann@a.example").ID, w.create("Bob", "bob@a.example").ID
		list := func(emails ...contact.ContactEmailInput) contact.ContactFacts {
			return contact.ContactFacts{Emails: opt.List(emails...)}
		}
		yes := true
		w.update(id, list(contact.ContactEmailInput{Email: "Ann@B.example", Label: new("work"), Verified: &yes}, contact.ContactEmailInput{Email: "ann@a.example", Primary: &yes}))
		check.Same(t, w.emails(id), "ann@a.example* ann@b.example!(work)")
		w.update(id, list(contact.ContactEmailInput{Email: "ann@b.example"}))
		check.Same(t, w.emails(id), "ann@b.example*!(work)")
		w.update(other, list(contact.ContactEmailInput{Email: "bob@a.example"}, contact.ContactEmailInput{Email: "ann@a.example"}))
		w.refuses(id, list(contact.ContactEmailInput{Email: "ann@b.example"}, contact.ContactEmailInput{Email: "ann@a.example"}), errs.AlreadyExists, "emails.1.email")
		w.refuses(id, list(contact.ContactEmailInput{Email: "x@a.example"}, contact.ContactEmailInput{Email: "X@a.example"}), errs.Invalid, "emails.1.email")
		w.refuses(id, list(contact.ContactEmailInput{Email: "x@a.example", Primary: &yes}, contact.ContactEmailInput{Email: "y@a.example", Primary: &yes}), errs.Invalid, "emails")
		w.refuses(id, list(contact.ContactEmailInput{Email: "no"}), errs.Invalid, "emails.0.email")
		w.refuses(id, contact.ContactFacts{Emails: opt.List[contact.ContactEmailInput](), Email: opt.Of("x@a.example")}, errs.Invalid, "emails")
		w.refuses(id, list(make([]contact.ContactEmailInput, 101)...), errs.TooLong, "emails")
		check.Same(t, w.emails(id), "ann@b.example*!(work)")
		w.update(id, list())
		check.Same(t, w.emails(id), "")
		w.refuses(id, contact.ContactFacts{Name: opt.Of("")}, errs.Required, "name")
	})
}

func (w *world) phones(contactID string) string {
	w.t.Helper()
	var all []string
	for _, p := range check.Must(w.Phones(w.Admin, []*ent.Contact{{ID: contactID}}))(w.t)[0] {
		text := p.Number + "="
		if p.E164 != nil {
			text += *p.E164
		}
		all = append(all, text)
	}
	return strings.Join(all, " | ")
}

// CR-10: numbers are kept as typed and in international form, by the account's region,
// and are found however they are grouped.
func TestPhones(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.create("Ann", "").ID
		w.update(id, contact.ContactFacts{Phone: opt.Of("01 / 512 34 56")})
		check.Same(t, w.phones(id), "01 / 512 34 56=")
		_, err := account.New(w.Store).UpdateAccount(w.Admin, account.UpdateAccountInput{PhoneRegion: opt.Of("at")})
		check.NoError(t, err)
		yes := true
		c := w.update(id, contact.ContactFacts{Phones: opt.List(contact.ContactPhoneInput{Number: "+49 30 901820"},
			contact.ContactPhoneInput{Number: "01 / 512 34 56", Primary: &yes}, contact.ContactPhoneInput{Number: "ext. 7"})})
		check.Same(t, c.Phone, "01 / 512 34 56")
		check.Same(t, w.phones(id), "01 / 512 34 56=+4315123456 | +49 30 901820=+4930901820 | ext. 7=")
		for query, want := range map[string]string{
			"+43 1 5123": "Ann", "0043151234": "Ann", "015123456": "Ann", "(01) 512-34-56": "Ann", "+49 (30) 90": "Ann", "4930901820": "Ann", "+44 20 7946": "", "1234": "",
		} {
			if got := w.walk(contact.ContactFilter{Query: &query}, "", 5, false); got != want {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
		// The field of one number is that of the main one.
		w.update(id, contact.ContactFacts{Phone: opt.Of("+43 1 999 99 99")})
		check.Same(t, w.phones(id), "+43 1 999 99 99=+4319999999 | +49 30 901820=+4930901820 | ext. 7=")
		check.Same(t, w.update(id, contact.ContactFacts{Phone: opt.Null[string]()}).Phone, "+49 30 901820")
		w.refuses(id, contact.ContactFacts{Phones: opt.List(make([]contact.ContactPhoneInput, 21)...)}, errs.TooLong, "phones")
		w.refuses(id, contact.ContactFacts{Phones: opt.List(contact.ContactPhoneInput{Number: " "})}, errs.Required, "phones.0.number")
	})
}

// CR-10: each of the other fields is checked, kept and cleared.
func TestOtherFields(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.create("Ann", "").ID
		c := w.update(id, contact.ContactFacts{
			JobTitle: opt.Of(" Head  of R&D "), OwnerID: opt.Of(w.AgentIDs[1]), Language: opt.Of("DE-at"), TimeZone: opt.Of("Europe/Vienna"), Country: opt.Of("at"),
			City: opt.Of("Graz"), LifecycleStage: opt.Of(vocab.StageCustomer),
		})
		check.Same(t, []string{c.JobTitle, c.OwnerID, c.Language, c.TimeZone, c.Country, c.City, string(c.LifecycleStage), string(c.Source)},
			[]string{"Head of R&D", w.AgentIDs[1], "de-AT", "Europe/Vienna", "AT", "Graz", "CUSTOMER", "API"})
		for field, f := range map[string]contact.ContactFacts{
			"language": {Language: opt.Of("no language")}, "timeZone": {TimeZone: opt.Of("Vienna")}, "country": {Country: opt.Of("Austria")},
		} {
			w.refuses(id, f, errs.Invalid, field)
		}
		w.refuses(id, contact.ContactFacts{OwnerID: opt.Of(w.ContactID)}, errs.NotFound, "ownerId")
		w.refuses(id, contact.ContactFacts{City: opt.Of(strings.Repeat("x", 101))}, errs.TooLong, "city")
		c = w.update(id, contact.ContactFacts{OwnerID: opt.Null[string](), Language: opt.Null[string](), LifecycleStage: opt.Null[vocab.LifecycleStage]()})
		check.Same(t, c.OwnerID+c.Language+string(c.LifecycleStage), "")
	})
}

// CR-10: contacts are narrowed by owner, stage and when they were seen, and ordered by
// when the team last wrote.
func TestFieldFilters(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for i, name := range []string{"Ann", "Bob", "Cid"} {
			id := w.create(name, "").ID
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Contact.UpdateOneID(id).SetLastSeenAt(clock.Micros(100 * i)).SetContactedAt(clock.Micros(3 - i)).
					SetOwnerID(w.AgentIDs[i%2]).SetLifecycleStage([]vocab.LifecycleStage{vocab.StageLead, vocab.StageCustomer, vocab.StageLead}[i]).Exec(ctx)
			})
		}
		at := func(n int64) *clock.Micros { m := clock.Micros(n); return &m }
		for want, f := range map[string]contact.ContactFilter{
			"Ann Cid": {OwnerIDs: []string{w.AgentIDs[0]}},
			"Bob":     {LifecycleStages: []vocab.LifecycleStage{vocab.StageCustomer}},
			"Cid":     {LastSeenAfter: at(101)},
			"":        {LastSeenBefore: at(100)},
		} {
			for _, size := range []int{1, 5} {
				if got := w.walk(f, vocab.ContactsLastContacted, size, false); got != want {
					t.Errorf("%s: got %q, want %q", fmt.Sprint(f), got, want)
				}
			}
		}
		_, err := w.List(w.Admin, contact.ContactFilter{LastSeenAfter: at(2), LastSeenBefore: at(1)}, "", paging.PageArgs{})
		w.fails(err, errs.Invalid, "filter.lastSeenBefore")
	})
}
