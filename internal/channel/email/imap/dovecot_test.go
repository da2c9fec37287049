package imap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/imap"
	"parley/internal/testkit/mailserver"
)

// config logs in to the server by password, without TLS, unless with says
// otherwise.
func config(s *mailserver.Server, with ...func(*imap.Config)) imap.Config {
	c := imap.Config{Host: s.Host, Port: s.IMAP, Security: imap.None, Username: s.User, Password: s.Password}
	for _, change := range with {
		change(&c)
	}
	return c
}

// open dials and opens INBOX.
func open(t *testing.T, c imap.Config) (*imap.Conn, imap.Box) {
	t.Helper()
	conn, err := imap.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	box, err := conn.Select(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn, box
}

// got is a fetched mail.
type got struct {
	UID      uint32
	Raw      string
	TooLarge bool
	Problem  string
}

// fetch reads mails whole.
func fetch(t *testing.T, conn *imap.Conn, from uint32, count int, maxBytes int64) (mails []got, more bool) {
	t.Helper()
	more, err := conn.Fetch(t.Context(), from, count, maxBytes, func(m imap.Mail) error {
		raw, err := io.ReadAll(m.Raw)
		mails = append(mails, got{m.UID, string(raw), m.TooLarge, m.Problem})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return mails, more
}

const mega = 1 << 20

func mail(subject string) string {
	return "Subject: " + subject + "\r\n\r\nText of " + subject + "\r\n"
}

// EM-1: by password. A wrong one is told from a server that is away.
func TestPassword(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	_, box := open(t, config(s))
	if box.Messages != 0 || box.UIDNext != 1 || box.UIDValidity == 0 {
		t.Errorf("got %+v", box)
	}
	_, err := imap.Dial(t.Context(), config(s, func(c *imap.Config) { c.Password = "not-the-one" }))
	if !errors.Is(err, imap.ErrAuthentication) || strings.Contains(err.Error(), "not-the-one") {
		t.Errorf("got %v", err)
	}
	s.Stop(t)
	if _, err = imap.Dial(t.Context(), config(s)); err == nil || permanent(err) {
		t.Errorf("got %v", err)
	}
}

func permanent(err error) bool {
	return errors.Is(err, imap.ErrAuthentication) || errors.Is(err, imap.ErrTLS) || errors.Is(err, imap.ErrRefused)
}

// EM-1: by access token, in both ways that servers know. Dovecot asks the
// provider about it.
func TestToken(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			p := mailserver.OpenID(t)
			s := mailserver.Dovecot(t, mailserver.Options{OpenID: p, Extra: "auth_mechanisms = plain " + mechanism + "\n"})
			token := p.Token(t, s.User, "https://mail.google.com/").AccessToken
			bearer := config(s, func(c *imap.Config) {
				c.Password, c.Token = "", func(context.Context) (string, error) { return token, nil }
			})
			open(t, bearer)

			p.Revoke(t, s.User)
			if _, err := imap.Dial(t.Context(), bearer); !errors.Is(err, imap.ErrAuthentication) || strings.Contains(err.Error(), token) {
				t.Errorf("got %v", err)
			}
			token = "made up"
			if _, err := imap.Dial(t.Context(), bearer); !errors.Is(err, imap.ErrAuthentication) || strings.Contains(err.Error(), token) {
				t.Errorf("got %v", err)
			}
			unable := errors.New("the grant is gone")
			bearer.Token = func(context.Context) (string, error) { return "", unable }
			if _, err := imap.Dial(t.Context(), bearer); !errors.Is(err, unable) || permanent(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A server that knows no tokens is not tried with one.
func TestNoTokens(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	_, err := imap.Dial(t.Context(), config(s, func(c *imap.Config) {
		c.Token = func(context.Context) (string, error) { return "token", nil }
	}))
	if !errors.Is(err, imap.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

// EM-1: what is not the server of that name, or not encrypted, is not talked to.
func TestSecurity(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{TLS: true})
	plain := mailserver.Dovecot(t, mailserver.Options{})
	trusting := &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	for _, test := range []struct {
		name     string
		security imap.Security
		port     int
		tls      *tls.Config
		good     bool
	}{
		{"TLS", imap.TLS, s.IMAPS, trusting, true},
		{"STARTTLS", imap.STARTTLS, s.IMAP, trusting, true},
		{"TLS, unknown authority", imap.TLS, s.IMAPS, nil, false},
		{"STARTTLS, unknown authority", imap.STARTTLS, s.IMAP, nil, false},
		{"TLS, other name", imap.TLS, s.IMAPS, &tls.Config{RootCAs: s.Roots, ServerName: "example.org", MinVersion: tls.VersionTLS12}, false},
		{"TLS on a port without", imap.TLS, s.IMAP, trusting, false},
		{"STARTTLS not offered", imap.STARTTLS, plain.IMAP, trusting, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := imap.Dial(t.Context(), config(s, func(c *imap.Config) {
				c.Security, c.Port, c.TLS = test.security, test.port, test.tls
			}))
			if err == nil {
				conn.Close()
			}
			if test.good && err != nil || !test.good && !errors.Is(err, imap.ErrTLS) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// EM-7: mails come whole, in order and unseen, and none twice or without being
// newer.
func TestFetch(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	conn, _ := open(t, config(s))
	if mails, more := fetch(t, conn, 1, 10, mega); len(mails) != 0 || more {
		t.Errorf("an empty mailbox has %v", mails)
	}
	binary := "Subject: bytes\r\n\r\n\x80\xff(\"\\)\r\n{5}\r\n"
	s.Put(t, s.User, mail("one"), binary, "", mail("four"))
	mails, more := fetch(t, conn, 0, 3, mega)
	if diff := cmp.Diff([]got{{UID: 1, Raw: mail("one")}, {UID: 2, Raw: binary}, {UID: 3}}, mails); diff != "" || !more {
		t.Errorf("more: %t, %s", more, diff)
	}
	mails, more = fetch(t, conn, 4, 3, mega)
	if diff := cmp.Diff([]got{{UID: 4, Raw: mail("four")}}, mails); diff != "" || more {
		t.Errorf("more: %t, %s", more, diff)
	}
	if mails, more = fetch(t, conn, 5, 3, mega); len(mails) != 0 || more {
		t.Errorf("got %v", mails)
	}
	if raws, seen := s.Resident(t, s.User); len(raws) != 4 || seen {
		t.Errorf("the mailbox was changed: %q, seen: %t", raws, seen)
	}
}

// EM-7: what agents read and delete elsewhere changes nothing for what comes.
func TestFetchIgnoresFlagsAndGaps(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	s.Put(t, s.User, mail("one"), mail("two"), mail("three"), mail("four"))
	conn, _ := open(t, config(s))
	s.Expunge(t, s.User, "2:3")
	s.MarkSeen(t, s.User, "all")
	s.Put(t, s.User, mail("five"))
	mails, _ := fetch(t, conn, 1, 10, mega)
	if diff := cmp.Diff([]got{{UID: 1, Raw: mail("one")}, {UID: 4, Raw: mail("four")}, {UID: 5, Raw: mail("five")}}, mails); diff != "" {
		t.Error(diff)
	}
}

// A mail above the limit is not skipped: its header comes.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	s.Put(t, s.User, mail("one"), "Subject: two\r\n\r\n"+strings.Repeat("x", 3000), mail("three"))
	conn, _ := open(t, config(s))
	mails, _ := fetch(t, conn, 1, 10, 2000)
	want := []got{{UID: 1, Raw: mail("one")}, {UID: 2, Raw: "Subject: two\r\n\r\n", TooLarge: true}, {UID: 3, Raw: mail("three")}}
	if diff := cmp.Diff(want, mails); diff != "" {
		t.Error(diff)
	}
}

// What the caller says ends the fetching, and the connection stays good.
func TestCallersError(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	s.Put(t, s.User, mail("one"), mail("two"), mail("three"))
	conn, _ := open(t, config(s))
	mine := errors.New("the disk is full")
	calls := 0
	_, err := conn.Fetch(t.Context(), 1, 10, mega, func(imap.Mail) error {
		if calls++; calls == 2 {
			return mine
		}
		return nil
	})
	if !errors.Is(err, mine) || calls != 2 {
		t.Errorf("got %v after %d", err, calls)
	}
	if mails, _ := fetch(t, conn, 2, 10, mega); len(mails) != 2 || mails[0].Raw != mail("two") {
		t.Errorf("got %v", mails)
	}
}

// EM-7: headers, and what arrived lately.
func TestHeadersAndSearch(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	for i := range 3 {
		s.Deliver(t, s.User, mail(fmt.Sprint(i)))
	}
	conn, box := open(t, config(s))
	var headers []imap.Header
	more, err := conn.Headers(t.Context(), 2, 1, func(h imap.Header) error {
		headers = append(headers, h)
		return nil
	})
	if err != nil || !more || len(headers) != 1 || headers[0].UID != 2 || headers[0].InternalDate.IsZero() ||
		!strings.HasSuffix(string(headers[0].Raw), "Subject: 1\r\n\r\n") || headers[0].Size < int64(len(headers[0].Raw)) {
		t.Errorf("more: %t, %+v, %v", more, headers, err)
	}
	lately, err := conn.SearchSince(t.Context(), headers[0].InternalDate)
	if diff := cmp.Diff([]uint32{1, 2, 3}, lately); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if never, err := conn.SearchSince(t.Context(), headers[0].InternalDate.AddDate(0, 0, 3)); len(never) != 0 || err != nil {
		t.Errorf("got %v, %v", never, err)
	}
	if box.UIDNext != 4 || box.Messages != 3 {
		t.Errorf("got %+v", box)
	}
}

// EM-7: another UIDVALIDITY tells that UIDs begin again.
func TestUIDValidity(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	s.Put(t, s.User, mail("one"), mail("two"))
	_, before := open(t, config(s))
	s.Expunge(t, s.User, "1")
	s.ResetUIDs(t, s.User)
	conn, after := open(t, config(s))
	if before.UIDValidity == after.UIDValidity || after.UIDNext != 2 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if mails, _ := fetch(t, conn, 1, 10, mega); len(mails) != 1 || mails[0].Raw != mail("two") {
		t.Errorf("got %v", mails)
	}
}

// EM-7: a server that is restarted in the middle costs nothing: no mail is cut,
// doubled or lost.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{})
	want := make([]got, 60)
	for i := range want {
		raw := mail(fmt.Sprint(i)) + strings.Repeat(strings.Repeat("x", 98)+"\r\n", 2000)
		want[i] = got{UID: uint32(i + 1), Raw: raw}
		s.Put(t, s.User, raw)
	}
	var mails []got
	next := uint32(1)
	take := func(m imap.Mail) error {
		raw, err := io.ReadAll(m.Raw)
		if err != nil {
			return err
		}
		mails, next = append(mails, got{UID: m.UID, Raw: string(raw)}), m.UID+1
		if len(mails) == 7 {
			s.Restart(t)
		}
		return nil
	}
	conn, _ := open(t, config(s))
	if _, err := conn.Fetch(t.Context(), next, 100, mega, take); err == nil || permanent(err) {
		t.Fatalf("got %v after %d mails", err, len(mails))
	}
	conn, _ = open(t, config(s))
	if _, err := conn.Fetch(t.Context(), next, 100, mega, take); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, mails); diff != "" {
		t.Error(diff)
	}
}

// EM-7: new mail is told of at once, once, and also when it came before waiting.
func TestIdle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, extra string
		can         bool
	}{
		{"IDLE", "", true},
		{"polling", "imap_capability = IMAP4rev1 SASL-IR ID AUTH=PLAIN\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mailserver.Dovecot(t, mailserver.Options{Extra: test.extra})
			conn, _ := open(t, config(s, func(c *imap.Config) { c.Poll = 20 * time.Millisecond }))
			if conn.CanIdle() != test.can {
				t.Errorf("CanIdle is %t", conn.CanIdle())
			}
			for i := range 3 {
				once := false
				err := conn.Idle(t.Context(), func() {
					if !once {
						s.Deliver(t, s.User, mail("new"))
					}
					once = true
				})
				if err != nil {
					t.Fatal(err)
				}
				if mails, _ := fetch(t, conn, uint32(i+1), 10, mega); len(mails) != 1 {
					t.Fatalf("got %v", mails)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			if err := conn.Idle(ctx, cancel); !errors.Is(err, context.Canceled) {
				t.Errorf("it went on: %v", err)
			}
			if mails, _ := fetch(t, conn, 1, 10, mega); len(mails) != 3 {
				t.Errorf("the connection is not good after it: %v", mails)
			}
			if err := conn.Idle(t.Context(), func() { s.Stop(t) }); err == nil || permanent(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
