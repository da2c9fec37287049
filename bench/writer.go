package main

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"parley/internal/id"
)

// groupSize is how many callers of the floor share a commit at most.
const groupSize = 64

// writer is the floor of sendMessage: on the copy, so with the same tables,
// indexes and rows, three statements and a commit that is on the disk.
type writer struct {
	bed     *bed
	db      *sql.DB
	next    func(caller int) int
	number  atomic.Int64 // of messages and of events, far beyond Parley's
	queue   chan queued
	grouped sync.WaitGroup
}

type queued struct {
	chat string
	done chan error
}

func (b *bed) newWriter(callers int) (*writer, error) {
	db, err := b.floors.writer(callers)
	if err != nil {
		return nil, err
	}
	w := &writer{bed: b, db: db, next: turns(callers, len(b.chats)), queue: make(chan queued, groupSize)}
	w.number.Store(1 << 30)
	w.grouped.Go(w.group)
	return w, nil
}

// floors: SQLite has one writer, whose callers wait or share a commit; on
// PostgreSQL each caller has a connection.
func (w *writer) floors() []floor {
	list := []floor{{"3 statements, a commit each", w.each}}
	if w.bed.floors.server == "" {
		list = append(list, floor{"3 statements, grouped commit", w.together})
	}
	return list
}

func (w *writer) close() error {
	close(w.queue)
	w.grouped.Wait()
	return w.db.Close()
}

func (w *writer) each(ctx context.Context, caller int) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := w.write(ctx, tx, w.bed.chats[w.next(caller)]); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (w *writer) together(_ context.Context, caller int) error {
	q := queued{chat: w.bed.chats[w.next(caller)], done: make(chan error, 1)}
	w.queue <- q
	return <-q.done
}

// group writes for whoever waits in one transaction, again and again.
func (w *writer) group() {
	for first := range w.queue {
		group := []queued{first}
		for waiting := true; waiting && len(group) < groupSize; {
			select {
			case q, more := <-w.queue:
				if waiting = more; more {
					group = append(group, q)
				}
			default:
				waiting = false
			}
		}
		err := w.writeAll(context.Background(), group)
		for _, q := range group {
			q.done <- err
		}
	}
}

func (w *writer) writeAll(ctx context.Context, group []queued) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, q := range group {
		if err := w.write(ctx, tx, q.chat); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// The three statements, which the drivers keep prepared.
const (
	insertMessage = `INSERT INTO messages
		(id, account_id, inbox_id, conversation_id, number, visible_number, direction, author_kind, author_id, text, delivery, created_at)
		VALUES ($1, $2, $3, $4, $5, 0, 'OUTGOING', 'AGENT', $6, $7, 'SENT', $8)`
	updateConversation = `UPDATE conversations SET last_message_at = $1, activity_at = $1, preview = $2, last_number = last_number + 1, revision = revision + 1 WHERE id = $3`
	insertEvent        = `INSERT INTO events
		(id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, revision, changes)
		VALUES ($1, $2, $3, 'MESSAGE_CREATED', $4, 'AGENT', $5, $6, $7, $8, 1, '[]')`
)

func (w *writer) write(ctx context.Context, tx *sql.Tx, chat string) error {
	f, n, now, message := w.bed.facts, w.number.Add(1), time.Now().UnixMicro(), id.New(id.Message)
	if _, err := tx.ExecContext(ctx, insertMessage, message, f.account, f.inbox, chat, n, f.user, sentText, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, updateConversation, now, sentText, chat); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, insertEvent, id.New(id.Event), f.account, n, now, f.user, f.inbox, chat, message)
	return err
}
