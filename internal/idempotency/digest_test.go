package idempotency_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"testing"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
)

// OP-3: the same input is recognized whatever the order of its type's fields,
// where they are embedded, and what an upgrade adds as null.
func TestSameInput(t *testing.T) {
	t.Parallel()
	type target struct {
		ConversationID string
		Revision       *int
	}
	type flat struct {
		Text           string
		Tags           []string
		ConversationID string
		Revision       *int
		Limit          int64
	}
	type embedded struct {
		target
		Limit int64
		Tags  []string
		Text  string
		Added *string
		Later opt.Value[*string]
		Note  bool
	}
	const big = 1<<53 + 1 // no float64 holds it
	first := flat{"Hello", []string{"a", "b"}, "c", nil, big}
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		answer, err := mutate(f.Admin, s, "send", key("k"), first, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			in   any
			code errs.Code
		}{
			{"Same", first, ""},
			{"OtherShape", embedded{target{"c", nil}, big, []string{"a", "b"}, "Hello", nil, opt.Value[*string]{}, false}, ""},
			{"OtherText", flat{"Hello!", []string{"a", "b"}, "c", nil, big}, errs.Conflict},
			{"OtherOrderOfAList", flat{"Hello", []string{"b", "a"}, "c", nil, big}, errs.Conflict},
			{"NoList", flat{"Hello", nil, "c", nil, big}, errs.Conflict},
			{"OtherNumber", flat{"Hello", []string{"a", "b"}, "c", nil, big - 1}, errs.Conflict},
			{"NewField", embedded{target{"c", nil}, big, []string{"a", "b"}, "Hello", key("x"), opt.Value[*string]{}, false}, errs.Conflict},
			{"NewNull", embedded{target{"c", nil}, big, []string{"a", "b"}, "Hello", nil, opt.Null[string](), false}, errs.Conflict},
		} {
			t.Run(c.name, func(t *testing.T) {
				got, err := mutate(f.Admin, s, "send", key("k"), c.in, nil)
				if c.code != "" {
					if !errs.Is(err, c.code) {
						t.Errorf("got %v, want %s", err, c.code)
					}
				} else if err != nil || got != answer {
					t.Errorf("got %s (%v), want the first answer %s", got, err, answer)
				}
			})
		}
	})
}

// OP-3: null, which clears, is another input than what is left out, which keeps.
func TestNullIsNotAbsent(t *testing.T) {
	t.Parallel()
	type update struct {
		Name opt.Value[*string]
		Tags opt.Value[[]string]
	}
	var noTags update
	if err := json.Unmarshal([]byte(`{"Tags": null}`), &noTags); err != nil {
		t.Fatal(err)
	}
	inputs := []update{{}, {Name: opt.Null[string]()}, {Name: opt.Of("")}, {Name: opt.Of("a")}, noTags, {Tags: opt.List[string]()}, {Tags: opt.List("a")}}
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		for i, first := range inputs {
			k := key(strconv.Itoa(i))
			answer, err := mutate(f.Admin, s, "update", k, first, nil)
			if err != nil {
				t.Fatal(err)
			}
			for j, in := range inputs {
				got, err := mutate(f.Admin, s, "update", k, in, nil)
				if i == j && (err != nil || got != answer) {
					t.Errorf("%+v: got %s (%v), want the first answer %s", in, got, err, answer)
				}
				if i != j && !errs.Is(err, errs.Conflict) {
					t.Errorf("%+v after %+v: got %s (%v), want CONFLICT", in, first, got, err)
				}
			}
		}
	})
}

// OP-3: what another version stored cannot be compared. Its key gives the first
// answer, whatever the input.
func TestStoredByAnotherVersion(t *testing.T) {
	t.Parallel()
	old := sha256.Sum256([]byte(`{"Text":"Hello"}`))
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		for name, stored := range map[string][]byte{
			"old":   old[:],
			"later": append([]byte{200}, old[:]...),
		} {
			answer, err := mutate(f.Admin, s, "send", key(name), input{"Hello"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			storeHash(t, f, name, stored)
			for _, in := range []input{{"Hello"}, {"Hello!"}} {
				got, err := mutate(f.Admin, s, "send", key(name), in, nil)
				if err != nil || got != answer {
					t.Errorf("%s, %v: got %s (%v), want the first answer %s", name, in, got, err, answer)
				}
			}
		}
	})
}

func storeHash(t *testing.T, f *testkit.Fixture, key string, hash []byte) {
	t.Helper()
	err := f.Store.WithTx(f.Admin, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE idempotency_keys SET input_hash = $1 WHERE account_id = $2 AND key = $3", hash, f.AccountID, key)
		if err == nil && n != 1 {
			t.Errorf("the key %q is stored %d times, want 1", key, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
