package notification

import (
	"context"
	"encoding/json"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/availability"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// QuietHours are when a user gets no mail: what is due waits until they end. They go by the
// wall clock of their zone, also on days when clocks are turned.
type QuietHours struct {
	TimeZone string        `json:"timeZone"`
	Hours    []vocab.Hours `json:"hours"`
}

func (q *QuietHours) decode(raw []byte) error { return json.Unmarshal(raw, q) }

func (q QuietHours) hours() vocab.Availability {
	return vocab.Availability{Mode: vocab.AvailabilityOperatingHours, TimeZone: q.TimeZone, Hours: q.Hours}
}

// Until is when the quiet hours that are now end, zero if they never do; false: they are not
// now.
func (q QuietHours) Until(now time.Time) (time.Time, bool) {
	if len(q.Hours) == 0 || !availability.InHours(q.hours(), now) {
		return time.Time{}, false
	}
	end, ok := availability.NextTurn(q.hours(), now)
	if !ok { // all week
		return time.Time{}, true
	}
	return end, true
}

// SetQuietHours changes when the caller gets no mail, and returns it; nil: at no time. Errors:
// INVALID and TOO_LONG on timeZone and hours.
func (s *Service) SetQuietHours(ctx context.Context, in SetQuietHoursInput) (*QuietHours, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	q := QuietHours{Hours: []vocab.Hours{}}
	if in.QuietHours != nil {
		q = QuietHours{in.QuietHours.TimeZone, in.QuietHours.Hours}
		if err := availability.Check(q.hours()); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "setQuietHours", Key: in.IdempotencyKey, Input: in, Result: v.ActorID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if _, err := advance(ctx, tx, v.AccountID, []string{v.ActorID}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE notification_states SET quiet = $1 WHERE user_id = $2 AND account_id = $3", string(raw), v.ActorID, v.AccountID)
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	return s.QuietHours(ctx)
}

// QuietHours are the caller's; nil: they have none.
func (s *Service) QuietHours(ctx context.Context) (*QuietHours, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	q := &QuietHours{}
	err = store.ForEachRow(ctx, s.store, "SELECT CAST(quiet AS TEXT) FROM notification_states WHERE user_id = $1 AND account_id = $2", []any{v.ActorID, v.AccountID},
		func(rows entsql.ColumnScanner) error {
			var raw []byte
			if err := rows.Scan(&raw); err != nil {
				return err
			}
			return q.decode(raw)
		})
	if err != nil || len(q.Hours) == 0 {
		return nil, err
	}
	return q, nil
}
