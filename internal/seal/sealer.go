package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// Every is how often a round seals: what is written is sealed soon after.
	Every = 5 * time.Second
	// blockSize is how many numbers a block has at most.
	blockSize = 1000
	// blocksInRound is how many blocks of one log a round seals at most, so that a long
	// log from before does not keep the others waiting.
	blocksInRound = 50
	// recentRounds is how many rounds back one looks for rows: a minute. What took longer
	// from its id to its commit is found by a round over all accounts.
	recentRounds = 12
	// allRounds is every how many rounds all accounts are looked at: five minutes.
	allRounds = 60
)

// Service seals logs. It is safe for concurrent use, and on several nodes.
type Service struct {
	store *store.Store
	keys  *secret.Keyring

	mu sync.Mutex
	// rounds are ids made at the rounds since the last that looked at all accounts.
	rounds []string
}

// New returns the service that seals with an installation's keys.
func New(s *store.Store, keys *secret.Keyring) *Service {
	return &Service{store: s, keys: keys}
}

// Round seals what is new in the logs of all accounts. The system runs it every few
// seconds; accounts where nothing happened cost nothing.
func (s *Service) Round(ctx context.Context) error {
	behind, err := s.findBehind(ctx, s.beginRound())
	var faults []error
	for _, b := range behind {
		if ctx.Err() != nil {
			break
		}
		if err := s.sealLog(ctx, b.account, b.log, blocksInRound); err != nil {
			faults = append(faults, fmt.Errorf("seal %s of %s: %w", b.log, b.account, err))
		}
	}
	if err = errors.Join(append(faults, err)...); err != nil {
		s.mu.Lock()
		s.rounds = nil // the next round looks at all accounts
		s.mu.Unlock()
	}
	return err
}

// beginRound returns the id from which the round looks for rows; "": it looks at all
// accounts.
func (s *Service) beginRound() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := len(s.rounds) == 0 || len(s.rounds) > allRounds
	if all {
		s.rounds = nil
	}
	s.rounds = append(s.rounds, id.New(id.Event))
	if all {
		return ""
	}
	return s.rounds[max(0, len(s.rounds)-1-recentRounds)]
}

// behindLog is a log that has something to seal.
type behindLog struct {
	account string
	log     Log
}

// behindSQL finds the logs that go on behind what is sealed, and those of which more was
// deleted, among some accounts.
const behindSQL = `SELECT a.id, 'EVENTS' FROM %ACCOUNTS% LEFT JOIN seal_heads h ON h.account_id = a.id AND h.log = 'EVENTS'
	WHERE a.sequence > COALESCE(h.through, 0) OR a.log_floor > COALESCE(h.log_floor, 0)
	UNION ALL SELECT a.id, 'AUDIT' FROM %ACCOUNTS% LEFT JOIN seal_heads h ON h.account_id = a.id AND h.log = 'AUDIT'
	WHERE a.audit_number > COALESCE(h.through, 0) OR a.audit_floor > COALESCE(h.log_floor, 0)`

// Among which accounts a round looks. Without the empty text SQLite would read all rows
// in the order of an index on accounts. An id of an event is an id of an entry behind the
// prefix.
const (
	allAccounts    = "account_sequences a"
	recentAccounts = `(SELECT DISTINCT account_id || '' AS account_id FROM events WHERE id >= $1
		UNION SELECT DISTINCT account_id || '' AS account_id FROM audit_entries WHERE id >= $2) AS r JOIN account_sequences a ON a.id = r.account_id`
)

func behindQuery(from string) (query string, args []any) {
	if from == "" {
		return strings.ReplaceAll(behindSQL, "%ACCOUNTS%", allAccounts), nil
	}
	return strings.ReplaceAll(behindSQL, "%ACCOUNTS%", recentAccounts), []any{from, id.AuditEntry + strings.TrimPrefix(from, id.Event)}
}

func (s *Service) findBehind(ctx context.Context, from string) ([]behindLog, error) {
	query, args := behindQuery(from)
	var list []behindLog
	err := store.ForEachRow(ctx, s.store, query, args, func(rows entsql.ColumnScanner) error {
		var b behindLog
		err := rows.Scan(&b.account, &b.log)
		list = append(list, b)
		return err
	})
	return list, err
}

// sealLog seals some blocks of a log, or all that there are.
func (s *Service) sealLog(ctx context.Context, accountID string, log Log, most int) error {
	ctx = viewer.NewContext(ctx, viewer.System("seal", accountID))
	for range most {
		more := false
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			more, err = s.sealBlock(ctx, tx, accountID, log)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// state is how far a log goes, and how far it is sealed.
type state struct {
	block, through, sealedFloor int64
	head, floor                 int64
}

func readState(ctx context.Context, tx *store.Tx, accountID string, log Log) (at state, err error) {
	c := logs[log]
	rows, err := tx.Query(ctx, "SELECT h.block, h.through, h.log_floor, a."+c.head+", a."+c.floor+
		" FROM seal_heads h JOIN account_sequences a ON a.id = h.account_id WHERE h.account_id = $1 AND h.log = $2", accountID, string(log))
	if err != nil {
		return at, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(&at.block, &at.through, &at.sealedFloor, &at.head, &at.floor); err != nil {
			return at, err
		}
	}
	return at, rows.Err()
}

// sealBlock seals the next block of a log, and reports whether there may be more.
func (s *Service) sealBlock(ctx context.Context, tx *store.Tx, accountID string, log Log) (more bool, err error) {
	if err := tx.LockSeals(ctx, accountID, log, false); err != nil {
		return false, err
	}
	at, err := readState(ctx, tx, accountID, log)
	if err != nil || at.head <= at.through && at.floor <= at.sealedFloor {
		return false, err
	}
	list, err := nextRows(ctx, tx, accountID, log, at)
	if err != nil {
		return false, err
	}
	before, err := sealOf(ctx, tx, accountID, log, at.block)
	if err != nil {
		return false, err
	}
	b := nextBlock(accountID, log, at, list)
	list = list[:b.rows]
	b.at = int64(tx.Now())
	if err := s.insertRows(ctx, tx, &b, list); err != nil {
		return false, err
	}
	b.closeWith(s.keys, before)
	if err := insertBlock(ctx, tx, &b); err != nil {
		return false, err
	}
	return b.last < at.head, nil
}

// nextRows are the rows behind what is sealed.
func nextRows(ctx context.Context, tx *store.Tx, accountID string, log Log, at state) (list []*row, err error) {
	c := logs[log]
	rows, err := tx.Query(ctx, "SELECT "+c.list()+" FROM "+c.table+" e WHERE e.account_id = $1 AND e."+c.number+" > $2 AND e."+c.number+" <= $3 ORDER BY e."+c.number+" LIMIT $4",
		accountID, at.through, at.head, blockSize)
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
func nextBlock(accountID string, log Log, at state, list []*row) block {
	b := block{account: accountID, log: log, number: at.block + 1, first: at.through + 1, floor: max(at.floor, at.sealedFloor)}
	switch {
	case len(list) == 0:
		b.last = max(at.head, at.through)
		return b
	case list[0].number-b.first >= blockSize:
		b.last = list[0].number - 1
		return b
	}
	for _, r := range list {
		if r.number-b.first >= blockSize {
			break
		}
		b.last = r.number
		b.rows++
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

// sealOf returns the seal of a block; nil for the one before the first.
func sealOf(ctx context.Context, tx *store.Tx, accountID string, log Log, number int64) (seal []byte, err error) {
	rows, err := tx.Query(ctx, "SELECT seal FROM seals WHERE account_id = $1 AND log = $2 AND block = $3", accountID, string(log), number)
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
	_, err := tx.Exec(ctx, "INSERT INTO seals (account_id, log, "+blockColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		b.account, string(b.log), b.number, b.first, b.last, b.rows, b.floor, b.at, b.keyID, b.digests, b.root, b.seal)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE seal_heads SET block = $1, through = $2, log_floor = $3 WHERE account_id = $4 AND log = $5", b.number, b.last, b.floor, b.account, string(b.log))
	return err
}
