package email_test

import (
	"errors"
	"testing"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/internal/channel/email"
	"parley/internal/channel/email/parse"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// EM-1, EM-6: a mailbox that was connected by OAuth 2 sends with its tokens, by a
// real server that asks a real provider about them; once the grant is taken back
// the channel says so, and the mail waits.
func TestSendByToken(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		provider, out := mailserver.OpenID(t), smtpserver.Start(t, smtpserver.Options{})
		g := &granting{post: newPost(t, db, mailserver.Options{OpenID: provider, Relay: out.Address()}), provider: provider}
		s := g.node(g.google, func(o *email.Options) {
			p := o.Providers[vocab.EmailGmail]
			p.SMTP.Port = g.box.Submit
			o.Providers[vocab.EmailGmail] = p
		})
		desk := conversation.New(g.Store, nobody{})
		desk.UseContacts(contact.New(g.Store))
		desk.UseOutbox(s)
		c := g.connectsGmail(s)
		says := func() *ent.Message {
			_, m, err := desk.StartEmail(g.Agent(1), conversation.StartEmailInput{
				EmailChannelID: c.ID, To: []string{"dora@example.net"}, Subject: "Hello", Text: new("There"),
			})
			return must(m, err)(t)
		}
		m := says()
		send := func() (deferred bool) {
			err := s.Send(t.Context(), email.SendArgs{AccountID: g.AccountID, MessageID: m.ID})
			again := (*river.JobSnoozeError)(nil)
			if deferred = errors.As(err, &again); deferred {
				g.clock.Advance(again.Duration)
			} else if err != nil {
				t.Fatal(err)
			}
			return deferred
		}
		if send() {
			t.Fatal("it was deferred")
		}
		letters := out.Letters()
		if len(letters) != 1 || parse.Parse(letters[0].Raw).From.Address != g.box.User {
			t.Fatalf("the letters are %+v", letters)
		}
		m = says()
		provider.Revoke(t, g.box.User)
		for n := 0; n < 3 && g.channelNow(c).State != vocab.EmailError; n++ {
			if !send() {
				t.Fatal("it was sent without a grant")
			}
		}
		if got := g.channelNow(c); got.State != vocab.EmailError || got.StateReason != vocab.EmailGrantRevoked {
			t.Errorf("the channel is %s %s: %s", got.State, got.StateReason, got.StateDetail)
		}
		if got := must(g.Store.Client(g.System).Message.Get(g.System, m.ID))(t); got.Delivery != vocab.DeliveryQueued {
			t.Errorf("the mail is %s", got.Delivery)
		}
	})
}
