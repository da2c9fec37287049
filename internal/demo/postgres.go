package demo

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres loads with COPY.
type postgres struct{ pool *pgxpool.Pool }

func (p *postgres) load(ctx context.Context, b *batch) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		err := b.write(func(t table, values []any) error { return copyRows(ctx, tx, t, values) })
		if err != nil {
			return err
		}
		if err := copyDocuments(ctx, tx, b); err != nil {
			return fmt.Errorf("index: %w", err)
		}
		// Last, as WithTx does: the account's counter is locked from here on.
		var head int64
		if err := tx.QueryRow(ctx, takeNumbers, len(b.entries), b.accountID).Scan(&head); err != nil {
			return fmt.Errorf("take %d sequence numbers: %w", len(b.entries), err)
		}
		values, err := numbered(b.accountID, b.entries, head-int64(len(b.entries)))
		if err != nil {
			return err
		}
		return copyRows(ctx, tx, eventTable, values)
	})
}

func copyDocuments(ctx context.Context, tx pgx.Tx, b *batch) error {
	values := make([]any, 0, 6*len(b.documents))
	for _, d := range b.documents {
		values = append(values, b.accountID, d.inboxID, d.conversationID, d.messageID, wordsVersion, d.TSVector)
	}
	t := table{"search_documents", []string{"account_id", "inbox_id", "conversation_id", "message_id", "words", "terms"}}
	return copyRows(ctx, tx, t, values)
}

// copyRows writes rows in COPY's text format, which takes every type as its
// literal, a tsvector too.
func copyRows(ctx context.Context, tx pgx.Tx, t table, values []any) error {
	if len(values) == 0 {
		return nil
	}
	var text bytes.Buffer
	text.Grow(len(values) * 24)
	for row := range slices.Chunk(values, len(t.columns)) {
		for i, value := range row {
			if i > 0 {
				text.WriteByte('\t')
			}
			if err := copyValue(&text, value); err != nil {
				return fmt.Errorf("%s: %w", t.columns[i], err)
			}
		}
		text.WriteByte('\n')
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, &text, "COPY "+t.name+" ("+t.columnList()+") FROM STDIN")
	return err
}

// copyEscapes are the characters that COPY's text format uses itself.
var copyEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func copyValue(text *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case nil:
		text.WriteString(`\N`)
	case string:
		_, _ = copyEscapes.WriteString(text, v)
	case int:
		text.Write(strconv.AppendInt(text.AvailableBuffer(), int64(v), 10))
	case int64:
		text.Write(strconv.AppendInt(text.AvailableBuffer(), v, 10))
	case bool:
		text.Write(strconv.AppendBool(text.AvailableBuffer(), v))
	case []byte:
		text.WriteString(`\\x` + hex.EncodeToString(v))
	default:
		return fmt.Errorf("a %T has no text form", value)
	}
	return nil
}

func (p *postgres) touch(ctx context.Context, table int, seen []sighting) error {
	const most = 10_000
	for some := range slices.Chunk(seen, most) {
		ids, times := make([]string, len(some)), make([]int64, len(some))
		for i, one := range some {
			ids[i], times[i] = one.id, int64(one.at)
		}
		_, err := p.pool.Exec(ctx, "UPDATE "+tables[table].name+` AS t SET last_seen_at = seen.at
			FROM unnest($1::text[], $2::bigint[]) AS seen(id, at) WHERE t.id = seen.id`, ids, times)
		if err != nil {
			return err
		}
	}
	return nil
}

// finish also marks all pages visible, so that lists read indexes alone, and
// moves the search index's pending entries to their places.
func (p *postgres) finish(ctx context.Context) error {
	var err error
	for _, t := range indexed {
		_, failed := p.pool.Exec(ctx, "VACUUM (ANALYZE) "+t)
		err = errors.Join(err, failed)
	}
	return err
}

func (p *postgres) close(context.Context) error { return nil }
