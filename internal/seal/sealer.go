package seal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// Every is how often a round looks for what is to seal.
	Every = 5 * time.Second
	// ripeAfter is how old the oldest row is at which a block is sealed that is not full.
	ripeAfter = 10 * time.Second
	// blockSize is how many numbers a block has at most.
	blockSize = 1000
	// blocksInRound is how many blocks of one log a round seals at most.
	blocksInRound = 50
	// recentRounds is how many rounds back one looks for rows: a minute. What took longer
	// from its id to its commit is found by a round over all accounts.
	recentRounds = 12
	// firstRounds look at all accounts: rows from before the first one become ripe by the last.
	firstRounds = 4
	// allRounds is every how many rounds all accounts are looked at: five minutes.
	allRounds = 60
)

// Settings are an installation's.
type Settings struct {
	// EventRetention and AuditRetention are how long the logs are kept; 0: permanently. A
	// floor that is above what is older is not sealed.
	EventRetention, AuditRetention time.Duration
	// AnchorFile is where the newest seals are kept beside the database; "": nowhere.
	AnchorFile string
	Log        *slog.Logger
}

// Service seals logs. It is safe for concurrent use, and on several nodes.
type Service struct {
	store *store.Store
	keys  *secret.Keyring
	o     Settings
	known *memory
	size  int64 // of a full block

	mu sync.Mutex
	// rounds are ids made at the last rounds, the oldest first. made is how many rounds there
	// were since the beginning or an error, sinceAll since one looked at all accounts.
	rounds         []string
	made, sinceAll int
}

// New returns the service that seals with an installation's keys.
func New(s *store.Store, keys *secret.Keyring, o Settings) *Service {
	return &Service{store: s, keys: keys, o: o, known: newMemory(o.AnchorFile, o.Log), size: blockSize}
}

// Round seals what is new in the logs of all accounts: full blocks, and what is older
// than some seconds. The system runs it every few seconds; accounts where nothing
// happened cost nothing. Of each log it seals one block at a time, so that a long one
// does not keep the others waiting.
func (s *Service) Round(ctx context.Context) error { return s.sealBehind(ctx, ripeAfter) }

// Finish seals all that is new, however young: the process ends, and it may be long until another one seals. What
// it has no time for stays for that one.
func (s *Service) Finish(ctx context.Context) error { return s.sealBehind(ctx, 0) }

// sealBehind seals full blocks, and what is older than ripe.
func (s *Service) sealBehind(ctx context.Context, ripe time.Duration) error {
	behind, err := s.findBehind(ctx, s.beginRound(), ripe)
	faults := []error{err, s.known.load()}
	for range blocksInRound {
		var left []behindLog
		for _, b := range behind {
			if ctx.Err() != nil {
				break
			}
			more, err := s.sealNext(ctx, b)
			if err != nil {
				faults = append(faults, fmt.Errorf("seal %s of %s: %w", b.log, b.account, err))
			} else if more {
				left = append(left, b)
			}
		}
		if behind = left; len(behind) == 0 {
			break
		}
	}
	if err = errors.Join(append(faults, s.known.save(s.store.Now()))...); err != nil {
		s.mu.Lock()
		s.made = 0 // the next rounds look at all accounts
		s.mu.Unlock()
	}
	return err
}

// beginRound returns the id from which the round looks for rows; "": it looks at all
// accounts.
func (s *Service) beginRound() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.made < firstRounds || s.sinceAll >= allRounds
	s.made, s.sinceAll = s.made+1, s.sinceAll+1
	s.rounds = append(s.rounds, id.New(id.Event))
	s.rounds = s.rounds[max(0, len(s.rounds)-1-recentRounds):]
	if all {
		s.sinceAll = 0
		return ""
	}
	return s.rounds[0]
}

// behindLog is a log that has something to seal.
type behindLog struct {
	account string
	log     Log
	// raised: its floor is higher than the one that is sealed.
	raised bool
}

// behindSQL finds the logs that go on behind what is sealed, and those of which more was
// deleted, among some accounts; with how much is not sealed, and since when.
const behindSQL = `SELECT a.id, 'EVENTS', a.sequence - COALESCE(h.through, 0), COALESCE((SELECT e.occurred_at FROM events e
		WHERE e.account_id = a.id AND e.sequence > COALESCE(h.through, 0) ORDER BY e.sequence LIMIT 1), 0), a.log_trimmed - COALESCE(h.log_floor, 0)
	FROM %ACCOUNTS% LEFT JOIN seal_heads h ON h.account_id = a.id AND h.log = 'EVENTS'
	WHERE a.sequence > COALESCE(h.through, 0) OR a.log_trimmed > COALESCE(h.log_floor, 0)
	UNION ALL SELECT a.id, 'AUDIT', a.audit_number - COALESCE(h.through, 0), COALESCE((SELECT e.at FROM audit_entries e
		WHERE e.account_id = a.id AND e.number > COALESCE(h.through, 0) ORDER BY e.number LIMIT 1), 0), a.audit_floor - COALESCE(h.log_floor, 0)
	FROM %ACCOUNTS% LEFT JOIN seal_heads h ON h.account_id = a.id AND h.log = 'AUDIT'
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

func (s *Service) findBehind(ctx context.Context, from string, ripe time.Duration) ([]behindLog, error) {
	query, args := behindQuery(from)
	now := s.store.Now()
	var list []behindLog
	err := store.ForEachRow(ctx, s.store, query, args, func(rows entsql.ColumnScanner) error {
		var b behindLog
		var count, raised int64
		var since clock.Micros
		err := rows.Scan(&b.account, &b.log, &count, &since, &raised)
		b.raised = raised > 0
		young := since <= now && since > now.Add(-ripe)
		if b.raised || count >= s.size || count > 0 && !young {
			list = append(list, b)
		}
		return err
	})
	return list, err
}

// sealNext seals the next block of a log, and reports whether there may be more. It does
// not go on with a log that is not the one that this process sealed before.
func (s *Service) sealNext(ctx context.Context, b behindLog) (more bool, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("seal", b.account))
	floor, refused := int64(0), error(nil)
	if b.raised {
		floor, refused = s.vetFloor(ctx, b.account, b.log)
	}
	var made *block
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		made, more, err = s.sealBlock(ctx, tx, b, floor)
		return err
	})
	if err == nil && made != nil {
		s.known.remember(made)
	}
	return more && err == nil, errors.Join(refused, err)
}
