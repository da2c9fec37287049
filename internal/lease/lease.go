// Package lease gives a piece of work to one node at a time (OP-2). A lease is
// a row of the database: whoever holds it renews it while the work goes on, and
// when its node dies another one takes over once it ran out. Times are the
// database's, so that nodes whose clocks differ agree.
//
// A holder that was suspended may not know that it lost its lease. So each new
// holder gets a higher fence, and what the work writes checks it in the same
// transaction (Check).
package lease

import (
	"context"
	"errors"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
)

// ErrLost is what a holder gets whose lease another node has, or may have.
var ErrLost = errors.New("the lease is lost: another node may have it")

// Lease is work that this node holds.
type Lease struct {
	store  *store.Store
	name   string
	holder string
	fence  int64
	ttl    time.Duration
}

// Acquire takes the lease of that name for ttl, if no one has it. It returns
// nil when someone has. holder names this node; a holder that restarts under
// the same name need not wait. The context has a viewer, whose account's
// writer it goes by.
func Acquire(ctx context.Context, s *store.Store, name, holder string, ttl time.Duration) (*Lease, error) {
	l := &Lease{store: s, name: name, holder: holder, ttl: ttl}
	now := clockOf(s)
	err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.Query(ctx, `INSERT INTO leases (name, holder, fence, expires_at) VALUES ($1, $2, 1, `+now+` + $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = leases.fence + 1, expires_at = excluded.expires_at
			WHERE leases.expires_at <= `+now+` OR leases.holder = excluded.holder RETURNING fence`, name, holder, ttl.Microseconds())
		if err != nil {
			return err
		}
		l.fence, err = one(rows)
		return err
	})
	if err != nil || l.fence == 0 {
		return nil, err
	}
	return l, nil
}

// Reset lets all leases go. A process that alone uses its database calls it when
// it starts, so that it need not wait for its own from before.
func Reset(ctx context.Context, s *store.Store) error {
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE leases SET expires_at = 0`)
		return err
	})
}

// Holders returns who holds the leases whose names begin with prefix, by their
// names. Leases that ran out are held by no one.
func Holders(ctx context.Context, s *store.Store, prefix string) (map[string]string, error) {
	rows, err := s.Query(ctx, `SELECT name, holder FROM leases WHERE substr(name, 1, $1) = $2 AND expires_at > `+clockOf(s), len(prefix), prefix)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	holders := map[string]string{}
	for rows.Next() {
		var name, holder string
		if err := rows.Scan(&name, &holder); err != nil {
			return nil, err
		}
		holders[name] = holder
	}
	return holders, rows.Err()
}

// Forget deletes the leases whose names begin with prefix and which ran out
// longer ago than kept. It is for names that no one uses again: a new lease of
// the same name would begin with the first fence.
func Forget(ctx context.Context, s *store.Store, prefix string, kept time.Duration) error {
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM leases WHERE substr(name, 1, $1) = $2 AND expires_at <= `+clockOf(s)+` - $3`,
			len(prefix), prefix, kept.Microseconds())
		return err
	})
}

// one reads the one number of rows; none: 0.
func one(rows entsql.ColumnScanner) (n int64, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// clockOf is the database's time in microseconds, as SQL.
func clockOf(s *store.Store) string {
	if s.Postgres() {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
}

// Renew holds the lease for another ttl. It returns ErrLost when another node
// took it.
func (l *Lease) Renew(ctx context.Context) error {
	return l.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE leases SET expires_at = `+clockOf(l.store)+` + $1 WHERE name = $2 AND holder = $3 AND fence = $4`,
			l.ttl.Microseconds(), l.name, l.holder, l.fence)
		if err == nil && n == 0 {
			err = ErrLost
		}
		return err
	})
}

// Check keeps others from taking the lease until the transaction ends. It
// returns ErrLost when one did.
func (l *Lease) Check(ctx context.Context, tx *store.Tx) error {
	n, err := tx.Exec(ctx, `UPDATE leases SET fence = fence WHERE name = $1 AND holder = $2 AND fence = $3`, l.name, l.holder, l.fence)
	if err == nil && n == 0 {
		err = ErrLost
	}
	return err
}

// Release gives the lease back, so that another node need not wait for its end.
func (l *Lease) Release(ctx context.Context) error {
	return l.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2 AND fence = $3`, l.name, l.holder, l.fence)
		return err
	})
}

// Hold renews the lease until ctx ends, a third of ttl after each time. The
// context it returns ends with ErrLost as its cause when the lease could not be
// renewed in time.
func (l *Lease) Hold(ctx context.Context) (held context.Context, stop func()) {
	held, cancel := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(l.ttl / 3)
		defer ticker.Stop()
		missed := 0
		for {
			select {
			case <-held.Done():
				return
			case <-ticker.C:
			}
			switch err := l.Renew(held); {
			case err == nil:
				missed = 0
			case errors.Is(err, ErrLost), missed >= 1:
				cancel(ErrLost)
				return
			default:
				missed++
			}
		}
	}()
	return held, func() { cancel(context.Canceled) }
}
