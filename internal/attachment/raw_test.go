package attachment_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	"parley/ent/inboxuser"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

const rawMail = "From: dora@example.net\r\n\r\n<script>alert(1)</script>\r\n"

// raw keeps a mail as that of the message.
func (w *world) raw(m *ent.Message) *ent.InboundMail {
	w.t.Helper()
	mailID := id.New(id.InboundMail)
	key := blob.RawKey(w.AccountID, mailID)
	size, hash, err := w.bucket.Write(w.t.Context(), key, strings.NewReader(rawMail))
	if err != nil {
		w.t.Fatal(err)
	}
	var mail *ent.InboundMail
	w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		mail, err = tx.Client.InboundMail.Create().SetID(mailID).SetInboxID(m.InboxID).SetChannelID(w.ChannelIDs[0]).SetPlace(id.New("receipt")).
			SetBlobKey(key).SetSize(int(size)).SetHash(hash).SetEnvelopeTo([]string{}).SetArrivedAt(tx.Now()).SetState(vocab.InboundIngested).
			SetConversationID(m.ConversationID).SetMessageID(m.ID).SetCreatedAt(tx.Now()).Save(ctx)
		return err
	})
	return mail
}

func (w *world) rawURL(ctx context.Context, m *ent.InboundMail) string {
	w.t.Helper()
	address, err := w.RawURL(ctx, m.AccountID, m.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return address
}

// EM-4: members get a mail as it came, as a file that no browser shows, while
// they are members.
func TestRawMail(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		mail := w.raw(w.message(0, vocab.Incoming))
		agents, visitors := w.rawURL(w.Agent(0), mail), w.rawURL(w.Visitor(0), mail)
		if got, err := w.download(agents); err != nil || got != rawMail {
			t.Errorf("%q (%v)", got, err)
		}
		_, token, _ := strings.Cut(agents, "?token=")
		f, err := w.Download(t.Context(), mail.ID, token)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil || f.Shown || f.ContentType != "message/rfc822" || f.Name != "mail.eml" {
			t.Errorf("%+v (%v)", f, err)
		}
		_, err = w.download(visitors)
		refused(t, err, errs.NotFound, "")
		_, err = w.Download(t.Context(), w.raw(w.message(0, vocab.Incoming)).ID, token)
		refused(t, err, errs.Forbidden, "")
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Client.InboxUser.Delete().Where(inboxuser.UserID(w.AgentIDs[0])).Exec(ctx)
			return err
		})
		_, err = w.download(agents)
		refused(t, err, errs.NotFound, "")
	})
}

// A mail that brought a virus, and one that was purged (IN-13), is given to no one.
func TestRawMailIsKeptBack(t *testing.T) {
	eachWorld(t, attachment.Options{Scanner: &scanner{}}, func(t *testing.T, w *world) {
		m := w.message(0, vocab.Incoming)
		w.mail(m, map[string]attachment.Incoming{"bad.bin": {}}, map[string]string{"bad.bin": "A VIRUS"})
		_, err := w.download(w.rawURL(w.Agent(0), w.raw(m)))
		refused(t, err, errs.Forbidden, "")
		mail := *w.raw(w.message(0, vocab.Incoming))
		address := w.rawURL(w.Agent(0), &mail)
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Message.DeleteOneID(mail.MessageID).Exec(ctx)
		})
		_, err = w.download(address)
		refused(t, err, errs.NotFound, "")
	})
}
