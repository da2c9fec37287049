package emailaddress_test

import (
	"testing"

	"parley/internal/emailaddress"
)

// EM-4: what had to keep its quotes is not quoted again.
func TestWrite(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		`"ada@example.com"@evil.example`: `"ada@example.com"@evil.example`, `a"b@x.example`: `"a\"b"@x.example`, "a.b..c@x.example": "a.b..c@x.example", "": "", "ada": "ada",
	} {
		if got := emailaddress.Write(address); got != want {
			t.Errorf("%s is written %s, want %s", address, got, want)
		}
	}
}

// EM-4: any local part that can be written quoted is an address, and what is written reads
// as what it was.
func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"ada@example.com":                       {"", "ada@example.com"},
		" Ada <ada@example.com> ":               {"Ada", "ada@example.com"},
		"<ada@example.com>":                     {"", "ada@example.com"},
		"a.b..c@docomo.example":                 {"", "a.b..c@docomo.example"},
		".a.@docomo.example":                    {"", ".a.@docomo.example"},
		"Uma Ortiz <a.b..c@docomo.example>":     {"Uma Ortiz", "a.b..c@docomo.example"},
		`"Ortiz, Uma" <a..c@docomo.example>`:    {"Ortiz, Uma", "a..c@docomo.example"},
		`"odd local"@a.example`:                 {"", "odd local@a.example"},
		`Uma <"odd local"@a.example>`:           {"Uma", "odd local@a.example"},
		`"a\"b"@a.example`:                      {"", `a"b@a.example`},
		`"a:b(c)"@a.example`:                    {"", "a:b(c)@a.example"},
		"jörg@bücher.example":                   {"", "jörg@bücher.example"},
		"ada@[192.0.2.1]":                       {"", "ada@[192.0.2.1]"},
		"Ada ada@example.com":                   {}, // no address with a space in it, but a slip
		"odd local@a.example":                   {},
		`"ada@example.com"@evil.example`:        {},
		`"a,b"@a.example`:                       {},
		"ada@example.com, bob@example.com":      {},
		"a..b@example.com, bob@example.com":     {},
		"ada@a@b.example":                       {},
		"ada@":                                  {},
		"@example.com":                          {},
		"ada":                                   {},
		"":                                      {},
		"a..b@exa mple.com":                     {},
		"a..b\n@example.com":                    {},
		`" a"@a.example`:                        {},
		"a..b@example..com":                     {},
		"x <a..b@example.com":                   {},
		"a..b@example.com>":                     {},
		"\xff..b@example.com":                   {},
		"Uma Ortiz <uma..ortiz@docomo.example>": {"Uma Ortiz", "uma..ortiz@docomo.example"},
	} {
		name, address, ok := emailaddress.Parse(text)
		if !ok {
			name, address = "", ""
		}
		if got := [2]string{name, address}; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		if !ok {
			continue
		}
		if _, again, ok := emailaddress.Parse(emailaddress.Write(address)); !ok || again != address {
			t.Errorf("%q is written %q, which reads %q", address, emailaddress.Write(address), again)
		}
	}
}
