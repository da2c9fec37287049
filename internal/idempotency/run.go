package idempotency

import (
	"context"
	"encoding/json"

	"parley/internal/store"
	"parley/internal/viewer"
)

// Call is one call of a mutation.
type Call struct {
	Mutation string
	// Key is the caller's idempotency key, if any.
	Key *string
	// Input is what the caller wants: the same key goes with the same input only.
	Input any
	// Result is the id of the object that the mutation makes or changes.
	Result string
	// Own are the ids that the caller may choose for what Make makes. Result is one of
	// them, if given: see id.OrNew.
	Own []Own
}

// Run does a mutation in a transaction of its own, once per idempotency key:
// apply makes the change. When the key was used before, replay runs in place of
// apply and loads the first answer by its id; nil: there is nothing to load.
// Failures are not kept: the key may be tried again.
func Run(ctx context.Context, s *store.Store, call Call, apply func(context.Context, *store.Tx) error,
	replay func(ctx context.Context, tx *store.Tx, first string) error) error {
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		first, err := Claim(ctx, tx, call.Mutation, call.Key, call.Input, call.Result)
		switch {
		case err != nil:
			return err
		case first == "":
			return apply(ctx, tx)
		case replay == nil:
			return nil
		}
		return replay(ctx, tx, first)
	})
}

// Settle changes, within apply, which object the call's answer is, and adds notes on the
// answer for a replay.
func (c Call) Settle(ctx context.Context, tx *store.Tx, result string, notes ...string) error {
	if c.Key == nil || *c.Key == "" {
		return nil
	}
	kept, err := json.Marshal(append([]string{result}, notes...))
	if err != nil {
		return err
	}
	v := viewer.FromContext(ctx)
	_, err = tx.Exec(ctx, "UPDATE idempotency_keys SET result = $1 WHERE account_id = $2 AND actor_id = $3 AND mutation = $4 AND key = $5",
		string(kept), v.AccountID, v.Actor().ActorID, c.Mutation, *c.Key)
	return err
}

// Notes returns, within replay, what Settle noted on the first answer.
func (c Call) Notes(ctx context.Context, tx *store.Tx) ([]string, error) {
	row, err := load(ctx, tx, c.Mutation, *c.Key)
	if err != nil {
		return nil, err
	}
	return row.Result[1:], nil
}
