package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
)

// counted is what is there of a block.
type counted struct{ rows, tombstones, trimmed int64 }

func (v *verifier) compare(b *block, rows []*row) (count counted, problems []Problem) {
	problems = append(v.compareSeal(b), b.compareDigests()...)
	if len(b.digests) > 0 {
		return count, append(problems, v.compareRows(b, rows, &count)...)
	}
	if len(rows) > 0 {
		problems = append(problems, Problem{Block: b.number, Number: rows[0].number, Text: "rows are there, of which the seals have no digests"})
	}
	if b.rows > 0 && b.last > v.floor {
		problems = append(problems, b.problem("its digests are gone, though the newest seal says that nothing beyond %d was deleted", v.floor))
	}
	if b.bound > 0 {
		problems = append(problems, b.problem("its digests are gone, though %d of its rows belong to conversations, which retention leaves", b.bound))
	}
	if from := max(b.first, b.floor+1); b.rows == 0 && from <= b.last {
		problems = append(problems, b.problem("the rows %d to %d were missing when it was sealed", from, b.last))
	}
	count.trimmed = b.rows
	return count, problems
}

// compareRows compares the rows of a block with its digests.
func (v *verifier) compareRows(b *block, rows []*row, count *counted) (problems []Problem) {
	for number, last := b.first, b.first+int64(len(b.digests)/digestSize)-1; number <= last; number++ {
		var r *row
		if len(rows) > 0 && rows[0].number == number {
			r, rows = rows[0], rows[1:]
		}
		if text := v.compareRow(b, number, r, count); text != "" {
			problems = append(problems, Problem{Block: b.number, Number: number, Text: text})
		}
	}
	return problems
}

// compareDigests compares the digests of a block, if they are there, with what it says of them.
func (b *block) compareDigests() (problems []Problem) {
	if len(b.digests) == 0 {
		return nil
	}
	if root := sha256.Sum256(b.digests); !bytes.Equal(root[:], b.root) {
		problems = append(problems, b.problem("its digests are not those that were sealed"))
	}
	if int64(len(b.digests)) != (b.last-b.first+1)*digestSize {
		problems = append(problems, b.problem("it has digests for %d rows, and numbers for %d", len(b.digests)/digestSize, b.last-b.first+1))
	}
	return problems
}

// compareSeal compares a block with its seal, and with the block before it.
func (v *verifier) compareSeal(b *block) (problems []Problem) {
	add := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, b.problem(format, args...))
		}
	}
	after := v.last.number + 1
	add(b.number != after, "block %d follows %d: %d seals were removed", b.number, v.last.number, b.number-after)
	add(b.number == after && b.first != v.last.last+1, "it begins with %d, and the block before ends with %d", b.first, v.last.last)
	add(b.floor < v.last.floor, "its floor %d is below that of the block before, %d", b.floor, v.last.floor)
	add(b.at < v.last.at, "it was sealed before the block before it")
	add(after > 1 && b.floor > max(v.last.floor, v.last.last), "its floor %d is above what was sealed before it, %d", b.floor, v.last.last)
	fits, known := b.fits(v.keys, v.last.seal)
	add(!known, "its key %q is not in PARLEY_SECRET_KEYS: give all keys with which the log was sealed", b.keyID)
	add(known && !fits, "its seal does not fit: it, or what it says of the block, was edited, or the block before was")
	return problems
}

// compareRow compares a row with its digest. It returns what does not fit; empty: all does.
func (v *verifier) compareRow(b *block, number int64, r *row, count *counted) string {
	digest := b.digestOf(number)
	switch {
	case r == nil && digest == nil:
		if number > b.floor {
			return "the row was missing when the block was sealed"
		}
		return ""
	case r == nil && isBound(digest):
		return "the row was removed: it belonged to a conversation, which retention leaves"
	case r == nil:
		if number > v.floor {
			return fmt.Sprintf("the row was removed: the newest seal says that nothing beyond %d was deleted", v.floor)
		}
		count.trimmed++
		return ""
	case digest == nil:
		return "the row was inserted after the block was sealed"
	}
	count.rows++
	switch {
	case r.inner == nil:
		return "what its digest was made of is gone"
	case r.salt == nil && !r.isEmpty():
		return "its salt was removed, and what a purge takes is still there"
	case r.salt == nil:
		count.tombstones++
	case !bytes.Equal(r.innerHash(r.salt), r.inner):
		return "its references or changes are not those that were sealed"
	}
	if !r.has(digest) {
		return "it is not the row that was sealed"
	}
	return ""
}

// rows are the rows of blocks that follow each other, as far as they are there.
func (v *verifier) rows(ctx context.Context, blocks []block) ([]*row, error) {
	c := v.c
	var list []*row
	most := len(blocks) + 1
	for i := range blocks {
		most += len(blocks[i].digests) / digestSize
	}
	first, last := blocks[0].first, blocks[len(blocks)-1].last
	// One statement, so that a purge is seen as a whole. PostgreSQL would compare all rows
	// with all digests if they were joined by their range.
	const digest = "(SELECT d.%s FROM seal_digests d WHERE d.account_id = e.account_id AND d.log = '%s' AND d.number = e.%s)"
	query := "SELECT " + c.list() + ", " + fmt.Sprintf(digest, "salt", v.report.Log, c.number) + ", " + fmt.Sprintf(digest, "inner_hash", v.report.Log, c.number) +
		" FROM " + c.table + " e WHERE e.account_id = $1 AND e." + c.number + " BETWEEN $2 AND $3 ORDER BY e." + c.number + " LIMIT $4"
	err := store.ForEachRow(ctx, v.store, query,
		[]any{v.report.Account, first, last, most}, func(rows entsql.ColumnScanner) error {
			r, err := c.scan(rows, true)
			list = append(list, r)
			return err
		})
	return list, err
}
