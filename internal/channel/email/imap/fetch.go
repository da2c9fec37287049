package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Mail is a mail as the server gives it.
type Mail struct {
	UID          uint32
	InternalDate time.Time // when the server got it; zero if it does not say
	Size         int64     // bytes of the whole mail, as the server says; some only estimate
	TooLarge     bool      // larger than asked for: Raw has its header alone
	Problem      string    // what the server says that cannot read it: Raw has its header or nothing
	Raw          io.Reader // good until the callback returns. A read fails when the connection does: what was read is no whole mail
}

// The bounds of one command: mails are asked for in batches, so that a distant
// server answers many in one round trip, and what is asked for without success is
// little.
const (
	batchMails  = 50
	batchBytes  = 4 << 20
	factMails   = 500     // whose sizes are asked for at once
	headerBytes = 1 << 20 // read of a header; no mail server takes more
)

// Fetch gives the mails from the UID from on, count at most, by rising UID, one
// after the other, and reports whether there are more. Mails larger than maxBytes
// come only with their header. A mail that was expunged meanwhile is left out.
//
// An error of give ends it and is returned as it is. After any error, the mails
// that give took are done with, and the rest comes again with the next Fetch.
func (c *Conn) Fetch(ctx context.Context, from uint32, count int, maxBytes int64, give func(Mail) error) (more bool, err error) {
	uids, more, err := c.searchNewer(ctx, from, count)
	if err != nil {
		return false, err
	}
	for part := range slices.Chunk(uids, factMails) {
		f := &fetching{conn: c, maxBytes: maxBytes, give: give}
		if err := f.run(ctx, part); err != nil {
			return false, err
		}
	}
	return more, nil
}

// fetching is a run of Fetch over some mails.
type fetching struct {
	conn     *Conn
	maxBytes int64
	give     func(Mail) error
	facts    map[uint32]Mail // without Raw
}

// factsOf is what is known of a mail before it comes.
func (f *fetching) factsOf(uid uint32) Mail {
	mail := f.facts[uid]
	mail.UID = uid
	mail.TooLarge = mail.Size > f.maxBytes
	return mail
}

func (f *fetching) run(ctx context.Context, uids []uint32) (err error) {
	if f.facts, err = f.conn.fetchFacts(ctx, uids); err != nil {
		return err
	}
	for len(uids) > 0 {
		if err := ended(ctx, "fetch"); err != nil {
			return err
		}
		batch := f.nextBatch(uids)
		n, err := f.fetchStream(ctx, batch, whole)
		if err != nil && !refused(err) {
			return err
		}
		// What is missing from an answer need not be gone: a change of its flags may
		// have come in between, or the server may not give it with others.
		if n < max(len(batch), 1) {
			if err := f.fetchSingle(ctx, uids[n]); err != nil {
				return err
			}
			n++
		}
		uids = uids[n:]
	}
	return nil
}

// nextBatch returns the first mails that are asked for together: none, if the first
// is too large.
func (f *fetching) nextBatch(uids []uint32) []uint32 {
	bytes := int64(0)
	for i, uid := range uids[:min(len(uids), batchMails)] {
		mail := f.factsOf(uid)
		bytes += mail.Size
		if mail.TooLarge || (i > 0 && bytes > batchBytes) {
			return uids[:i]
		}
	}
	return uids[:min(len(uids), batchMails)]
}

// fetchFacts asks for sizes and dates.
func (c *Conn) fetchFacts(ctx context.Context, uids []uint32) (map[uint32]Mail, error) {
	defer c.wire.beginOperation(ctx, largeAnswer)()
	command := c.client.Fetch(uidSet(uids), &goimap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true})
	facts := make(map[uint32]Mail, len(uids))
	for message := command.Next(); message != nil; message = command.Next() {
		if got, err := message.Collect(); err == nil {
			facts[uint32(got.UID)] = Mail{InternalDate: got.InternalDate, Size: got.RFC822Size}
		}
	}
	// Exchange says NO to all when one mail is damaged; each may still be read.
	if err := command.Close(); err != nil && (statusOf(err) == nil || passing(statusOf(err))) {
		return nil, c.failOperation("ask for sizes", nil, err)
	}
	return facts, nil
}

// The parts of a mail that are asked for.
var (
	whole  = &goimap.FetchItemBodySection{Peek: true}
	header = &goimap.FetchItemBodySection{Peek: true, Specifier: goimap.PartSpecifierHeader}
)

// refusal is a server's NO to a mail.
type refusal struct{ text string }

// Error implements error.
func (r *refusal) Error() string { return r.text }

func refused(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// fetchStream asks for the mails and gives those that come in order, n of them. What
// comes otherwise is read and dropped: nothing newer is given before an older mail.
// A refusal is the server's NO to what was asked for; the connection is good.
func (f *fetching) fetchStream(ctx context.Context, uids []uint32, section *goimap.FetchItemBodySection) (n int, err error) {
	if len(uids) == 0 {
		return 0, nil
	}
	defer f.conn.wire.beginOperation(ctx, 2*f.maxBytes+largeAnswer)()
	command := f.conn.client.Fetch(uidSet(uids), &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{section}})
	for n < len(uids) {
		message := command.Next()
		if message == nil {
			break
		}
		given, wrong := f.deliverMail(message, uids[n], section)
		if errors.Is(wrong, errCut) {
			return n, f.conn.abandon("fetch", wrong)
		}
		if err = wrong; !given || err != nil {
			break
		}
		n++
	}
	closed := command.Close()
	switch {
	case err != nil:
		return n, err
	case closed != nil && (statusOf(closed) == nil || passing(statusOf(closed))):
		return n, f.conn.failOperation("fetch", nil, closed)
	case closed != nil:
		return n, &refusal{f.conn.redact(closed.Error())}
	}
	return n, nil
}

// deliverMail gives the mail if it is the expected one.
func (f *fetching) deliverMail(message *imapclient.FetchMessageData, uid uint32, section *goimap.FetchItemBodySection) (given bool, err error) {
	var got goimap.UID
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			got = item.UID
		case imapclient.FetchItemDataBodySection:
			if uint32(got) != uid || !item.MatchCommand(section) {
				return false, nil
			}
			return f.deliverLiteral(uid, item.Literal, section)
		}
	}
	return false, nil
}

// deliverLiteral gives the mail that literal has.
func (f *fetching) deliverLiteral(uid uint32, literal goimap.LiteralReader, section *goimap.FetchItemBodySection) (given bool, err error) {
	mail := f.factsOf(uid)
	if literal == nil {
		mail.Problem, mail.Raw = "the server has no content for it", strings.NewReader("")
		return true, f.give(mail)
	}
	if section == whole && literal.Size() > f.maxBytes {
		// The server estimated too low.
		mail.Size = literal.Size()
		f.facts[uid] = mail
		return false, nil
	}
	body := newBody(literal)
	mail.Raw = body
	if section == header {
		mail.Raw = io.LimitReader(body, headerBytes)
	}
	err = f.give(mail)
	if cut := body.finish(); cut != nil {
		return false, cut
	}
	return err == nil, err
}

// tries is how often a mail that does not come is asked for.
const tries = 3

// fetchSingle fetches one mail: by itself, or its header if it is too large or the
// server cannot read it.
func (f *fetching) fetchSingle(ctx context.Context, uid uint32) error {
	problem := ""
	for range tries {
		section := whole
		if problem != "" || f.factsOf(uid).TooLarge {
			section = header
		}
		n, err := f.withProblem(problem).fetchStream(ctx, []uint32{uid}, section)
		if n == 1 || (err != nil && !refused(err)) {
			return err
		}
		if err != nil && section == header {
			mail := f.factsOf(uid)
			mail.Problem, mail.Raw = err.Error(), strings.NewReader("")
			return f.give(mail)
		}
		if err != nil {
			problem = err.Error()
			continue
		}
		if there, err := f.conn.mailExists(ctx, uid); err != nil || !there {
			return err
		}
	}
	return f.conn.failOperation("fetch", nil, fmt.Errorf("the server has the mail with UID %d, but does not give it", uid))
}

// withProblem returns a copy that gives mails with the problem.
func (f *fetching) withProblem(problem string) *fetching {
	noted := *f
	noted.give = func(mail Mail) error {
		if mail.Problem == "" {
			mail.Problem = problem
		}
		return f.give(mail)
	}
	return &noted
}

func uidSet(uids []uint32) goimap.UIDSet {
	var set goimap.UIDSet
	for _, uid := range uids {
		set.AddNum(goimap.UID(uid))
	}
	return set
}
