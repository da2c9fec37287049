package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"go.uber.org/goleak"

	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/mail"
	"parley/internal/mail/smtp"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that a broken queue would not end.
const patience = 60 * time.Second

var (
	silent    = slog.New(slog.DiscardHandler)
	errUndone = errors.New("undone")
	notice    = mail.Notice{
		ID: "mail_1", WrittenAt: clock.Of(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
		To: "dev@example.net", ReplyTo: "ada@example.com", Subject: "Für Sie\r\nBcc: x@example.net", Text: "Grüße\n.\nEnde\n",
	}
)

var keys = func() *secret.Keyring {
	ring, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		panic(err)
	}
	return ring
}()

// ENG-7: a notice, and the link in it that works once, waits sealed.
func TestNoticesWaitSealed(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		m, err := mail.New(mail.Options{From: "parley@example.com", Folder: t.TempDir(), Log: silent})
		if err != nil {
			t.Fatal(err)
		}
		m.Register(job.New(s, silent), keys, nil, nil)
		f := testkit.Account(t, s)
		f.Write(f.System, func(_ context.Context, tx *store.Tx) error {
			mail.Post(tx, mail.Notice{To: "ada@example.net", Subject: "New reply", Text: "https://shop.example/#parley-link=once"})
			return nil
		})
		waiting, err := s.Strings(t.Context(), "SELECT CAST(args AS TEXT) FROM river_job")
		if err != nil || len(waiting) != 1 {
			t.Fatal(waiting, err)
		}
		for _, secret := range []string{"parley-link", "ada@example.net", "New reply"} {
			if strings.Contains(waiting[0], secret) {
				t.Errorf("%s waits in clear: %s", secret, waiting[0])
			}
		}
	})
}

// people says whom notices may not be about.
type people struct {
	erased mail.About
	err    error
}

func (p people) IsErased(_ context.Context, about mail.About) (bool, error) {
	return about == p.erased, p.err
}

// CR-5: a notice about someone who was erased while it waited is not sent; while that cannot
// be known, it waits on.
func TestErasedIsWithdrawn(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		folder := t.TempDir()
		m, err := mail.New(mail.Options{From: "parley@example.com", Folder: folder, Log: silent})
		if err != nil {
			t.Fatal(err)
		}
		gone, there := mail.About{AccountID: "account_1", ContactID: "contact_1"}, mail.About{AccountID: "account_1", ContactID: "contact_2"}
		unknown := errors.New("no database")
		for _, of := range []struct {
			name   string
			about  *mail.About
			abouts []mail.About
			people people
			err    error
			sent   bool
		}{
			{"erased", &gone, nil, people{erased: gone}, nil, false},
			{"not known", &there, nil, people{err: unknown}, unknown, false},
			{"there", &there, nil, people{erased: gone}, nil, true},
			{"about no one", nil, nil, people{err: unknown}, nil, true},
			{"one of several erased", &there, []mail.About{there, gone}, people{erased: gone}, nil, false},
			{"several there", nil, []mail.About{there}, people{erased: gone}, nil, true},
		} {
			m.Register(job.New(s, silent), keys, nil, of.people)
			l := notice
			l.ID, l.About, l.Abouts = "mail_"+strings.ReplaceAll(of.name, " ", "_"), of.about, of.abouts
			if err := m.Deliver(t.Context(), l); !errors.Is(err, of.err) {
				t.Errorf("%s: %v", of.name, err)
			}
			found, err := filepath.Glob(filepath.Join(folder, l.ID+"*"))
			if err != nil || (len(found) > 0) != of.sent {
				t.Errorf("%s: the folder has %v (%v)", of.name, found, err)
			}
		}
	})
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

// running starts the queue with the mailer's work, and stops it with the test.
func running(t *testing.T, s *store.Store, m *mail.Mailer) {
	t.Helper()
	q := job.New(s, silent)
	m.Register(q, keys, nil, nil)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A notice goes out if and only if its transaction was committed; a server that
// cannot take it now gets the same notice again.
func TestPost(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		box := &mailbox{onRcpt: []error{deferred()}}
		box.listen(t)
		running(t, s, mailer(t, "smtp://"+box.address, silent))
		f := testkit.Account(t, s)
		err := s.WithTx(f.System, func(_ context.Context, tx *store.Tx) error {
			mail.Post(tx, mail.Notice{To: "nobody@example.net", Subject: "Undone"})
			return errUndone
		})
		if !errors.Is(err, errUndone) {
			t.Fatal(err)
		}
		f.Write(f.System, func(_ context.Context, tx *store.Tx) error {
			mail.Post(tx, mail.Notice{To: "dev@example.net", Subject: "Hello", Text: "There"})
			return nil
		})
		m := receive(t, box.taken)
		if to, subject := m.Header.Get("To"), m.Header.Get("Subject"); to != "<dev@example.net>" || subject != "Hello" {
			t.Errorf("%q came to %q", subject, to)
		}
		if n := box.tried(); n != 2 {
			t.Errorf("the server was asked %d times, want 2", n)
		}
	})
}

// A notice that the server refuses is not offered again, and is logged.
func TestRefusedIsGivenUp(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		box := &mailbox{onRcpt: []error{refused(), refused()}}
		box.listen(t)
		logged := make(lines, 10)
		running(t, s, mailer(t, "smtp://"+box.address, slog.New(slog.NewTextHandler(logged, nil))))
		f := testkit.Account(t, s)
		f.Write(f.System, func(_ context.Context, tx *store.Tx) error {
			mail.Post(tx, mail.Notice{To: "gone@example.net"})
			return nil
		})
		if line := receive(t, logged); !strings.Contains(line, "given up") || !strings.Contains(line, "No such person") {
			t.Errorf("logged %s", line)
		}
	})
}

// lines is a log's lines.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	const accepted, later, never = "accepted", "later", "never"
	for name, c := range map[string]struct {
		box  *mailbox
		user string
		want string
	}{
		"accepted":                 {&mailbox{}, "", accepted},
		"accepted with a password": {&mailbox{password: "s3cret/"}, "parley:s3cret%2F@", accepted},
		"recipient deferred":       {&mailbox{onRcpt: []error{deferred()}}, "", later},
		"contents deferred":        {&mailbox{onData: []error{deferred()}}, "", later},
		"recipient refused":        {&mailbox{onRcpt: []error{refused(), refused()}}, "", never},
		"contents refused":         {&mailbox{onData: []error{refused()}}, "", never},
		// The settings can be put right while the notice waits.
		"wrong password": {&mailbox{password: "other"}, "parley:wrong@", later},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.box.listen(t)
			err := mailer(t, "smtp://"+c.user+c.box.address, silent).Deliver(t.Context(), notice)
			var givenUp *river.JobCancelError
			got := later
			if err == nil {
				got = accepted
			} else if errors.As(err, &givenUp) {
				got = never
			}
			if got != c.want {
				t.Errorf("%s (%v), want %s", got, err, c.want)
			}
			if len(c.box.taken) == 1 != (c.want == accepted) {
				t.Errorf("the server has %d notices", len(c.box.taken))
			}
		})
	}
}

// A notice has no sender whom a machine could answer (RFC 3834), unless the server
// wants one, at whatever point.
func TestNullSender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		box     *mailbox
		senders []string
	}{
		"allowed":                  {&mailbox{}, []string{""}},
		"refused":                  {&mailbox{onMail: []error{refused()}}, []string{"", "parley@example.com"}},
		"refused at the recipient": {&mailbox{onRcpt: []error{refused()}}, []string{"", "parley@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.box.listen(t)
			if err := mailer(t, "smtp://"+c.box.address, silent).Deliver(t.Context(), notice); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(c.box.senders, c.senders) || len(c.box.taken) != 1 {
				t.Errorf("%d notices from %q, want one from %q", len(c.box.taken), c.box.senders, c.senders)
			}
		})
	}
}

// A password goes unencrypted to this machine alone, though the server asks for
// it. 0.0.0.0 leads here too, but is no name of this machine.
func TestPasswordIsKept(t *testing.T) {
	t.Parallel()
	box := &mailbox{password: "s3cret"}
	box.listen(t)
	_, port, err := net.SplitHostPort(box.address)
	if err != nil {
		t.Fatal(err)
	}
	err = mailer(t, "smtp://parley:s3cret@0.0.0.0:"+port, silent).Deliver(t.Context(), notice)
	if err == nil || strings.Contains(err.Error(), "s3cret") || box.tried() != 1 {
		t.Errorf("after %d attempts: %v", box.tried(), err)
	}
	if box.mu.Lock(); box.passwords != 0 {
		t.Error("the password was sent")
	}
	box.mu.Unlock()
}

func TestNoServerIsTriedAgain(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	err = mailer(t, "smtp://"+address, silent).Deliver(t.Context(), notice)
	if givenUp := (*river.JobCancelError)(nil); err == nil || errors.As(err, &givenUp) {
		t.Errorf("got %v", err)
	}
}

// What goes out is one notice to one address, whatever stands in its subject.
func TestFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "outbox")
	m, err := mail.New(mail.Options{From: "parley@example.com", Folder: folder, Log: silent})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second attempt replaces the first one's file
		if err := m.Deliver(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
	}
	found, err := os.ReadDir(folder)
	if err != nil || len(found) != 1 || found[0].Name() != "mail_1.eml" {
		t.Fatalf("the folder has %v (%v)", found, err)
	}
	info, err := found[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the notice's mode is %v (%v)", info.Mode(), err)
	}
	file, err := os.Open(filepath.Join(folder, "mail_1.eml"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	read, err := netmail.ReadMessage(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"From": "<parley@example.com>", "To": "<dev@example.net>", "Reply-To": "<ada@example.com>", "Bcc": "",
		"Message-Id": "<mail_1@example.com>", "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Parley-Loop": "mail_1",
	}
	for header, value := range want {
		if got := read.Header.Get(header); got != value {
			t.Errorf("%s is %q, want %q", header, got, value)
		}
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil || !strings.HasPrefix(subject, "Für Sie") {
		t.Errorf("the subject is %q (%v)", subject, err)
	}
	if body, err := io.ReadAll(quotedprintable.NewReader(read.Body)); err != nil || string(body) != "Grüße\r\n.\r\nEnde\r\n" {
		t.Errorf("the text is %q (%v)", body, err)
	}
}

// A notice with markup has its text too. A sender with an international domain
// is written in ASCII.
func TestNoticeWithMarkup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	m, err := mail.New(mail.Options{From: "Bücher <parley@bücher.example>", Folder: folder, Log: silent})
	if err != nil {
		t.Fatal(err)
	}
	marked := notice
	marked.HTML = "<p>Grüße</p>"
	if err := m.Deliver(t.Context(), marked); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "mail_1.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<parley@xn--bcher-kva.example>", "Message-ID: <mail_1@xn--bcher-kva.example>", "Content-Type: multipart/alternative",
		"Content-Type: text/plain; charset=utf-8", "Gr=C3=BC=C3=9Fe\r\n", "Content-Type: text/html; charset=utf-8", "<p>Gr=C3=BC=C3=9Fe</p>",
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the notice has no %q:\n%s", want, raw)
		}
	}
}

// An address that cannot work is refused at the start, without its password.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://u:s3cret@h:99999", "smtp://u:s3cret@h/x", "smtp://u:s3cret@h:%zz", "smtp://u:s3cret@h?x",
	} {
		if _, err := mail.New(mail.Options{URL: url, From: "parley@example.com"}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"smtp://mail.example.com", "smtps://user:p%40ss@mail.example.com:465/", "smtp://[::1]:2525"} {
		if _, err := mail.New(mail.Options{URL: url, From: "Parley <parley@example.com>"}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := mail.New(mail.Options{From: "nobody"}); err == nil {
		t.Error("a sender without a domain was taken")
	}
}

// channels are the senders of a test.
type channels map[string]*mail.Sender

func (c channels) NoticeSender(_ context.Context, _, channelID string) (*mail.Sender, error) {
	return c[channelID], nil
}

// CH-6: a letter of a channel leaves by its server and from its address; while the channel
// cannot send, from the mailer.
func TestNoticeOfAChannel(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		own, theirs := &mailbox{}, &mailbox{password: "right"}
		own.listen(t)
		theirs.listen(t)
		server, err := smtp.ParseURL("smtp://parley:wrong@" + theirs.address)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		m := mailer(t, "smtp://"+own.address, silent)
		m.Register(job.New(s, silent), keys, channels{"channel_1": {
			From: smtp.Address{Name: "Support", Address: "support@shop.example"}, Server: server, OnRefused: func(context.Context) { refused++ },
		}}, nil)
		l := notice
		l.ChannelID = "channel_1"
		if err := m.Deliver(t.Context(), l); err == nil || refused != 1 {
			t.Errorf("a wrong password: %v, reported %d times", err, refused)
		}
		server.Password = "right"
		if err := m.Deliver(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if from := receive(t, theirs.taken).Header.Get("From"); from != `"Support" <support@shop.example>` {
			t.Errorf("it is from %s", from)
		}
		l.ChannelID = "channel_2"
		if err := m.Deliver(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if from := receive(t, own.taken).Header.Get("From"); !strings.Contains(from, "parley@example.com") {
			t.Errorf("it is from %s", from)
		}
	})
}
