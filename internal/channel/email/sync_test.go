package email_test

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

	"parley/internal/channel/email"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// EM-4, EM-5: what lay in the mailbox before stays there; what comes from the
// moment of connecting on, even before a node follows it, becomes a conversation,
// whether somebody has seen it meanwhile or not; the mailbox is not changed.
func TestReceive(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		p.box.Deliver(t, p.box.User, letter("before"))
		s := p.node()
		c := p.connects(s)
		p.box.Deliver(t, p.box.User, letter("seen"))
		p.box.MarkSeen(t, p.box.User, "all")
		p.run(s)
		p.has("seen")
		p.box.Deliver(t, p.box.User, letter("pushed"))
		p.has("seen", "pushed")
		p.box.Deliver(t, p.box.User, letter("gone"))
		p.box.Expunge(t, p.box.User, "subject", "gone")
		p.box.Deliver(t, p.box.User, letter("last"))
		p.until("the last mail is there", func() bool { return slices.Contains(p.subjects(), "last") })
		if raws, _ := p.box.Resident(t, p.box.User); len(raws) != 4 {
			t.Errorf("%d mails lie in the mailbox", len(raws))
		}
		p.read(c)
		if got := p.channelNow(c); got.State != vocab.EmailConnected || got.Failures != 0 || !got.LastSyncAt.IsSet() {
			t.Errorf("got %+v", got)
		}
	})
}

// EM-5: three hundred mails at once, one of them larger than is read: it comes
// with its header, and says so.
func TestReceiveMany(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node(func(o *email.Options) { o.MaxMailBytes = 100_000 })
		p.connects(s)
		raws, subjects := []string{}, []string{}
		for i := range 300 {
			subject := fmt.Sprintf("many-%03d", i)
			raws, subjects = append(raws, letter(subject)), append(subjects, subject)
		}
		raws[123] = letter(subjects[123], strings.Repeat("far too large\n", 10_000))
		p.box.Put(t, p.box.User, raws...)
		p.run(s)
		p.has(subjects...)
		for _, m := range must(p.Store.Client(p.System).InboundMail.Query().All(p.System))(t) {
			if told := strings.Contains(strings.Join(m.Verdict.Problems, " "), "header alone"); told != (m.Size < 1000 && strings.HasPrefix(m.InternetID, subjects[123])) {
				t.Errorf("%s of %d bytes: %q", m.InternetID, m.Size, m.Verdict.Problems)
			}
		}
	})
}

// EM-5, EM-7: a server that restarts, and one that dies, lose and double nothing;
// the next attempt waits for its time.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	p := newPost(t, sqlite(t), mailserver.Options{})
	s := p.node()
	c := p.connects(s)
	p.run(s)
	p.box.Deliver(t, p.box.User, letter("one"))
	p.has("one")
	for _, end := range []func(){func() { p.box.Stop(t) }, p.box.Crash} {
		end()
		p.until("the failure is noted", func() bool { return p.channelNow(c).Failures > 0 })
		p.box.Start(t)
		subject := fmt.Sprintf("meanwhile-%d", len(p.subjects()))
		p.box.Deliver(t, p.box.User, letter(subject))
		p.clock.Advance(time.Minute)
		p.until("it is there", func() bool { return slices.Contains(p.subjects(), subject) })
		p.until("it works", func() bool { return p.channelNow(c).Failures == 0 })
	}
	p.has("one", "meanwhile-1", "meanwhile-2")
	if p.channelNow(c).State != vocab.EmailConnected || p.events(vocab.ChannelStateChanged) != 0 {
		t.Error("one failure is not the channel's end (pitfall 7)")
	}
}

// EM-5: a connection that breaks off in the middle of a mail has what came whole
// kept, and the rest come again.
func TestConnectionBreaksInMail(t *testing.T) {
	t.Parallel()
	p := newPost(t, sqlite(t), mailserver.Options{})
	cut := &cutter{}
	s := p.node(func(o *email.Options) { o.Dial = cut.dial })
	c := p.connects(s)
	raws, subjects := []string{}, []string{}
	for i := range 20 {
		subjects = append(subjects, fmt.Sprintf("part-%02d", i))
		raws = append(raws, letter(subjects[i], strings.Repeat("A line of the mail.\n", 500)))
	}
	p.box.Put(t, p.box.User, raws...)
	cut.left.Store(55_000) // ends within the sixth
	p.run(s)
	p.until("the failure is noted", func() bool { return p.channelNow(c).Failures > 0 })
	if n := len(p.subjects()); n == 0 || n >= 20 {
		t.Errorf("%d mails are there after the connection broke", n)
	}
	p.clock.Advance(time.Minute)
	p.has(subjects...)
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
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		c := p.connects(s)
		stop := p.run(s)
		p.box.Deliver(t, p.box.User, letter("one"))
		p.has("one")
		stop()
		for _, subject := range []string{"left", "swept"} {
			// As a node leaves it that ends between storing and reading.
			err := s.Deliver(t.Context(), email.Arrived{ChannelIDs: []string{c.ID}, Raw: strings.NewReader(letter(subject))})
			mustNot(t, err)
			if p.waiting() != 1 {
				t.Fatalf("%d mails wait", p.waiting())
			}
			if subject == "left" {
				stop = p.run(p.node())
				p.has("one", "left")
				stop()
				continue
			}
			mustNot(t, s.IngestOverdue(t.Context()))
			if p.waiting() != 1 {
				t.Error("the sweep does not leave the mail to its worker")
			}
			p.clock.Advance(5 * time.Minute)
			mustNot(t, s.IngestOverdue(t.Context()))
			p.has("one", "left", "swept")
		}
	})
}

// OP-2, EM-5: of two nodes one follows the mailbox; when it ends, and when it
// dies without a word, the other one goes on; each mail is there once.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		first, second := p.node(), p.node()
		c := p.connects(first)
		stopFirst := p.run(first)
		stopSecond := p.run(second)
		p.box.Deliver(t, p.box.User, letter("one"))
		p.has("one")
		stopFirst()
		p.box.Deliver(t, p.box.User, letter("two"))
		p.has("one", "two")
		stopSecond()
		// A node that died holds its lease still.
		p.holdsLease(c.ID, 1500*time.Millisecond)
		p.run(p.node())
		p.box.Deliver(t, p.box.User, letter("three"))
		p.has("one", "two", "three")
	})
}

// OP-2: a node that lost its lease without knowing writes nothing more.
func TestFence(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node(func(o *email.Options) { o.LeaseLife = time.Hour })
		c := p.connects(s)
		p.run(s)
		p.box.Deliver(t, p.box.User, letter("one"))
		p.has("one")
		p.read(c)
		p.holdsLease(c.ID, time.Hour) // another node took it
		p.box.Deliver(t, p.box.User, letter("two"))
		p.until("the mailbox is let go of", func() bool {
			return strings.Count(p.box.Log(), "Logged out")+strings.Count(p.box.Log(), "Disconnected") > 1
		})
		p.has("one")
		if got := p.channelNow(c); got.Failures != 0 || got.State != vocab.EmailConnected {
			t.Errorf("a lost lease counts as a failure: %+v", got)
		}
		p.holdsLease(c.ID, -time.Hour) // the other node dies
		p.has("one", "two")
	})
}

// holdsLease gives the mailbox's lease to another node for some time.
func (p *post) holdsLease(channelID string, life time.Duration) {
	p.t.Helper()
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
		p := newPost(t, db, mailserver.Options{})
		p.clock.Advance(-time.Hour)
		s := p.node()
		c := p.connects(s)
		old := clock.Of(clock.System{}.Now()).Add(-24 * time.Hour)
		p.box.Put(t, p.box.User, letter("one"), crlf("From: ada@client.example\nSubject: no-id\n\nHello\n"))
		stop := p.run(s)
		p.has("one", "no-id")
		stop()
		p.box.ResetUIDs(t, p.box.User)
		p.box.PutAt(t, p.box.User, old.Time(), letter("older"))
		p.box.Put(t, p.box.User, letter("during"))
		stop = p.run(p.node())
		p.has("one", "no-id", "during")
		p.read(c)
		p.box.Deliver(t, p.box.User, letter("after"))
		p.has("one", "no-id", "during", "after")
		stop()
		p.box.ResetUIDs(t, p.box.User) // once more, with nothing new
		p.run(p.node())
		p.read(c)
		p.has("one", "no-id", "during", "after")
	})
}

// EM-1: with a date, what came since then is imported.
func TestImportSince(t *testing.T) {
	t.Parallel()
	p := newPost(t, sqlite(t), mailserver.Options{})
	now := clock.Of(clock.System{}.Now())
	for hours, subject := range map[int]string{100: "long ago", 30: "the day before", 20: "yesterday", 1: "today"} {
		p.box.PutAt(t, p.box.User, now.Add(-time.Duration(hours)*time.Hour).Time(), letter(subject))
	}
	since := now.Add(-24 * time.Hour)
	s := p.node()
	p.connects(s, func(in *email.BeginEmailChannelInput) { in.ImportSince = &since })
	p.run(s)
	p.has("yesterday", "today")
	p.box.Deliver(t, p.box.User, letter("new"))
	p.has("yesterday", "today", "new")
}

// EM-1: ten thousand mails that lie in the mailbox when it is connected are left
// there, and not even looked at.
func TestLargeMailbox(t *testing.T) {
	t.Parallel()
	p := newPost(t, sqlite(t), mailserver.Options{})
	raws := make([]string, 10_000)
	for i := range raws {
		raws[i] = letter(fmt.Sprint(i))
	}
	p.box.Put(t, p.box.User, raws...)
	wire := &meter{}
	s := p.node(func(o *email.Options) { o.Dial = wire.dial })
	c := p.connects(s)
	p.run(s)
	p.read(c)
	if n := wire.read.Load(); n > 20_000 {
		t.Errorf("connecting took %d bytes", n)
	}
	p.box.Deliver(t, p.box.User, letter("new"))
	p.has("new")
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

// sqlite is the database of tests for which storage does not matter.
func sqlite(testing.TB) testkit.Database { return testkit.Database{Name: "sqlite"} }
