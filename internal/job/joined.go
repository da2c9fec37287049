package job

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

var errNotOurs = errors.New("the transaction belongs to the store, and only the store may end it")

type connection = pgx.Conn

// joined is the transaction that runs on a connection already, for River to
// write into.
type joined struct{ *connection }

var _ pgx.Tx = joined{}

// Begin is refused.
func (joined) Begin(context.Context) (pgx.Tx, error) { return nil, errNotOurs }

// Commit is refused.
func (joined) Commit(context.Context) error { return errNotOurs }

// Rollback is refused.
func (joined) Rollback(context.Context) error { return errNotOurs }

// LargeObjects has none.
func (joined) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Conn returns the connection.
func (j joined) Conn() *pgx.Conn { return j.connection }
