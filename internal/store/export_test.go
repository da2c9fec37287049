package store

import "context"

// MakeTagsOfWords runs the migration of that name on a database that had it.
func (s *Store) MakeTagsOfWords(ctx context.Context) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := makeTagsOfWords(s.Postgres())(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// MakePipelinesOfWords runs the migration of that name on a database that had it.
func (s *Store) MakePipelinesOfWords(ctx context.Context) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := makePipelinesOfWords(s.Postgres())(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}
