package store

import (
	"context"
	"fmt"
)

// Postgres reports whether the database is PostgreSQL.
func (tx *Tx) Postgres() bool { return tx.store.Postgres() }

// AccountNumber returns the short name that an account has in the search index.
// It never changes and is remembered.
func (tx *Tx) AccountNumber(ctx context.Context, accountID string) (int64, error) {
	return tx.store.AccountNumber(ctx, accountID)
}

// AccountNumber is Tx.AccountNumber outside a transaction.
func (s *Store) AccountNumber(ctx context.Context, accountID string) (int64, error) {
	if n, ok := s.numbers.Load(accountID); ok {
		return n.(int64), nil //nolint:errcheck // nothing else is stored
	}
	found, err := s.Numbers(ctx, "SELECT number FROM accounts WHERE id = $1", accountID)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, fmt.Errorf("no account %s", accountID)
	}
	s.numbers.Store(accountID, found[0])
	return found[0], nil
}

// Strings runs a hand-written statement that yields one column of text; see Exec.
func (tx *Tx) Strings(ctx context.Context, query string, args ...any) ([]string, error) {
	return scanAll[string](tx.Query(ctx, query, args...))
}

// Number runs a hand-written statement that yields one whole number; see Exec.
func (tx *Tx) Number(ctx context.Context, query string, args ...any) (int64, error) {
	list, err := scanAll[int64](tx.Query(ctx, query, args...))
	if err != nil {
		return 0, err
	}
	if len(list) != 1 {
		return 0, fmt.Errorf("a statement for one number gave %d", len(list))
	}
	return list[0], nil
}
