package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/mattn/go-sqlite3"

	"parley/ent"
)

var errNoQueue = errors.New("a job was enqueued, but the store has no job inserter: see UseJobs")

// group is one transaction of the database that several members share.
type group struct {
	store  *Store
	conn   *sql.Conn
	tx     *sql.Tx
	sqlite *sqlite3.SQLiteConn
	pgx    *pgx.Conn
	began  time.Time
	logged []*ent.Event // what the commit adds to the log
	lost   bool
}

func (s *Store) beginGroup(ctx context.Context) (*group, error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	g := &group{store: s, conn: conn, began: s.clock.Now()}
	if s.Postgres() {
		g.pgx, err = pgxConn(conn)
	} else {
		g.sqlite, err = sqliteConn(conn)
	}
	if err == nil {
		g.tx, err = conn.BeginTx(ctx, nil)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := g.exec(savepoint); err != nil {
		return nil, errors.Join(err, rollback(g.tx), conn.Close())
	}
	return g, nil
}

// autocommit reports whether SQLite ended the transaction on its own: what
// runs then would persist statement by statement.
func (g *group) autocommit() bool { return g.sqlite != nil && g.sqlite.AutoCommit() }

// Each member works above a savepoint. It is set before the member's turn:
// setting the next one with the release of the last saves a round trip.
const (
	savepoint = "SAVEPOINT member"
	release   = "RELEASE SAVEPOINT member; SAVEPOINT member"
	undo      = "ROLLBACK TO SAVEPOINT member"
)

func (g *group) exec(statement string) error {
	_, err := g.tx.ExecContext(context.Background(), statement)
	return err
}

// runMember gives m its turn above the savepoint.
func (g *group) runMember(m *member) {
	guard := &guarded{group: g}
	tx := &Tx{store: g.store, conn: guard}
	tx.Client = fenced(ent.NewClient(ent.Driver(txDriver{conn: guard, dialect: g.store.dialect})))
	m.turn <- tx
	<-m.ran
	guard.closeRows()
	if g.autocommit() {
		g.lost = true
		if m.err == nil {
			m.err = errGroupLost
		}
		return
	}
	if m.err == nil {
		m.err = g.exec(release)
	}
	if m.err != nil {
		tx.events, tx.entries, tx.jobs, tx.after = nil, nil, nil, nil
		g.lost = g.exec(undo) != nil
	}
}

// commitMembers writes the members' jobs and events, which go last so that the
// account's counter is locked for the shortest time, and commits. Its error is
// errNotTried when something before the commit went wrong, so that all of it
// may be done again.
func (g *group) commitMembers(members []*member) error {
	err := g.flushMembers(members)
	if err != nil {
		err = fmt.Errorf("%w: %w", errNotTried, err)
	} else {
		err = g.tx.Commit()
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errGroupLost, errors.Join(err, rollback(g.tx)))
	}
	if err == nil && len(g.logged) > 0 {
		g.store.publish(g.logged)
	}
	return errors.Join(err, g.conn.Close())
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

func (g *group) flushMembers(members []*member) error {
	if g.lost || g.autocommit() {
		return errGroupLost
	}
	var jobs []Job
	var events []Event
	var entries []Audit
	for _, m := range members {
		if m.err == nil && m.tx != nil {
			jobs = append(jobs, m.tx.jobs...)
			events = append(events, m.tx.events...)
			entries = append(entries, m.tx.entries...)
		}
	}
	ctx := context.Background()
	if len(jobs) > 0 && g.store.jobs == nil {
		return errNoQueue
	}
	if len(jobs) > 0 {
		if err := g.store.jobs.InsertJobs(ctx, &Raw{SQL: g.tx, PGX: g.pgx}, jobs); err != nil {
			return fmt.Errorf("enqueue jobs: %w", err)
		}
	}
	return g.appendLogs(ctx, events, entries)
}
