package secret_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/secret"
)

func TestSealRoundTrip(t *testing.T) {
	t.Parallel()
	r := ring(t, secret.GenerateKey())
	rapid.Check(t, func(t *rapid.T) {
		plaintext, context := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext"), rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		sealed, err := r.Seal(plaintext, context)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Open(sealed, context)
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("got %q, %v", got, err)
		}
		again, _ := r.Seal(plaintext, context)
		if again == sealed {
			t.Fatal("the same text sealed twice looks the same")
		}
	})
}

// A new key in front writes; what the former key sealed still opens, until that key is gone.
func TestSealRotation(t *testing.T) {
	t.Parallel()
	former, latter := secret.GenerateKey(), secret.GenerateKey()
	before := ring(t, former)
	sealed, err := before.Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	both := ring(t, latter, former)
	if _, err := both.Open(sealed, nil); err != nil {
		t.Errorf("the former key no longer reads: %v", err)
	}
	fresh, err := both.Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	after := ring(t, latter)
	if _, err := after.Open(fresh, nil); err != nil {
		t.Errorf("the first key did not write: %v", err)
	}
	if _, err := after.Open(sealed, nil); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("got %v, want ErrUnknownKey", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	r := ring(t, secret.GenerateKey())
	sealed, err := r.Seal([]byte("the password"), []byte("channel 1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(sealed, []byte("channel 2")); !errors.Is(err, secret.ErrDamaged) {
		t.Errorf("another context: %v", err)
	}
	for i := range sealed {
		changed := []byte(sealed)
		changed[i] ^= 1
		if got, err := r.Open(string(changed), []byte("channel 1")); err == nil {
			t.Errorf("byte %d changed: opened as %q", i, got)
		}
	}
	for _, text := range []string{"", "the password", "s1", "s1.", "s1..", sealed[:20], sealed[:len(sealed)-1], sealed + "A"} {
		if _, err := r.Open(text, []byte("channel 1")); err == nil {
			t.Errorf("opened %q", text)
		}
	}
}

func TestHMAC(t *testing.T) {
	t.Parallel()
	former, latter := secret.GenerateKey(), secret.GenerateKey()
	before, both, after := ring(t, former), ring(t, latter, former), ring(t, latter)
	mac := before.HMAC("thread", []byte("x"))
	if !bytes.Equal(mac, before.HMAC("thread", []byte("x"))) {
		t.Error("not stable")
	}
	if bytes.Equal(mac, before.HMAC("contact", []byte("x"))) || bytes.Equal(before.HMAC("a", []byte("bc")), before.HMAC("ab", []byte("c"))) {
		t.Error("purposes run together")
	}
	if rotated := after.HMACs("thread", []byte("x")); len(rotated) != 1 || bytes.Equal(rotated[0], mac) {
		t.Error("rotation: a key that is gone still checks")
	}
	all := both.HMACs("thread", []byte("x"))
	if len(all) != 2 || !bytes.Equal(all[0], both.HMAC("thread", []byte("x"))) || !bytes.Equal(all[1], mac) {
		t.Error("HMACs: want the first key's digest, then the former's")
	}
}
