package listener_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"parley/internal/channel/email/listener"
)

// EM-1: <CR><LF> ends a line whatever stands before it (RFC 5321, 2.3.8 and
// 4.1.1.4): a mail that ends in <CR><CR><LF> ends, and the dots behind such lines are
// unstuffed. It is the case that go-smtp's reader lacks.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	l := h.hello(t)
	for i, c := range []struct{ sent, want string }{
		{"A: b\r\n\r\nhello\r\r\n.\r\n", "hello\r\r\n"},
		{"A: b\r\n\r\nhello\r\r\r\r\n.\r\n", "hello\r\r\r\r\n"},
		{"A: b\r\n\r\nx\r\r\n..y\r\r\n...\r\r\nz\r\n.\r\n", "x\r\r\n.y\r\r\n..\r\r\nz\r\n"},
		{"A: b\r\n\r\n\r\r\n.\r\n", "\r\r\n"},
		{"A: b\r\n\r\nx\r\n.\r\r\ny\r\n.\r\n", "x\r\n\r\r\ny\r\n"}, // a dot and a CR: a line of its own
		{"A: b\r\n\r\nx\r\n.\ry\r\n.\r\n", "x\r\n\ry\r\n"},
		{"A: b\r\n\r\nx\r\n.y\r\n..\r\n.\r\n", "x\r\ny\r\n.\r\n"},
		{".\r\n", ""},
	} {
		l.say(250, "MAIL FROM:<ada@example.net>")
		l.say(250, "RCPT TO:<support@in.example.com>")
		l.say(354, "DATA")
		if _, err := io.WriteString(l.W, c.sent); err != nil || l.W.Flush() != nil {
			t.Fatal(err)
		}
		l.hear(250)
		if _, got, _ := strings.Cut(h.letters()[i].text, "A: b\r\n\r\n"); got != c.want {
			t.Errorf("%q: got %q, want %q", c.sent, got, c.want)
		}
	}
}

// What follows a mail in the same breath is a command, and what precedes its end
// never is, whoever else takes a lone CR or LF for a line end.
func TestPipelined(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{MaxBytes: 200})
	l := h.hello(t)
	for _, c := range []struct {
		text string
		code int
	}{{"hello\r", 250}, {strings.Repeat("too large\r\n", 20) + "\r", 552}, {"again", 250}} {
		l.say(250, "MAIL FROM:<ada@example.net>")
		l.say(250, "RCPT TO:<support@in.example.com>")
		l.say(354, "DATA")
		for _, end := range []string{"\r\r.\r\r", "\n.\r", "\r.\n", "\r\r\n.\r", "\r\r\n.\n", "\n\r.\r\n"} {
			c.text += end + "RSET"
		}
		if c.code == 250 {
			c.text = c.text[len("hello"):]
		}
		l.say(c.code, "%s\r\r\n.\r\nNOOP", c.text)
		l.hear(250)
	}
	if got := h.letters(); len(got) != 2 || strings.Contains(got[0].text, "NOOP") || !strings.Contains(got[0].text, "RSET\r\r\n") {
		t.Errorf("it has %v", got)
	}
}

// A mail of just the size that is allowed is allowed.
func TestExactSize(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{MaxBytes: 1000})
	l := h.hello(t)
	for size, code := range map[int]int{1000: 250, 1001: 552} {
		l.say(250, "MAIL FROM:<ada@example.net>")
		l.say(250, "RCPT TO:<support@in.example.com>")
		l.say(354, "DATA")
		l.say(code, "%s\r\n.", strings.Repeat("x", size-2))
	}
}

// However the bytes arrive, and into however small a buffer, the mail is the same.
func FuzzDataLines(f *testing.F) {
	for _, seed := range []string{"hello\r\r\n.\r\nQUIT\r\n", ".\r\n", "..\r\n.\r\n", "a\n.\nb\r\n.\r\n", ".\r\r\n.\r\n", "\r\r\n..\r\r\n.\r\n"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, wire string, size int) {
		want, rest, ended := strings.Cut("\r\n"+wire, "\r\n.\r\n")
		got, left, err := listener.ReadData(iotest.OneByteReader(strings.NewReader(wire)), max(2, size%64))
		if ended != (err == nil) {
			t.Fatalf("%q: %v", wire, err)
		}
		if !ended {
			return
		}
		want = strings.TrimPrefix(strings.ReplaceAll(want+"\r\n", "\r\n.", "\r\n"), "\r\n")
		if got != want || left != rest {
			t.Errorf("%q: got %q and %q, want %q and %q", wire, got, left, want, rest)
		}
	})
}
