package contact_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/company"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// companyOf makes a company with domains.
func (w *world) companyOf(domains ...string) *ent.Company {
	w.t.Helper()
	in := company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Domains: opt.List(domains...)}}
	return check.Must(company.New(w.Store).Create(w.Admin, in))(w.t)
}

// now is a contact as it is stored.
func (w *world) now(contactID string) *ent.Contact {
	w.t.Helper()
	return check.Must(w.Store.Client(w.System).Contact.Get(w.System, contactID))(w.t)
}

// react has the consumer handle an event of a company.
func (w *world) react(t vocab.EventType, companyID string) {
	w.t.Helper()
	e := &event.Entry{Event: &ent.Event{AccountID: w.AccountID, Type: t, SubjectID: companyID, Changes: []vocab.FieldChange{{Field: "domains"}}}}
	for range 2 { // it may come again
		check.NoError(w.t, w.Consumers()[1].Handle(w.System, e))
	}
	check.NoError(w.t, w.Consumers()[1].Check(w.System))
}

// CR-6: a mail domain links a contact by itself, whoever makes it, freemail domains never,
// and never against what someone set.
func TestCompaniesLinkThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		early := w.create("Early", "early@acme.example")
		free := w.create("Free", "free@gmail.com")
		acme := w.companyOf("acme.example", "gmail.com")
		check.Same(t, w.create("Ann", "ann@acme.example").CompanyID, acme.ID)
		check.Same(t, w.create("Bob", "bob@gmail.com").CompanyID, "")
		var mailed *ent.Contact
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) (err error) {
			mailed, _, err = w.FindOrCreateByEmail(ctx, tx, "cid@acme.example", vocab.SourceEmail)
			return err
		})
		check.Same(t, w.now(mailed.ID).CompanyID, acme.ID)

		w.react(vocab.CompanyCreated, acme.ID)
		check.Same(t, []string{w.now(early.ID).CompanyID, w.now(free.ID).CompanyID}, []string{acme.ID, ""})
		changed := check.Must(w.Store.Client(w.System).Event.Query().Order(ent.Desc("sequence")).First(w.System))(t)
		check.Same(t, []any{changed.Type, changed.SubjectID, changed.Changes}, []any{vocab.ContactUpdated, early.ID, []vocab.FieldChange{{Field: "company", To: &acme.ID}}})

		other := w.companyOf("other.example")
		byHand := w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: early.ID, ContactFacts: contact.ContactFacts{CompanyID: opt.Null[string]()}}))
		check.Same(t, byHand.CompanyID, "")
		set := w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: free.ID, ContactFacts: contact.ContactFacts{CompanyID: opt.Of(other.ID)}}))
		check.Same(t, set.CompanyID, other.ID)
		w.react(vocab.CompanyUpdated, acme.ID)
		w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: early.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("early@other.example")}}))
		check.Same(t, []string{w.now(early.ID).CompanyID, w.now(free.ID).CompanyID}, []string{"", other.ID})
		_, err := w.Update(w.Admin, contact.UpdateContactInput{ContactID: free.ID, ContactFacts: contact.ContactFacts{CompanyID: opt.Of(id.New(id.Company))}})
		check.Refused(t, err, errs.NotFound, "companyId")

		page := check.Must(w.List(w.Admin, contact.ContactFilter{CompanyIDs: []string{acme.ID}}, "", paging.PageArgs{}))(t)
		check.Same(t, []any{len(page.Edges), *check.Must(page.TotalCount(w.Admin))(t)}, []any{2, 2})
		check.NoError(t, company.New(w.Store).Delete(w.Admin, company.DeleteCompanyInput{CompanyID: acme.ID}))
		w.react(vocab.CompanyDeleted, acme.ID)
		check.Same(t, w.now(mailed.ID).CompanyID, "")
	})
}

// CR-6, AC-14: a company shows the contacts that the viewer may see.
func TestContactsOfCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		acme, none := w.companyOf("acme.example"), w.companyOf("none.example")
		w.create("Ann", "ann@acme.example")
		narrow := *viewer.FromContext(w.Agent(1))
		narrow.OwnContacts = true
		for _, c := range []struct {
			ctx  context.Context
			want int
		}{{w.Agent(1), 1}, {viewer.NewContext(w.Agent(1), &narrow), 0}} {
			pages := check.Must(w.OfCompanies(c.ctx, []*ent.Company{acme, none}, paging.PageArgs{}))(t)
			check.Same(t, []int{len(pages[0].Edges), *check.Must(pages[0].TotalCount(c.ctx))(t), len(pages[1].Edges)}, []int{c.want, c.want, 0})
		}
	})
}
