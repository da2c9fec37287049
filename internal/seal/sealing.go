package seal

import (
	"context"
	"errors"
	"fmt"

	"parley/internal/secret"
	"parley/internal/store"
)

// state is how far a log goes, and how far it is sealed.
type state struct {
	head, floor int64
	// What the head says of the newest seal, and the newest seal itself.
	block, through, sealedFloor int64
	newest                      block
}

// readLog reads the state of a log.
func (at *state) readLog(ctx context.Context, db querier, accountID string, log Log) (err error) {
	c := logs[log]
	rows, err := db.Query(ctx, "SELECT a."+c.head+", a."+c.floor+`, COALESCE(h.block, 0), COALESCE(h.through, 0), COALESCE(h.log_floor, 0),
		COALESCE(s.block, 0), COALESCE(s.last, 0), COALESCE(s.log_floor, 0), COALESCE(s.sealed_at, 0), s.seal FROM account_sequences a
		LEFT JOIN seal_heads h ON h.account_id = $1 AND h.log = $2
		LEFT JOIN seals s ON s.account_id = $1 AND s.log = $2 AND s.block = (SELECT MAX(n.block) FROM seals n WHERE n.account_id = $1 AND n.log = $2)
		WHERE a.id = $1`, accountID, string(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		n := &at.newest
		if err := rows.Scan(&at.head, &at.floor, &at.block, &at.through, &at.sealedFloor, &n.number, &n.last, &n.floor, &n.at, &n.seal); err != nil {
			return err
		}
	}
	return rows.Err()
}

// check compares what the head says with the newest seal: what does not fit was edited,
// and is not sealed over.
func (at *state) check() error {
	if n := &at.newest; at.block != n.number || at.through != n.last || at.sealedFloor != n.floor {
		return fmt.Errorf("seal_heads says block %d to %d with the floor %d, and the newest seal is block %d to %d with the floor %d: one of them was edited; `parley verify` shows more",
			at.block, at.through, at.sealedFloor, n.number, n.last, n.floor)
	}
	return nil
}

// sealBlock seals the next block of a log, and reports whether there may be more; nil:
// there was nothing, or someone else has the log's lock. floor is up to where its floor may rise.
func (s *Service) sealBlock(ctx context.Context, tx *store.Tx, of behindLog, floor int64) (made *block, more bool, err error) {
	if locked, err := tx.LockSeals(ctx, of.account, of.log); err != nil || !locked {
		return nil, false, err
	}
	at := &state{}
	if err := at.readLog(ctx, tx, of.account, of.log); err != nil {
		return nil, false, err
	}
	if err := errors.Join(at.check(), s.known.check(ctx, tx, of, at)); err != nil {
		return nil, false, err
	}
	floor = max(at.sealedFloor, min(floor, at.floor))
	if at.head <= at.through && floor <= at.sealedFloor {
		return nil, false, nil
	}
	list, err := nextRows(ctx, tx, of, at, s.size)
	if err != nil {
		return nil, false, err
	}
	b := nextBlock(of, at, list, s.size)
	list = list[:b.rows]
	b.floor, b.at = floor, max(int64(tx.Now()), at.newest.at)
	if err := s.insertRows(ctx, tx, &b, list); err != nil {
		return nil, false, err
	}
	b.closeWith(s.keys, at.newest.seal)
	if err := insertBlock(ctx, tx, &b); err != nil {
		return nil, false, err
	}
	return &b, b.last < at.head || b.floor < at.floor, nil
}

// nextRows are the rows behind what is sealed.
func nextRows(ctx context.Context, tx *store.Tx, of behindLog, at *state, most int64) (list []*row, err error) {
	c := logs[of.log]
	rows, err := tx.Query(ctx, "SELECT "+c.list()+" FROM "+c.table+" e WHERE e.account_id = $1 AND e."+c.number+" > $2 AND e."+c.number+" <= $3 ORDER BY e."+c.number+" LIMIT $4",
		of.account, at.through, at.head, most)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r, err := c.scan(rows, false)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// nextBlock is the block behind what is sealed, of the first of some rows. Numbers without
// rows are part of it; a long stretch of them, which retention leaves of a log from before,
// is a block of its own.
func nextBlock(of behindLog, at *state, list []*row, most int64) block {
	b := block{account: of.account, log: of.log, number: at.block + 1, first: at.through + 1}
	switch {
	case len(list) == 0:
		b.last = max(at.head, at.through)
		return b
	case list[0].number-b.first >= most:
		b.last = list[0].number - 1
		return b
	}
	for _, r := range list {
		if r.number-b.first >= most {
			break
		}
		b.last = r.number
		b.rows++
		if r.isBound() {
			b.bound++
		}
	}
	return b
}

// insertRows makes the digests of the block's rows.
func (s *Service) insertRows(ctx context.Context, tx *store.Tx, b *block, list []*row) error {
	if len(list) == 0 {
		return nil
	}
	b.digests = make([]byte, (b.last-b.first+1)*digestSize)
	insert := &store.Statement{}
	insert.WriteString("INSERT INTO seal_digests (account_id, log, number, salt, inner_hash) VALUES ")
	for i, salt := range secret.NewSalts(len(list)) {
		r := list[i]
		inner := r.innerHash(salt)
		copy(b.digests[(r.number-b.first)*digestSize:], r.digest(inner))
		if i > 0 {
			insert.WriteByte(',')
		}
		insert.WriteString("(" + insert.Arg(b.account) + "," + insert.Arg(string(b.log)) + "," + insert.Arg(r.number) + "," + insert.Arg(salt) + "," + insert.Arg(inner) + ")")
	}
	_, err := tx.Exec(ctx, insert.String(), insert.Args...)
	return err
}

// sealOf returns the seal of a block; nil: there is none.
func sealOf(ctx context.Context, db querier, accountID string, log Log, number int64) (seal []byte, err error) {
	rows, err := db.Query(ctx, "SELECT seal FROM seals WHERE account_id = $1 AND log = $2 AND block = $3", accountID, string(log), number)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(&seal); err != nil {
			return nil, err
		}
	}
	return seal, rows.Err()
}

func insertBlock(ctx context.Context, tx *store.Tx, b *block) error {
	if b.digests == nil {
		b.digests = []byte{}
	}
	_, err := tx.Exec(ctx, "INSERT INTO seals (account_id, log, "+blockColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		b.account, string(b.log), b.number, b.first, b.last, b.rows, b.bound, b.floor, b.at, b.keyID, b.digests, b.root, b.seal)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE seal_heads SET block = $1, through = $2, log_floor = $3 WHERE account_id = $4 AND log = $5", b.number, b.last, b.floor, b.account, string(b.log))
	return err
}
