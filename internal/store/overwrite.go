package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/internal/clock"
	"parley/internal/viewer"
)

// overwriteEvery is how often deleted text is overwritten at most (ENG-7).
const overwriteEvery = 24 * time.Hour

// OverwriteDeleted takes deleted text out of where deleting leaves it (ENG-7), unless that
// was done within a day: on SQLite the search index and the write-ahead log, on PostgreSQL
// dead rows and their index entries. The system runs it each hour; what one run does not
// finish, the next one continues. It holds the writer for some tens of milliseconds at a
// time. OverwrittenUntil says what is gone.
func (s *Store) OverwriteDeleted(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("overwrite-deleted"))
	began, err := s.timeOf(ctx, markBegan)
	if err != nil {
		return err
	}
	reached, err := s.OverwrittenUntil(ctx)
	if err != nil || reached == began && began > s.Now().Add(-overwriteEvery) {
		return err
	}
	if reached == began {
		if began, err = s.beginOverwriting(ctx); err != nil {
			return err
		}
	}
	overwrite := s.mergeSearchIndex
	if s.Postgres() {
		overwrite = s.vacuumTexts
	}
	if err := overwrite(ctx); err != nil {
		return fmt.Errorf("overwrite what was deleted: %w", err)
	}
	return s.WithTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.setTime(ctx, markReached, began) })
}

// OverwrittenUntil is the moment before which what was deleted is no longer anywhere in
// the database; 0: it was not overwritten yet.
func (s *Store) OverwrittenUntil(ctx context.Context) (clock.Micros, error) {
	return s.timeOf(ctx, markReached)
}

func (s *Store) beginOverwriting(ctx context.Context) (began clock.Micros, err error) {
	err = s.WithTx(ctx, func(ctx context.Context, tx *Tx) error {
		began = tx.Now()
		if !s.Postgres() {
			if err := tx.lineUpSegments(ctx); err != nil {
				return err
			}
		}
		return tx.setTime(ctx, markBegan, began)
	})
	return began, err
}

// The index consists of segments, of which new ones say what was deleted from old ones:
// the words themselves go when all are merged. FTS4 merges in steps only segments of one
// level, so all are put into one that is reached by nothing else, the oldest first.
const (
	mergeLevel = 15
	numbered   = `UPDATE search_index_segdir SET level = -1, idx = o.number
		FROM (SELECT level, idx, ROW_NUMBER() OVER (ORDER BY level DESC, idx) - 1 AS number FROM search_index_segdir) o
		WHERE o.level = search_index_segdir.level AND o.idx = search_index_segdir.idx`
	linedUp   = `UPDATE search_index_segdir SET level = $1 WHERE level = -1`
	unmerged  = `SELECT COUNT(*) FROM search_index_segdir WHERE level = $1`
	mergeSome = `INSERT INTO search_index(search_index) VALUES ('merge=200,2')` // some 40 ms
)

func (tx *Tx) lineUpSegments(ctx context.Context) error {
	segments, err := tx.store.Numbers(ctx, "SELECT COUNT(*) FROM search_index_segdir")
	if err != nil || segments[0] < 2 {
		return err
	}
	if _, err := tx.Exec(ctx, numbered); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, linedUp, mergeLevel)
	return err
}

// mergeSearchIndex merges all segments that were lined up, step by step, and then empties
// the write-ahead log, which has the pages as they were.
func (s *Store) mergeSearchIndex(ctx context.Context) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.WithTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
			more, err = tx.mergeSegments(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.emptyLog(ctx)
}

// mergeSegments merges some, and reports whether others are left.
func (tx *Tx) mergeSegments(ctx context.Context) (more bool, err error) {
	left, err := tx.store.Numbers(ctx, unmerged, mergeLevel)
	if err != nil || left[0] == 0 {
		return false, err
	}
	before, err := tx.store.Numbers(ctx, "SELECT total_changes()")
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, mergeSome); err != nil {
		return false, err
	}
	after, err := tx.store.Numbers(ctx, "SELECT total_changes()")
	return err == nil && after[0]-before[0] > 1, err // less means that nothing was left to do
}

var errLogInUse = errors.New("the write-ahead log cannot be emptied now: someone reads")

// emptyLog copies the write-ahead log into the file and cuts it. What can be copied without
// making writers wait is copied first; they wait for readers for no longer than a moment.
func (s *Store) emptyLog(ctx context.Context) error {
	db, err := sql.Open("sqlite3", s.logDSN)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var busy, frames, copied int
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &copied); err != nil {
			return fmt.Errorf("empty the write-ahead log: %w", err)
		}
	}
	if busy != 0 {
		return errLogInUse
	}
	return nil
}

// textTables are those whose rows have what people wrote, or who they are.
var textTables = []string{
	"search_documents", "messages", "message_revisions", "conversations", "contacts", "contact_emails", "companies", "emails", "inbound_mails",
	"participants", "attachments", "visitors", "page_views", "tickets", "deals", "quotes", "quote_versions", "quote_logos", "engagements", "engagement_revisions", "events", "audit_entries", "seal_digests",
}

// vacuumTexts removes dead rows and their index entries.
func (s *Store) vacuumTexts(ctx context.Context) error {
	for _, table := range textTables {
		if _, err := s.write.ExecContext(ctx, "VACUUM "+table); err != nil {
			return fmt.Errorf("VACUUM %s: %w", table, err)
		}
	}
	return nil
}
