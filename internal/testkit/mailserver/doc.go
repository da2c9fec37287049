// Package mailserver runs what a shared mailbox talks to, for tests: a real
// Dovecot, and a real OpenID provider in the place of Google and Microsoft.
// Both are processes of the test, on loopback, in folders of their own, and end
// with it. A test is skipped where they are not installed, and fails where
// CI=true.
package mailserver

import (
	"os"
	"testing"
)

// missing skips the test, or fails it where everything must be tested.
func missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s must be tested with here: %v", what, err)
	}
	t.Skipf("SKIPPED, no %s: %v", what, err)
}
