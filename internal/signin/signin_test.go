package signin_test

import (
	"testing"

	"parley/internal/signin"
)

// AC-9: after signing in a browser goes on to a page of this server, and to no other.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/demo?x=1#a": "/demo?x=1#a", "/": "/", "": "/", "demo": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/",
		"/\t/evil.example": "/", "/\n": "/", "javascript:alert(1)": "/", "/ä": "/ä",
	} {
		if got := signin.LocalPath(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}
