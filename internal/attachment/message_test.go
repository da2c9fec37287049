package attachment_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/ent/inboxuser"
	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// IN-14: a message takes its author's uploads, in their order, and readers get them.
func TestMessagesTakeUploads(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		var ids []string
		for _, name := range []string{"b.txt", "a.txt", "c.txt"} {
			ids = append(ids, w.upload(w.Agent(0), name, "Hello").ID)
		}
		m, empty := w.message(0, vocab.Outgoing), w.message(0, vocab.Outgoing)
		if err := w.claim(w.Agent(0), m.ID, ids[2], ids[0], ids[1]); err != nil {
			t.Fatal(err)
		}
		for name, ctx := range map[string]context.Context{"Agent": w.Agent(1), "Visitor": w.Visitor(0)} {
			lists, err := w.Of(ctx, []*ent.Message{empty, m})
			if err != nil || len(lists) != 2 || len(lists[0]) != 0 {
				t.Fatalf("%s: %v (%v)", name, lists, err)
			}
			var got []string
			for _, a := range lists[1] {
				got = append(got, a.ID)
			}
			if diff := cmp.Diff([]string{ids[2], ids[0], ids[1]}, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

func TestMessagesTakeNothingElse(t *testing.T) {
	eachWorld(t, attachment.Options{MaxCount: 3, MaxTotal: 12}, func(t *testing.T, w *world) {
		m := w.message(0, vocab.Outgoing)
		mine, sent, theirs := w.upload(w.Agent(0), "a", "Hello"), w.upload(w.Agent(0), "b", "Hello"), w.upload(w.Agent(1), "c", "Hello")
		visitors := w.upload(w.Visitor(0), "d.txt", "Hello")
		elsewhere, err := w.Upload(w.Agent(1), attachment.UploadInput{InboxID: w.InboxIDs[1], File: strings.NewReader("x")})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.claim(w.Agent(0), m.ID, sent.ID); err != nil {
			t.Fatal(err)
		}
		more := w.upload(w.Agent(0), "e", "Hello, you")
		for name, c := range map[string]struct {
			ctx   context.Context
			ids   []string
			code  errs.Code
			field string
		}{
			"AnColleagues":     {w.Agent(0), []string{mine.ID, theirs.ID}, errs.NotFound, "attachmentIds.1"},
			"AVisitors":        {w.Agent(0), []string{visitors.ID}, errs.NotFound, "attachmentIds.0"},
			"ToAVisitor":       {w.Visitor(0), []string{mine.ID}, errs.NotFound, "attachmentIds.0"},
			"AnotherVisitors":  {w.Visitor(1), []string{visitors.ID}, errs.NotFound, "attachmentIds.0"},
			"OfAnotherInbox":   {w.Agent(1), []string{elsewhere.ID}, errs.NotFound, "attachmentIds.0"},
			"Unknown":          {w.Agent(0), []string{"x"}, errs.NotFound, "attachmentIds.0"},
			"SentAlready":      {w.Agent(0), []string{mine.ID, sent.ID}, errs.Invalid, "attachmentIds.1"},
			"Twice":            {w.Agent(0), []string{mine.ID, mine.ID}, errs.Invalid, "attachmentIds.1"},
			"TooMany":          {w.Agent(0), []string{"1", "2", "3", "4"}, errs.TooLong, "attachmentIds"},
			"TooLargeTogether": {w.Agent(0), []string{mine.ID, more.ID}, errs.TooLong, "attachmentIds"},
		} {
			err := w.claim(c.ctx, m.ID, c.ids...)
			if refused(t, err, c.code, c.field); t.Failed() {
				t.Fatal(name)
			}
		}
		if err := w.claim(w.Agent(0), m.ID, mine.ID); err != nil {
			t.Errorf("after refusals: %v", err)
		}
	})
}

// Of messages that want the same upload at once, one gets it.
func TestMessagesRaceForUploads(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a := w.upload(w.Agent(0), "a", "Hello")
		var won atomic.Int32
		var group sync.WaitGroup
		for range 8 {
			m := w.message(0, vocab.Outgoing)
			group.Go(func() {
				if err := w.claim(w.Agent(0), m.ID, a.ID); err == nil {
					won.Add(1)
				} else {
					refused(t, err, errs.Invalid, "attachmentIds.0")
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Errorf("%d messages have the file", won.Load())
		}
	})
}

// An address opens one file for one viewer, for ten minutes, while they see it
// (AC-3, IN-13, IN-14).
func TestAddresses(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a, other := w.upload(w.Agent(0), "über uns.txt", "Hello"), w.upload(w.Agent(0), "b", "Bye")
		m := w.message(0, vocab.Outgoing)
		if err := w.claim(w.Agent(0), m.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		agents, visitors, mailed := w.url(w.Agent(0), a), w.url(w.Visitor(0), a), w.mailed(a)
		if !strings.HasPrefix(agents, "https://parley.example.com/files/"+a.ID+"/%C3%BCber%20uns.txt?token=") {
			t.Error(agents)
		}
		for name, address := range map[string]string{"Agent": agents, "Visitor": visitors} {
			if got, err := w.download(address); err != nil || got != "Hello" {
				t.Errorf("%s: %q (%v)", name, got, err)
			}
		}
		for name, address := range map[string]string{
			"OfAnotherFile": strings.Replace(agents, a.ID, other.ID, 1), "Changed": agents[:len(agents)-3] + "AAA", "None": w.url(w.Agent(0), a)[:60],
		} {
			_, err := w.download(address)
			if refused(t, err, errs.Forbidden, ""); t.Failed() {
				t.Fatal(name)
			}
		}
		_, err := w.download(w.url(w.Visitor(1), a))
		refused(t, err, errs.NotFound, "")

		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Client.InboxUser.Delete().Where(inboxuser.UserID(w.AgentIDs[0])).Exec(ctx)
			return err
		})
		_, err = w.download(agents)
		refused(t, err, errs.NotFound, "")

		w.clock.Advance(10*time.Minute + time.Second)
		_, err = w.download(visitors)
		refused(t, err, errs.Forbidden, "")
		if got, err := w.download(mailed); err != nil || got != "Hello" { // CO-4: whoever reads the mail
			t.Errorf("mailed: %q (%v)", got, err)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		_, err = w.download(mailed)
		refused(t, err, errs.Forbidden, "")
	})
}

// mailed is a file's address in a mail.
func (w *world) mailed(a *ent.Attachment) string {
	address, err := w.MailedURL(a)
	if err != nil {
		w.t.Fatal(err)
	}
	return address
}

// A file of a note never reaches a visitor, and none of a deleted message, a
// conversation in the trash or a deleted inbox does (IN-13, IN-14, IB-3).
func TestAddressesEndWithWhatTheyShow(t *testing.T) {
	for name, c := range map[string]struct {
		direction vocab.MessageDirection
		remove    func(ctx context.Context, tx *store.Tx, w *world, m *ent.Message) error
		staff     bool // still gets it
	}{
		"Note": {vocab.Note, func(context.Context, *store.Tx, *world, *ent.Message) error { return nil }, true},
		"DeletedMessage": {vocab.Outgoing, func(ctx context.Context, tx *store.Tx, _ *world, m *ent.Message) error {
			return tx.Client.Message.UpdateOneID(m.ID).SetDeletedAt(tx.Now()).Exec(ctx)
		}, false},
		"Trash": {vocab.Outgoing, func(ctx context.Context, tx *store.Tx, w *world, _ *ent.Message) error {
			return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[0]).SetDeletedAt(tx.Now()).Exec(ctx)
		}, true},
		"DeletedInbox": {vocab.Outgoing, func(ctx context.Context, tx *store.Tx, w *world, _ *ent.Message) error {
			return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetDeletedAt(tx.Now()).Exec(ctx)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
				a, m := w.upload(w.Agent(0), "a.txt", "Hello"), w.message(0, c.direction)
				if err := w.claim(w.Agent(0), m.ID, a.ID); err != nil {
					t.Fatal(err)
				}
				agents, visitors, mailed := w.url(w.Agent(0), a), w.url(w.Visitor(0), a), w.mailed(a)
				w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error { return c.remove(ctx, tx, w, m) })
				_, err := w.download(visitors)
				refused(t, err, errs.NotFound, "")
				if _, err = w.download(mailed); c.direction != vocab.Note { // a note's is in no mail
					refused(t, err, errs.NotFound, "")
				}
				if _, err := w.download(agents); (err == nil) != c.staff {
					t.Errorf("staff: %v", err)
				}
			})
		})
	}
}

// IN-14: a deleted message has no files.
func TestDeletedMessagesHaveNone(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a, m := w.upload(w.Agent(0), "a.txt", "Hello"), w.message(0, vocab.Outgoing)
		if err := w.claim(w.Agent(0), m.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		m.DeletedAt = w.Fixture.Store.Now()
		if lists, err := w.Of(w.Agent(0), []*ent.Message{m}); err != nil || len(lists[0]) != 0 {
			t.Errorf("%v (%v)", lists, err)
		}
	})
}

// store writes and stores a mail's files for a message of the first conversation.
func (w *world) mail(m *ent.Message, files map[string]attachment.Incoming, contents map[string]string) (list []*ent.Attachment) {
	w.t.Helper()
	var incoming []attachment.Incoming
	for _, name := range []string{"logo.png", "page.html", "bad.bin"} {
		f, ok := files[name]
		if !ok {
			continue
		}
		stored, err := w.Service.Write(w.t.Context(), w.AccountID, strings.NewReader(contents[name]))
		if err != nil {
			w.t.Fatal(err)
		}
		f.Stored, f.FileName = stored, name
		incoming = append(incoming, f)
	}
	w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[0])
		if err == nil {
			list, err = w.Service.Store(ctx, tx, incoming, c, m.ID)
		}
		return err
	})
	return list
}

// EM-4: the images that a mail's HTML shows are shown from our address.
func TestInlineImages(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		m := w.message(0, vocab.Incoming)
		list := w.mail(m, map[string]attachment.Incoming{
			"logo.png": {ContentID: "logo@example.net", Inline: true}, "page.html": {ContentID: "page@example.net", Inline: true},
		}, map[string]string{"logo.png": png, "page.html": "<!DOCTYPE html><p>x</p>"})
		const before = `<p title="cid:logo@example.net">1 &lt; 2 <img alt="a" src="cid:logo@example.net"/><IMG SRC='CID:logo%40example.net'> ` +
			`<img src="cid:page@example.net"/><img src="cid:none"/><a href="https://example.net/?a=1&amp;b=2">cid:logo@example.net</a>`
		got := w.HTMLWithFiles(w.Agent(0), before, list)
		address := strings.SplitN(strings.SplitN(got, `alt="a" src="`, 2)[1], `"`, 2)[0]
		content, err := w.download(strings.ReplaceAll(address, "&amp;", "&"))
		if err != nil || content != png {
			t.Errorf("%s gives %q (%v)", address, content, err)
		}
		want := `<p title="cid:logo@example.net">1 &lt; 2 <img alt="a" src="@"/><img src="@"> ` +
			`<img src="cid:page@example.net"/><img src="cid:none"/><a href="https://example.net/?a=1&amp;b=2">cid:logo@example.net</a>`
		if diff := cmp.Diff(want, strings.ReplaceAll(got, address, "@")); diff != "" {
			t.Error(diff)
		}
	})
}

// A sent message's HTML shows uploads by their ids.
func TestClaimShowsInline(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		shown, kept, m := w.upload(w.Agent(0), "a.png", png), w.upload(w.Agent(0), "b.png", png), w.message(0, vocab.Outgoing)
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Message.UpdateOneID(m.ID).SetHTML(`<img src="cid:` + shown.ID + `"/>`).Exec(ctx)
		})
		if err := w.claim(w.Agent(0), m.ID, kept.ID, shown.ID); err != nil {
			t.Fatal(err)
		}
		lists, err := w.Of(w.Agent(0), []*ent.Message{m})
		if err != nil || len(lists[0]) != 2 || lists[0][0].Inline || !lists[0][1].Inline {
			t.Errorf("%v (%v)", lists, err)
		}
	})
}

// A mail's file with a virus is kept, and no one gets it.
func TestMailsAreScanned(t *testing.T) {
	eachWorld(t, attachment.Options{Scanner: &scanner{}}, func(t *testing.T, w *world) {
		m := w.message(0, vocab.Incoming)
		a := w.mail(m, map[string]attachment.Incoming{"bad.bin": {}}, map[string]string{"bad.bin": "A VIRUS"})[0]
		if a.Scan != vocab.ScanInfected || w.url(w.Agent(0), a) != "" {
			t.Errorf("%v has an address", a)
		}
		clean := w.mail(m, map[string]attachment.Incoming{"bad.bin": {}}, map[string]string{"bad.bin": "Hello"})[0]
		address := w.url(w.Agent(0), clean)
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Attachment.UpdateOneID(clean.ID).SetScan(vocab.ScanInfected).Exec(ctx)
		})
		_, err := w.download(address)
		refused(t, err, errs.Forbidden, "")
	})
}

// Parley's own work reads contents without an address.
func TestOpen(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a := w.upload(w.Agent(0), "a.txt", "Hello")
		r, err := w.Open(w.System, a)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(content) != "Hello" {
			t.Errorf("%q (%v)", content, err)
		}
		if !id.Is(a.ID, id.Attachment) {
			t.Error(a.ID)
		}
	})
}
