package account

import (
	"context"

	"parley/internal/idempotency"
	"parley/internal/store"
)

// Service holds the use cases of accounts and people. It is safe for
// concurrent use.
type Service struct {
	store      *store.Store
	deprecated deprecatedUses
	inviting   Inviting
	seen       seenUsers
	used       usedTokens

	connections connections
	invitations attempts
}

// New returns the use cases on a store.
func New(s *store.Store) *Service {
	return &Service{store: s, connections: connections{open: map[seenUser]int{}, changed: map[seenUser]bool{}, wake: make(chan struct{}, 1)}}
}

// Call is one call of a mutation.
type Call = idempotency.Call

// Administer runs apply in a transaction that holds the account's lock, once
// per idempotency key, for admins and Parley's own work only. It returns the
// id of the mutation's object: that of the first call when this one repeats it,
// which apply then does not see.
func Administer(ctx context.Context, s *store.Store, call idempotency.Call, apply func(context.Context, *store.Tx) error) (string, error) {
	if err := MayAdminister(ctx); err != nil {
		return call.Result, err
	}
	return administer(ctx, s, call, apply, idempotency.Run)
}

// AdministerNew is Administer for what makes an object, of which the caller may choose the
// id.
func AdministerNew(ctx context.Context, s *store.Store, call idempotency.Call, apply func(context.Context, *store.Tx) error) (string, error) {
	if err := MayAdminister(ctx); err != nil {
		return call.Result, err
	}
	return administer(ctx, s, call, apply, idempotency.Make)
}

type step = func(context.Context, *store.Tx) error

func administer(ctx context.Context, s *store.Store, call idempotency.Call, apply step,
	run func(context.Context, *store.Store, idempotency.Call, step, func(context.Context, *store.Tx, string) error) error,
) (string, error) {
	result := call.Result
	err := run(ctx, s, call, func(ctx context.Context, tx *store.Tx) error {
		if err := Lock(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx)
	}, func(_ context.Context, _ *store.Tx, first string) error {
		result = first
		return nil
	})
	return result, err
}
