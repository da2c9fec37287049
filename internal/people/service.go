package people

import (
	"context"

	"parley/internal/once"
	"parley/internal/store"
)

// Service holds the use cases of accounts and people. It is safe for
// concurrent use.
type Service struct {
	store *store.Store
}

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// Call is what the mutations of admins share.
type Call struct {
	Mutation string
	// Key is the caller's idempotency key, if any.
	Key   *string
	Input any
	// Result is the id of the object that the mutation makes or changes.
	Result string
}

// Administer runs apply in a transaction that holds the account's lock, once
// per idempotency key, for admins and Parley's own work alone. It returns the
// id of the mutation's object: that of the first call when this one repeats it,
// which apply then does not see.
func Administer(ctx context.Context, s *store.Store, in Call, apply func(context.Context, *store.Tx) error) (result string, err error) {
	err = s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		result = in.Result
		if err := MayAdminister(ctx); err != nil {
			return err
		}
		first, err := once.Claim(ctx, tx, in.Mutation, in.Key, in.Input, in.Result)
		if err != nil {
			return err
		}
		if first != "" {
			result = first
			return nil
		}
		if err := Lock(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx)
	})
	return result, err
}
