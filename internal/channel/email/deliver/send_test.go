package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// EM-6: an answer goes out with all that threads it, and is sent.
func TestSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.sets(func(u *ent.EmailChannelUpdateOne) {
			u.SetSignature("<p>The <b>team</b></p>").SetSenderName("Shop, Support")
		})
		m := o.says(conversation.SendMessageInput{HTML: new("<p>On its <b>way</b></p>"), Cc: []string{"carl@example.net"}, Bcc: []string{"boss@shop.example"}})
		o.is(m, vocab.DeliveryQueued)
		if wait := o.tries(m); wait != 0 {
			t.Errorf("to be tried again in %v", wait)
		}
		o.is(m, vocab.DeliverySent)
		if n := o.told(m, vocab.MessageDeliveryChanged); n != 1 {
			t.Errorf("told %d times", n)
		}
		letter, got := o.only()
		if letter.From != "support@shop.example" || !slices.Equal(letter.Recipients, []string{"dora@example.net", "carl@example.net", "boss@shop.example"}) {
			t.Errorf("from %s to %v", letter.From, letter.Recipients)
		}
		id := o.email(m).InternetID
		want := map[string][]string{
			"From": {`"Shop, Support" <support@shop.example>`}, "To": {`Dora Döring <dora@example.net>`}, "Cc": {"<carl@example.net>"}, "Bcc": nil,
			"Subject": {"Re: My order"}, "In-Reply-To": {"<question@example.net>"}, "X-Parley-Message-Id": {id}, "Auto-Submitted": nil,
		}
		for name, value := range want {
			if diff := cmp.Diff(value, got.Header[name]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if c, _, ok := o.Tokens.Conversation(got.References[:1], nil); !ok || c != o.c.ID || got.References[len(got.References)-1] != "question@example.net" {
			t.Errorf("References are %v", got.References)
		}
		if got.MessageID != id || !got.Date.Equal(m.CreatedAt.Time().Truncate(time.Second)) {
			t.Errorf("%s of %v", got.MessageID, got.Date)
		}
		contains(t, got.Text, "On its way", "-- \n", "The team", "Dora Döring wrote:", "> Where is it?")
		contains(t, got.HTML, "On its <b>way</b>", "The <b>team</b>", "<blockquote", "Where is it?")
	})
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in\n%s", p, text)
		}
	}
}

const pixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

func (o *office) upload(name, content string) *ent.Attachment {
	o.T.Helper()
	return check.Must(o.Files.Upload(o.Agent(1), attachment.UploadInput{ConversationID: o.c.ID, File: strings.NewReader(content), FileName: name}))(o.T)
}

// EM-6, IN-14: files go along under their names, and images where they are shown.
func TestFilesAreSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bill, shown := o.upload("Rechnung für 中文.txt", "12 €"), o.upload("logo.png", pixel)
		m := o.says(conversation.SendMessageInput{
			HTML: new(`<p>See <img src="cid:` + shown.ID + `"></p>`), AttachmentIDs: []string{bill.ID, shown.ID},
		})
		o.tries(m)
		_, got := o.only()
		parts := map[string]parse.Part{}
		for _, p := range got.Parts {
			parts[p.FileName] = p
		}
		if b := parts["Rechnung für 中文.txt"]; string(b.Content) != "12 €" || b.ContentID != bill.ID+"@shop.example" {
			t.Errorf("the bill came as %+v", b)
		}
		if l := parts["logo.png"]; string(l.Content) != pixel || l.ContentID != shown.ID+"@shop.example" {
			t.Errorf("the image came as %+v", l)
		}
		contains(t, got.HTML, `<img src="cid:`+shown.ID+`@shop.example"`)
		contains(t, string(o.server.Mails()[0].Raw), "text/plain; charset=utf-8; name")
		if len(parts) != 2 {
			t.Errorf("%d files", len(parts))
		}
	})
}

// A file in which a virus was found after it was uploaded stays here.
func TestVirusIsNotSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		a := o.upload("bad.txt", "bad")
		m := o.says(conversation.SendMessageInput{AttachmentIDs: []string{a.ID}})
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Attachment.UpdateOneID(a.ID).SetScan(vocab.ScanInfected).Exec(ctx)
		})
		o.tries(m)
		o.is(m, vocab.DeliveryFailed, "virus", "bad.txt")
		if len(o.server.Mails()) != 0 {
			t.Error("it was sent")
		}
	})
}

// EM-6: what the answered mail shows is shown in its quotation too.
func TestQuotedImages(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		row := o.Gets(mailroom.CRLF(`From: dora@example.net
To: support@shop.example
Subject: Look
Message-ID: <look@example.net>
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html

<p>Look <img src="cid:photo@example.net"></p>
--b
Content-Type: image/png; name=photo.png
Content-ID: <photo@example.net>
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAA=
--b--
`))
		o.c = o.Row(row.ConversationID)
		o.tries(o.says(conversation.SendMessageInput{}))
		_, got := o.only()
		if len(got.Parts) != 1 || got.Parts[0].ContentID != "photo@example.net" {
			t.Errorf("%+v", got.Parts)
		}
		contains(t, got.HTML, `src="cid:photo@example.net"`)
	})
}

// EM-6: who verifies the mail finds the key where the channel's record says.
func TestDKIM(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		c := check.Must(o.Settings.Update(o.Admin, settings.UpdateEmailChannelInput{ChannelID: o.Support.ID, DKIMSelector: opt.Of("parley")}))(t)
		record := check.Must(o.Settings.DKIM(c))(t)
		o.tries(o.says(conversation.SendMessageInput{}))
		letter, _ := o.only()
		verified, err := dkim.VerifyWithOptions(strings.NewReader(string(letter.Raw)), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != record.Name {
				t.Errorf("looked for %s, the record is %s", name, record.Name)
			}
			return []string{record.Value}, nil
		}})
		if err != nil || len(verified) != 1 || verified[0].Err != nil || verified[0].Domain != "shop.example" {
			t.Errorf("%+v (%v)", verified, err)
		}
	})
}

// EM-6: our mail that comes back is no mail of the contact's, whatever id a server
// gave it; and what answers that id joins the conversation.
func TestOwnCopies(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		m := o.says(conversation.SendMessageInput{})
		o.tries(m)
		letter, _ := o.only()
		rewritten := strings.Replace(string(letter.Raw), "Message-ID: <"+o.email(m).InternetID+">", "Message-ID: <rewritten@provider.example>", 1)
		for name, raw := range map[string]string{"as it went": string(letter.Raw), "rewritten": rewritten} {
			if row := o.Gets(raw); row.State != vocab.InboundOwn || row.MessageID != m.ID {
				t.Errorf("%s: it is %s of %q", name, row.State, row.MessageID)
			}
		}
		answer := o.Gets(mailroom.CRLF("From: dora@example.net\nTo: support@shop.example\nSubject: Thanks\nMessage-ID: <thanks@example.net>\n" +
			"In-Reply-To: <rewritten@provider.example>\n\nThanks\n"))
		if answer.State != vocab.InboundIngested || answer.ConversationID != o.c.ID {
			t.Errorf("the answer is %s in %q", answer.State, answer.ConversationID)
		}
	})
}

// EM-6: a mail whose channel is gone fails; one whose conversation was purged is
// gone too, and one in the trash goes out, since someone sent it.
func TestSentAfterChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(o *office) error
		state  vocab.DeliveryState
		taken  int
	}{
		"Disconnected": {func(o *office) error {
			_, err := o.Settings.Disconnect(o.Admin, settings.DisconnectEmailChannelInput{ChannelID: o.Support.ID})
			return err
		}, vocab.DeliveryFailed, 0},
		"Removed, canceled": {func(o *office) error {
			return o.removeSupport(vocab.CancelQueued)
		}, vocab.DeliveryCanceled, 0},
		"Removed, sent": {func(o *office) error { return o.removeSupport(vocab.SendQueued) }, vocab.DeliverySent, 1},
		"Removed, sent too late": {func(o *office) error {
			err := o.removeSupport(vocab.SendQueued)
			o.Clock.Advance(5*24*time.Hour + time.Minute)
			return errors.Join(err, o.endsSending())
		}, vocab.DeliveryFailed, 0},
		"Trashed": {func(o *office) error {
			_, err := o.Desk.Delete(o.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(o.c.ID)})
			return err
		}, vocab.DeliverySent, 1},
		"Purged": {func(o *office) error {
			if _, err := o.Desk.Delete(o.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(o.c.ID)}); err != nil {
				return err
			}
			_, err := o.Desk.Purge(o.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(o.c.ID)})
			return err
		}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachOffice(t, func(t *testing.T, o *office) {
				m := o.says(conversation.SendMessageInput{})
				if err := c.change(o); err != nil {
					t.Fatal(err)
				}
				if wait := o.tries(m); wait != 0 || len(o.server.Mails()) != c.taken {
					t.Errorf("%d letters were taken, next in %v", len(o.server.Mails()), wait)
				}
				if c.state != "" {
					o.is(m, c.state)
				}
			})
		})
	}
}

// removeSupport removes the channel.
func (o *office) removeSupport(queued vocab.QueuedMail) error {
	_, err := o.Settings.Remove(o.Admin, settings.RemoveChannelInput{ChannelID: o.Support.ID, ConfirmName: o.Support.Address, QueuedMail: &queued})
	return err
}

// endsSending runs the job that ends a removed channel's sending; an error asks for
// another run.
func (o *office) endsSending() error {
	return o.Settings.EndSending(o.T.Context(), settings.EndSendingArgs{AccountID: o.AccountID, ChannelID: o.Support.ID})
}

// IB-6: a removed channel keeps how its server is reached until no mail waits, and no
// longer; with CANCEL the contact waits for an answer again.
func TestEndOfSending(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		m := o.says(conversation.SendMessageInput{})
		check.NoError(t, o.removeSupport(vocab.SendQueued))
		var again *river.JobSnoozeError
		if err := o.endsSending(); !errors.As(err, &again) {
			t.Fatalf("while mail waits: %v", err)
		}
		sends := func() bool {
			c := check.Must(o.Store.Client(o.System).EmailChannel.Get(o.System, o.Support.ID))(t)
			return settings.Sends(c, o.Store.Now())
		}
		check.Same(t, sends(), true)
		o.tries(m)
		o.is(m, vocab.DeliverySent)
		check.NoError(t, o.endsSending())
		check.Same(t, sends(), false)
	})
	t.Run("canceled", func(t *testing.T) {
		eachOffice(t, func(t *testing.T, o *office) {
			m := o.says(conversation.SendMessageInput{})
			check.Same(t, o.Row(o.c.ID).WaitingSince, clock.Never)
			check.NoError(t, o.removeSupport(vocab.CancelQueued))
			o.tries(m)
			o.is(m, vocab.DeliveryCanceled, "removed")
			if o.Row(o.c.ID).WaitingSince == clock.Never {
				t.Error("the contact no longer waits for an answer")
			}
		})
	})
}

// EM-2: a signature that brings its own "-- " does not get another one.
func TestSignatureDelimiter(t *testing.T) {
	for signature, html := range map[string]string{
		"<p>Uma</p>":                      `<br>-- <br><p>Uma</p>`,
		"<div>-- <br>Uma</div>":           `<br><div>-- <br/>Uma</div>`,
		"<p>--</p><p>Uma</p>":             `<br><p>--</p><p>Uma</p>`,
		"<p>-- Uma</p>":                   `<br><p>-- Uma</p>`,
		"<p>--&nbsp;</p><p>Uma</p>":       "<br><p>--\u00a0</p><p>Uma</p>",
		"<p>Uma</p><p>-- not the top</p>": `<br>-- <br><p>Uma</p>`,
	} {
		t.Run(signature, func(t *testing.T) {
			eachOffice(t, func(t *testing.T, o *office) {
				o.sets(func(u *ent.EmailChannelUpdateOne) { u.SetSignature(richtext.Sanitize(signature)) })
				o.tries(o.says(conversation.SendMessageInput{}))
				_, got := o.only()
				contains(t, got.Text, "\n\n-- \nUma")
				contains(t, got.HTML, html)
				if n := strings.Count(got.Text, "\n--"); n != 1+strings.Count(signature, "not the top") {
					t.Errorf("%d delimiters in\n%s", n, got.Text)
				}
			})
		})
	}
}

// EM-6: however long a thread is, its mails name our reference to it and its root.
func TestLongThread(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		references := []string{"root@example.net"}
		for i := range 150 {
			references = append(references, fmt.Sprintf("%d@example.net", i))
		}
		row := o.Gets(mailroom.CRLF("From: dora@example.net\nTo: support@shop.example\nSubject: Long\nMessage-ID: <last@example.net>\nReferences: <" +
			strings.Join(references, "> <") + ">\n\nStill broken.\n"))
		o.c = o.Row(row.ConversationID)
		o.tries(o.says(conversation.SendMessageInput{}))
		_, got := o.only()
		if c, _, ok := o.Tokens.Conversation(got.References[:1], nil); !ok || c != o.c.ID || got.References[1] != "root@example.net" || got.References[len(got.References)-1] != "last@example.net" {
			t.Errorf("References are %v", got.References)
		}
	})
}
