package seal

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"sort"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
)

// Report is what Verify found of a log of an account.
type Report struct {
	Account string `json:"account"`
	Log     Log    `json:"log"`
	// Head is the number of the newest row, as the account counts.
	Head int64 `json:"head"`
	// Blocks and Rows are what is sealed and there. Tombstones are rows whose references
	// and changes a purge took; Trimmed are rows that retention deleted.
	Blocks     int64 `json:"blocks"`
	Rows       int64 `json:"rows"`
	Tombstones int64 `json:"tombstones"`
	Trimmed    int64 `json:"trimmed"`
	// Floor is up to where the newest seal says that rows may have been deleted.
	Floor int64 `json:"floor"`
	// Began is when the first block was sealed: what is older was sealed as it was found.
	Began clock.Micros `json:"sealedSince,omitempty"`
	// Late are blocks that were sealed much later than their newest row was written, the last
	// of them at the time: what was edited before that is not noticed.
	Late     int64        `json:"late,omitempty"`
	LastLate clock.Micros `json:"lastLate,omitempty"`
	// Unsealed rows are behind the newest seal, the oldest since the time.
	Unsealed      int64        `json:"unsealed"`
	UnsealedSince clock.Micros `json:"unsealedSince,omitempty"`
	// Anchor is the newest seal as text, to be kept elsewhere; empty: there is none.
	Anchor string `json:"anchor,omitempty"`
	// Problems are what does not fit; Hidden are how many more there are.
	Problems []Problem `json:"problems"`
	Hidden   int64     `json:"hiddenProblems,omitempty"`
}

// Problem is something in a log that does not fit.
type Problem struct {
	// Number is the row's, or the first of the block's; 0: it is the log's.
	Number int64 `json:"number,omitempty"`
	// Block is the number of the block; 0: none.
	Block int64  `json:"block,omitempty"`
	Text  string `json:"text"`
}

// mostProblems are how many problems of a log are listed; the others are counted.
const mostProblems = 50

func (r *Report) addProblem(p Problem) {
	if len(r.Problems) < mostProblems {
		r.Problems = append(r.Problems, p)
	} else {
		r.Hidden++
	}
}

func (r *Report) log(format string, args ...any) {
	r.addProblem(Problem{Text: fmt.Sprintf(format, args...)})
}

func (b *block) problem(format string, args ...any) Problem {
	return Problem{Block: b.number, Number: b.first, Text: fmt.Sprintf(format, args...)}
}

// Options say what Verify reads; empty: all accounts, both logs.
type Options struct {
	Account string
	Log     Log
	// Anchors are seals that were kept elsewhere, which the logs must have.
	Anchors []Anchor
	// Grace is for how long a row may be there without being sealed; 0: ten minutes.
	Grace time.Duration
}

// grace is the Grace unless said otherwise; late is when a block was sealed late.
const (
	grace = 10 * time.Minute
	late  = 15 * time.Minute
)

// accounts are all that have a log, or had one.
const accounts = `SELECT id FROM (SELECT id FROM accounts UNION SELECT id FROM account_sequences UNION SELECT account_id FROM seals UNION SELECT account_id FROM seal_heads) AS every
	WHERE id = $1 OR $2 = '' ORDER BY id`

// Verify reads logs, block by block, makes their digests and seals again, and gives each
// log's report to report. It changes nothing, and needs no server to stop: a block that
// does not fit is read twice, since a purge may have come between.
func Verify(ctx context.Context, s *store.Store, keys *secret.Keyring, o Options, report func(*Report) error) error {
	found, err := s.Strings(ctx, accounts, o.Account, o.Account)
	if err != nil {
		return err
	}
	if o.Account != "" && len(found) == 0 {
		return fmt.Errorf("there is no account %q", o.Account)
	}
	met := map[int]bool{}
	for _, account := range found {
		for _, log := range []Log{store.EventLog, store.AuditLog} {
			if o.Log != "" && o.Log != log {
				continue
			}
			v := &verifier{store: s, keys: keys, c: logs[log], report: &Report{Account: account, Log: log, Problems: []Problem{}}, grace: cmp.Or(o.Grace, grace)}
			v.anchors = o.anchorsOf(account, log, met)
			if err := v.verifyLog(ctx); err != nil {
				return fmt.Errorf("verify %s of %s: %w", log, account, err)
			}
			if err := report(v.report); err != nil {
				return err
			}
		}
	}
	for i, anchor := range o.Anchors {
		if !met[i] && (o.Account == "" || o.Account == anchor.Account) && (o.Log == "" || o.Log == anchor.Log) {
			lost := &Report{Account: anchor.Account, Log: anchor.Log}
			lost.log("the anchor is of an account that is not there")
			if err := report(lost); err != nil {
				return err
			}
		}
	}
	return nil
}

// anchorsOf are the anchors of a log, which are noted as met.
func (o Options) anchorsOf(account string, log Log, met map[int]bool) []Anchor {
	var of []Anchor
	for i, anchor := range o.Anchors {
		if anchor.Account == account && anchor.Log == log {
			met[i] = true
			of = append(of, anchor)
		}
	}
	return of
}

// verifier verifies one log.
type verifier struct {
	store   *store.Store
	keys    *secret.Keyring
	c       *columns
	report  *Report
	anchors []Anchor
	grace   time.Duration
	floor   int64
	last    block        // the one before
	risen   clock.Micros // when the block was sealed with which the floor rose last; 0: it did not
}

const (
	// Of some blocks at a time the seals and digests are in memory, and of some numbers the rows.
	blocksAtOnce  = 256
	numbersAtOnce = 4 * blockSize
)

func (v *verifier) verifyLog(ctx context.Context) error {
	r := v.report
	counters, err := v.counters(ctx)
	if err != nil {
		return err
	}
	if counters == nil {
		r.log("the account has no counters: its row of account_sequences was removed")
		counters = make([]int64, 2)
	}
	if r.Head = counters[0]; counters[1] > r.Head {
		r.log("the log's floor is %d, and it ends with %d: its floor was raised by hand", counters[1], r.Head)
	}
	if err := v.readFloor(ctx); err != nil {
		return err
	}
	for more := true; more; {
		list, err := blocksOf(ctx, v.store, r.Account, r.Log, v.last.number, blocksAtOnce)
		if err != nil {
			return err
		}
		if err := v.verifyBlocks(ctx, list); err != nil {
			return err
		}
		more = len(list) == blocksAtOnce
	}
	if r.Blocks > 0 {
		r.Anchor = Anchor{r.Account, r.Log, v.last.number, v.last.seal}.String()
	}
	for _, a := range v.anchors {
		if err := v.checkAnchor(ctx, a); err != nil {
			return err
		}
	}
	if err := v.verifyHead(ctx); err != nil {
		return err
	}
	if err := v.verifyFloor(ctx); err != nil {
		return err
	}
	return v.verifyTail(ctx)
}

// counters are the account's of the log: its end and its floor; nil: none.
func (v *verifier) counters(ctx context.Context) (list []int64, err error) {
	err = store.ForEachRow(ctx, v.store, "SELECT "+v.c.head+", "+v.c.floor+" FROM account_sequences WHERE id = $1", []any{v.report.Account}, func(rows entsql.ColumnScanner) error {
		list = make([]int64, 2)
		return rows.Scan(&list[0], &list[1])
	})
	return list, err
}

// readFloor reads up to where rows may have been deleted: the newest seal says it.
func (v *verifier) readFloor(ctx context.Context) error {
	floors, err := v.store.Numbers(ctx, "SELECT log_floor FROM seals WHERE account_id = $1 AND log = $2 ORDER BY block DESC LIMIT 1", v.report.Account, string(v.report.Log))
	if len(floors) > 0 {
		v.floor, v.report.Floor = floors[0], floors[0]
	}
	return err
}

// verifyBlocks verifies blocks that follow each other, with the rows of several at a time.
func (v *verifier) verifyBlocks(ctx context.Context, list []block) error {
	for len(list) > 0 {
		n, numbers := 0, 0
		for n < len(list) && (n == 0 || numbers+len(list[n].digests)/digestSize <= numbersAtOnce) {
			numbers += len(list[n].digests) / digestSize
			n++
		}
		rows, err := v.rows(ctx, list[:n])
		if err != nil {
			return err
		}
		for i := range list[:n] {
			b := &list[i]
			from := sort.Search(len(rows), func(i int) bool { return rows[i].number >= b.first })
			to := sort.Search(len(rows), func(i int) bool { return rows[i].number > b.last })
			if err := v.verifyBlock(ctx, b, rows[from:max(from, to)]); err != nil {
				return err
			}
		}
		list = list[n:]
	}
	return nil
}

// verifyBlock verifies a block, and again if it does not fit: what a purge or retention
// changes in one transaction was read by several queries.
func (v *verifier) verifyBlock(ctx context.Context, b *block, rows []*row) error {
	count, problems := v.compare(b, rows)
	if len(problems) > 0 {
		again, err := blocksOf(ctx, v.store, v.report.Account, v.report.Log, b.number-1, 1)
		if err != nil {
			return err
		}
		if len(again) == 1 && again[0].number == b.number {
			*b = again[0]
		}
		if err := v.readFloor(ctx); err != nil {
			return err
		}
		if rows, err = v.rows(ctx, []block{*b}); err != nil {
			return err
		}
		count, problems = v.compare(b, rows)
	}
	r := v.report
	for _, p := range problems {
		r.addProblem(p)
	}
	r.Blocks++
	r.Rows += count.rows
	r.Tombstones += count.tombstones
	r.Trimmed += count.trimmed
	if v.last.number == 0 {
		r.Began = clock.Micros(b.at)
	} else if b.floor > v.last.floor {
		v.risen = clock.Micros(b.at)
	}
	if n := len(rows); n > 0 && rows[n-1].at >= int64(r.Began) && clock.Micros(rows[n-1].at).Add(late) < clock.Micros(b.at) {
		r.Late, r.LastLate = r.Late+1, clock.Micros(b.at)
	}
	v.last = *b
	v.last.digests = nil
	return nil
}

// Anchor is a seal that is kept elsewhere: whoever has it notices that a database was
// replaced by another one, even by one that was sealed with the same key.
type Anchor struct {
	Account string
	Log     Log
	Block   int64
	Seal    []byte
}

// String is the anchor as one word.
func (a Anchor) String() string {
	return fmt.Sprintf("%s:%s:%d:%s", a.Account, a.Log, a.Block, base64.RawURLEncoding.EncodeToString(a.Seal))
}
