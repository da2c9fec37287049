// Package job does durable background work: retries, delays, and I/O with the
// outside. A use case enqueues it within its transaction, so that the job
// exists if and only if the change was committed. What merely reacts to an
// event is a log consumer's matter instead.
//
// A job runs at least once. A worker is idempotent, since it runs again after
// an error, when it outstayed its time, and when its node died: at once when
// the one node of a SQLite database restarts, after about half a minute on
// PostgreSQL. A job's context has no viewer: the worker sets
// viewer.System itself. Work that takes long goes in slices, each ended by
// Again.
//
// Jobs are kept and run by River, on either database; the tables are its own.
package job
