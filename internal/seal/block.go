package seal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/secret"
	"parley/internal/store"
)

// block is what a seal is of: a row of the table seals.
type block struct {
	account     string
	log         Log
	number      int64
	first, last int64
	rows        int64
	bound       int64 // the rows of conversations, which retention leaves
	floor       int64
	at          int64
	keyID       string
	// digests has one for each number of the block, zeros where there was no row; empty
	// if there was none at all, or if retention has deleted all.
	digests []byte
	root    []byte
	seal    []byte
}

const blockColumns = "block, first, last, row_count, bound_count, log_floor, sealed_at, key_id, digests, root, seal"

func (b *block) scan(rows entsql.ColumnScanner) error {
	return rows.Scan(&b.number, &b.first, &b.last, &b.rows, &b.bound, &b.floor, &b.at, &b.keyID, &b.digests, &b.root, &b.seal)
}

// purpose distinguishes seals from whatever else is made with the keys.
const purpose = "parley-seal"

// sealedText is what the HMAC is over. before is the seal of the block before.
func (b *block) sealedText(before []byte) []byte {
	var text bytes.Buffer
	put := func(piece []byte) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(piece)))
		text.Write(size[:])
		text.Write(piece)
	}
	put([]byte(b.account))
	put([]byte(b.log))
	put([]byte(b.keyID))
	for _, n := range []int64{b.number, b.first, b.last, b.rows, b.bound, b.floor, b.at} {
		var number [8]byte
		binary.BigEndian.PutUint64(number[:], uint64(n)) //nolint:gosec // all bits are kept
		text.Write(number[:])
	}
	put(before)
	put(b.root)
	return text.Bytes()
}

// closeWith seals the block after another one's seal.
func (b *block) closeWith(keys *secret.Keyring, before []byte) {
	root := sha256.Sum256(b.digests)
	b.root, b.keyID = root[:], keys.KeyID()
	b.seal = keys.HMAC(purpose, b.sealedText(before))
}

// fits reports whether the seal is the block's. known: the installation has its key.
func (b *block) fits(keys *secret.Keyring, before []byte) (fits, known bool) {
	made := keys.HMACBy(b.keyID, purpose, b.sealedText(before))
	return made != nil && hmac.Equal(made, b.seal), made != nil
}

// digestOf is the digest of a number of the block; nil: there was no row.
func (b *block) digestOf(number int64) []byte {
	at := (number - b.first) * digestSize
	if at < 0 || at+digestSize > int64(len(b.digests)) {
		return nil
	}
	digest := b.digests[at : at+digestSize]
	if bytes.Equal(digest, make([]byte, digestSize)) {
		return nil
	}
	return digest
}

// blocksOf are the blocks behind one of a log, or some of them.
func blocksOf(ctx context.Context, s *store.Store, accountID string, log Log, after int64, most int) ([]block, error) {
	return queryBlocks(ctx, s, accountID, log, "block > $3 ORDER BY block LIMIT $4", after, most)
}

func queryBlocks(ctx context.Context, s *store.Store, accountID string, log Log, which string, args ...any) (list []block, err error) {
	err = store.ForEachRow(ctx, s, "SELECT "+blockColumns+" FROM seals WHERE account_id = $1 AND log = $2 AND "+which,
		append([]any{accountID, string(log)}, args...), func(rows entsql.ColumnScanner) error {
			b := block{account: accountID, log: log}
			err := b.scan(rows)
			list = append(list, b)
			return err
		})
	return list, err
}
