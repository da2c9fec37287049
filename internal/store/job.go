package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
)

// Job is durable background work, enqueued with the transaction that asks for
// it. Package job runs it.
type Job struct {
	// Args is a value of the work's own type; package job knows its worker.
	Args any
	// At is the earliest time; zero: at once.
	At time.Time
}

// Raw is the transaction beneath a group, for the job queue's driver: SQL on
// SQLite, PGX on PostgreSQL.
type Raw struct {
	SQL *sql.Tx
	PGX *pgx.Conn
}

// JobInserter writes jobs within a transaction.
type JobInserter interface {
	InsertJobs(ctx context.Context, raw *Raw, jobs []Job) error
}

// UseJobs sets who inserts jobs. It is called once, before the first
// transaction.
func (s *Store) UseJobs(inserter JobInserter) { s.jobs = inserter }

// Enqueue has the job done after the transaction's commit.
func (tx *Tx) Enqueue(job Job) { tx.jobs = append(tx.jobs, job) }
