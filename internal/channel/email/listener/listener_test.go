package listener_test

import (
	"context"
	"errors"
	"io"
	netmail "net/mail"
	"net/netip"
	netsmtp "net/smtp"
	"net/textproto"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/listener"
)

// EM-1: what comes is what was sent, with where it came from on its top.
func TestReceive(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	err := netsmtp.SendMail(h.address, nil, "ada@example.net", []string{"Support+r-token@in.example.com", "help@in.example.com", "sales@in.example.com"}, []byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	got := h.letters()[0]
	want := listener.Delivery{
		ChannelIDs: []string{"channel_1", "channel_2"}, From: "ada@example.net",
		Recipients: []string{"Support+r-token@in.example.com", "help@in.example.com", "sales@in.example.com"},
		Remote:     netip.MustParseAddr("127.0.0.1"), HELO: "localhost",
	}
	if diff := cmp.Diff(want, got.Delivery, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(got.text, mail) {
		t.Errorf("it came as\n%s", got.text)
	}
	m, err := netmail.ReadMessage(strings.NewReader(got.text))
	if err != nil {
		t.Fatal(err)
	}
	if from, received := m.Header.Get("Return-Path"), m.Header.Get("Received"); from != "<ada@example.net>" ||
		!strings.HasPrefix(received, "from localhost ([127.0.0.1]) by in.example.com with UTF8SMTP; ") || strings.Contains(received, "support") {
		t.Errorf("Return-Path %s, Received %s", from, received)
	}
}

// A mail ends at one sequence alone: what others may take for an end, to slip in
// a mail of someone else's, is text. Zero bytes and commands behind it are too.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	for _, end := range []string{"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n\x00.\r\n"} {
		before := len(h.letters())
		l := h.hello(t)
		l.say(250, "MAIL FROM:<ada@example.net>")
		l.say(250, "RCPT TO:<support@in.example.com>")
		l.say(354, "DATA")
		smuggled := "MAIL FROM:<boss@example.com>\r\nRCPT TO:<sales@in.example.com>\r\nDATA\r\nFrom: boss@example.com\r\n\r\nPay"
		l.say(250, "From: ada@example.net\r\n\r\nHi%s%s\r\n.", end, smuggled)
		l.say(221, "QUIT")
		got := h.letters()[before:]
		if len(got) != 1 || got[0].From != "ada@example.net" || !strings.Contains(got[0].text, "\r\nPay") {
			t.Errorf("%q ends a mail: %v", end, got)
		}
	}
}

// Bounces have no sender, and one recipient is named in the trace. Nothing that
// a client says becomes a header of its own.
func TestTrace(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	l := h.dial(t)
	l.hear(220)
	l.say(250, "EHLO (evil)\rX-Evil:1")
	l.say(250, "MAIL FROM:<> BODY=8BITMIME SMTPUTF8")
	l.say(250, `RCPT TO:<support@in.example.com>`)
	l.say(354, "DATA")
	l.say(250, "Subject: x\r\n\r\ny\r\n.")
	l.say(250, `MAIL FROM:<"a b\">x"@example.net>`)
	l.say(250, `RCPT TO:<support@in.example.com>`)
	l.say(354, "DATA")
	l.say(250, "Subject: x\r\n\r\ny\r\n.")
	for i, want := range []string{
		"Return-Path: <>\r\nReceived: from unknown ([127.0.0.1])\r\n\tby in.example.com with UTF8SMTP\r\n\tfor <support@in.example.com>;\r\n\t",
		"Return-Path: <\"a b\\\">x\"@example.net>\r\nReceived: from unknown ([127.0.0.1])\r\n\tby in.example.com with ESMTP\r\n\tfor <support@in.example.com>;\r\n\t",
	} {
		if got := h.letters()[i].text; !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// EM-1, IB-3: recipients are checked as they are named; nothing is relayed, and
// no one can sign in to have it otherwise.
func TestRecipients(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{MaxRecipients: 2})
	l := h.dial(t)
	l.hear(220)
	l.say(502, "MAIL FROM:<ada@example.net>")
	if offers := l.say(250, "EHLO client.example.net"); strings.Contains(offers, "AUTH") || strings.Contains(offers, "STARTTLS") ||
		!strings.Contains(offers, "SIZE 1048576") || !strings.Contains(offers, "8BITMIME") || !strings.Contains(offers, "SMTPUTF8") {
		t.Errorf("it offers %s", offers)
	}
	l.say(5, "AUTH PLAIN AGEAYg==")
	l.say(553, "MAIL FROM:<a@b(c>")
	l.say(552, "MAIL FROM:<ada@example.net> SIZE=1048577")
	l.say(250, "MAIL FROM:<ada@example.net> SIZE=1000")
	if text := l.say(550, "RCPT TO:<someone@example.org>"); !strings.HasPrefix(text, "5.1.1") {
		t.Errorf("it said %s", text)
	}
	l.say(502, "DATA")
	if text := l.say(451, "RCPT TO:<broken@in.example.com>"); strings.Contains(text, "database") {
		t.Errorf("it said %s", text)
	}
	l.say(553, "RCPT TO:<support@in(.example.com>")
	l.say(250, "RCPT TO:<support@in.example.com>")
	l.say(250, "RCPT TO:<sales@in.example.com>")
	l.say(452, "RCPT TO:<help@in.example.com>")
	l.say(354, "DATA")
	l.say(250, "Hi\r\n.")
	l.say(221, "QUIT")
	if got := h.letters(); len(got) != 1 || len(got[0].Recipients) != 2 {
		t.Errorf("it has %v", got)
	}
}

// RFC 5321, 4.5.1: whoever runs the server can be written to, in whatever case, and what is
// sent there is no channel's mail.
func TestPostmaster(t *testing.T) {
	t.Parallel()
	got := make(chan listener.Delivery, 2)
	h := new(house).start(t, listener.Options{Postmaster: func(_ context.Context, d listener.Delivery) error {
		_, err := io.Copy(io.Discard, d.Raw)
		got <- d
		return err
	}})
	l := h.hello(t)
	l.say(250, "MAIL FROM:<>")
	l.say(250, "RCPT TO:<PostMaster@In.Example.com>")
	l.say(452, "RCPT TO:<support@in.example.com>")
	l.say(452, "RCPT TO:<postmaster@in.example.com>")
	l.say(354, "DATA")
	l.say(250, "Subject: Your server\r\n\r\nIt is slow.\r\n.")
	l.say(250, "MAIL FROM:<>")
	l.say(250, "RCPT TO:<support@in.example.com>")
	l.say(452, "RCPT TO:<postmaster@in.example.com>")
	l.say(550, "RCPT TO:<postmaster@other.example>")
	l.say(354, "DATA")
	l.say(250, "Subject: x\r\n\r\ny\r\n.")
	if n, d := len(got), <-got; n != 1 || len(d.ChannelIDs) != 0 || len(h.letters()) != 1 {
		t.Errorf("the postmaster has %d and %v, the channels have %v", n, d, h.letters())
	}
	l = new(house).start(t, listener.Options{}).hello(t)
	l.say(250, "MAIL FROM:<>")
	l.say(550, "RCPT TO:<postmaster@in.example.com>")
}

// Who guesses addresses is sent away.
func TestGuessing(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	l := h.hello(t)
	l.say(250, "MAIL FROM:<ada@example.net>")
	for i := range 9 {
		l.say(550, "RCPT TO:<guess%d@in.example.com>", i)
	}
	l.say(421, "RCPT TO:<guess@in.example.com>")
	l.gone()
}

// A mail is acknowledged when it is stored, and not before: a failure keeps it
// with its sender, who is not told why.
func TestDeliverFails(t *testing.T) {
	t.Parallel()
	for name, deliver := range map[string]func(context.Context, listener.Delivery) error{
		"error": func(_ context.Context, d listener.Delivery) error {
			_, _ = io.Copy(io.Discard, d.Raw)
			return errors.New("secret disk full")
		},
		"error at once": func(context.Context, listener.Delivery) error { return errors.New("secret disk full") },
		"half read": func(_ context.Context, d listener.Delivery) error {
			_, err := io.ReadFull(d.Raw, make([]byte, 10))
			return err
		},
		"panic": func(context.Context, listener.Delivery) error { panic("secret") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := (&house{deliver: deliver}).start(t, listener.Options{})
			err := netsmtp.SendMail(h.address, nil, "ada@example.net", []string{"support@in.example.com"}, []byte(mail))
			if said := (*textproto.Error)(nil); !errors.As(err, &said) || said.Code/100 != 4 || strings.Contains(err.Error(), "secret") {
				t.Errorf("it said %v", err)
			}
		})
	}
}
