// Package store opens the database, SQLite or PostgreSQL, and holds what every
// use case leans on:
//
//   - WithTx, the only way to write. Closures that wait at the same time share
//     one transaction as savepoints of it and are acknowledged after the shared
//     commit; one that fails rolls back by itself.
//   - the account's event log, written as the last statements before the
//     commit, so that sequence numbers are gapless and in commit order (NT-3).
//   - the fence: whatever reads or writes through the ent client sees the
//     viewer's account only (AC-1), and of inbox-owned rows those of the
//     viewer's inboxes (AC-3). Without a viewer in the context nothing is seen.
//
// A closure given to WithTx must use the context and the Tx that it is handed,
// and may run again after a deadlock: it has no effect outside the database.
// Work that follows a commit goes to Tx.AfterCommit. In tests, testkit opens a
// store for each database.
package store
