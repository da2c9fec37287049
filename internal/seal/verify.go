package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

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
}

// Verify reads logs, block by block, makes their digests and seals again, and gives each
// log's report to found. It changes nothing, and needs no server to stop: a block that
// does not fit is read twice, since a purge may have come between.
func Verify(ctx context.Context, s *store.Store, keys *secret.Keyring, o Options, found func(*Report) error) error {
	accounts, err := s.Strings(ctx, "SELECT id FROM account_sequences WHERE id = $1 OR $2 = '' ORDER BY id", o.Account, o.Account)
	if err != nil {
		return err
	}
	if o.Account != "" && len(accounts) == 0 {
		return fmt.Errorf("there is no account %q", o.Account)
	}
	met := map[int]bool{}
	for _, account := range accounts {
		for _, log := range []Log{store.EventLog, store.AuditLog} {
			if o.Log != "" && o.Log != log {
				continue
			}
			v := &verifier{store: s, keys: keys, c: logs[log], report: &Report{Account: account, Log: log, Problems: []Problem{}}}
			for i, anchor := range o.Anchors {
				if anchor.Account == account && anchor.Log == log {
					met[i] = true
					v.anchors = append(v.anchors, anchor)
				}
			}
			if err := v.verifyLog(ctx); err != nil {
				return fmt.Errorf("verify %s of %s: %w", log, account, err)
			}
			if err := found(v.report); err != nil {
				return err
			}
		}
	}
	for i, anchor := range o.Anchors {
		if !met[i] && (o.Account == "" || o.Account == anchor.Account) && (o.Log == "" || o.Log == anchor.Log) {
			lost := &Report{Account: anchor.Account, Log: anchor.Log}
			lost.log("the anchor is of an account that is not there")
			if err := found(lost); err != nil {
				return err
			}
		}
	}
	return nil
}

// verifier verifies one log.
type verifier struct {
	store   *store.Store
	keys    *secret.Keyring
	c       *columns
	report  *Report
	anchors []Anchor
	floor   int64
	last    block // the one before
}

// Of some blocks at a time the seals and digests are in memory.
const blocksAtOnce = 16

func (v *verifier) verifyLog(ctx context.Context) error {
	r := v.report
	counters, err := v.store.Numbers(ctx, "SELECT "+v.c.head+" FROM account_sequences WHERE id = $1", r.Account)
	if err != nil || len(counters) == 0 {
		return err
	}
	r.Head = counters[0]
	known, err := v.store.Numbers(ctx, "SELECT block FROM seal_heads WHERE account_id = $1 AND log = $2", r.Account, string(r.Log))
	if err != nil {
		return err
	}
	if err := v.readFloor(ctx); err != nil {
		return err
	}
	for more := true; more; {
		list, err := v.blocks(ctx, v.last.number, blocksAtOnce)
		if err != nil {
			return err
		}
		for i := range list {
			if err := v.verifyBlock(ctx, &list[i]); err != nil {
				return err
			}
		}
		more = len(list) == blocksAtOnce
	}
	if len(known) > 0 && known[0] > v.last.number {
		r.log("%d blocks were sealed, and the newest that is there is %d: seals were removed", known[0], v.last.number)
	}
	if r.Blocks > 0 {
		r.Anchor = Anchor{r.Account, r.Log, v.last.number, v.last.seal}.String()
	}
	for _, a := range v.anchors {
		if err := v.checkAnchor(ctx, a); err != nil {
			return err
		}
	}
	return v.verifyTail(ctx)
}

// readFloor reads up to where rows may have been deleted: the newest seal says it.
func (v *verifier) readFloor(ctx context.Context) error {
	floors, err := v.store.Numbers(ctx, "SELECT log_floor FROM seals WHERE account_id = $1 AND log = $2 ORDER BY block DESC LIMIT 1", v.report.Account, string(v.report.Log))
	if len(floors) > 0 {
		v.floor, v.report.Floor = floors[0], floors[0]
	}
	return err
}

func (v *verifier) blocks(ctx context.Context, after int64, most int) ([]block, error) {
	list := make([]block, 0, most)
	err := store.ForEachRow(ctx, v.store, "SELECT "+blockColumns+" FROM seals WHERE account_id = $1 AND log = $2 AND block > $3 ORDER BY block LIMIT $4",
		[]any{v.report.Account, string(v.report.Log), after, most}, func(rows entsql.ColumnScanner) error {
			b := block{account: v.report.Account, log: v.report.Log}
			err := b.scan(rows)
			list = append(list, b)
			return err
		})
	return list, err
}

// verifyBlock verifies a block, and again if it does not fit: what a purge or retention
// changes in one transaction was read by several queries.
func (v *verifier) verifyBlock(ctx context.Context, b *block) error {
	count, problems, err := v.compare(ctx, b)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		again, err := v.blocks(ctx, b.number-1, 1)
		if err != nil {
			return err
		}
		if len(again) == 1 && again[0].number == b.number {
			*b = again[0]
		}
		if err := v.readFloor(ctx); err != nil {
			return err
		}
		if count, problems, err = v.compare(ctx, b); err != nil {
			return err
		}
	}
	for _, p := range problems {
		v.report.addProblem(p)
	}
	v.report.Blocks++
	v.report.Rows += count.rows
	v.report.Tombstones += count.tombstones
	v.report.Trimmed += count.trimmed
	v.last = *b
	v.last.digests = nil
	return nil
}

// counted is what is there of a block.
type counted struct{ rows, tombstones, trimmed int64 }

func (v *verifier) compare(ctx context.Context, b *block) (count counted, problems []Problem, err error) {
	problems = v.compareSeal(b)
	list, err := v.rows(ctx, b)
	if err != nil {
		return count, nil, err
	}
	if len(b.digests) == 0 {
		if len(list) > 0 {
			problems = append(problems, Problem{Block: b.number, Number: list[0].number, Text: fmt.Sprintf("%d rows are there, of which the seals have no digests", len(list))})
		}
		if b.rows > 0 && b.last > v.floor {
			problems = append(problems, b.problem("its digests are gone, though the newest seal says that nothing beyond %d was deleted", v.floor))
		}
		if from := max(b.first, b.floor+1); b.rows == 0 && from <= b.last {
			problems = append(problems, b.problem("the rows %d to %d were missing when it was sealed", from, b.last))
		}
		count.trimmed = b.rows
		return count, problems, nil
	}
	at := 0
	for number, last := b.first, b.first+int64(len(b.digests)/digestSize)-1; number <= last; number++ {
		var r *row
		if at < len(list) && list[at].number == number {
			r = list[at]
			at++
		}
		if text := v.compareRow(b, number, r, &count); text != "" {
			problems = append(problems, Problem{Block: b.number, Number: number, Text: text})
		}
	}
	return count, problems, nil
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
	if len(b.digests) > 0 {
		root := sha256.Sum256(b.digests)
		add(!bytes.Equal(root[:], b.root), "its digests are not those that were sealed")
		add(int64(len(b.digests)) != (b.last-b.first+1)*digestSize, "it has digests for %d rows, and numbers for %d", len(b.digests)/digestSize, b.last-b.first+1)
	}
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
	if !bytes.Equal(r.digest(r.inner), digest) {
		return "it is not the row that was sealed"
	}
	return ""
}

// rows are the rows of a block that are there.
func (v *verifier) rows(ctx context.Context, b *block) ([]*row, error) {
	c := v.c
	var list []*row
	most := blockSize + 1
	err := store.ForEachRow(ctx, v.store, "SELECT "+c.list()+", d.salt, d.inner_hash FROM "+c.table+" e LEFT JOIN seal_digests d ON d.account_id = $1 AND d.log = '"+
		string(b.log)+"' AND d.number BETWEEN $2 AND $3 AND d.number = e."+c.number+" WHERE e.account_id = $1 AND e."+c.number+" BETWEEN $2 AND $3 ORDER BY e."+c.number+" LIMIT $4",
		[]any{b.account, b.first, b.last, most}, func(rows entsql.ColumnScanner) error {
			r, err := c.scan(rows, true)
			list = append(list, r)
			return err
		})
	return list, err
}

// verifyTail compares what is not sealed yet with the account's counter.
func (v *verifier) verifyTail(ctx context.Context) error {
	r, through := v.report, v.last.last
	var count, newest, since, stray int64
	err := store.ForEachRow(ctx, v.store, "SELECT COUNT(*), COALESCE(MAX("+v.c.number+"), 0), COALESCE(MIN("+v.c.at+"), 0) FROM "+v.c.table+" WHERE account_id = $1 AND "+v.c.number+" > $2",
		[]any{r.Account, through}, func(rows entsql.ColumnScanner) error { return rows.Scan(&count, &newest, &since) })
	if err != nil {
		return err
	}
	err = store.ForEachRow(ctx, v.store, "SELECT COUNT(*) FROM "+v.c.table+" WHERE account_id = $1 AND "+v.c.number+" < 1", []any{r.Account},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&stray) })
	if err != nil {
		return err
	}
	r.Unsealed, r.UnsealedSince = count, clock.Micros(since)
	if stray > 0 {
		r.log("%d rows have numbers below 1", stray)
	}
	counters, err := v.store.Numbers(ctx, "SELECT "+v.c.head+" FROM account_sequences WHERE id = $1", r.Account) // more may have been written
	if err != nil || len(counters) == 0 {
		return err
	}
	switch {
	case counters[0] < through:
		r.log("the account counts %d rows, and %d were sealed: its counter was lowered", counters[0], through)
	case newest > counters[0]:
		r.log("the newest row is %d, and the account counts %d", newest, counters[0])
	case r.Head > max(newest, through):
		r.log("the account counts %d rows, and the newest that is there is %d: its end was removed", r.Head, max(newest, through))
	case count > 0 && count != newest-through && through >= v.floor && r.Blocks > 0:
		r.log("of the rows %d to %d, which are not sealed yet, %d are missing", through+1, newest, newest-through-count)
	}
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
