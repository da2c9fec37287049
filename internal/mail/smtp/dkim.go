package smtp

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM is how a domain signs its mail.
type DKIM struct {
	// Domain and Selector say where the public key is: a TXT record at
	// <Selector>._domainkey.<Domain>.
	Domain, Selector string
	// Key is private, as GenerateDKIMKey gave it.
	Key string
}

// Algorithm is a kind of key.
type Algorithm string

// Algorithms. Everyone can verify RSA, few ed25519.
const (
	RSA     Algorithm = "rsa" // of 2048 bits
	Ed25519 Algorithm = "ed25519"
)

// signed are the fields that a signature covers. From is there twice, so that
// none can be added.
var signed = []string{
	"From", "From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
	"List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}

// Sign returns the mail with the domain's signature at its top.
func Sign(raw []byte, d DKIM) ([]byte, error) {
	key, err := d.signer()
	if err != nil {
		return nil, fmt.Errorf("read the DKIM key: %w", err)
	}
	var out bytes.Buffer
	err = dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: key, HeaderKeys: signed,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign with DKIM: %w", err)
	}
	return out.Bytes(), nil
}

func (d DKIM) signer() (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(d.Key))
	if block == nil {
		return nil, errors.New("it is not in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is not PKCS #8") // the parser's error could show the key
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("it cannot sign")
	}
	return key, nil
}

// GenerateDKIMKey makes a key: private, in PEM (PKCS #8), and the TXT record to
// publish, which is longer than 255 bytes for RSA: many zone files want it in
// pieces.
func GenerateDKIMKey(a Algorithm) (private, record string, err error) {
	key, err := generate(a)
	if err != nil {
		return "", "", fmt.Errorf("make a DKIM key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("make a DKIM key: %w", err)
	}
	private = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	record, err = DKIMRecord(private)
	return private, record, err
}

func generate(a Algorithm) (crypto.Signer, error) {
	switch a {
	case RSA:
		return rsa.GenerateKey(rand.Reader, 2048)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("no algorithm %q", a)
}
