package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
	"parley/internal/vocab"
)

// Log is one of an account's logs.
type Log = store.SealedLog

// digestSize is the length of a digest.
const digestSize = sha256.Size

// row is a row of a log as it is sealed.
type row struct {
	number int64
	at     int64
	other  int64 // a further number that the row keeps
	// kept are the texts that the row always has, gone are those that a purge takes.
	kept, gone []string
	changes    string
	// salt and inner are what its digest was made of; nil: none.
	salt, inner []byte
}

// columns are a log's, in the order in which they are read and hashed.
type columns struct {
	table, number, at, other string
	kept, gone               []string
	// head and floor are the counters of account_sequences: the log's end, and up to where
	// retention may delete.
	head, floor string
	// trimmed is what the audit log has of each rise of that floor.
	trimmed vocab.AuditAction
}

var logs = map[Log]*columns{
	store.EventLog: {
		table: "events", number: "sequence", at: "occurred_at", other: "revision",
		kept: []string{"id", "type", "actor_kind", "actor_id", "inbox_id", "user_id"},
		gone: []string{"conversation_id", "message_id", "subject_id"},
		head: "sequence", floor: "log_trimmed", trimmed: vocab.AuditEventLogTrimmed,
	},
	store.AuditLog: {
		table: "audit_entries", number: "number", at: "at", other: "event_sequence",
		kept: []string{"id", "action", "actor_kind", "actor_id", "work", "credential_id", "inbox_id", "detail"},
		gone: []string{"subject_id"},
		head: "audit_number", floor: "audit_floor", trimmed: vocab.AuditAuditLogTrimmed,
	},
}

// list are the columns of a query.
func (c *columns) list() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "e.%s, e.%s, e.%s, CAST(e.changes AS TEXT)", c.number, c.at, c.other)
	for _, name := range append(append([]string{}, c.kept...), c.gone...) {
		b.WriteString(", e." + name)
	}
	return b.String()
}

// scan reads a row; sealed: with what its digest was made of.
func (c *columns) scan(rows entsql.ColumnScanner, sealed bool) (*row, error) {
	r := &row{kept: make([]string, len(c.kept)), gone: make([]string, len(c.gone))}
	places := make([]any, 0, 6+len(c.kept)+len(c.gone))
	places = append(places, &r.number, &r.at, &r.other, &r.changes)
	for i := range r.kept {
		places = append(places, &r.kept[i])
	}
	for i := range r.gone {
		places = append(places, &r.gone[i])
	}
	if sealed {
		places = append(places, &r.salt, &r.inner)
	}
	if err := rows.Scan(places...); err != nil {
		return nil, fmt.Errorf("read a row of %s: %w", c.table, err)
	}
	r.changes = canonical(r.changes)
	return r, nil
}

// isEmpty reports whether the row has nothing of what a purge takes.
func (r *row) isEmpty() bool {
	for _, text := range r.gone {
		if text != "" {
			return false
		}
	}
	return r.changes == noChanges
}

const noChanges = "[]"

// canonical writes JSON so that what means the same is the same text: both databases
// keep it, and PostgreSQL puts names in an order of its own. What is no JSON, which no
// row of Parley's has, stays as it is.
func canonical(text string) string {
	if text == noChanges {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return text
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return text // something follows
	}
	again, err := json.Marshal(value) // in the order of the names
	if err != nil {
		return text
	}
	return string(again)
}

// writer hashes values so that no two lists of them are the same bytes.
type writer struct{ hash.Hash }

func (w writer) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // all bits are kept
	w.Write(b[:])
}

func (w writer) bytes(b []byte) {
	w.number(int64(len(b)))
	w.Write(b)
}

func (w writer) text(s string) {
	w.number(int64(len(s)))
	w.Write([]byte(s))
}

func newWriter(purpose string) writer {
	w := writer{sha256.New()}
	w.text(purpose)
	return w
}

// innerHash is of what a purge takes, and of the salt that goes with it.
func (r *row) innerHash(salt []byte) []byte {
	w := newWriter("parley-seal-inner-1")
	w.bytes(salt)
	for _, text := range r.gone {
		w.text(text)
	}
	w.text(r.changes)
	return w.Sum(nil)
}

// isBound reports whether the row belongs to a conversation: retention leaves it.
func (r *row) isBound() bool { return len(r.gone) > 1 && r.gone[0] != "" }

// boundBit of a digest's first byte says whether the row belonged to a conversation when
// it was sealed.
const boundBit = 1

func isBound(digest []byte) bool { return digest[0]&boundBit != 0 }

// digest is of the row with its inner hash.
func (r *row) digest(inner []byte) []byte {
	w := newWriter("parley-seal-row-1")
	w.number(r.number)
	w.number(r.at)
	w.number(r.other)
	for _, text := range r.kept {
		w.text(text)
	}
	w.bytes(inner)
	sum := w.Sum(nil)
	sum[0] &^= boundBit
	if r.isBound() {
		sum[0] |= boundBit
	}
	return sum
}

// has reports whether a digest is the row's. A tombstone does not say any more whether it
// belonged to a conversation.
func (r *row) has(digest []byte) bool {
	made := r.digest(r.inner)
	if r.salt == nil {
		made[0] = made[0]&^boundBit | digest[0]&boundBit
	}
	return bytes.Equal(made, digest)
}
