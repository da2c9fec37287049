package receive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	entattachment "parley/ent/attachment"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/receive"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// mailOf is a mail of a person; id "" leaves the Message-ID out.
func mailOf(from, messageID, subject, text string, more ...string) string {
	header := []string{"From: " + from, "To: support@shop.example", "Subject: " + subject, "Date: Mon, 5 Jan 2026 09:00:00 +0000"}
	if messageID != "" {
		header = append(header, "Message-ID: <"+messageID+">")
	}
	return mailroom.CRLF(strings.Join(append(header, more...), "\n") + "\n\n" + text + "\n")
}

// messages returns those that came by mail, oldest first.
func (w *world) messages(inbox int) []*ent.Message {
	w.T.Helper()
	client := w.Store.Client(w.System)
	mails := check.Must(client.Conversation.Query().Where(entconversation.InboxID(w.InboxIDs[inbox]), entconversation.KindEQ(vocab.Email)).IDs(w.System))(w.T)
	return check.Must(client.Message.Query().Where(entmessage.ConversationIDIn(mails...)).Order(entmessage.ByID()).All(w.System))(w.T)
}

func became(rows []*ent.InboundMail) (list []vocab.InboundState) {
	for _, r := range rows {
		list = append(list, r.State)
	}
	return list
}

// EM-8: within an inbox a mail is one message, by however many channels it came.
func TestByTwoChannelsOfAnInbox(t *testing.T) {
	for name, raw := range map[string]string{
		"with an id":    mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."),
		"without an id": mailOf("ada@example.com", "", "Lamp", "It is broken."),
	} {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				rows := w.Receives(raw, w.Support, w.Channel(1, "help@shop.example"))
				check.Same(t, became(rows), []vocab.InboundState{vocab.InboundIngested, vocab.InboundDuplicate})
				if rows[1].ConversationID != rows[0].ConversationID || rows[1].MessageID != rows[0].MessageID {
					t.Errorf("the copy does not name the mail: %+v", rows[1])
				}
				if n := len(w.messages(1)); n != 1 {
					t.Errorf("there are %d messages", n)
				}
			})
		})
	}
}

// EM-8: mail to two inboxes is a conversation in each.
func TestToTwoInboxes(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		rows := w.Receives(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.Support, w.Channel(0, "sales@shop.example"))
		check.Same(t, became(rows), []vocab.InboundState{vocab.InboundIngested, vocab.InboundIngested})
		for i, inbox := range []int{1, 0} {
			c := w.Row(rows[i].ConversationID)
			if c.InboxID != w.InboxIDs[inbox] || c.ChannelID != rows[i].ChannelID || c.PossiblyRelatedID != "" {
				t.Errorf("the conversation in inbox %d is %+v", inbox, c)
			}
			if n := len(w.messages(inbox)); n != 1 {
				t.Errorf("inbox %d has %d messages", inbox, n)
			}
		}
	})
}

// Pitfalls 4 and 7: mail without an id is told apart by its author, date, subject
// and body.
func TestIdentityWithoutMessageID(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		base := mailOf("ada@example.com", "", "Scan", "Page")
		for i, tc := range []struct {
			raw  string
			want vocab.InboundState
		}{
			{base, vocab.InboundIngested},
			{"Received: from elsewhere.example; Mon, 5 Jan 2026 09:01:00 +0000\r\n" + base, vocab.InboundDuplicate},
			{mailOf("ada@example.com", "", "Scan", "Page 2"), vocab.InboundIngested},
			{mailOf("ada@example.com", "", "Scan 2", "Page"), vocab.InboundIngested},
			{mailOf("bob@example.com", "", "Scan", "Page"), vocab.InboundIngested},
			{strings.Replace(base, "09:00", "09:01", 1), vocab.InboundIngested},
			{base, vocab.InboundDuplicate},
			// Without a date the words may be said again.
			{strings.Replace(base, "Date:", "X-Date:", 1), vocab.InboundIngested},
			{"Received: by another; day\r\n" + strings.Replace(base, "Date:", "X-Date:", 1), vocab.InboundIngested},
			{strings.Replace(base, "Date:", "X-Date:", 1), vocab.InboundDuplicate},
		} {
			if got := w.Gets(tc.raw).State; got != tc.want {
				t.Errorf("mail %d is %s, want %s", i, got, tc.want)
			}
		}
	})
}

// trap is a virus scanner that a content makes fail.
type trap struct{ spring func() error }

// Scan springs at what says BOOM.
func (s trap) Scan(_ context.Context, content io.Reader) (string, error) {
	b, err := io.ReadAll(content)
	if strings.Contains(string(b), "BOOM") {
		return "", s.spring()
	}
	return "", err
}

// Pitfall 7: what makes reading fail again and again becomes a conversation all
// the same, with the mail as it came, and keeps no other mail from being read.
func TestUnreadableMail(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db, func(o *mailroom.Options) { o.Files.Scanner = trap{func() error { panic("a bug") }} })
		raw := mailOf("Ada <ada@example.com>", "bad@example.com", "Scan", "Qk9PTQ==", "Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64")
		mailID := w.Takes(raw, w.Support)[0]
		for attempt := range 4 {
			if err := w.Ingest(mailID); err == nil {
				t.Fatalf("attempt %d did not fail", attempt+1)
			}
			if m := w.Inbound(mailID); m.State != vocab.InboundStored || m.Attempts != attempt+1 || !strings.Contains(m.Error, "a bug") {
				t.Fatalf("after attempt %d it is %s, %d, %q", attempt+1, m.State, m.Attempts, m.Error)
			}
		}
		if got := w.Gets(mailOf("bob@example.com", "good@example.com", "Hi", "Hello")); got.State != vocab.InboundIngested {
			t.Errorf("another mail is %s", got.State)
		}
		if err := w.Ingest(mailID); err != nil {
			t.Fatal(err)
		}
		row := w.Inbound(mailID)
		c := w.Row(row.ConversationID)
		if row.State != vocab.InboundIngested || c.Subject != "Scan" || !strings.Contains(fmt.Sprint(row.Verdict.Problems), "a bug") {
			t.Errorf("it became %+v in %+v", row, c)
		}
		files := check.Must(w.Store.Client(w.System).Attachment.Query().Where(entattachment.MessageID(row.MessageID)).All(w.System))(t)
		if len(files) != 1 || files[0].FileName != "mail.eml" || files[0].Size != len(raw) {
			t.Errorf("its files are %+v", files)
		}
	})
}

// Pitfall 7: that the storage does not work is not the mail's fault: it is read as
// it should when the storage is back.
func TestStorageIsAway(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		dir := t.TempDir()
		w.Bucket = check.Must(blob.Open(t.Context(), "", dir))(t)
		w.Node = w.NewNode()
		mailID := w.Takes(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.Support)[0]
		files, away := filepath.Join(dir, "files"), filepath.Join(dir, "away")
		check.NoError(t, os.Rename(files, away))
		for range 10 {
			if err := w.Ingest(mailID); err == nil {
				t.Fatal("it was read without the storage")
			}
		}
		check.NoError(t, os.Rename(away, files))
		check.NoError(t, w.Ingest(mailID))
		if m := w.Message(w.Inbound(mailID).MessageID); m.Text != "It is broken." {
			t.Errorf("it became %q", m.Text)
		}
	})
}

// Pitfall 7: mail whose thread cannot even be found out begins one.
func TestUnjudgedMail(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.Gets(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."))
		mailID := w.Takes(mailOf("ada@example.com", "m2@example.com", "Re: Lamp", "It fell.", "In-Reply-To: <m1@example.com>"), w.Support)[0]
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.InboundMail.UpdateOneID(mailID).SetAttempts(6).SetError("a bug").Exec(ctx)
		})
		check.NoError(t, w.Ingest(mailID))
		row := w.Inbound(mailID)
		if row.State != vocab.InboundIngested || row.ConversationID == first.ConversationID || w.Row(row.ConversationID).ContactID != w.Row(first.ConversationID).ContactID {
			t.Errorf("it became %+v", row)
		}
	})
}

// Pitfall 7: the mail as it came is kept, whatever becomes of it.
func TestRawMailIsKept(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, raw := range []string{
			mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."),
			mailOf("noreply@example.com", "m2@example.com", "Sale", "Buy.", "Precedence: bulk", "Auto-Submitted: auto-generated"),
			"no mail at all", "\x00\xff\r\n\r\n", "\r\n\r\n",
		} {
			row := w.Gets(raw)
			if row.State != vocab.InboundIngested {
				t.Errorf("%q is %s", raw, row.State)
			}
			if kept := check.Must(w.Bucket.ReadAll(t.Context(), row.BlobKey, 1<<20))(t); string(kept) != raw {
				t.Errorf("of %q this was kept: %q", raw, kept)
			}
		}
	})
}

// again reads a mail as the queue does: what fails is tried again, a few times.
func again(ctx context.Context, node *mailroom.Node, args receive.IngestArgs) (err error) {
	for range 4 {
		if err = node.Receive.RunIngest(ctx, args); err == nil {
			return nil
		}
	}
	return err
}

// EM-5: a mail that several nodes read at once, and again later, is one message;
// so is one that came by two channels and is read by two nodes at once (EM-8).
func TestReadByManyNodes(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		rows := w.Takes(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.Support, w.Channel(1, "help@shop.example"))
		var all sync.WaitGroup
		for i := range 6 {
			node := w.NewNode()
			all.Go(func() {
				if err := again(t.Context(), node, receive.IngestArgs{AccountID: w.AccountID, MailID: rows[i%2]}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, mailID := range rows {
			if err := w.Ingest(mailID); err != nil {
				t.Error(err)
			}
		}
		if n := len(w.messages(1)); n != 1 {
			t.Errorf("there are %d messages", n)
		}
		got := map[vocab.InboundState]int{}
		for _, mailID := range rows {
			got[w.Inbound(mailID).State]++
		}
		check.Same(t, got, map[vocab.InboundState]int{vocab.InboundIngested: 1, vocab.InboundDuplicate: 1})
	})
}

// EM-5: mail whose worker died before it read it is read later, once.
func TestOverdueMailIsRead(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		mailID := w.Takes(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.Support)[0]
		sweep := func(want vocab.InboundState) {
			t.Helper()
			if err := w.Receive.IngestOverdue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.Inbound(mailID).State; got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
		}
		sweep(vocab.InboundStored)
		w.Clock.Advance(3 * time.Minute)
		sweep(vocab.InboundIngested)
		sweep(vocab.InboundIngested)
		if n := len(w.messages(1)); n != 1 {
			t.Errorf("there are %d messages", n)
		}
	})
}

// Pitfall 7: when the storage fails nothing is taken, so that the sender's server
// keeps the mail.
func TestStorageFails(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		broken := errors.New("the line broke")
		err := w.Receive.StoreForwarded(t.Context(), receive.Arrived{ChannelIDs: []string{w.Support.ID}, Raw: io.MultiReader(strings.NewReader("From: a@b.example\r\n"), failing{broken})})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if n := check.Must(w.Store.Client(w.System).InboundMail.Query().Count(w.System))(t); n != 0 || len(w.Jobs.TakenArgs()) != 0 {
			t.Errorf("%d mails were taken", n)
		}
	})
}

// failing is a reader that fails.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }
