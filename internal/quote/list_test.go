package quote_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/ent"
	entquote "parley/ent/quote"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/quote"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with quotes.
type world struct {
	*testkit.Fixture
	*quote.Service
	t *testing.T
}

func newWorld(t *testing.T, s *store.Store) *world {
	return &world{testkit.Account(t, s), quote.New(s, "https://parley.example.com/", nil), t}
}

// facts are those of a quote that can be made.
func facts(change func(*quote.QuoteFacts)) quote.QuoteFacts {
	f := quote.QuoteFacts{
		Title: opt.Of("Lamps"), Currency: opt.Of("EUR"), Lines: opt.List(quote.QuoteLineInput{Name: "Lamp", UnitPrice: "12.50", Quantity: check.Ptr("3")}),
	}
	if change != nil {
		change(&f)
	}
	return f
}

// fill stores random quotes.
func (w *world) fill(r *rand.Rand, n int) []*ent.Quote {
	w.t.Helper()
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			create := tx.Client.Quote.Create().SetID(id.New(id.Quote)).SetNumber(i + 1).SetContent(vocab.QuoteContent{Currency: "EUR"}).
				SetState(vocab.QuoteStates()[r.IntN(6)]).SetOwnerID(pick("", w.AdminID, w.AgentIDs[0])).SetContactID(pick("", w.ContactID)).
				SetDealID(pick("", "deal")).SetLastActivityAt(clock.Micros(1 + r.IntN(5))).SetCreatedAt(clock.Micros(1 + r.IntN(5)))
			if err := create.Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return check.Must(w.Store.Client(w.System).Quote.Query().All(w.System))(w.t)
}

// CO-7: the list has the quotes that a filter admits, each once, in order, over all pages.
func TestLists(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		w, r := newWorld(t, s), rand.New(rand.NewPCG(1, 7))
		all := w.fill(r, 60)
		for _, f := range []quote.QuoteFilter{
			{}, {States: []vocab.QuoteState{vocab.QuoteDraft, vocab.QuoteExpired}}, {OwnerIDs: []string{w.AdminID, ""}}, {ContactID: &w.ContactID},
			{DealID: check.Ptr("deal"), States: []vocab.QuoteState{vocab.QuoteAccepted}}, {Number: check.Ptr(7)}, {States: []vocab.QuoteState{}},
			{ContactID: &w.ContactID, OwnerIDs: []string{w.AgentIDs[0]}},
		} {
			var want []string
			for _, q := range all {
				if (f.States == nil || slices.Contains(f.States, q.State)) && (f.OwnerIDs == nil || slices.Contains(f.OwnerIDs, q.OwnerID)) &&
					(f.ContactID == nil || *f.ContactID == q.ContactID) && (f.DealID == nil || *f.DealID == q.DealID) && (f.Number == nil || *f.Number == q.Number) {
					want = append(want, fmt.Sprintf("%d %s", q.LastActivityAt, q.ID))
				}
			}
			slices.Sort(want)
			slices.Reverse(want)
			var got []string
			for args, size := (paging.PageArgs{}), 7; ; {
				args.First = &size
				page := check.Must(w.List(w.Admin, f, "", args))(t)
				for _, q := range page.Nodes() {
					got = append(got, fmt.Sprintf("%d %s", q.LastActivityAt, q.ID))
				}
				if !page.PageInfo.HasNextPage {
					break
				}
				args.After = page.PageInfo.EndCursor
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v: got %v, want %v", f, got, want)
			}
		}
	})
}

// Pitfall 12: the lists run on indexes: nothing is scanned. SQLite's plans do not depend on
// what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		w := newWorld(t, db.Open(t, clock.System{}, asked.Trace))
		list := func(f quote.QuoteFilter, order vocab.QuoteOrder) func() {
			return func() { check.Must(w.List(w.System, f, order, paging.PageArgs{}))(t) }
		}
		of := []*ent.Quote{{ID: id.New(id.Quote)}, {ID: id.New(id.Quote)}}
		for name, c := range map[string]struct {
			run   func()
			index string
		}{
			"all":          {list(quote.QuoteFilter{}, ""), "quotes_state_activity"},
			"newest":       {list(quote.QuoteFilter{States: vocab.QuoteStates()[:1]}, vocab.QuotesNewest), "quotes_state_created"},
			"mine":         {list(quote.QuoteFilter{OwnerIDs: []string{w.AdminID}}, ""), "quotes_owner_activity"},
			"mine, newest": {list(quote.QuoteFilter{OwnerIDs: []string{w.AdminID}}, vocab.QuotesNewest), "quotes_owner_created"},
			"contact":      {list(quote.QuoteFilter{ContactID: &w.ContactID}, ""), "quotes_contact_created"},
			"company":      {list(quote.QuoteFilter{CompanyIDs: []string{"c"}}, ""), "quotes_company_created"},
			"deal":         {list(quote.QuoteFilter{DealID: check.Ptr("d")}, ""), "quotes_deal_created"},
			"conversation": {list(quote.QuoteFilter{ConversationID: check.Ptr("c")}, ""), "quotes_conversation_created"},
			"number":       {list(quote.QuoteFilter{Number: check.Ptr(7)}, ""), "quotes_number"},
			"external":     {list(quote.QuoteFilter{ExternalIDs: []string{"x"}}, ""), "quotes_external_id"},
			"of deals": {func() {
				check.Must(w.Of(w.System, entquote.FieldDealID, []string{"a", "b"}, paging.PageArgs{}))(t)
			}, "quotes_deal_created"},
			"versions": {func() { check.Must(w.VersionsOf(w.System, of, paging.PageArgs{}))(t) }, "quote_versions_quote"},
			"views":    {func() { check.Must(w.ViewsOf(w.System, of, paging.PageArgs{}))(t) }, "quote_views_quote"},
			"overdue":  {func() { check.NoError(t, w.ExpireDue(w.System)) }, "quotes_valid_until"},
		} {
			statements := asked.Of(c.run)
			query := statements[len(statements)-1]
			rows := check.Must(w.Store.Query(w.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+strings.Count(query, "$"))...))(t)
			plan := ""
			for rows.Next() {
				var node, parent, unused int
				var detail string
				check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
				plan += detail + "\n"
			}
			check.NoError(t, rows.Close())
			if len(statements) != 1 || !strings.Contains(plan, c.index+" ") || strings.Contains(plan, "SCAN quote") {
				t.Errorf("%s, %d statements: %s\n%s\nwant %s", name, len(statements), query, plan, c.index)
			}
		}
	})
}

// CO-7: amounts and quantities that cannot be are refused, with the place of the line; yen
// have no decimals, and dinars three.
func TestBadAmounts(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range []struct {
			line     quote.QuoteLineInput
			currency string
			field    string
		}{
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "-1"}, "EUR", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1e9"}, "EUR", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "NaN"}, "EUR", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "12345678901234.56"}, "EUR", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1.5"}, "JPY", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1.2345"}, "KWD", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1", Quantity: check.Ptr("0")}, "EUR", "quantity"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1", Quantity: check.Ptr("-2")}, "EUR", "quantity"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1", Quantity: check.Ptr("1.0001")}, "EUR", "quantity"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "9999999", Quantity: check.Ptr("999999999")}, "EUR", "unitPrice"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1", TaxPercent: check.Ptr("100.1")}, "EUR", "taxPercent"},
			{quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1", TaxPercent: check.Ptr("-7")}, "EUR", "taxPercent"},
		} {
			_, err := w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) {
				f.Currency, f.Lines = opt.Of(c.currency), opt.List(quote.QuoteLineInput{Name: "Good", UnitPrice: "1"}, c.line)
			})})
			check.Refused(t, err, errs.Invalid, "lines", "1", c.field)
		}
		for _, odd := range []string{"1e30", "NaN", "-0", "+1", "Inf", "0x10", "1,5", "1.", ".5", " 1", "1\n", "\u0663", "1_0", "1.2345", strings.Repeat("9", 400)} {
			for field, line := range map[string]quote.QuoteLineInput{
				"unitPrice": {Name: "Lamp", UnitPrice: odd}, "quantity": {Name: "Lamp", UnitPrice: "1", Quantity: &odd}, "taxPercent": {Name: "Lamp", UnitPrice: "1", TaxPercent: &odd},
			} {
				_, err := w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) { f.Lines = opt.List(line) })})
				check.Refused(t, err, errs.Invalid, "lines", "0", field)
			}
			for field, discount := range map[string]quote.QuoteDiscountInput{"percent": {Percent: &odd}, "amount": {Amount: &odd}} {
				_, err := w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) { f.Discount = graphql.OmittableOf(&discount) })})
				check.Refused(t, err, errs.Invalid, "discount", field)
			}
		}
		_, err := w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) {
			f.Lines = opt.List(slices.Repeat([]quote.QuoteLineInput{{Name: "Lamp", UnitPrice: "1"}}, 10_000)...)
		})})
		check.Refused(t, err, errs.TooLong, "lines")
		_, err = w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) { f.Currency = opt.Of("XQQ") })})
		check.Refused(t, err, errs.Invalid, "currency")
		q := check.Must(w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) {
			f.Currency, f.Lines = opt.Of("KWD"), opt.List(quote.QuoteLineInput{Name: "Lamp", UnitPrice: "1.005", Quantity: check.Ptr("0.5"), TaxPercent: check.Ptr("5")})
		})}))(t)
		shown := check.Must(quote.ContentOf(q))(t)
		check.Same(t, *shown.Totals[0].Total, vocab.Money{Value: "0.528", Currency: "KWD"})
		_, err = w.Update(w.Agent(0), quote.UpdateQuoteInput{QuoteID: q.ID, QuoteFacts: quote.QuoteFacts{Currency: opt.Of("JPY")}})
		check.Refused(t, err, errs.Invalid, "currency")
	})
}

// CO-7, CO-9: while the account asks for consent, views are kept only with one to process;
// the page and its PDF are there without.
func TestViewsNeedConsent(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	testkit.EachStore(t, turned, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		q := check.Must(w.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) { f.ContactID = opt.Of(w.ContactID) })}))(t)
		q = check.Must(w.Publish(w.Agent(0), quote.PublishQuoteInput{QuoteID: q.ID}))(t)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Account.UpdateOneID(w.AccountID).SetGdprEnabled(true).Exec(ctx)
		})
		turned.Advance(10 * time.Second)
		visit := library.Visit{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Reads: true}
		read := func(given string) (viewID string, counts []int) {
			page := check.Must(w.Open(t.Context(), *q.Token, visit))(t)
			viewID = cmp.Or(given, page.ViewID)
			check.NoError(t, w.Seen(t.Context(), *q.Token, viewID, 5, visit))
			keeps := visit
			keeps.Downloads, keeps.OpeningID = true, viewID
			check.Must(w.Paper(t.Context(), *q.Token, keeps))(t)
			now := check.Must(w.Store.Client(w.System).Quote.Get(w.System, q.ID))(t)
			kept := check.Must(w.ViewsOf(w.System, []*ent.Quote{now}, paging.PageArgs{}))(t)[0]
			return page.ViewID, []int{now.ViewCount, now.ProgramCount, len(kept.Edges)}
		}
		viewID, counts := read(id.New(id.QuoteView))
		check.Same(t, []any{viewID, counts}, []any{"", []int{0, 0, 0}})
		consent := id.New(id.Consent)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ConsentRecord.Create().SetID(consent).SetContactID(w.ContactID).SetInboxID(w.InboxIDs[0]).
				SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(tx.Now()).Exec(ctx)
		})
		_, counts = read("")
		check.Same(t, counts, []int{1, 0, 1})
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ConsentRecord.UpdateOneID(consent).SetWithdrawnAt(tx.Now()).Exec(ctx)
		})
		_, counts = read(id.New(id.QuoteView))
		check.Same(t, counts, []int{1, 0, 1})
	})
}
