package parse_test

import (
	"testing"

	"parley/internal/channel/email/parse"
)

// CR-1: a display name does not turn the direction of what stands around it, and one that
// shows nothing is none.
func TestNamesThatHide(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"\"Ada\u202e moc.elpmaxe\"": "Ada moc.elpmaxe", "=?utf-8?B?4oCLIOOFpA==?=": "", "\"\u200b\u2800\"": "", "Ada \u2067Lovelace\u2069": "Ada Lovelace",
	} {
		if got := parse.Parse([]byte("From: " + name + " <a@x.org>\n\n")).From; got.Name != want || got.Address != "a@x.org" {
			t.Errorf("%q became %q <%s>, want %q", name, got.Name, got.Address, want)
		}
	}
}
