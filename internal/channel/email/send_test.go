package email_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email"
	"parley/internal/channel/email/parse"
	"parley/internal/conversation"
	"parley/internal/store"
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
		if c, _, ok := o.tokens.Conversation(got.References[:1], nil); !ok || c != o.c.ID || got.References[len(got.References)-1] != "question@example.net" {
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
	o.t.Helper()
	return must(o.files.Upload(o.Agent(1), attachment.UploadInput{ConversationID: o.c.ID, File: strings.NewReader(content), FileName: name}))(o.t)
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
		if b := parts["Rechnung für 中文.txt"]; string(b.Content) != "12 €" || b.Inline {
			t.Errorf("the bill came as %+v", b)
		}
		if l := parts["logo.png"]; string(l.Content) != pixel || !l.Inline || l.ContentID != shown.ID {
			t.Errorf("the image came as %+v", l)
		}
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
		if len(o.server.Letters()) != 0 {
			t.Error("it was sent")
		}
	})
}

// EM-6: what the answered mail shows is shown in its quotation too.
func TestQuotedImages(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		row := o.gets(crlf(`From: dora@example.net
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
		o.c = o.row(row.ConversationID)
		o.tries(o.says(conversation.SendMessageInput{}))
		_, got := o.only()
		if len(got.Parts) != 1 || !got.Parts[0].Inline || got.Parts[0].ContentID != "photo@example.net" {
			t.Errorf("%+v", got.Parts)
		}
		contains(t, got.HTML, `src="cid:photo@example.net"`)
	})
}

// EM-6: who verifies the mail finds the key where the channel's record says.
func TestDKIM(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		c := must(o.mail.Update(o.Admin, email.UpdateEmailChannelInput{EmailChannelID: o.support.ID, DKIMSelector: new("parley")}))(t)
		record := must(o.mail.DKIM(c))(t)
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
			if row := o.gets(raw); row.State != vocab.InboundOwn || row.MessageID != m.ID {
				t.Errorf("%s: it is %s of %q", name, row.State, row.MessageID)
			}
		}
		answer := o.gets(crlf("From: dora@example.net\nTo: support@shop.example\nSubject: Thanks\nMessage-ID: <thanks@example.net>\n" +
			"In-Reply-To: <rewritten@provider.example>\n\nThanks\n"))
		if answer.State != vocab.InboundIngested || answer.ConversationID != o.c.ID {
			t.Errorf("the answer is %s in %q", answer.State, answer.ConversationID)
		}
	})
}

// EM-6: a mail whose channel is gone fails; one whose conversation was purged is
// gone too, and one in the trash goes out, since somebody sent it.
func TestSentAfterChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(o *office) error
		state  vocab.DeliveryState
		taken  int
	}{
		"Disconnected": {func(o *office) error {
			_, err := o.mail.Disconnect(o.Admin, email.DisconnectEmailChannelInput{EmailChannelID: o.support.ID})
			return err
		}, vocab.DeliveryFailed, 0},
		"Trashed": {func(o *office) error {
			_, err := o.desk.Delete(o.Agent(1), conversation.DeleteConversationInput{ConversationID: o.c.ID})
			return err
		}, vocab.DeliverySent, 1},
		"Purged": {func(o *office) error {
			if _, err := o.desk.Delete(o.Agent(1), conversation.DeleteConversationInput{ConversationID: o.c.ID}); err != nil {
				return err
			}
			_, err := o.desk.Purge(o.Agent(1), conversation.PurgeConversationInput{ConversationID: o.c.ID})
			return err
		}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachOffice(t, func(t *testing.T, o *office) {
				m := o.says(conversation.SendMessageInput{})
				if err := c.change(o); err != nil {
					t.Fatal(err)
				}
				if wait := o.tries(m); wait != 0 || len(o.server.Letters()) != c.taken {
					t.Errorf("%d letters were taken, next in %v", len(o.server.Letters()), wait)
				}
				if c.state != "" {
					o.is(m, c.state)
				}
			})
		})
	}
}
