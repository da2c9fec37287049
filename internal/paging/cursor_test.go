package paging_test

import (
	"cmp"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
)

var keys = rapid.Custom(func(t *rapid.T) paging.Key {
	value := rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-2, 2),
		rapid.SampledFrom([]int64{
			math.MinInt64, math.MaxInt64,
			time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(),
			time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC).UnixMicro(),
		}),
	).Draw(t, "value")
	var uuid [16]byte
	// Few distinct bytes, so that equal values with close ids are common.
	copy(uuid[:], rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 127, 128, 255}), 16, 16).Draw(t, "uuid"))
	return paging.Key{Value: value, ID: id.FromBytes(id.Conversation, uuid)}
})

func compareKeys(a, b paging.Key) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), strings.Compare(a.ID, b.ID))
}

// Cursors of one query sort as strings like their rows, in both directions.
func TestCursorOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys.Draw(t, "a"), keys.Draw(t, "b")
		if rapid.Bool().Draw(t, "same value") {
			b.Value = a.Value
		}
		fp := rapid.Uint32().Draw(t, "fingerprint")
		want := compareKeys(a, b)
		if got := strings.Compare(paging.EncodeCursor(fp, false, a), paging.EncodeCursor(fp, false, b)); got != want {
			t.Fatalf("ascending: cursors compare %d, keys %d", got, want)
		}
		if got := strings.Compare(paging.EncodeCursor(fp, true, a), paging.EncodeCursor(fp, true, b)); got != -want {
			t.Fatalf("descending: cursors compare %d, keys %d", got, -want)
		}
	})
}

func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, fp, desc := keys.Draw(t, "key"), rapid.Uint32().Draw(t, "fingerprint"), rapid.Bool().Draw(t, "desc")
		got, err := paging.DecodeCursor("after", paging.EncodeCursor(fp, desc, want), fp, desc, id.Conversation)
		if err != nil || got != want {
			t.Fatalf("got %v, %v; want %v", got, err, want)
		}
	})
}

// What a client sends is a cursor of this query, or a clear error on its field; never a panic.
func TestDecodeCursorRefuses(t *testing.T) {
	t.Parallel()
	good := paging.EncodeCursor(7, true, paging.Key{Value: 1, ID: id.New(id.Message)})
	for name, tc := range map[string]struct{ cursor, want string }{
		"empty":         {"", "is not a cursor"},
		"words":         {"hello", "is not a cursor"},
		"an id":         {id.New(id.Message), "is not a cursor"},
		"upper case":    {strings.ToUpper(good), "is not a cursor"},
		"line break":    {good[:10] + "\n" + good[10:], "is not a cursor"},
		"cut":           {good[:len(good)-1], "is not a cursor"},
		"longer":        {good + "0", "is not a cursor"},
		"spare bits":    {good[:len(good)-1] + "v", "is not a cursor"},
		"version":       {"00" + good[2:], "is not a cursor"},
		"invalid UTF-8": {"\xff\xfe", "is not a cursor"},
		"a megabyte":    {strings.Repeat("0", 1<<20), "is not a cursor"},
		"another query": {paging.EncodeCursor(8, true, paging.Key{Value: 1, ID: id.New(id.Message)}), "belongs to another query"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := paging.DecodeCursor("before", tc.cursor, 7, true, id.Message)
			e := errs.Of(err)
			if e == nil || e.Code != errs.BadUserInput || !strings.Contains(e.Message, tc.want) || len(e.Message) > 300 {
				t.Fatalf("got %v, want BAD_USER_INPUT with %q", err, tc.want)
			}
			if len(e.Field) != 1 || e.Field[0] != "before" {
				t.Errorf("field %v, want before", e.Field)
			}
		})
	}
}

func TestFingerprintKeepsBorders(t *testing.T) {
	t.Parallel()
	if paging.Fingerprint("a", "bc") == paging.Fingerprint("ab", "c") {
		t.Error("parts run together")
	}
	if paging.Fingerprint("a", "") == paging.Fingerprint("a") {
		t.Error("an empty part does not count")
	}
	// Cursors outlive the server's restart, so that the value never changes.
	if got := paging.Fingerprint("ALL", "OPEN"); got != 3752390007 {
		t.Errorf("the fingerprint is %d", got)
	}
}
