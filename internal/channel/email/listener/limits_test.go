package listener_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	netsmtp "net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"parley/internal/channel/email/listener"
	"parley/internal/testkit/smtpserver"
)

// What is too large is refused for good, whether or not its size was told, and
// so is a line without end; the connection is still good for another mail.
func TestOversize(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{MaxBytes: 10_000})
	large := mail + strings.Repeat("0123456789\r\n", 1000)
	client, err := gosmtp.Dial(h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, c := range []struct {
		text string
		code int
	}{{large, 552}, {mail, 0}} {
		err := client.SendMail("ada@example.net", []string{"support@in.example.com"}, strings.NewReader(c.text))
		said := &gosmtp.SMTPError{}
		if errors.As(err, &said); said.Code != c.code {
			t.Errorf("%d bytes: %v", len(c.text), err)
		}
	}
	l := h.hello(t)
	l.say(250, "MAIL FROM:<ada@example.net>")
	l.say(250, "RCPT TO:<support@in.example.com>")
	l.say(250, "BDAT 6000\r\n%s", strings.Repeat("x", 5998))
	l.say(552, "BDAT 6000 LAST\r\n%s", strings.Repeat("x", 5998))
	l.say(250, "RSET")
	l.gone() // what comes after a mail that is given up half is another connection's matter
	l = h.hello(t)
	l.say(250, "MAIL FROM:<ada@example.net>")
	l.say(250, "RCPT TO:<support@in.example.com>")
	l.say(250, "BDAT 6\r\nA: b")
	l.say(250, "BDAT 5 LAST\r\n\r\ny")
	if got := h.letters(); len(got) != 2 || !strings.HasSuffix(got[1].text, "A: b\r\n\r\ny\r\n") {
		t.Errorf("it has %v", got)
	}
	endless := new(house).start(t, listener.Options{MaxBytes: 4 << 20})
	err = netsmtp.SendMail(endless.address, nil, "ada@example.net", []string{"support@in.example.com"}, bytes.Repeat([]byte("x"), 3<<20))
	if err == nil || len(endless.letters()) != 0 {
		t.Errorf("a line without end: %v", err)
	}
}

// Long lines, which broken senders write, are taken as they are.
func TestLongLines(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	long := mail + strings.Repeat("<p>é</p>", 50_000) + "\r\n"
	if err := netsmtp.SendMail(h.address, nil, "ada@example.net", []string{"support@in.example.com"}, []byte(long)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(h.letters()[0].text, long) {
		t.Error("it was changed")
	}
}

// A mail that breaks off is not there.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	h := (&house{deliver: func(_ context.Context, d listener.Delivery) error {
		_, err := io.Copy(io.Discard, d.Raw)
		read <- err
		return err
	}}).start(t, listener.Options{})
	l := h.hello(t)
	l.say(250, "MAIL FROM:<ada@example.net>")
	l.say(250, "RCPT TO:<support@in.example.com>")
	l.say(354, "DATA")
	if err := l.PrintfLine("Subject: half"); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := <-read; err == nil {
		t.Error("half a mail looks like a whole one")
	}
}

// TLS is offered where there is a certificate, and mail that comes so says so.
func TestStartTLS(t *testing.T) {
	t.Parallel()
	server, client := smtpserver.TLS(t)
	h := new(house).start(t, listener.Options{TLS: server})
	c, err := netsmtp.Dial(h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	client.ServerName = "localhost"
	if err := c.StartTLS(client); err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Extension("STARTTLS"); again {
		t.Error("it is offered again")
	}
	for _, step := range []func() error{
		func() error { return c.Mail("ada@example.net") },
		func() error { return c.Rcpt("support@in.example.com") },
		func() error {
			w, err := c.Data()
			if err != nil {
				return err
			}
			_, _ = io.WriteString(w, mail)
			return w.Close()
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.letters()[0]; !got.TLS || !strings.Contains(got.text, "with UTF8SMTPS") {
		t.Errorf("it came as\n%s", got.text)
	}
	for i := range 10 { // who guesses is sent away here too
		err = c.Rcpt("nobody@in.example.com")
		if i == 0 {
			err = c.Mail("ada@example.net")
		}
	}
	if err == nil {
		t.Error("unknown recipients are taken")
	}
	if _, err := tls.Dial("tcp", h.address, client); err == nil {
		t.Error("TLS from the start is taken")
	}
}

// A sender that stops within a line, or a mail, does not stay.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{Timeout: 50 * time.Millisecond})
	for _, start := range []string{"", "EHL", "EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support@in.example.com>\r\nDATA\r\nSubject: x\r\n"} {
		l := h.dial(t)
		if _, err := io.WriteString(l.W, start); err != nil {
			t.Fatal(err)
		}
		if err := l.W.Flush(); err != nil {
			t.Fatal(err)
		}
		l.gone()
	}
	if got := h.letters(); len(got) != 0 {
		t.Errorf("it has %v", got)
	}
}

// Nonsense is answered, a few times.
func TestBadSyntax(t *testing.T) {
	t.Parallel()
	h := new(house).start(t, listener.Options{})
	l := h.hello(t)
	l.say(501, "MAIL FROM ada@example.net")
	l.say(501, "MAIL FROM:<ada>")
	l.say(5, "MAIL FROM:<ada@example.net> WHAT=EVER")
	l.say(502, "RCPT TO:<support@in.example.com>")
	l.say(252, "VRFY support")
	for range 3 {
		l.say(5, "GET / HTTP/1.1")
	}
	l.say(5, "GET / HTTP/1.1")
	l.gone()
	if h.stop(); len(h.letters()) != 0 {
		t.Error("it has mail")
	}
}

// No one takes all the connections, and who leaves makes room.
func TestConnections(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]listener.Options{"in all": {MaxConnections: 2}, "of one address": {MaxPerAddress: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := new(house).start(t, o)
			first := h.hello(t)
			h.hello(t)
			third := h.dial(t)
			third.hear(421)
			third.gone()
			first.say(221, "QUIT")
			first.gone()
			h.hello(t)
		})
	}
}

// Many senders at once: everything that was acknowledged is there, once.
func TestParallel(t *testing.T) {
	t.Parallel()
	const senders, each = 50, 5
	h := new(house).start(t, listener.Options{MaxPerAddress: senders})
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			client, err := gosmtp.Dial(h.address)
			if err != nil {
				t.Error(err)
				return
			}
			defer client.Close()
			for n := range each {
				text := fmt.Sprintf("Message-ID: <%d.%d@x>\r\n\r\nHi\r\n", i, n)
				if err := client.SendMail("ada@example.net", []string{"support@in.example.com"}, strings.NewReader(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, m := range h.letters() {
		_, id, _ := strings.Cut(m.text, "Message-ID: ")
		seen[id] = true
	}
	if len(seen) != senders*each || len(h.letters()) != len(seen) {
		t.Errorf("%d mails, %d of them different", len(h.letters()), len(seen))
	}
}

// A listener that stops lets a mail that is under way come in, and tells the
// others to come again.
func TestStop(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	h := &house{}
	h.deliver = func(_ context.Context, d listener.Delivery) error {
		close(begun)
		<-release
		_, err := io.Copy(io.Discard, d.Raw)
		return err
	}
	h.start(t, listener.Options{})
	idle, busy := h.hello(t), h.hello(t)
	busy.say(250, "MAIL FROM:<ada@example.net>")
	busy.say(250, "RCPT TO:<support@in.example.com>")
	busy.say(354, "DATA")
	<-begun
	h.stop()
	idle.hear(421)
	idle.gone()
	if _, err := net.Dial("tcp", h.address); err == nil {
		t.Error("it still listens")
	}
	close(release)
	busy.say(250, "Hi\r\n.")
	busy.gone()
}

// A net's listener that breaks is an error.
func TestBrokenListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := listener.New(listener.Options{Log: slog.New(slog.DiscardHandler)}).Serve(t.Context(), l); err == nil {
		t.Error("nobody hears of it")
	}
}
