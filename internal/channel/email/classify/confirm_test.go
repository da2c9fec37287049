package classify_test

import (
	"testing"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
)

// EM-9: a sender is confirmed by DMARC, or without it by what is of the same domain; only
// by the servers that are trusted, and not by what a sender can write below theirs.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers, trusted string
		want             bool
	}{
		"dmarc":                {"Authentication-Results: mx.example; dmarc=pass", "mx.example", true},
		"dmarc fails":          {"Authentication-Results: mx.example; dmarc=fail; dkim=pass header.d=a.example", "mx.example", false},
		"no dmarc policy":      {"Authentication-Results: mx.example; dmarc=none; dkim=pass header.d=a.example", "mx.example", false},
		"dkim":                 {"Authentication-Results: mx.example; dkim=pass header.d=a.example", "mx.example", true},
		"dkim, by identity":    {"Authentication-Results: mx.example; dkim=pass header.i=@mail.a.example", "mx.example", true},
		"dkim, in capitals":    {"Authentication-Results: MX.example; dkim=PASS header.d=A.Example", "mx.example", true},
		"dkim of another":      {"Authentication-Results: mx.example; dkim=pass header.d=b.example", "mx.example", false},
		"dkim of a public one": {"Authentication-Results: mx.example; dkim=pass header.d=example", "mx.example", false},
		"dkim fails":           {"Authentication-Results: mx.example; dkim=fail header.d=a.example", "mx.example", false},
		"spf":                  {"Authentication-Results: mx.example; spf=pass smtp.mailfrom=bounce@a.example", "mx.example", true},
		"spf of the host":      {"Authentication-Results: mx.example; spf=pass smtp.helo=a.example", "mx.example", false},
		"spf of another":       {"Authentication-Results: mx.example; spf=pass smtp.mailfrom=a.example.b.example", "mx.example", false},
		"not trusted":          {"Authentication-Results: mx.evil.example; dmarc=pass", "mx.example", false},
		"below another's":      {"Authentication-Results: mx.evil.example; dmarc=pass\nAuthentication-Results: mx.example; dmarc=pass", "mx.example", false},
		"without an id":        {"Authentication-Results: spf=pass smtp.mailfrom=a.example", "", true},
		"below, without an id": {"Authentication-Results: spf=fail smtp.mailfrom=a.example\nAuthentication-Results: dkim=pass header.d=a.example", "", false},
		"nothing":              {"X: y", "mx.example", false},
	} {
		m := parse.Parse([]byte(c.headers + "\nFrom: kim@a.example\n\nHello\n"))
		if got, _ := classify.Authenticate(m, []string{c.trusted}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
