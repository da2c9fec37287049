package secret

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Errors of Open. Both mean that a person must look: a key went missing, or the
// stored text was changed or moved.
var (
	ErrUnknownKey = errors.New("secret: sealed with a key that " + Variable + " does not contain; add the former key again after the new one")
	ErrDamaged    = errors.New("secret: the sealed text was changed, or belongs to another place")
)

const sealVersion = "s1"

// Seal encrypts plaintext with the first key into a text of ASCII letters,
// digits and "._-". context names the place where it will stand (say, table,
// column and row id); Open needs the same, so that a sealed text copied to
// another row is of no use there.
func (r *Keyring) Seal(plaintext, context []byte) (string, error) {
	k := r.newestKey()
	b, err := k.seal.Encrypt(plaintext, context)
	if err != nil {
		return "", err
	}
	return sealVersion + "." + k.id + "." + base64.RawURLEncoding.EncodeToString(b), nil
}

// Open decrypts what Seal made with any of the keys. It returns ErrUnknownKey
// or ErrDamaged.
func (r *Keyring) Open(sealed string, context []byte) ([]byte, error) {
	version, rest, _ := strings.Cut(sealed, ".")
	id, text, ok := strings.Cut(rest, ".")
	if !ok || version != sealVersion {
		return nil, ErrDamaged
	}
	k := r.findKey(id)
	if k == nil {
		return nil, ErrUnknownKey
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrDamaged
	}
	plaintext, err := k.seal.Decrypt(b, context)
	if err != nil {
		return nil, ErrDamaged
	}
	return plaintext, nil
}
