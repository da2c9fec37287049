package mailserver

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Deliver hands the mail to Dovecot by LMTP, as a mail server does: it gets
// Return-Path, Delivered-To and Received, and an IDLE client learns of it. The
// sender of the envelope is bounce@example.org.
func (s *Server) Deliver(t testing.TB, user, raw string) {
	t.Helper()
	s.DeliverFrom(t, "bounce@example.org", user, raw)
}

// DeliverFrom is Deliver with a sender, "" for the null sender.
func (s *Server) DeliverFrom(t testing.TB, from, user, raw string) {
	t.Helper()
	client, err := dialLMTP(t, fmt.Sprintf("%s:%d", s.Host, s.LMTP))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Quit() }()
	if err := client.Mail(from, nil); err != nil {
		t.Fatal(err)
	}
	if err := client.Rcpt(user, nil); err != nil {
		t.Fatal(err)
	}
	data, err := client.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := data.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
}

// Put writes the mails into the mailbox byte for byte, as they are, in order;
// thousands in a second. Dovecot finds them at the next look, but may order mails
// of one call to another as it likes when it runs.
func (s *Server) Put(t testing.TB, user string, raws ...string) {
	t.Helper()
	s.maildir(t, user)
	for _, raw := range raws {
		s.delivered++
		// Dovecot gives UIDs by the time that a name begins with.
		path := filepath.Join(s.mailbox(user), "new", fmt.Sprintf("%d.M1P1.test", 1_700_000_000+s.delivered))
		if err := os.WriteFile(path+".tmp", []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		s.chownToMail(t, path+".tmp")
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Fatal(err)
		}
	}
}

// PutAt is Put of one mail that arrived at another time.
func (s *Server) PutAt(t testing.TB, user string, at time.Time, raw string) {
	t.Helper()
	s.Put(t, user, raw)
	path := filepath.Join(s.mailbox(user), "new", fmt.Sprintf("%d.M1P1.test", 1_700_000_000+s.delivered))
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// maildir makes the user's mailbox where there is none yet.
func (s *Server) maildir(t testing.TB, user string) {
	t.Helper()
	for _, name := range []string{"", "new", "cur", "tmp"} {
		path := filepath.Join(s.mailbox(user), name)
		if err := os.Mkdir(path, 0o700); err != nil {
			if os.IsExist(err) {
				continue
			}
			t.Fatal(err)
		}
		s.chownToMail(t, path)
	}
}

// Resident returns the mails that lie in the mailbox, as Dovecot keeps them, in
// the order of their arrival, and whether one is marked as seen.
func (s *Server) Resident(t testing.TB, user string) (raws []string, seen bool) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.mailbox(user), "[cn]*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(arrival(a), arrival(b)), strings.Compare(a, b)) })
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, flags, _ := strings.Cut(filepath.Base(name), ":2,")
		raws, seen = append(raws, string(raw)), seen || strings.Contains(flags, "S")
	}
	return raws, seen
}

// arrival is when a Maildir's file was made, in microseconds, as its name says:
// seconds, ".M", microseconds without leading zeros, "P".
func arrival(name string) int64 {
	seconds, rest, _ := strings.Cut(filepath.Base(name), ".M")
	micros, _, _ := strings.Cut(rest, "P")
	s, _ := strconv.ParseInt(seconds, 10, 64) // another program's name: 0
	m, _ := strconv.ParseInt(micros, 10, 64)
	return s*1_000_000 + m
}

// Expunge removes mails for good: those that doveadm's search finds, such as
// "uid", "2:5" or "all".
func (s *Server) Expunge(t testing.TB, user string, query ...string) {
	t.Helper()
	s.doveadm(t, append([]string{"expunge", "-u", user, "mailbox", "INBOX"}, query...)...)
}

// MarkSeen sets a mail's Seen flag, as an agent does who reads it elsewhere.
func (s *Server) MarkSeen(t testing.TB, user string, query ...string) {
	t.Helper()
	s.doveadm(t, append([]string{"flags", "add", "-u", user, `\Seen`, "mailbox", "INBOX"}, query...)...)
}

// ResetUIDs makes the server forget all UIDs, as after a move to another
// machine: the mails stay, UIDVALIDITY is another, and UIDs begin at 1.
func (s *Server) ResetUIDs(t testing.TB, user string) {
	t.Helper()
	s.Stop(t)
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*", "dovecot.list.index*"} {
		names, err := filepath.Glob(filepath.Join(s.mailbox(user), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Start(t)
}

func (s *Server) mailbox(user string) string { return filepath.Join(s.folder, "mail", user) }

func (s *Server) doveadm(t testing.TB, args ...string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), "doveadm", append([]string{"-c", s.path("dovecot.conf")}, args...)...)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("doveadm %v: %v\n%s", args, err, out)
	}
}

func dialLMTP(t testing.TB, address string) (*smtp.Client, error) {
	t.Helper()
	conn, err := dial(t, address)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClientLMTP(conn)
	return client, client.Hello("client.example.org")
}
