package custom_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"parley/ent"
	"parley/ent/channelmessage"
	"parley/internal/channel/custom"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Pitfall 12, CC-2, CC-3: what a connector calls takes as many statements however much a thread
// has; a repeat takes few.
func TestStatements(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		people := contact.New(s)
		talks := desk.Conversations(s, conversation.Deps{Contacts: people, Keys: keys})
		channels := custom.New(s, keys, custom.Deps{Conversations: talks, Contacts: people}, slog.New(slog.DiscardHandler))
		channelID, integration := id.New(id.Channel), id.New(id.Integration)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Channel.Create().SetID(channelID).SetInboxID(f.InboxIDs[0]).SetKind(vocab.Custom).SetKey(channelID).SetTitle("Bot").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.CustomChannel.Create().SetID(channelID).SetInboxID(f.InboxIDs[0]).SetType("telegram").SetName("Bot").SetIntegrationID(integration).
				SetLive(false).SetLastSeenAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		connector := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Integration, AccountID: f.AccountID, ActorID: integration, ChannelID: channelID, InboxIDs: f.InboxIDs[:1]})
		receive := func(n int) *conversation.Received {
			words := "Hello"
			return check.Must(channels.Receive(connector, custom.ReceiveMessageInput{
				ChannelID: channelID, ExternalThreadID: "t1", ExternalMessageID: fmt.Sprint(n), Sender: &custom.MessageSenderInput{Key: "ann"}, Text: &words,
			}))(t)
		}
		reply := func(c *ent.Conversation) string {
			words, messageID := "Hi", id.New(id.Message)
			_, _, err := talks.SendMessage(f.Agent(0), conversation.SendMessageInput{Target: conversation.On(c.ID), Text: &words, ID: &messageID})
			check.NoError(t, err)
			return messageID
		}
		report := func(messageID string, n int) {
			externalID := fmt.Sprint("e", n)
			check.Must(channels.ReportDelivery(connector, custom.ReportDeliveryInput{MessageID: &messageID, ExternalMessageID: &externalID, State: vocab.ReportSent}))(t)
		}
		c := receive(0).Conversation
		counted := func(n int) (of map[string]int) {
			of = map[string]int{"receive": len(asked.Of(func() { receive(n) }))}
			of["repeat"] = len(asked.Of(func() {
				if !receive(n).Duplicate {
					t.Error("a repeat is no duplicate")
				}
			}))
			messageID := reply(c)
			of["look"] = len(asked.Of(func() { check.NoError(t, channels.LookForWaiting(f.System, "none")) }))
			of["report"] = len(asked.Of(func() { report(messageID, n) }))
			of["late report"] = len(asked.Of(func() { report(messageID, n) }))
			return of
		}
		report(reply(c), 50)
		first := counted(1)
		for n := range 40 {
			receive(100 + n)
			report(reply(c), 100+n)
		}
		last := counted(2)
		for name, most := range map[string]int{"receive": 20, "repeat": 5, "look": 1, "report": 22, "late report": 8} {
			if first[name] != last[name] || last[name] > most {
				t.Errorf("%s: %d statements, and %d in a long thread; at most %d", name, first[name], last[name], most)
			}
		}
		done := check.Must(s.Client(f.System).ChannelMessage.Query().Where(channelmessage.StateEQ(vocab.OutboundDone)).Count(f.System))(t)
		check.Same(t, done, 43)
	})
}
