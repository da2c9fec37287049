// Package idempotency makes mutations safe to retry: the same idempotency key from the
// same actor gives the first answer again (OP-3).
package idempotency

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/idempotencykey"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Kept is how long a key is remembered after its mutation succeeded.
const Kept = 24 * time.Hour

const longest = 255

// Claim is the first act of a mutation's transaction. result is the id that the
// mutation's answer will have. Claim returns the id of the first answer if the
// key was used before, and then the mutation only loads that answer; else "".
// The same key with another input is CONFLICT. No key claims nothing, and
// "" is none: clients in typed languages send it for a field that they leave out.
func Claim(ctx context.Context, tx *store.Tx, mutation string, key *string, input any, result string) (string, error) {
	if key == nil || *key == "" {
		return "", nil
	}
	if len(*key) > longest || !utf8.ValidString(*key) || strings.ContainsRune(*key, 0) {
		return "", errs.New(errs.Invalid, "An idempotency key must have 1 to %d bytes; use a random UUID, for example.", longest).On("idempotencyKey")
	}
	if id.Prefix(result) == "" {
		return "", nil // no object has this id: the mutation will say so
	}
	hash, err := digest(input)
	if err != nil {
		return "", err
	}
	v := viewer.FromContext(ctx)
	inserted, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (id, account_id, actor_id, mutation, key, input_hash, result, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, actor_id, mutation, key) DO NOTHING`,
		id.New("key"), v.AccountID, v.Actor().ActorID, mutation, *key, hash, `["`+result+`"]`, int64(tx.Now()))
	if err != nil || inserted == 1 {
		return "", err
	}
	return first(ctx, tx, mutation, *key, hash)
}

func load(ctx context.Context, tx *store.Tx, mutation, key string) (*ent.IdempotencyKey, error) {
	v := viewer.FromContext(ctx)
	row, err := tx.Client.IdempotencyKey.Query().Where(
		idempotencykey.AccountID(v.AccountID), idempotencykey.ActorID(v.Actor().ActorID),
		idempotencykey.Mutation(mutation), idempotencykey.Key(key)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the first answer: %w", err)
	}
	return row, nil
}

func first(ctx context.Context, tx *store.Tx, mutation, key string, hash []byte) (string, error) {
	row, err := load(ctx, tx, mutation, key)
	if err != nil {
		return "", err
	}
	if !sameInput(row.InputHash, hash) {
		return "", errs.New(errs.Conflict, "This idempotency key was already used with a different input. Use a new key for a new request.").On("idempotencyKey")
	}
	return row.Result[0], nil
}

// Forget deletes the keys of every account that are older than Kept. The system
// runs it each hour.
func Forget(ctx context.Context, s *store.Store) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("idempotency"))
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.IdempotencyKey.Delete().Where(idempotencykey.CreatedAtLT(tx.Now().Add(-Kept))).Exec(ctx)
		return err
	})
}
