package company_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/company"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with its companies.
type world struct {
	*testkit.Fixture
	*company.Service
	t *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		test(&world{testkit.Account(t, s), company.New(s), t})
	})
}

// named is a company of a name and domains.
func (w *world) named(name string, domains ...string) *ent.Company {
	w.t.Helper()
	return check.Must(w.Create(w.Admin, company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Name: opt.Of(name), Domains: opt.List(domains...)}}))(w.t)
}

// recorded are the events since before run, with the fields of their changes.
func (w *world) recorded(run func()) []string {
	w.t.Helper()
	before := check.Must(w.Store.Client(w.System).Event.Query().Count(w.System))(w.t)
	run()
	var lines []string
	for _, e := range check.Must(w.Store.Client(w.System).Event.Query().Order(ent.Asc("sequence")).All(w.System))(w.t)[before:] {
		line := string(e.Type)
		for _, c := range e.Changes {
			line += " " + c.Field
		}
		lines = append(lines, line)
	}
	return lines
}

// CR-6: a company is made, changed and deleted; the log names its fields.
func TestCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		var c *ent.Company
		check.Same(t, w.recorded(func() {
			c = check.Must(w.Create(w.Agent(0), company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{
				Domains: opt.List(" Example.COM", "@example.org", "example.com"), Size: opt.Of(12), Country: opt.Of("at"), OwnerID: opt.Of(w.AgentIDs[0]),
			}}))(t)
		}), []string{"COMPANY_CREATED name size country owner domains"})
		check.Same(t, []any{c.Name, *c.Size, c.Country, check.Must(w.Domains(w.Admin, []*ent.Company{c}))(t)[0]}, []any{"example.com", 12, "AT", []string{"example.com", "example.org"}})
		update := company.UpdateCompanyInput{CompanyID: c.ID, CompanyFacts: company.CompanyFacts{
			Name: opt.Of("Example Ltd"), Industry: opt.Of("Lamps"), Size: opt.Null[int](), ExternalID: opt.Of("c1"), Domains: opt.List("example.com"),
		}}
		check.Same(t, w.recorded(func() { c = check.Must(w.Update(w.Agent(0), update))(t) }), []string{"COMPANY_UPDATED name industry size externalId domains"})
		check.Same(t, w.recorded(func() { check.Must(w.Update(w.Agent(0), update))(t) }), []string(nil))
		check.Same(t, []any{c.Name, c.Industry, c.Size == nil, *c.ExternalID}, []any{"Example Ltd", "Lamps", true, "c1"})
		for _, key := range []company.CompanyKey{{ID: &c.ID}, {ExternalID: check.Ptr("c1")}, {Domain: check.Ptr("EXAMPLE.com")}} {
			check.Same(t, check.Must(w.By(w.Agent(1), key))(t).ID, c.ID)
		}
		check.Same(t, w.recorded(func() { check.NoError(t, w.Delete(w.Agent(0), company.DeleteCompanyInput{CompanyID: c.ID})) }), []string{"COMPANY_DELETED"})
		check.Same(t, check.Must(w.By(w.Admin, company.CompanyKey{Domain: check.Ptr("example.com")}))(t) == nil, true)
		check.Refused(t, w.Delete(w.Agent(0), company.DeleteCompanyInput{CompanyID: c.ID}), errs.NotFound, "companyId")
		w.named("Again", "example.com")
	})
}

// CR-6: what is not valid is refused on its field.
func TestBadCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.named("First", "taken.example")
		for _, bad := range []struct {
			facts company.CompanyFacts
			code  errs.Code
			field []string
		}{
			{company.CompanyFacts{}, errs.Required, []string{"name"}},
			{company.CompanyFacts{Domains: opt.List("https://example.com")}, errs.Invalid, []string{"domains", "0"}},
			{company.CompanyFacts{Domains: opt.List("example")}, errs.Invalid, []string{"domains", "0"}},
			{company.CompanyFacts{Domains: opt.List("a.example", "taken.example")}, errs.AlreadyExists, []string{"domains", "1"}},
			{company.CompanyFacts{Name: opt.Of("x"), Size: opt.Of(-1)}, errs.Invalid, []string{"size"}},
			{company.CompanyFacts{Name: opt.Of("x"), Country: opt.Of("XX1")}, errs.Invalid, []string{"country"}},
			{company.CompanyFacts{Name: opt.Of("x"), OwnerID: opt.Of(id.New(id.User))}, errs.NotFound, []string{"ownerId"}},
			{company.CompanyFacts{Name: opt.Of("x"), Properties: opt.List(property.PropertyValueInput{Name: "none", Text: opt.Of("x")})}, errs.NotFound, []string{"properties", "0", "name"}},
		} {
			_, err := w.Create(w.Agent(0), company.CreateCompanyInput{CompanyFacts: bad.facts})
			check.Refused(t, err, bad.code, bad.field...)
		}
		_, err := w.Create(w.Visitor(0), company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Name: opt.Of("x")}})
		check.Refused(t, err, errs.Forbidden)
		other := &world{testkit.Account(t, w.Store), company.New(w.Store), t}
		other.named("Elsewhere", "taken.example") // another account's domains are its own
	})
}

// CR-6: callers with one key at the same time get the same company.
func TestUpsertCompany(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		var all sync.WaitGroup
		ids, made := make([]string, 4), make([]bool, 4)
		for i := range ids {
			all.Go(func() {
				c, created, err := w.Upsert(w.Agent(0), company.UpsertCompanyInput{By: company.CompanyKey{Domain: check.Ptr("example.com")}, CompanyFacts: company.CompanyFacts{Name: opt.Of("Example")}})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i], made[i] = c.ID, created
			})
		}
		all.Wait()
		created := 0
		for i := range ids {
			check.Same(t, ids[i], ids[0])
			if made[i] {
				created++
			}
		}
		check.Same(t, created, 1)
		_, _, err := w.Upsert(w.Agent(0), company.UpsertCompanyInput{By: company.CompanyKey{ID: check.Ptr(id.New(id.Company))}})
		check.Refused(t, err, errs.NotFound, "by", "id")
		_, _, err = w.Upsert(w.Agent(0), company.UpsertCompanyInput{By: company.CompanyKey{Domain: check.Ptr("new.example")}, CompanyFacts: company.CompanyFacts{Domains: opt.List("other.example")}})
		check.Refused(t, err, errs.Invalid, "domains")
		c, isNew, err := w.Upsert(w.Agent(0), company.UpsertCompanyInput{By: company.CompanyKey{ExternalID: check.Ptr("x1")}, IdempotencyKey: check.Ptr("k")})
		check.Same(t, []any{c.Name, isNew, err}, []any{"x1", true, nil})
		again, isNew, err := w.Upsert(w.Agent(0), company.UpsertCompanyInput{By: company.CompanyKey{ExternalID: check.Ptr("x1")}, IdempotencyKey: check.Ptr("k")})
		check.Same(t, []any{again.ID, isNew, err}, []any{c.ID, true, nil})
	})
}

// CR-6, CR-11: the list is searched, filtered and counted.
func TestListOfCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Property.Create().SetID(id.New(id.Property)).SetObject(vocab.PropertyOfCompany).SetName("plan").SetLabel("Plan").
				SetKind(vocab.TextProperty).SetOptions([]vocab.PropertyOption{}).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		lamps, _ := w.named("Größe Lamps", "lamps.example"), w.named("Alpha", "alpha.example")
		check.Must(w.Update(w.Admin, company.UpdateCompanyInput{CompanyID: lamps.ID, CompanyFacts: company.CompanyFacts{
			Properties: opt.List(property.PropertyValueInput{Name: "plan", Text: opt.Of("Gold")}), ExternalID: opt.Of("e"),
		}}))(t)
		for name, c := range map[string]struct {
			filter company.CompanyFilter
			want   []string
		}{
			"all":         {company.CompanyFilter{}, []string{"Alpha", "Größe Lamps"}},
			"name":        {company.CompanyFilter{Query: check.Ptr("grosse")}, []string{"Größe Lamps"}},
			"domain word": {company.CompanyFilter{Query: check.Ptr("alpha.ex")}, []string{"Alpha"}},
			"domain":      {company.CompanyFilter{Domains: []string{"LAMPS.example"}}, []string{"Größe Lamps"}},
			"external id": {company.CompanyFilter{ExternalIDs: []string{"e"}}, []string{"Größe Lamps"}},
			"property":    {company.CompanyFilter{Properties: []vocab.PropertyCondition{{Name: "plan", AnyOf: []string{"gold"}}}}, []string{"Größe Lamps"}},
			"owner":       {company.CompanyFilter{OwnerIDs: []string{w.AdminID}}, []string{}},
		} {
			page := check.Must(w.List(w.Agent(1), c.filter, vocab.CompaniesByName, paging.PageArgs{}))(t)
			names := []string{}
			for _, one := range page.Nodes() {
				names = append(names, one.Name)
			}
			check.Same(t, names, c.want)
			n := check.Must(page.TotalCount(w.Agent(1)))(t)
			if (n == nil) != (c.filter.Query != nil) || n != nil && *n != len(c.want) {
				t.Errorf("%s: counted %v, want %d", name, n, len(c.want))
			}
		}
		_, err := w.List(w.Admin, company.CompanyFilter{Properties: []vocab.PropertyCondition{{Name: "none", IsSet: check.Ptr(true)}}}, "", paging.PageArgs{})
		check.Refused(t, err, errs.NotFound, "filter", "properties", "0", "name")
	})
}

// CR-6: public mail providers are known, in all their countries.
func TestFreemail(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{
		"gmail.com": true, "yahoo.co.uk": true, "hotmail.de": true, "outlook.com.br": true, "gmx.net": true, "web.de": true, "qq.com": true,
		"example.com": false, "yahoo-inc.com": false, "outlook.example.com": false, "live.nation.com": false, "gmail.com.example.org": false,
	} {
		if got := company.IsFreemail(domain); got != want {
			t.Errorf("%s: got %v, want %v", domain, got, want)
		}
	}
}
