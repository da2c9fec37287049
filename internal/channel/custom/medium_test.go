package custom_test

import (
	"context"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/migrate/migrations"
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

// medium is a custom channel with its connector.
type medium struct {
	*testkit.Fixture
	t         *testing.T
	store     *store.Store
	now       *clock.Turned
	talks     *conversation.Service
	channels  *custom.Service
	channelID string
	connector context.Context
}

// eachMedium tests with a channel that can edit, on each database.
func eachMedium(t *testing.T, test func(t *testing.T, m *medium)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		now := clock.At(time.Now())
		s := db.Open(t, now)
		f := testkit.Account(t, s)
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		people := contact.New(s)
		m := &medium{Fixture: f, t: t, store: s, now: now, talks: desk.Conversations(s, conversation.Deps{Contacts: people, Keys: keys}), channelID: id.New(id.Channel)}
		m.channels = custom.New(s, keys, custom.Deps{Conversations: m.talks, Contacts: people}, slog.New(slog.DiscardHandler))
		integration := id.New(id.Integration)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Channel.Create().SetID(m.channelID).SetInboxID(f.InboxIDs[0]).SetKind(vocab.Custom).SetKey(m.channelID).SetTitle("Bot").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.CustomChannel.Create().SetID(m.channelID).SetInboxID(f.InboxIDs[0]).SetType("telegram").SetName("Bot").SetIntegrationID(integration).
				SetCapabilities(vocab.ChannelCapabilities{Editing: true, Reactions: true}).SetLive(false).SetLastSeenAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		m.connector = viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Integration, AccountID: f.AccountID, ActorID: integration, ChannelID: m.channelID, InboxIDs: f.InboxIDs[:1]})
		test(t, m)
	})
}

func (m *medium) receives(thread, messageID, words string, who custom.MessageSenderInput) *conversation.Received {
	m.t.Helper()
	return check.Must(m.channels.Receive(m.connector, custom.ReceiveMessageInput{ChannelID: m.channelID, ExternalThreadID: thread, ExternalMessageID: messageID, Sender: &who, Text: &words}))(m.t)
}

func (m *medium) hears(thread, messageID, words string, who custom.MessageSenderInput) *conversation.Received {
	m.t.Helper()
	echo := vocab.ReceivedEcho
	return check.Must(m.channels.Receive(m.connector, custom.ReceiveMessageInput{ChannelID: m.channelID, ExternalThreadID: thread, ExternalMessageID: messageID, Sender: &who, Text: &words, Direction: &echo}))(m.t)
}

// sends has staff answer, and returns the message's id.
func (m *medium) sends(c *ent.Conversation) string {
	m.t.Helper()
	words, messageID := "Hi", id.New(id.Message)
	_, _, err := m.talks.SendMessage(m.Agent(0), conversation.SendMessageInput{Target: conversation.On(c.ID), Text: &words, ID: &messageID})
	check.NoError(m.t, err)
	return messageID
}

// takes has a connector take what waits: a message, at an attempt.
func (m *medium) takes(messageID string, attempt int) {
	m.t.Helper()
	row := check.Must(m.channels.TakeOut(m.connector, m.channelID))(m.t)
	if row == nil || row.ID != messageID || row.Attempts != attempt {
		m.t.Fatalf("got %v, want %s at attempt %d", row, messageID, attempt)
	}
}

// lapses has what a connector has for too long given back.
func (m *medium) lapses() {
	m.t.Helper()
	m.now.Advance(conversation.OutboundLease + time.Second)
	check.NoError(m.t, m.channels.TendOutboxes(m.System))
}

// reports is how far a message is after a report.
func (m *medium) reports(in custom.ReportDeliveryInput) vocab.DeliveryState {
	m.t.Helper()
	return check.Must(m.channels.ReportDelivery(m.connector, in))(m.t).Delivery
}

// hints are what the team was shown of senders.
func (m *medium) hints() string {
	m.t.Helper()
	return strings.Join(check.Must(m.store.Strings(m.System, "SELECT text FROM messages WHERE direction = 'SYSTEM' AND deleted_at = 0 ORDER BY number"))(m.t), "\n")
}

// erases takes a sender out of a conversation.
func (m *medium) erases(c *ent.Conversation, key string) {
	m.t.Helper()
	who := m.sender(key)
	m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
		return m.talks.ErasePerson(ctx, tx, c.ID, conversation.Person{ContactID: who.ContactID, Senders: []*ent.ChannelSender{who}}, conversation.Erased{})
	})
}

func (m *medium) sender(key string) *ent.ChannelSender {
	m.t.Helper()
	for _, who := range check.Must(m.store.Client(m.System).ChannelSender.Query().All(m.System))(m.t) {
		if who.Key == key {
			return who
		}
	}
	m.t.Fatalf("there is no %s", key)
	return nil
}

// keeps has a bot keep what the sender of a message said.
func (m *medium) keeps(got *conversation.Received, property, value string) {
	m.t.Helper()
	m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
		return m.channels.KeepSaid(ctx, tx, got.Conversation, got.Message.ID, property, value)
	})
}

// CC-3: a failure of an attempt that another followed changes nothing, in whichever order they are
// reported; one of the last attempt does.
func TestOlderFailureAfterSent(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		c := m.receives("t1", "1", "Hello", custom.MessageSenderInput{Key: "ann"}).Conversation
		one, first, second := m.sends(c), 1, 2
		m.takes(one, 1)
		m.lapses()
		m.takes(one, 2)
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportSent, Attempt: &second}), vocab.DeliverySent)
		send := vocab.OutboundSend
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportFailed, Attempt: &first}), vocab.DeliverySent)
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportFailed, Attempt: &first, Action: &send}), vocab.DeliverySent)
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportFailed, Attempt: &second}), vocab.DeliveryFailed)
	})
}

// CC-3: of what Parley gave up by itself a connector that finds out that it was sent is believed;
// what the connector reported as FAILED stays so.
func TestSentAfterGivenUp(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		c := m.receives("t1", "1", "Hello", custom.MessageSenderInput{Key: "ann"}).Conversation
		one, externalID, why := m.sends(c), "e1", "No"
		m.takes(one, 1)
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE channel_messages SET attempts = 12 WHERE id = $1", one)
			return err
		})
		m.lapses()
		check.Same(t, check.Must(m.store.Client(m.System).Message.Get(m.System, one))(t).Delivery, vocab.DeliveryFailed)
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportSent, ExternalMessageID: &externalID}), vocab.DeliverySent)
		sent := check.Must(m.store.Client(m.System).Message.Get(m.System, one))(t)
		check.Same(t, []any{*sent.ExternalID, sent.DeliveryError}, []any{"e1", ""})
		two := m.sends(c)
		m.takes(two, 1)
		m.reports(custom.ReportDeliveryInput{MessageID: &two, State: vocab.ReportFailed, Error: &why})
		check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &two, State: vocab.ReportSent}), vocab.DeliveryFailed)
	})
}

// CC-3: a report of more attempts than an edit had is of the message itself: it leaves the edit,
// which the connector then reports.
func TestReportOfEarlierSend(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		c := m.receives("t1", "1", "Hello", custom.MessageSenderInput{Key: "ann"}).Conversation
		one, externalID, first, second, words := m.sends(c), "e1", 1, 2, "Hello Ann"
		m.takes(one, 1)
		m.lapses()
		m.takes(one, 2)
		m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportSent, Attempt: &second, ExternalMessageID: &externalID})
		check.Must(m.talks.EditMessage(m.Agent(0), conversation.EditMessageInput{MessageID: one, Text: &words}))(t)
		m.takes(one, 1)
		state := func() []any {
			row := check.Must(m.store.Client(m.System).ChannelMessage.Get(m.System, one))(t)
			return []any{row.Action, row.State}
		}
		for _, again := range []vocab.DeliveryReport{vocab.ReportSent, vocab.ReportFailed} {
			check.Same(t, m.reports(custom.ReportDeliveryInput{MessageID: &one, State: again, Attempt: &second}), vocab.DeliverySent)
			check.Same(t, state(), []any{vocab.OutboundEdit, vocab.OutboundLeased})
		}
		m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportSent, Attempt: &first})
		check.Same(t, state(), []any{vocab.OutboundEdit, vocab.OutboundDone})
	})
}

// CC-2, BT-4: what a sender says of themselves does not replace what the medium says: the team is
// shown each once, however often both say theirs.
func TestSaidAndNamedByMedium(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		phone := "+1 555"
		for n := range 3 {
			got := m.receives("t1", string(rune('1'+n)), "Hello", custom.MessageSenderInput{Key: "ann", Phone: &phone})
			m.keeps(got, vocab.SuggestedPhone, "+2 666")
			m.keeps(got, vocab.SuggestedPhone, phone)
		}
		check.Same(t, m.hints(), "The channel says that this contact has the telephone number +1 555. Nothing proves it.\nThe contact says that their telephone number is +2 666. Nothing proves it.")
		check.Same(t, m.sender("ann").Phone, phone)
	})
}

// CR-5: with a sender all that the team was shown of them goes, also addresses that they had
// before; lines that are of another stay, whatever they say.
func TestErasedHints(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		of := func(email, phone string) custom.MessageSenderInput {
			return custom.MessageSenderInput{Key: "ann", Email: &email, Phone: &phone}
		}
		theirs := "bob@example.com"
		c := m.receives("group", "1", "Hello", custom.MessageSenderInput{Key: "bob", Email: &theirs}).Conversation
		m.receives("group", "2", "I am Ann", of("first@example.com", "+1 555"))
		got := m.receives("group", "3", "It changed", of("second@example.com", "1"))
		m.keeps(got, "email", "third@example.com")
		m.keeps(got, vocab.SuggestedPhone, "e")
		m.receives("group", "4", "Again", of("fourth@example.com", "e"))
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := m.talks.AddSystem(ctx, tx, c.ID, id.New(id.Message), "The order 1 is here.")
			return err
		})
		check.Same(t, strings.Count(m.hints(), "\n"), 6)
		m.erases(c, "ann")
		check.Same(t, m.hints(), "The channel says that this contact has the e-mail address bob@example.com. Nothing proves it.\nThe order 1 is here.")
	})
}

// CR-5, CC-2: where an erased person's key is the thread's, what the team wrote there does not come
// in again either.
func TestErasedThreadStaysAway(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		ann := custom.MessageSenderInput{Key: "ann"}
		c := m.receives("ann", "1", "Hello", ann).Conversation
		m.hears("ann", "e1", "Written in the app", ann)
		one, externalID := m.sends(c), "e2"
		m.takes(one, 1)
		m.reports(custom.ReportDeliveryInput{MessageID: &one, State: vocab.ReportSent, ExternalMessageID: &externalID})
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error { // it is another contact's since
			_, err := tx.Exec(ctx, "UPDATE conversations SET contact_id = $1 WHERE id = $2", id.New(id.Contact), c.ID)
			return err
		})
		m.erases(c, "ann")
		for _, got := range []*conversation.Received{m.receives("ann", "1", "Hello", ann), m.hears("ann", "e1", "Written in the app", ann), m.hears("ann", "e2", "Hi", ann)} {
			if !got.Duplicate || got.Message != nil || got.Conversation != nil {
				t.Errorf("it comes in again: %v", got)
			}
		}
		check.Same(t, check.Must(m.store.Numbers(m.System, "SELECT COUNT(*) FROM conversations WHERE thread_key <> ''"))(t), []int64{0})
	})
}

// IN-10: reactions of a blocked sender are neither kept nor taken back, and nothing of them is
// changed; others' are.
func TestReactionsOfBlockedSenders(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		name := "Ann of before"
		c := m.receives("t1", "1", "Hello", custom.MessageSenderInput{Key: "ann", Name: &name}).Conversation
		reacts := func(key, name, emoji string, removed bool) {
			t.Helper()
			check.Must(m.channels.ReportReaction(m.connector, custom.ReportReactionInput{ChannelID: m.channelID, ExternalThreadID: "t1", ExternalMessageID: "1",
				Sender: custom.MessageSenderInput{Key: key, Name: &name}, Emoji: emoji, Removed: &removed}))(t)
		}
		reacts("ann", name, "👍", false)
		check.Must(m.talks.BlockSender(m.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c.ID)}))(t)
		reacts("ann", "Ann of now", "🎉", false)
		reacts("ann", "Ann of now", "👍", true)
		reacts("bob", "Bob", "🎈", false)
		check.Same(t, check.Must(m.store.Strings(m.System, "SELECT emoji FROM channel_reactions ORDER BY created_at, id"))(t), []string{"👍", "🎈"})
		check.Same(t, m.sender("ann").Name, name)
	})
}

// CR-5: messages that were there before senders were kept with them get theirs, also of those who
// became part of other contacts, or whose contact is gone.
func TestSendersAreCarriedOver(t *testing.T) {
	t.Parallel()
	eachMedium(t, func(t *testing.T, m *medium) {
		want := map[string]string{}
		authored := func(messageID, by string) {
			m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE messages SET author_id = $1 WHERE id = $2", by, messageID)
				return err
			})
		}
		for _, key := range []string{"ann", "bob", "gone"} {
			want[m.receives("thread of "+key, "1", "Hello", custom.MessageSenderInput{Key: key}).Message.ID] = m.sender(key).ID
		}
		inGroup := m.receives("group", "1", "Hello", custom.MessageSenderInput{Key: "ann"}).Message.ID
		of := m.receives("group", "2", "I am Bob", custom.MessageSenderInput{Key: "bob"}).Message.ID
		unknown := m.receives("group", "3", "I am gone", custom.MessageSenderInput{Key: "gone"}).Message.ID
		want[inGroup], want[of], want[unknown] = m.sender("ann").ID, m.sender("bob").ID, ""
		first, second := id.New(id.Contact), id.New(id.Contact)
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
			for _, merged := range [][2]string{{first, second}, {second, m.sender("bob").ContactID}} {
				if err := tx.Client.ContactMerge.Create().SetID(id.New("merge")).SetFromID(merged[0]).SetIntoID(merged[1]).SetMergedAt(tx.Now()).Exec(ctx); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, "UPDATE channel_messages SET sender_id = ''")
			return err
		})
		for messageID, key := range want {
			switch key {
			case m.sender("bob").ID:
				authored(messageID, first)
			case m.sender("gone").ID, "":
				authored(messageID, id.New(id.Contact))
			}
		}
		folder := "sqlite"
		if m.store.Postgres() {
			folder = "postgres"
		}
		text := string(check.Must(fs.ReadFile(check.Must(migrations.For(folder))(t), "00186_channel_marks.sql"))(t))
		_, text, _ = strings.Cut(text, "WITH RECURSIVE")
		text, _, _ = strings.Cut(text, ";")
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "WITH RECURSIVE"+text)
			return err
		})
		for messageID, sender := range want {
			check.Same(t, check.Must(m.store.Client(m.System).ChannelMessage.Get(m.System, messageID))(t).SenderID, sender)
		}
	})
}
