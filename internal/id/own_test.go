package id_test

import (
	"testing"
	"time"

	"parley/internal/id"
)

// API-1: an id says when it was made; of another kind of UUID nothing is known.
func TestMade(t *testing.T) {
	t.Parallel()
	before := time.Now().Truncate(time.Millisecond)
	fresh := id.New(id.Contact)
	at, ok := id.Made(fresh)
	if !ok || at.Before(before) || at.After(time.Now()) {
		t.Errorf("%s: got %v, %v; want a time since %v", fresh, at, ok, before)
	}
	if first := id.FirstAt(id.Contact, at); first >= fresh {
		t.Errorf("got %s as the first of %v, which is not before %s", first, at, fresh)
	}
	if next := id.FirstAt(id.Contact, at.Add(time.Millisecond)); next <= fresh {
		t.Errorf("got %s as the first of a millisecond later, which is before %s", next, fresh)
	}
	for _, other := range []string{"", "x", "contact_", id.FirstAt(id.Contact, at), id.FromBytes(id.Contact, [16]byte{6: 0x40, 8: 0x80})} {
		if at, ok := id.Made(other); ok {
			t.Errorf("%q: got %v, want no time", other, at)
		}
	}
}
