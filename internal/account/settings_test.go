package account_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent/account"
	accounts "parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

func TestUpdateAccount(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := accounts.UpdateAccountInput{Name: opt.Of("Acme"), TimeZone: opt.Of("Europe/Vienna"), GdprEnabled: opt.Of(true)}
		for range 2 {
			a, err := o.people.UpdateAccount(o.Admin, in)
			check.NoError(t, err)
			if a.Name != "Acme" || a.TimeZone != "Europe/Vienna" || !a.GdprEnabled {
				t.Fatalf("got %+v", a)
			}
		}
		for _, zone := range []string{"", "Local", "Europe/Atlantis", "../../etc/passwd"} {
			_, err := o.people.UpdateAccount(o.Admin, accounts.UpdateAccountInput{TimeZone: opt.Of(zone)})
			check.Refused(t, err, errs.Invalid, "timeZone")
		}
		if diff := cmp.Diff([]string{"ACCOUNT_UPDATED " + o.AccountID}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Accounts that are made at once, on several nodes, get numbers without a gap.
func TestNewAccounts(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		nodes := []*store.Store{db.Open(t, nil), nil}
		nodes[1] = nodes[0]
		if db.URL() != "" {
			nodes[1] = another(t, db)
		}
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				if _, err := accounts.New(nodes[i%2]).NewAccount(t.Context(), "Acme"); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		ctx := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		var numbers []int64
		check.NoError(t, nodes[0].Client(ctx).Account.Query().Order(account.ByNumber()).Select(account.FieldNumber).Scan(ctx, &numbers))
		if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7, 8}, numbers); diff != "" {
			t.Fatal(diff)
		}
	})
}
