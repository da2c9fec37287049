package smtp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"parley/internal/mail/smtp"
)

// A receiver who reads the record that is to be published finds the mail to be
// the domain's, and as it was; one more From, and it is not.
func TestSign(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []smtp.Algorithm{smtp.RSA, smtp.Ed25519} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			private, record, err := smtp.GenerateDKIMKey(algorithm)
			if err != nil {
				t.Fatal(err)
			}
			signed, err := smtp.Sign(compose(t, letter()), smtp.DKIM{Domain: "example.com", Selector: "parley", Key: private})
			if err != nil {
				t.Fatal(err)
			}
			verify := func(raw []byte) error {
				found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
					if name != "parley._domainkey.example.com" {
						t.Errorf("it looks for %s", name)
					}
					return []string{record}, nil
				}})
				if err != nil || len(found) != 1 {
					t.Fatalf("%v: %v", found, err)
				}
				return found[0].Err
			}
			if err := verify(signed); err != nil {
				t.Fatal(err)
			}
			for _, forged := range [][]byte{
				bytes.Replace(signed, []byte("From:"), []byte("From: <x@example.net>\r\nFrom:"), 1),
				bytes.Replace(signed, []byte("here"), []byte("there"), 1),
			} {
				if verify(forged) == nil {
					t.Error("a forgery passed")
				}
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	private, _, err := smtp.GenerateDKIMKey(smtp.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []smtp.DKIM{
		{Domain: "example.com", Selector: "parley", Key: "s3cret"},
		{Domain: "example.com", Selector: "parley", Key: "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n"},
		{Selector: "parley", Key: private}, {Domain: "example.com", Key: private},
	} {
		if _, err := smtp.Sign([]byte(raw), d); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", d, err)
		}
	}
	if _, _, err := smtp.GenerateDKIMKey("dsa"); err == nil {
		t.Error("a key of an unknown kind was made")
	}
}
