package reaction

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Retry has a parked event tried again, as often as a new one. A node notices
// within seconds. NOT_FOUND: nothing of this id is parked.
func (e *Engine) Retry(ctx context.Context, parkedID string) error {
	return e.changeParked(ctx, "retry", "UPDATE reaction_parked SET attempts = 0, next_at = 0 WHERE id = $1", parkedID)
}

// Skip passes a parked event over and has what waits behind it handled. A node
// notices within seconds. NOT_FOUND: nothing of this id is parked.
func (e *Engine) Skip(ctx context.Context, parkedID string) error {
	return e.changeParked(ctx, "skip", "UPDATE reaction_parked SET sequence = sequence + 1, attempts = 0, next_at = 0 WHERE id = $1", parkedID)
}

func (e *Engine) changeParked(ctx context.Context, what, statement, parkedID string) error {
	return e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, tx *store.Tx) error {
		n, err := record(ctx, tx, what, statement+" RETURNING account_id, consumer", parkedID)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "Nothing is parked under the id %q. `parley reactions list` shows what is.", errs.Clip(parkedID))
		}
		return err
	})
}

// record runs a statement that returns accounts and consumers, and records in each account
// what was done with the consumer (AC-17). It returns how many there were.
func record(ctx context.Context, tx *store.Tx, what, statement string, args ...any) (n int64, err error) {
	rows, err := tx.Query(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for ; rows.Next(); n++ {
		var accountID, consumer string
		if err := rows.Scan(&accountID, &consumer); err != nil {
			return n, err
		}
		tx.Audit(viewer.NewContext(ctx, viewer.System("command line", accountID)), store.Audit{Action: vocab.AuditReactionsOperated, Detail: what + " " + consumer})
	}
	return n, rows.Err()
}

// Reset has a consumer go on from the head of an account's log; "": of all
// accounts where it was stopped. What it did not handle is passed over, what is
// parked forgotten, and the consumer's Check runs. It returns how many accounts
// that were. NOT_FOUND: there is no such consumer or account.
func (e *Engine) Reset(ctx context.Context, consumer, accountID string) (accounts int64, err error) {
	err = e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := mustBeKnown(ctx, tx, consumer); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM reaction_parked WHERE consumer = $1 AND account_id IN (SELECT a.id FROM account_sequences a WHERE `+toReset(2)+`)`, consumer, accountID)
		if err != nil {
			return err
		}
		accounts, err = record(ctx, tx, "reset", `INSERT INTO reaction_marks (account_id, consumer, mark, moved_at, reset_at)
			SELECT a.id, $1, a.sequence, $2, $2 FROM account_sequences a WHERE `+toReset(3)+`
			ON CONFLICT (account_id, consumer) DO UPDATE SET mark = excluded.mark, moved_at = excluded.moved_at,
				reset_at = excluded.reset_at, overdue_at = 0, stopped_at = 0
			RETURNING account_id, consumer`, consumer, tx.Now(), accountID)
		if err == nil && accounts == 0 && accountID != "" {
			err = errs.New(errs.NotFound, "There is no account %q.", errs.Clip(accountID))
		}
		return err
	})
	return accounts, err
}

// toReset finds among account_sequences a the account that the n-th argument
// names; if it is empty, those where the consumer $1 was stopped.
func toReset(n int) string {
	return strings.ReplaceAll(`(a.id = $N OR $N = '' AND EXISTS (SELECT 1 FROM reaction_marks m
		WHERE m.account_id = a.id AND m.consumer = $1 AND m.stopped_at > 0))`, "$N", "$"+strconv.Itoa(n))
}

func mustBeKnown(ctx context.Context, tx *store.Tx, consumer string) error {
	known, err := tx.Number(ctx, "SELECT COUNT(*) FROM reaction_consumers WHERE name = $1", consumer)
	if err == nil && known == 0 {
		err = errs.New(errs.NotFound, "There is no consumer %q. `parley reactions list` shows all.", errs.Clip(consumer))
	}
	return err
}

// Forget deletes the marks of a consumer that this version no longer has, so
// that the log's retention need not wait for it. Errors: NOT_FOUND; INVALID if
// the consumer is registered.
func (e *Engine) Forget(ctx context.Context, consumer string) error {
	if e.consumerNamed(consumer) != nil {
		return errs.New(errs.Invalid, "The consumer %q is in use. Only one that this version of Parley no longer has can be forgotten.", consumer)
	}
	return e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := mustBeKnown(ctx, tx, consumer); err != nil {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM reaction_parked WHERE consumer = $1", "DELETE FROM reaction_marks WHERE consumer = $1", "DELETE FROM reaction_consumers WHERE name = $1",
		} {
			if _, err := tx.Exec(ctx, statement, consumer); err != nil {
				return err
			}
		}
		return nil
	})
}
