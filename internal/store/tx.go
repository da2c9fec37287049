package store

import (
	"context"
	"errors"
	"sync/atomic"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// ErrUnavailable is what callers get when the database cannot write now.
// Nothing of the transaction was kept.
var ErrUnavailable = errs.New(errs.Unavailable, "The database cannot save changes at the moment. Nothing was changed; try again shortly.")

// retries is how often a closure runs again after a deadlock.
const retries = 4

// Tx is a use case's transaction. It is valid only within its closure.
type Tx struct {
	// Client is the fenced client of the transaction.
	Client *ent.Client

	store   *Store
	conn    *guarded
	events  []Event
	entries []Audit
	jobs    []Job
	after   []func()
}

type txKey struct{}

// FromContext returns the context's transaction, or nil.
func FromContext(ctx context.Context) *Tx {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx
}

// WithTx runs fn in a transaction and returns when it is durable. It joins the
// transaction that the context has, if any. An error of fn undoes all that fn
// did, and is returned as it is; ErrUnavailable says that the database refused.
func (s *Store) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if tx := FromContext(ctx); tx != nil {
		return fn(ctx, tx)
	}
	v := viewer.FromContext(ctx)
	if v == nil {
		return errNoViewer
	}
	if s.write == nil {
		return errReadOnly
	}
	s.open.Add(1)
	defer s.open.Done()
	for attempt := 0; ; attempt++ {
		m := &member{ctx: ctx, fn: fn, turn: make(chan *Tx, 1), ran: make(chan struct{}), done: make(chan error, 1)}
		err := s.submitMember(v.AccountID, m)
		if attempt < retries && retryable(err) {
			continue
		}
		return s.finishMember(ctx, m, err)
	}
}

func (s *Store) finishMember(ctx context.Context, m *member, err error) error {
	if m.panicked != nil {
		panic(m.panicked)
	}
	if err == nil {
		for _, f := range m.tx.after {
			f()
		}
		return nil
	}
	if errs.Of(err) != nil || ent.IsNotFound(err) || ent.IsConstraintError(err) {
		return err
	}
	if broken := sqliteBroken(err) || postgresBroken(err) || errors.Is(err, errGroupLost); broken {
		s.log.ErrorContext(ctx, "the database refused a transaction", "error", err)
		return ErrUnavailable
	}
	return err
}

// Now returns the time as the database keeps it.
func (tx *Tx) Now() clock.Micros { return tx.store.Now() }

// AfterCommit has f called once the transaction is durable.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Exec runs a hand-written statement, with $1, $2 ... in the order of args, and
// returns how many rows it touched. The fence does not reach it: the statement
// names the account itself.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := tx.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Query runs a hand-written query; see Exec.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (entsql.ColumnScanner, error) {
	var rows entsql.Rows
	if err := (txDriver{conn: tx.conn, dialect: tx.store.dialect}).Query(ctx, query, args, &rows); err != nil {
		return nil, err
	}
	return rows.ColumnScanner, nil
}

// Query runs a hand-written query, in the context's transaction if it has
// one; see Tx.Exec.
func (s *Store) Query(ctx context.Context, query string, args ...any) (entsql.ColumnScanner, error) {
	if tx := FromContext(ctx); tx != nil {
		return tx.Query(ctx, query, args...)
	}
	return traced{s}.QueryContext(ctx, query, args...) //nolint:rowserrcheck // the caller reads them
}

// member is one caller of WithTx, waiting for its turn in a group.
type member struct {
	ctx      context.Context
	fn       func(context.Context, *Tx) error
	state    atomic.Int32
	turn     chan *Tx      // the writer gives the turn
	ran      chan struct{} // the caller gives it back
	done     chan error    // after the group's commit
	tx       *Tx
	err      error
	panicked any
	settled  bool // err is complete: the group's fate is not the member's
}

const (
	waiting int32 = iota
	started
	abandoned
)

var (
	errReadOnly  = errors.New("the database was opened to be read only")
	errPanicked  = errors.New("the transaction's closure did not return")
	errGroupLost = errors.New("the shared transaction was lost")
	errNotTried  = errors.New("its commit was not tried")
)

// innocent reports whether m's closure did its part when the group was lost. It
// then may have another turn; m's caller is there to take it.
func (m *member) innocent() bool { return m.state.Load() == started && m.err == nil }

// acknowledge reports to m's caller how it ended. err is the group's.
func (m *member) acknowledge(err error) {
	if m.settled || m.err != nil {
		err = m.err
	}
	m.done <- err
}

// submitMember queues m with the account's writer and runs its closure on the
// caller's own goroutine when its turn comes, so that neither a panic nor
// runtime.Goexit can stop the writer.
func (s *Store) submitMember(account string, m *member) error {
	if err := s.enqueueMember(account, m); err != nil {
		return err
	}
	done := m.ctx.Done()
	for {
		select {
		case tx := <-m.turn:
			m.run(tx)
			done = nil
		case err := <-m.done:
			return err
		case <-done:
			if m.state.CompareAndSwap(waiting, abandoned) {
				return canceled(m.ctx)
			}
			done = nil
		}
	}
}

func canceled(ctx context.Context) error {
	return errs.New(errs.Unavailable, "The request ended before it could start (%v). Nothing was changed.", context.Cause(ctx))
}

func (m *member) run(tx *Tx) {
	m.tx, m.err = tx, errPanicked
	defer func() {
		m.panicked = recover()
		tx.conn.over = true
		m.ran <- struct{}{}
	}()
	// Canceling a statement would make SQLite roll the whole group back.
	ctx := context.WithValue(context.WithoutCancel(m.ctx), txKey{}, tx)
	m.err = m.fn(ctx, tx)
}
