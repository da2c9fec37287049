package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Variable names the environment variable that holds the keys.
const Variable = "PARLEY_SECRET_KEYS"

// KeySize is the length of a secret key in bytes.
const KeySize = 32

const neededKey = "a comma-separated list of keys, each 32 random bytes in base64 (`head -c 32 /dev/urandom | base64` makes one); the first one writes, all read"

// Keyring holds the installation's secret keys. It is safe for concurrent use.
type Keyring struct {
	keys []*key // never empty; the first one writes
}

// key is one secret key with what is derived from it.
type key struct {
	id   string // names the key in what it made, and says nothing about it
	seal tink.AEAD
	sign []byte
	mac  []byte
}

// GenerateKey returns a fresh key in the form that Parse reads.
func GenerateKey() string {
	b := make([]byte, KeySize)
	rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

// Parse reads the value of PARLEY_SECRET_KEYS. Its errors name the variable and
// say what would be right, without showing the value.
func Parse(keys string) (*Keyring, error) {
	return parseKeys(Variable, keys)
}

// parseKeys reads keys; source names where they stand, for errors.
func parseKeys(source, keys string) (*Keyring, error) {
	if strings.TrimSpace(keys) == "" {
		return nil, fmt.Errorf("%s is empty; it must be %s", source, neededKey)
	}
	ring := &Keyring{}
	for i, text := range strings.Split(keys, ",") {
		k, err := parseKey(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%s: key %d %w; it must be %s", source, i+1, err, neededKey)
		}
		if ring.findKey(k.id) != nil {
			return nil, fmt.Errorf("%s: key %d is listed twice; list each key once", source, i+1)
		}
		ring.keys = append(ring.keys, k)
	}
	return ring, nil
}

// parseKey takes both base64 alphabets, with or without padding.
func parseKey(text string) (*key, error) {
	if text == "" {
		return nil, fmt.Errorf("is empty")
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawStdEncoding.DecodeString(standard)
	if err != nil {
		return nil, fmt.Errorf("is not base64")
	}
	if len(b) != KeySize {
		return nil, fmt.Errorf("has %d bytes, not %d", len(b), KeySize)
	}
	if bytes.Count(b, b[:1]) == KeySize {
		return nil, fmt.Errorf("is one byte repeated, not random")
	}
	return newKey(b)
}

func newKey(master []byte) (*key, error) {
	var derived [4][]byte
	for i, purpose := range []string{"parley key id", "parley seal", "parley sign", "parley mac"} {
		b, err := hkdf.Key(sha256.New, master, nil, purpose, KeySize)
		if err != nil {
			return nil, fmt.Errorf("cannot be used: %w", err)
		}
		derived[i] = b
	}
	seal, err := subtle.NewXChaCha20Poly1305(derived[1])
	if err != nil {
		return nil, fmt.Errorf("cannot be used: %w", err)
	}
	id := base64.RawURLEncoding.EncodeToString(derived[0][:6])
	return &key{id: id, seal: seal, sign: derived[2], mac: derived[3]}, nil
}

// findKey returns the key of that id, or nil.
func (r *Keyring) findKey(id string) *key {
	for _, k := range r.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

// newestKey returns the key that new things are made with.
func (r *Keyring) newestKey() *key { return r.keys[0] }
