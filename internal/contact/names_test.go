package contact_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// IB-1: a list's name is unique in the account, whatever its case, also among callers at
// the same time.
func TestListNamesAreUnique(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var callers sync.WaitGroup
		var made atomic.Int32
		for i := range 8 {
			callers.Go(func() {
				_, err := w.CreateList(w.Agent(i%2), contact.CreateContactListInput{Name: []string{"Élite", "éLITE"}[i%2]})
				if err == nil {
					made.Add(1)
				} else {
					w.fails(err, errs.AlreadyExists, "name")
				}
			})
		}
		callers.Wait()
		check.Same(w.t, int(made.Load()), 1)
		if _, err := w.CreateList(testkit.Account(w.t, w.Store).Admin, contact.CreateContactListInput{Name: "élite"}); err != nil {
			w.t.Error(err)
		}
	})
}
