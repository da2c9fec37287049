package seal

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
)

// verifyHead compares what says how far the log is sealed with the newest seal: who edits
// it keeps the log from being sealed.
func (v *verifier) verifyHead(ctx context.Context) error {
	r, at := v.report, &state{}
	if err := at.readLog(ctx, v.store, r.Account, r.Log); err != nil {
		return err
	}
	if err := at.check(); err != nil {
		r.log("%s", err)
	}
	if at.newest.number < v.last.number {
		r.log("seals were removed while they were verified")
	}
	return nil
}

// verifyFloor looks for what the audit log says of the last time that the floor rose. It
// need not have it any more if it was trimmed itself since then.
func (v *verifier) verifyFloor(ctx context.Context) error {
	r := v.report
	if v.risen == 0 {
		if r.Blocks > 0 && v.last.floor > r.Head {
			r.log("the first seal has the floor %d, and the log ends with %d", v.last.floor, r.Head)
		}
		return nil
	}
	to, _, err := trimmedTo(ctx, v.store, r.Account, v.c.trimmed)
	if err != nil || to >= v.last.floor {
		return err
	}
	oldest, err := v.store.Numbers(ctx, "SELECT at FROM audit_entries WHERE account_id = $1 ORDER BY number LIMIT 1", r.Account)
	if err != nil || to == 0 && (len(oldest) == 0 || clock.Micros(oldest[0]) > v.risen) {
		return err
	}
	r.log("its floor rose to %d, and the audit log has %s up to %d: what is below was not deleted by retention", v.last.floor, v.c.trimmed, to)
	return nil
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
	if count > 0 && clock.Micros(since).Add(v.grace) < v.store.Now() {
		r.log("%d rows are not sealed, the oldest since %s: what is not sealed can be edited unnoticed; a server that runs seals it within seconds, and logs why it cannot", count, clock.Micros(since))
	}
	counters, err := v.counters(ctx) // more may have been written
	if err != nil || counters == nil {
		return err
	}
	end := max(newest, through)
	if r.Blocks == 0 {
		end = max(end, counters[1]) // all that there was may have been deleted
	}
	switch {
	case counters[0] < through:
		r.log("the account counts %d rows, and %d were sealed: its counter was lowered", counters[0], through)
	case newest > counters[0]:
		r.log("the newest row is %d, and the account counts %d", newest, counters[0])
	case r.Head > end:
		r.log("the account counts %d rows, and the newest that is there is %d: its end was removed", r.Head, end)
	case count > 0 && count != newest-through && through >= v.floor && r.Blocks > 0:
		r.log("of the rows %d to %d, which are not sealed yet, %d are missing", through+1, newest, newest-through-count)
	}
	return nil
}
