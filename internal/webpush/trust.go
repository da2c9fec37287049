package webpush

import (
	"crypto/tls"
	"crypto/x509"
)

func clientTLS(trusted *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
}
