package reaction

import (
	"context"
	"encoding/json"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Lag is how far a consumer is behind, over all accounts. The marks that it is
// read from are stored each second.
type Lag struct {
	Consumer string
	// Registered: this program knows the consumer. Another one, of a version before
	// or to come, made the rows of the others.
	Registered bool
	Accounts   int64 // in which events wait
	Events     int64 // of the consumer's types, that were not handled yet
	// Oldest is when the oldest of these events happened; 0: there is none.
	Oldest   clock.Micros
	Retrying int64 // conversations with an event that failed and is tried again
	Parked   int64 // conversations with an event that waits for an operator
	Stopped  int64 // accounts where the consumer was stopped
}

// Status returns the lag of each consumer that was ever started, by name.
func (e *Engine) Status(ctx context.Context) ([]Lag, error) {
	ctx = acrossAccounts(ctx)
	var list []Lag
	err := eachRow(e.store.Query(ctx, `SELECT c.name,
			(SELECT COUNT(*) FROM reaction_parked p WHERE p.consumer = c.name AND p.next_at < $1),
			(SELECT COUNT(*) FROM reaction_parked p WHERE p.consumer = c.name AND p.next_at = $1),
			(SELECT COUNT(*) FROM reaction_marks m WHERE m.consumer = c.name AND m.stopped_at > 0)
		FROM reaction_consumers c ORDER BY c.name`, clock.Never))(
		func(rows entsql.ColumnScanner) error {
			var l Lag
			err := rows.Scan(&l.Consumer, &l.Retrying, &l.Parked, &l.Stopped)
			list = append(list, l)
			return err
		})
	for i := range list {
		c := e.consumerNamed(list[i].Consumer)
		if list[i].Registered = c != nil; c != nil && err == nil {
			err = e.countWaiting(ctx, c, &list[i])
		}
	}
	return list, err
}

// countWaiting counts the events beyond a consumer's marks.
func (e *Engine) countWaiting(ctx context.Context, c *consumer, l *Lag) error {
	query := `SELECT COUNT(DISTINCT e.account_id), COUNT(*), COALESCE(MIN(e.occurred_at), 0)
		FROM account_sequences a LEFT JOIN reaction_marks m ON m.account_id = a.id AND m.consumer = $1
			JOIN events e ON e.account_id = a.id AND e.sequence > COALESCE(m.mark, 0)
		WHERE a.sequence > COALESCE(m.mark, 0) AND COALESCE(m.stopped_at, 0) = 0
			AND ($2 OR e.type IN (SELECT c.value FROM %NAMES%))`
	types := c.Types
	if types == nil {
		types = []vocab.EventType{}
	}
	data, err := json.Marshal(types)
	if err != nil {
		return err
	}
	return eachRow(e.store.Query(ctx, withNames(query, 3, e.store.Postgres()), c.Name, c.types == nil, string(data)))(
		func(rows entsql.ColumnScanner) error { return rows.Scan(&l.Accounts, &l.Events, &l.Oldest) })
}

// Parked is an event that a consumer could not handle. Later ones of its
// conversation wait for it.
type Parked struct {
	ID             string
	Consumer       string
	AccountID      string
	ConversationID string // "": the account's events without a conversation
	Sequence       int64
	Type           vocab.EventType
	Attempts       int
	// NextAt is when it is tried again; clock.Never: when an operator says so.
	NextAt   clock.Micros
	FailedAt clock.Micros
	Error    string
}

// maxListed is how many rows an operator is shown at most.
const maxListed = 1000

// Parked returns the events that failed, the oldest first, 1,000 at most.
func (e *Engine) Parked(ctx context.Context) ([]Parked, error) {
	var list []Parked
	err := eachRow(e.store.Query(acrossAccounts(ctx), `SELECT id, consumer, account_id, conversation_id, sequence, type, attempts, next_at, failed_at, error
		FROM reaction_parked ORDER BY failed_at, id LIMIT $1`, maxListed))(
		func(rows entsql.ColumnScanner) error {
			var p Parked
			err := rows.Scan(&p.ID, &p.Consumer, &p.AccountID, &p.ConversationID, &p.Sequence, &p.Type, &p.Attempts, &p.NextAt, &p.FailedAt, &p.Error)
			list = append(list, p)
			return err
		})
	return list, err
}

// Stop is a consumer that was stopped in an account.
type Stop struct {
	Consumer  string
	AccountID string
	Mark      int64
	StoppedAt clock.Micros
}

// Stopped returns where consumers were stopped, 1,000 places at most.
func (e *Engine) Stopped(ctx context.Context) ([]Stop, error) {
	var list []Stop
	err := eachRow(e.store.Query(acrossAccounts(ctx), `SELECT consumer, account_id, mark, stopped_at FROM reaction_marks WHERE stopped_at > 0
		ORDER BY stopped_at, consumer, account_id LIMIT $1`, maxListed))(
		func(rows entsql.ColumnScanner) error {
			var s Stop
			err := rows.Scan(&s.Consumer, &s.AccountID, &s.Mark, &s.StoppedAt)
			list = append(list, s)
			return err
		})
	return list, err
}
