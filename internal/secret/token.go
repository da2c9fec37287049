package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"strings"
)

// tokenDigits is how many base62 digits 256 bits need.
const tokenDigits = 43

// NewToken returns a fresh API token, prefix and 43 letters and digits that
// have 256 random bits, and its hash: only that is stored. A password hash
// would cost 28 ms a request and gain nothing against 256 bits.
func NewToken(prefix string) (token string, hash []byte) {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	digits := new(big.Int).SetBytes(b).Text(62)
	token = prefix + strings.Repeat("0", tokenDigits-len(digits)) + digits
	return token, HashToken(token)
}

// NewSalts returns n fresh salts of 16 random bytes each: with one, what was hashed
// cannot be guessed.
func NewSalts(n int) [][]byte {
	const size = 16
	all := make([]byte, n*size)
	rand.Read(all) // never fails
	salts := make([][]byte, n)
	for i := range salts {
		salts[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return salts
}

// HashToken returns the SHA-256 digest under which a token is stored.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
