package reaction

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/id"
)

// found is what the sweep finds of a consumer in an account.
type found struct {
	consumer, account string
	head              int64
	mark              int64 // -1: none
	reset             bool
	parked            bool // some events are
	due               bool // and some of them may be tried again
}

// sweepSQL finds, among some accounts, those where the log goes on beyond a
// consumer's mark; and, whatever their number, those that were reset and those
// where a parked event is due. $2: the consumers' names, $3: now.
const sweepSQL = `SELECT c.value, a.id, a.sequence, COALESCE(m.mark, -1), COALESCE(m.reset_at, 0),
		(SELECT COUNT(*) FROM reaction_parked p WHERE p.account_id = a.id AND p.consumer = c.value), 0
	FROM %ACCOUNTS% CROSS JOIN %NAMES% JOIN reaction_consumers k ON k.name = c.value LEFT JOIN reaction_marks m ON m.account_id = a.id AND m.consumer = c.value
	WHERE COALESCE(m.stopped_at, 0) = 0 AND a.sequence > COALESCE(m.mark, 0)
	UNION ALL SELECT m.consumer, m.account_id, a.sequence, m.mark, m.reset_at, 0, 0
	FROM reaction_marks m JOIN account_sequences a ON a.id = m.account_id
	WHERE m.reset_at > 0 AND m.stopped_at = 0 AND m.consumer IN (SELECT c.value FROM %NAMES%)
	UNION ALL SELECT p.consumer, p.account_id, a.sequence, COALESCE(m.mark, -1), COALESCE(m.reset_at, 0), 1, COUNT(*)
	FROM reaction_parked p JOIN account_sequences a ON a.id = p.account_id
		LEFT JOIN reaction_marks m ON m.account_id = p.account_id AND m.consumer = p.consumer
	WHERE p.next_at <= $3 AND p.consumer IN (SELECT c.value FROM %NAMES%) AND COALESCE(m.stopped_at, 0) = 0
	GROUP BY p.consumer, p.account_id, a.sequence, m.mark, m.reset_at`

// Among which accounts a sweep looks: all, which takes a second where there are
// 200,000, or those with events since an id. $1: the id; "": all. Without the
// empty text SQLite would read all events in the order of an index on accounts.
const (
	allAccounts    = "(SELECT id, sequence FROM account_sequences WHERE id >= $1) AS a"
	recentAccounts = "(SELECT DISTINCT account_id || '' AS account_id FROM events WHERE id >= $1) AS r JOIN account_sequences a ON a.id = r.account_id"
)

const (
	// recentSweeps is how many sweeps back a sweep looks for events: a minute.
	// What took longer from its id to its commit, or was committed where the
	// clock is wrong, is found by a sweep of all accounts.
	recentSweeps = 12
	// allSweeps is every how many sweeps all accounts are looked at: five minutes.
	allSweeps = 60
)

// sweepLogs finds what no one reported: with one query, whatever the number of
// accounts. It looks at all of them when the node got a share, after an error,
// and now and then; otherwise at those with recent events.
func (e *Engine) sweepLogs(ctx context.Context) {
	names, all := e.forgetQuiet()
	if len(names) == 0 {
		return
	}
	list, err := e.findBehind(ctx, names, e.sweepFrom(all))
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.sweepAll = true
		if ctx.Err() == nil {
			e.log.Warn("cannot look for events that the log's consumers missed; trying again", "error", err)
		}
		return
	}
	for _, f := range list {
		if c := e.consumerNamed(f.consumer); c != nil {
			e.pickUp(c, f)
		}
	}
	e.resumeRuns()
}

// resumeRuns has what paused go on: its events may be older than those that a
// sweep finds. e.mu is held.
func (e *Engine) resumeRuns() {
	for _, c := range e.consumers {
		for _, p := range c.accounts {
			e.enqueueRun(p)
		}
	}
}

// sweepFrom returns the id of the event from which a sweep looks; "": it looks at
// all accounts. The ids are this node's of earlier sweeps.
func (e *Engine) sweepFrom(all bool) string {
	e.swept = append(e.swept, id.New(id.Event))
	if all || len(e.swept) > allSweeps {
		e.swept = e.swept[len(e.swept)-1:]
		return ""
	}
	return e.swept[max(0, len(e.swept)-1-recentSweeps)]
}

// forgetQuiet forgets the accounts where nothing happened since the last sweep
// and nothing is to be done. It returns the consumers that this node has a share
// of, and whether the sweep is to look at all accounts. What is known when the
// query begins stays until its rows were compared with it.
func (e *Engine) forgetQuiet() (names []string, all bool) {
	now := e.store.Clock().Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.consumers {
		for account, p := range c.accounts {
			if p.idle() && !p.used && !p.stopped && !p.hasWork() && p.position == p.stored && !now.Before(p.waitTil) {
				delete(c.accounts, account)
			}
			p.used = false
		}
		if c.shares != [shareCount]*share{} {
			names = append(names, c.Name)
		}
	}
	all, e.sweepAll = e.sweepAll, false
	return names, all
}

// withNames has a query read its n-th argument, a list of names, where it says
// %NAMES%.
func withNames(query string, n int, postgres bool) string {
	names := "json_each($%d) AS c"
	if postgres {
		names = "(SELECT jsonb_array_elements_text($%d::text::jsonb) AS value) AS c"
	}
	return strings.ReplaceAll(query, "%NAMES%", fmt.Sprintf(names, n))
}

func sweepQuery(from string, postgres bool) string {
	accounts := allAccounts
	if from != "" {
		accounts = recentAccounts
	}
	return strings.ReplaceAll(withNames(sweepSQL, 2, postgres), "%ACCOUNTS%", accounts)
}

func (e *Engine) findBehind(ctx context.Context, names []string, from string) ([]found, error) {
	data, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	var list []found
	err = eachRow(e.store.Query(acrossAccounts(ctx), sweepQuery(from, e.store.Postgres()), from, string(data), e.store.Now()))(func(rows entsql.ColumnScanner) error {
		var f found
		var resetAt, parked, due int64
		err := rows.Scan(&f.consumer, &f.account, &f.head, &f.mark, &resetAt, &parked, &due)
		f.reset, f.parked, f.due = resetAt > 0, parked > 0, due > 0
		list = append(list, f)
		return err
	})
	return list, err
}

// pickUp has a run start where the sweep found something that this node does not
// know. e.mu is held.
func (e *Engine) pickUp(c *consumer, f found) {
	known := c.accounts[f.account] != nil
	p := e.progressOf(c, f.account)
	if p == nil {
		return
	}
	if !known && !f.parked && !f.reset { // the row says it all
		p.loaded, p.absent = true, f.mark < 0
		p.stored = max(f.mark, 0)
		p.position = p.stored
	}
	p.head = max(p.head, f.head)
	p.due = p.due || f.due
	// One that this node takes for stopped is not any longer.
	p.reset = p.reset || f.reset || p.idle() && p.stopped
	e.enqueueRun(p)
}
