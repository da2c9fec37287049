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
	netmail "net/mail"
	"net/netip"
	netsmtp "net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"parley/internal/channel/email/listener"
	"parley/internal/testkit/smtpserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that a broken listener would not end.
const patience = 60 * time.Second

const mail = "From: <ada@example.net>\r\nSubject: Hello\r\n\r\n.\r\n..\r\nHi\r\n"

// house knows two addresses of one channel and one of another, and keeps what
// is delivered.
type house struct {
	address string
	stop    func()
	ended   chan error

	mu      sync.Mutex
	mails   []letter
	deliver func(context.Context, listener.Delivery) error // instead of keeping it
}

// letter is a delivery that was read.
type letter struct {
	listener.Delivery
	text string
}

func (h *house) recipient(_ context.Context, address string) (string, error) {
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch name, _, _ = strings.Cut(name, "+"); name {
	case "support", "help":
		return "channel_1", nil
	case "sales":
		return "channel_2", nil
	case "broken":
		return "", errors.New("the database is away")
	}
	return "", fmt.Errorf("%s: %w", address, listener.ErrUnknown)
}

func (h *house) take(ctx context.Context, d listener.Delivery) error {
	if h.deliver != nil {
		return h.deliver(ctx, d)
	}
	text, err := io.ReadAll(d.Raw)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d.Raw = nil
	h.mails = append(h.mails, letter{d, string(text)})
	return nil
}

func (h *house) letters() []letter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mails)
}

// start serves the house until the test ends.
func (h *house) start(t *testing.T, o listener.Options) *house {
	t.Helper()
	o.Hostname, o.Recipient, o.Deliver, o.Log = "in.example.com", h.recipient, h.take, slog.New(slog.DiscardHandler)
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 20
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.address, h.stop, h.ended = l.Addr().String(), stop, make(chan error, 1)
	go func() { h.ended <- listener.New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-h.ended; err != nil {
			t.Error(err)
		}
	})
	return h
}

// line is a client that says what the test says.
type line struct {
	*textproto.Conn
	t *testing.T
}

func (h *house) dial(t *testing.T) line {
	t.Helper()
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	l := line{textproto.NewConn(conn), t}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// hello is dial, and the first words.
func (h *house) hello(t *testing.T) line {
	t.Helper()
	l := h.dial(t)
	l.hear(220)
	l.say(250, "EHLO client.example.net")
	return l
}

func (l line) hear(code int) string {
	l.t.Helper()
	_, text, err := l.ReadResponse(code)
	if err != nil {
		l.t.Fatalf("want %d: %v", code, err)
	}
	return text
}

func (l line) say(code int, format string, arguments ...any) string {
	l.t.Helper()
	if err := l.PrintfLine(format, arguments...); err != nil {
		l.t.Fatal(err)
	}
	return l.hear(code)
}

// gone waits for the end of the connection.
func (l line) gone() {
	l.t.Helper()
	if rest, err := io.ReadAll(l.R); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		l.t.Fatalf("it goes on: %q, %v", rest, err)
	}
}

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
// a mail of somebody else's, is text. Zero bytes and commands behind it are too.
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
// nobody can sign in to have it otherwise.
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

// Nobody takes all the connections, and who leaves makes room.
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
