package account_test

import (
	"testing"
	"time"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// IB-8: when a user was seen is written at most once a minute; of others nothing is.
func TestLastSeen(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC))
		st := db.Open(t, turned)
		f, people := testkit.Account(t, st), account.New(st)
		seen := func() clock.Micros {
			return check.Must(st.Client(f.System).User.Get(f.System, f.AgentIDs[0]))(t).LastSeenAt
		}
		record := func() clock.Micros {
			people.RecordSeen(f.Agent(0))
			people.RecordSeen(f.Visitor(0))
			people.RecordSeen(t.Context())
			check.NoError(t, people.WriteSeen(t.Context()))
			return seen()
		}
		begin := st.Now()
		check.Same(t, []clock.Micros{seen(), record()}, []clock.Micros{0, begin})
		turned.Advance(30 * time.Second)
		check.Same(t, record(), begin)
		turned.Advance(30 * time.Second)
		check.NoError(t, people.WriteSeen(t.Context())) // what waited is no minute later
		check.Same(t, seen(), begin)
		check.Same(t, record(), begin.Add(time.Minute))
	})
}
