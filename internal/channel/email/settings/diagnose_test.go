package settings_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"parley/internal/channel/email/settings"
	"parley/internal/egress"
	"parley/internal/vocab"
)

// EM-7: why a host was refused, or cannot be found, says neither which resolver was asked
// nor which names and addresses exist inside.
func TestDiagnoseKeepsTheNetworkToItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want vocab.EmailStateReason
	}{
		"unknown": {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "vault.corp.internal", Server: "10.0.0.2:53", IsNotFound: true}}, vocab.EmailConnectionFailed},
		"no answer": {fmt.Errorf("sign in: %w", &net.DNSError{Err: "server misbehaving", Name: "vault.corp.internal", Server: "10.0.0.2:53", IsTimeout: true}),
			vocab.EmailConnectionFailed},
		"inside":   {fmt.Errorf("dial: %w", &egress.Error{Host: "vault.corp.internal", Reason: egress.Private}), vocab.EmailHostRefused},
		"reserved": {&egress.Error{Host: "vault.corp.internal", Reason: egress.Metadata}, vocab.EmailHostRefused},
	} {
		reason, text := settings.Diagnose(c.err)
		if reason != c.want {
			t.Errorf("%s: %s, want %s", name, reason, c.want)
		}
		for _, secret := range []string{"10.0.0", "vault", "internal", "lookup", "private", "resolver", "provider's own"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q shows %q", name, text, secret)
			}
		}
	}
}
