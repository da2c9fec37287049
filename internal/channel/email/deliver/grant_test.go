package deliver_test

import (
	"errors"
	"testing"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/parse"
	"parley/internal/conversation"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
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
		g := &mailroom.SignIn{Post: mailroom.NewPost(t, db, mailserver.Options{OpenID: provider, Relay: out.Address()}), Provider: provider}
		s := g.NewNode(g.Google, func(o *mailroom.Options) {
			p := o.Settings.Providers[vocab.EmailGmail]
			p.SMTP.Port = g.Box.Submit
			o.Settings.Providers[vocab.EmailGmail] = p
		})
		c := g.ConnectsGmail(s)
		says := func() *ent.Message {
			_, m, err := s.Desk.StartEmail(g.Agent(1), conversation.StartEmailConversationInput{
				ChannelID: c.ID, To: []string{"dora@example.net"}, Subject: "Hello", Text: new("There"),
			})
			return check.Must(m, err)(t)
		}
		m := says()
		send := func() (deferred bool) {
			err := s.Deliver.Send(t.Context(), deliver.SendArgs{AccountID: g.AccountID, MessageID: m.ID})
			again := (*river.JobSnoozeError)(nil)
			if deferred = errors.As(err, &again); deferred {
				g.Clock.Advance(again.Duration)
			} else if err != nil {
				t.Fatal(err)
			}
			return deferred
		}
		if send() {
			t.Fatal("it was deferred")
		}
		letters := out.Mails()
		if len(letters) != 1 || parse.Parse(letters[0].Raw).From.Address != g.Box.User {
			t.Fatalf("the letters are %+v", letters)
		}
		m = says()
		provider.Revoke(t, g.Box.User)
		for n := 0; n < 3 && g.ChannelNow(c).State != vocab.EmailError; n++ {
			if !send() {
				t.Fatal("it was sent without a grant")
			}
		}
		if got := g.ChannelNow(c); got.State != vocab.EmailError || got.StateReason != vocab.EmailGrantRevoked {
			t.Errorf("the channel is %s %s: %s", got.State, got.StateReason, got.StateDetail)
		}
		if got := check.Must(g.Store.Client(g.System).Message.Get(g.System, m.ID))(t); got.Delivery != vocab.DeliveryQueued {
			t.Errorf("the mail is %s", got.Delivery)
		}
	})
}
