package thread_test

import (
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/channel/email/thread"
	"parley/internal/id"
	"parley/internal/secret"
)

func tokens(t interface {
	Helper()
	Fatal(...any)
}, keys ...string) *thread.Tokens {
	t.Helper()
	ring, err := secret.Parse(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return thread.NewTokens(ring)
}

// EM-4: each of the three forms leads back to its conversation, also when a
// server has changed the case, and when the key has been rotated since.
func TestTokensReadWhatTheyMade(t *testing.T) {
	t.Parallel()
	old, fresh := secret.GenerateKey(), secret.GenerateKey()
	made, reader := tokens(t, old), tokens(t, fresh, old)
	conversation, message := id.New(id.Conversation), id.New(id.Message)
	messageID := made.MessageID(message, conversation, "example.com")
	reference := made.Reference(conversation, "example.com")
	reply := made.ReplyAddress("Support@example.com", conversation)
	for name, tc := range map[string]struct {
		ids, addresses []string
		message        string
	}{
		"Message-ID":           {[]string{messageID}, nil, message},
		"Message-ID, upper":    {[]string{strings.ToUpper(messageID)}, nil, message},
		"Message-ID, bracket":  {[]string{"<" + messageID + ">"}, nil, message},
		"other domain":         {[]string{strings.Replace(messageID, "@example.com", "@mx.example.net", 1)}, nil, message},
		"reference":            {[]string{reference}, nil, ""},
		"reference, upper":     {[]string{strings.ToUpper(reference)}, nil, ""},
		"among others":         {[]string{"a@b", reference, "c@d"}, []string{"support@example.com"}, ""},
		"reply address":        {nil, []string{"ada@example.com", reply}, ""},
		"reply address, lower": {nil, []string{strings.ToLower(reply)}, ""},
		"reply address, upper": {[]string{"x@y"}, []string{strings.ToUpper(reply)}, ""},
		"quoted":               {nil, []string{`"` + strings.Replace(reply, "@", `"@`, 1)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m, ok := reader.Conversation(tc.ids, tc.addresses)
			if !ok || c != conversation || m != tc.message {
				t.Errorf("got %q, %q, %t", c, m, ok)
			}
		})
	}
}

// The mail that is answered counts more than older ones, and ids more than
// addresses, which stay in address books.
func TestTokensTakeTheNewest(t *testing.T) {
	t.Parallel()
	tok := tokens(t, secret.GenerateKey())
	first, second, third := id.New(id.Conversation), id.New(id.Conversation), id.New(id.Conversation)
	ids := []string{tok.Reference(first, "x.test"), tok.MessageID(id.New(id.Message), second, "x.test"), "forged.aaaa@x.test"}
	if c, _, _ := tok.Conversation(ids, []string{tok.ReplyAddress("a@x.test", third)}); c != second {
		t.Errorf("got %s, want the second, %s", c, second)
	}
}

// Pitfall 5: no one makes a token without the key, and none of another one.
func TestTokensRefuseForgeries(t *testing.T) {
	t.Parallel()
	tok, foreign := tokens(t, secret.GenerateKey()), tokens(t, secret.GenerateKey())
	conversation, message := id.New(id.Conversation), id.New(id.Message)
	reference := tok.Reference(conversation, "x.test")
	body := strings.TrimSuffix(strings.TrimPrefix(reference, "r-"), "@x.test")
	signed := tok.MessageID(message, conversation, "x.test")
	_, mark, _ := strings.Cut(signed, ".")
	for name, forged := range map[string]string{
		"plain id":               message + "@x.test",
		"conversation's id":      conversation + "@x.test",
		"another key":            foreign.Reference(conversation, "x.test"),
		"another key's message":  foreign.MessageID(message, conversation, "x.test"),
		"another message":        id.New(id.Message) + "." + mark,
		"no message":             id.New(id.Contact) + "." + mark,
		"reference as message":   message + "." + body + "@x.test",
		"message's as reference": "r-" + mark,
		"cut":                    "r-" + body[:len(body)-1] + "@x.test",
		"longer":                 "r-" + body + "a@x.test",
		"empty":                  "",
		"mark alone":             "r-@x.test",
		"huge":                   "r-" + strings.Repeat("a", 1<<20),
	} {
		if c, m, ok := tok.Conversation([]string{forged}, []string{forged, "support+" + forged}); ok {
			t.Errorf("%s: took %q for %s %s", name, forged, c, m)
		}
	}
}

// Every change of a single character of a token makes it void.
func TestTokensNoticeEveryChange(t *testing.T) {
	t.Parallel()
	tok := tokens(t, secret.GenerateKey())
	rapid.Check(t, func(t *rapid.T) {
		made := rapid.SampledFrom([]string{
			tok.Reference(id.New(id.Conversation), "x.test"),
			tok.MessageID(id.New(id.Message), id.New(id.Conversation), "x.test"),
		}).Draw(t, "made")
		local, domain, _ := strings.Cut(made, "@")
		i := rapid.IntRange(0, len(local)-1).Draw(t, "position")
		c := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz0123456789-_.=")).Draw(t, "character")
		if local[i] == c {
			t.Skip("no change")
		}
		changed := local[:i] + string(c) + local[i+1:] + "@" + domain
		if _, _, ok := tok.Conversation([]string{changed}, nil); ok {
			t.Fatalf("%s was taken for %s", changed, made)
		}
	})
}

// A token has one spelling: its last character bears bits to spare.
func TestTokensHaveOneSpelling(t *testing.T) {
	t.Parallel()
	tok := tokens(t, secret.GenerateKey())
	reference := tok.Reference(id.New(id.Conversation), "x.test")
	local := strings.TrimSuffix(reference, "@x.test")
	taken := 0
	for _, c := range "abcdefghijklmnopqrstuvwxyz234567" {
		if _, _, ok := tok.Conversation([]string{local[:len(local)-1] + string(c) + "@x.test"}, nil); ok {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d spellings of %s are taken", taken, reference)
	}
}

// A reply address is an address, of at most 64 bytes before the @; where the
// token has no room the address stays as it is.
func TestReplyAddress(t *testing.T) {
	t.Parallel()
	tok := tokens(t, secret.GenerateKey())
	conversation := id.New(id.Conversation)
	for address, room := range map[string]bool{
		"support@example.com":                   true,
		"support+eu@example.com":                true,
		"a-name-of-nineteen1@example.com":       true,
		"a-name-of-twenty-byt@example.com":      false,
		strings.Repeat("x", 64) + "@e.test":     false,
		`"with space"@example.com`:              false,
		"no address":                            false,
		"@example.com":                          false,
		"support@xn--bcher-kva.example":         true,
		"Support.Team@Mail.Example.Co.Test":     true,
		"unicode-süd@example.com":               true,
		"r-something@example.com":               true,
		"support+r-something@example.com":       true,
		"support+r-aaaaaaaaaaaaaaa@example.com": false,
	} {
		got := tok.ReplyAddress(address, conversation)
		if !room {
			if got != address {
				t.Errorf("%s became %s", address, got)
			}
			continue
		}
		parsed, err := mail.ParseAddress(got)
		local, domain, _ := strings.Cut(got, "@")
		if err != nil || parsed.Address != got || len(local) > 64 || !strings.HasSuffix(address, "@"+domain) {
			t.Errorf("%s became %s: %v", address, got, err)
		}
		if c, _, ok := tok.Conversation(nil, []string{got}); !ok || c != conversation {
			t.Errorf("%s leads to %q", got, c)
		}
	}
}
