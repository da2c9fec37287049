package seal

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// floorStep is by how many numbers a sealed floor rises at most with one block.
	floorStep = 10_000
	// skew is by how much the clocks of nodes may differ.
	skew = 5 * time.Minute
)

// querier reads, within a transaction or not.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (entsql.ColumnScanner, error)
}

// vetFloor returns up to where the floor of a log may be sealed. Retention deletes only
// what lies below a sealed floor, so that all between the sealed floor and the new one must
// be there as it was sealed; it must be as old as the settings say; and the audit log
// must have the rise. An error says why the floor stays where it is.
func (s *Service) vetFloor(ctx context.Context, accountID string, log Log) (int64, error) {
	at := &state{}
	if err := at.readLog(ctx, s.store, accountID, log); err != nil {
		return 0, err
	}
	switch {
	case at.floor > at.head:
		return 0, fmt.Errorf("its floor is %d, and its end %d: the floor was raised by hand and is not sealed", at.floor, at.head)
	case at.newest.number == 0:
		return at.floor, nil // as it is found
	}
	from := at.newest.floor
	to := min(at.floor, at.through, from+floorStep)
	if to <= from {
		return from, nil
	}
	said, _, err := trimmedTo(ctx, s.store, accountID, logs[log].trimmed)
	if err != nil {
		return from, err
	}
	if to > said {
		return from, fmt.Errorf("its floor is %d, and the audit log has %s up to %d: the floor was raised by hand and is not sealed", at.floor, logs[log].trimmed, said)
	}
	if err := s.vetRows(ctx, accountID, log, from, to); err != nil {
		return from, err
	}
	return to, nil
}

// trimmedTo returns up to where the audit log says at last that a log was trimmed, and when
// it said so; zeros: never.
func trimmedTo(ctx context.Context, s *store.Store, accountID string, action vocab.AuditAction) (to int64, at clock.Micros, err error) {
	err = store.ForEachRow(ctx, s, "SELECT CAST(changes AS TEXT), at FROM audit_entries WHERE account_id = $1 AND action = $2 ORDER BY at DESC, id DESC LIMIT 1", []any{accountID, string(action)},
		func(rows entsql.ColumnScanner) error {
			var text string
			if err := rows.Scan(&text, &at); err != nil {
				return err
			}
			var changes []vocab.FieldChange
			if json.Unmarshal([]byte(text), &changes) != nil || len(changes) != 1 || changes[0].To == nil {
				return nil // edited: it says nothing
			}
			if n, err := strconv.ParseInt(*changes[0].To, 10, 64); err == nil {
				to = n
			}
			return nil
		})
	return to, at, err
}

// vetRows compares the rows behind a floor and up to another with their digests and with
// how long they are kept.
func (s *Service) vetRows(ctx context.Context, accountID string, log Log, from, to int64) error {
	kept := s.o.EventRetention
	if log == store.AuditLog {
		kept = s.o.AuditRetention
	}
	if kept == 0 {
		return fmt.Errorf("its floor is above %d, and the settings say that nothing of it is deleted: the floor was raised by hand and is not sealed", from)
	}
	young := int64(s.store.Now().Add(skew - kept))
	list, err := queryBlocks(ctx, s.store, accountID, log, "last > $3 AND first <= $4 ORDER BY block", from, to)
	if err != nil {
		return err
	}
	v := &verifier{store: s.store, keys: s.keys, c: logs[log], report: &Report{Account: accountID, Log: log}, floor: from}
	for i := range list {
		b := &list[i]
		rows, err := v.rows(ctx, list[i:i+1])
		if err != nil {
			return err
		}
		problems := b.compareDigests()
		for _, p := range v.compareRows(b, rows, &counted{}) {
			if p.Number > from && p.Number <= to {
				problems = append(problems, p)
			}
		}
		if len(problems) > 0 {
			return fmt.Errorf("its floor is not raised to %d, since something was edited: %d: %s", to, problems[0].Number, problems[0].Text)
		}
		for _, r := range rows {
			if r.number > from && r.number <= to && r.at > young {
				return fmt.Errorf("its floor is not raised to %d: row %d is of %s, and rows are kept for %s; it was raised by hand", to, r.number, clock.Micros(r.at), kept)
			}
		}
	}
	return nil
}
