package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/ent"
	"parley/internal/clock"
)

// Options say which database to open.
type Options struct {
	// URL is a postgres:// address; empty: SQLite in File.
	URL string
	// File is the path of the SQLite database; it is made when missing.
	File string
	// LockWait is how long a write waits for a lock that another program or
	// node holds; zero: five seconds.
	LockWait time.Duration
	// ReadOnly opens a database that is there, as it is: nothing is migrated, and no
	// transaction can begin.
	ReadOnly bool
	// Clock tells the time; nil: the machine's.
	Clock clock.Clock
	// Log gets what goes wrong with the database; nil: nothing is logged.
	Log *slog.Logger
	// Trace is called with each statement that a use case runs, for tests that
	// count them; nil: no one counts.
	Trace func(query string)
}

// Store is an open database.
type Store struct {
	dialect string
	logDSN  string // of the connection that empties SQLite's write-ahead log
	write   *sql.DB
	read    *sql.DB
	pool    *pgxpool.Pool
	reader  *ent.Client
	clock   clock.Clock
	log     *slog.Logger
	jobs    JobInserter
	trace   func(string)
	publish func([]*ent.Event)
	numbers sync.Map // account id → int64

	mu      sync.Mutex
	writers map[string]*writer
	open    sync.WaitGroup
}

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{clock: o.Clock, log: o.Log, trace: o.Trace, publish: func([]*ent.Event) {}, writers: map[string]*writer{}}
	if s.trace == nil {
		s.trace = func(string) {}
	}
	if o.LockWait == 0 {
		o.LockWait = 5 * time.Second
	}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	open := s.openSQLite
	if o.URL != "" {
		open = s.openPostgres
	}
	if err := open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.reader = fenced(ent.NewClient(ent.Driver(entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: traced{s}}))))
	s.reader.Use(readOnly)
	return s, nil
}

// Close waits for running transactions, then closes the database.
func (s *Store) Close() error {
	s.open.Wait()
	var err error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// Clock returns the store's clock.
func (s *Store) Clock() clock.Clock { return s.clock }

// Now returns the time as the database keeps it.
func (s *Store) Now() clock.Micros { return clock.Of(s.clock.Now()) }

// Postgres reports whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.dialect == dialect.Postgres }

// Dialect is the name of the database's dialect, for statements that are built by hand.
func (s *Store) Dialect() string { return s.dialect }

// Client returns the fenced client: the transaction's if the context has one,
// else one that reads from the pool. Writing outside WithTx fails.
func (s *Store) Client(ctx context.Context) *ent.Client {
	if tx := FromContext(ctx); tx != nil {
		return tx.Client
	}
	return s.reader
}

// Writer returns the connection pool that job workers share with the store.
func (s *Store) Writer() *sql.DB { return s.write }

// Pool returns PostgreSQL's pool, nil on SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }
