package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// HMAC returns the 32-byte digest of data, keyed with the first key. Digests
// of different purposes have nothing to do with each other. After a rotation
// the digest is another one: compare, and look stored digests up, with HMACs.
func (r *Keyring) HMAC(purpose string, data []byte) []byte {
	return r.newestKey().digest(purpose, data)
}

// HMACs returns the digests of data by all keys, the first key's first.
func (r *Keyring) HMACs(purpose string, data []byte) [][]byte {
	all := make([][]byte, len(r.keys))
	for i, k := range r.keys {
		all[i] = k.digest(purpose, data)
	}
	return all
}

// KeyID names the first key: what HMAC makes is found again by it (HMACBy). It says
// nothing about the key.
func (r *Keyring) KeyID() string { return r.newestKey().id }

// HMACBy returns the digest of data by the key of that name; nil: the key is not
// among those that the installation has.
func (r *Keyring) HMACBy(keyID, purpose string, data []byte) []byte {
	if k := r.findKey(keyID); k != nil {
		return k.digest(purpose, data)
	}
	return nil
}

func (k *key) digest(purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(purpose)))
	h.Write(size[:])
	h.Write([]byte(purpose))
	h.Write(data)
	return h.Sum(nil)
}
