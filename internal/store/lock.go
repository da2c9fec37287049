package store

import (
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// ForUpdate locks the rows that a query finds until the transaction ends, where
// the database locks rows: SQLite has one writer. It modifies the query:
//
//	tx.Client.Contact.Query().Where(...).Modify(store.ForUpdate)
func ForUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}

// ForUpdateSkipLocked is ForUpdate, but passes over rows that someone else has locked.
func ForUpdateSkipLocked(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate(sql.WithLockAction(sql.SkipLocked))
	}
}

// ForKeyShare keeps the rows that a query finds from being deleted until the transaction
// ends, where the database locks rows; others may change them. See ForUpdate.
func ForKeyShare(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.For("KEY SHARE")
	}
}

// ForShare keeps the rows that a query finds from being changed until the transaction
// ends, where the database locks rows; others may share them. See ForUpdate.
func ForShare(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForShare()
	}
}
