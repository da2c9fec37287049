package receive_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/ent/inboundmail"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// EM-4, EM-5: what lay in the mailbox before stays there; what comes from the
// moment of connecting on, even before a node follows it, becomes a conversation,
// whether someone has seen it meanwhile or not; the mailbox is not changed.
func TestReceive(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("before"))
		s := p.NewNode()
		c := p.Connects(s)
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("seen"))
		p.Box.MarkSeen(t, p.Box.User, "all")
		p.Run(s)
		p.Has("seen")
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("pushed"))
		p.Has("seen", "pushed")
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("gone"))
		p.Box.Expunge(t, p.Box.User, "subject", "gone")
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("last"))
		p.Until("the last mail is there", func() bool { return slices.Contains(p.Subjects(), "last") })
		if raws, _ := p.Box.Resident(t, p.Box.User); len(raws) != 4 {
			t.Errorf("%d mails lie in the mailbox", len(raws))
		}
		p.Read(c)
		if got := p.ChannelNow(c); got.State != vocab.EmailConnected || got.Failures != 0 || !got.LastSyncAt.IsSet() {
			t.Errorf("got %+v", got)
		}
	})
}

// EM-5: three hundred mails at once, one of them larger than is read: it comes
// with its header, and says so.
func TestReceiveMany(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode(func(o *mailroom.Options) { o.Receive.MaxMailBytes = 100_000 })
		p.Connects(s)
		raws, subjects := []string{}, []string{}
		for i := range 300 {
			subject := fmt.Sprintf("many-%03d", i)
			raws, subjects = append(raws, mailroom.MailText(subject)), append(subjects, subject)
		}
		raws[123] = mailroom.MailText(subjects[123], strings.Repeat("far too large\n", 10_000))
		p.Box.Put(t, p.Box.User, raws...)
		p.Run(s)
		p.Has(subjects...)
		for _, m := range check.Must(p.Store.Client(p.System).InboundMail.Query().All(p.System))(t) {
			if told := strings.Contains(fmt.Sprint(m.Verdict.Problems), "only its header"); told != (m.Size < 1000 && strings.HasPrefix(m.InternetID, subjects[123])) {
				t.Errorf("%s of %d bytes: %q", m.InternetID, m.Size, m.Verdict.Problems)
			}
		}
	})
}

// EM-5, EM-7: a server that restarts, and one that dies, lose and double nothing;
// the next attempt waits for its time.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	p := mailroom.NewPost(t, mailroom.SQLite, mailserver.Options{})
	s := p.NewNode()
	c := p.Connects(s)
	p.Run(s)
	p.Box.Deliver(t, p.Box.User, mailroom.MailText("one"))
	p.Has("one")
	for _, end := range []func(){func() { p.Box.Stop(t) }, p.Box.Crash} {
		end()
		p.Until("the failure is noted", func() bool { return p.ChannelNow(c).Failures > 0 })
		p.Box.Start(t)
		subject := fmt.Sprintf("meanwhile-%d", len(p.Subjects()))
		p.Box.Deliver(t, p.Box.User, mailroom.MailText(subject))
		p.Clock.Advance(time.Minute)
		p.Until("it is there", func() bool { return slices.Contains(p.Subjects(), subject) })
		p.Until("it works", func() bool { return p.ChannelNow(c).Failures == 0 })
	}
	p.Has("one", "meanwhile-1", "meanwhile-2")
	if p.ChannelNow(c).State != vocab.EmailConnected || p.Events(vocab.ChannelStateChanged) != 0 {
		t.Error("one failure is not the channel's end (pitfall 7)")
	}
}

// EM-5: a connection that breaks off in the middle of a mail has what came whole
// kept, and the rest come again.
func TestConnectionBreaksInMail(t *testing.T) {
	t.Parallel()
	p := mailroom.NewPost(t, mailroom.SQLite, mailserver.Options{})
	cut := &cutter{}
	s := p.NewNode(func(o *mailroom.Options) { o.Settings.Dial = cut.dial })
	c := p.Connects(s)
	raws, subjects := []string{}, []string{}
	for i := range 20 {
		subjects = append(subjects, fmt.Sprintf("part-%02d", i))
		raws = append(raws, mailroom.MailText(subjects[i], strings.Repeat("A line of the mail.\n", 500)))
	}
	p.Box.Put(t, p.Box.User, raws...)
	cut.left.Store(55_000) // ends within the sixth
	p.Run(s)
	p.Until("the failure is noted", func() bool { return p.ChannelNow(c).Failures > 0 })
	if n := len(p.Subjects()); n == 0 || n >= 20 {
		t.Errorf("%d mails are there after the connection broke", n)
	}
	p.Clock.Advance(time.Minute)
	p.Has(subjects...)
}

// cutter breaks connections off after some bytes were read.
type cutter struct{ left atomic.Int64 }

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &cutConn{Conn: conn, cutter: c}, err
}

type cutConn struct {
	net.Conn
	cutter *cutter
}

// Read implements net.Conn.
func (c *cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if left := c.cutter.left.Load(); left > 0 && c.cutter.left.Add(-int64(n)) <= 0 {
		c.cutter.left.Store(0)
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// EM-5: what a node stored and did not come to read, since it died, is read at
// the next start, or by the sweep where no worker comes.
func TestStoredMailIsRead(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		c := p.Connects(s)
		stop := p.Run(s)
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("one"))
		p.Has("one")
		stop()
		for _, subject := range []string{"left", "swept"} {
			// As a node leaves it that ends between storing and reading.
			err := s.Receive.StoreForwarded(t.Context(), receive.Arrived{ChannelIDs: []string{c.ID}, Raw: strings.NewReader(mailroom.MailText(subject))})
			check.NoError(t, err)
			if p.Waiting() != 1 {
				t.Fatalf("%d mails wait", p.Waiting())
			}
			if subject == "left" {
				stop = p.Run(p.NewNode())
				p.Has("one", "left")
				stop()
				continue
			}
			check.NoError(t, s.Receive.IngestOverdue(t.Context()))
			if p.Waiting() != 1 {
				t.Error("the sweep does not leave the mail to its worker")
			}
			p.Clock.Advance(5 * time.Minute)
			check.NoError(t, s.Receive.IngestOverdue(t.Context()))
			p.Has("one", "left", "swept")
		}
	})
}

// OP-2, EM-5: of two nodes one follows the mailbox; when it ends, and when it
// dies without a word, the other one goes on; each mail is there once.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		first, second := p.NewNode(), p.NewNode()
		c := p.Connects(first)
		stopFirst := p.Run(first)
		stopSecond := p.Run(second)
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("one"))
		p.Has("one")
		stopFirst()
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("two"))
		p.Has("one", "two")
		stopSecond()
		// A node that died holds its lease still.
		holdLease(p, c.ID, 1500*time.Millisecond)
		p.Run(p.NewNode())
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("three"))
		p.Has("one", "two", "three")
	})
}

// OP-2: a node that lost its lease without knowing writes nothing more.
func TestFence(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode(func(o *mailroom.Options) { o.Receive.LeaseLife = time.Hour })
		c := p.Connects(s)
		p.Run(s)
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("one"))
		p.Has("one")
		p.Read(c)
		holdLease(p, c.ID, time.Hour) // another node took it
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("two"))
		p.Until("the mailbox is let go of", func() bool {
			return strings.Count(p.Box.Log(), "Logged out")+strings.Count(p.Box.Log(), "Disconnected") > 1
		})
		p.Has("one")
		if got := p.ChannelNow(c); got.Failures != 0 || got.State != vocab.EmailConnected {
			t.Errorf("a lost lease counts as a failure: %+v", got)
		}
		holdLease(p, c.ID, -time.Hour) // the other node dies
		p.Has("one", "two")
	})
}

// holdLease gives the mailbox's lease to another node for some time.
func holdLease(p *mailroom.Post, channelID string, life time.Duration) {
	p.T.Helper()
	now := "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
	if p.Store.Postgres() {
		now = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	p.Write(p.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE leases SET holder = 'other', fence = fence + 1, expires_at = `+now+` + $1 WHERE name = $2`,
			life.Microseconds(), "mailbox/"+channelID)
		return err
	})
}

// EM-5: after a change of UIDVALIDITY nothing comes twice, not even mail without
// an id, and nothing is lost: neither what came during the change, nor is older
// mail taken for new.
func TestUIDsChange(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		p.Clock.Advance(-time.Hour)
		s := p.NewNode()
		c := p.Connects(s)
		old := clock.Of(clock.System{}.Now()).Add(-24 * time.Hour)
		p.Box.Put(t, p.Box.User, mailroom.MailText("one"), mailroom.CRLF("From: ada@client.example\nSubject: no-id\n\nHello\n"))
		stop := p.Run(s)
		p.Has("one", "no-id")
		stop()
		p.Box.ResetUIDs(t, p.Box.User)
		p.Box.PutAt(t, p.Box.User, old.Time(), mailroom.MailText("older"))
		p.Box.Put(t, p.Box.User, mailroom.MailText("during"))
		stop = p.Run(p.NewNode())
		p.Has("one", "no-id", "during")
		p.Read(c)
		p.Box.Deliver(t, p.Box.User, mailroom.MailText("after"))
		p.Has("one", "no-id", "during", "after")
		stop()
		p.Box.ResetUIDs(t, p.Box.User) // once more, with nothing new
		p.Run(p.NewNode())
		p.Read(c)
		p.Has("one", "no-id", "during", "after")
	})
}

// EM-5: after a change of UIDVALIDITY, a mail that has the identity of one that is known and
// says something else is read; what is known is no repeat of itself.
func TestUIDsChangeCompares(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		p.Clock.Advance(-time.Hour)
		s := p.NewNode()
		c := p.Connects(s)
		p.Box.Put(t, p.Box.User, mailroom.MailText("one"), mailroom.MailText("two"))
		stop := p.Run(s)
		p.Has("one", "two")
		stop()
		p.Box.ResetUIDs(t, p.Box.User)
		p.Box.Put(t, p.Box.User, strings.Replace(mailroom.MailText("one"), "Text of one", "Pay to this account", 1))
		p.Run(p.NewNode())
		p.Has("one", "one", "two")
		p.Read(c)
		rows := check.Must(p.Store.Client(p.System).InboundMail.Query().Where(inboundmail.MessageIDNEQ("")).All(p.System))(t)
		check.Same(t, len(rows), 3)
	})
}

// EM-1: with a date, what came since then is imported.
func TestImportSince(t *testing.T) {
	t.Parallel()
	p := mailroom.NewPost(t, mailroom.SQLite, mailserver.Options{})
	now := clock.Of(clock.System{}.Now())
	for hours, subject := range map[int]string{100: "long ago", 30: "the day before", 20: "yesterday", 1: "today"} {
		p.Box.PutAt(t, p.Box.User, now.Add(-time.Duration(hours)*time.Hour).Time(), mailroom.MailText(subject))
	}
	since := now.Add(-24 * time.Hour)
	s := p.NewNode()
	p.Connects(s, func(in *settings.BeginEmailChannelInput) { in.ImportSince = &since })
	p.Run(s)
	p.Has("yesterday", "today")
	p.Box.Deliver(t, p.Box.User, mailroom.MailText("new"))
	p.Has("yesterday", "today", "new")
}

// EM-1: ten thousand mails that lie in the mailbox when it is connected are left
// there, and not even looked at.
func TestLargeMailbox(t *testing.T) {
	t.Parallel()
	p := mailroom.NewPost(t, mailroom.SQLite, mailserver.Options{})
	raws := make([]string, 10_000)
	for i := range raws {
		raws[i] = mailroom.MailText(fmt.Sprint(i))
	}
	p.Box.Put(t, p.Box.User, raws...)
	wire := &meter{}
	s := p.NewNode(func(o *mailroom.Options) { o.Settings.Dial = wire.dial })
	c := p.Connects(s)
	p.Run(s)
	p.Read(c)
	if n := wire.read.Load(); n > 20_000 {
		t.Errorf("connecting took %d bytes", n)
	}
	p.Box.Deliver(t, p.Box.User, mailroom.MailText("new"))
	p.Has("new")
}

// meter counts the bytes that are read.
type meter struct{ read atomic.Int64 }

func (m *meter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &meterConn{Conn: conn, meter: m}, err
}

type meterConn struct {
	net.Conn
	meter *meter
}

// Read implements net.Conn.
func (c *meterConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.meter.read.Add(int64(n))
	return n, err
}
