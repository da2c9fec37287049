package store

import (
	"context"
	"strconv"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/viewer"
)

// Names of what is known of the database as a whole.
const (
	markIdentity = "identity"
	markBegan    = "overwriting-began"
	markReached  = "overwritten-until"
)

// markOf returns what is known under a name; "": nothing.
func (s *Store) markOf(ctx context.Context, name string) (string, error) {
	found, err := s.Strings(ctx, "SELECT value FROM database_marks WHERE name = $1", name)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

func (s *Store) timeOf(ctx context.Context, name string) (clock.Micros, error) {
	text, err := s.markOf(ctx, name)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return clock.Micros(n), err
}

func (tx *Tx) setMark(ctx context.Context, name, value string) error {
	_, err := tx.Exec(ctx, "INSERT INTO database_marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

func (tx *Tx) setTime(ctx context.Context, name string, at clock.Micros) error {
	return tx.setMark(ctx, name, strconv.FormatInt(int64(at), 10))
}

// Identity says which database this is: a name that it was given when it was made, and
// that its back-ups have too (ENG-7).
func (s *Store) Identity(ctx context.Context) (string, error) {
	name, err := s.markOf(ctx, markIdentity)
	if err != nil || name != "" {
		return name, err
	}
	ctx = viewer.NewContext(ctx, viewer.Everywhere("start"))
	err = s.WithTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO database_marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", markIdentity, id.New("database"))
		return err
	})
	if err != nil {
		return "", err
	}
	return s.markOf(ctx, markIdentity)
}
