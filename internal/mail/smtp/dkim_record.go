package smtp

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
)

// DKIMRecord is the TXT record of a private key that GenerateDKIMKey made. RFC
// 8463 wants an ed25519 key bare.
func DKIMRecord(private string) (string, error) {
	key, err := DKIM{Key: private}.signer()
	if err != nil {
		return "", err
	}
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(public)
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	}
	return "", errors.New("the key is of a kind that DKIM does not know")
}
