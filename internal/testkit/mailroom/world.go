package mailroom

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/mail"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// World is an account whose inbox "Support" has the channel support@shop.example,
// which the second agent answers. Mail goes out into a folder.
type World struct {
	*testkit.Fixture
	*Node
	T      *testing.T
	Clock  *clock.Turned
	People *contact.Service
	Keys   *secret.Keyring
	Bucket *blob.Bucket
	Tokens *thread.Tokens
	Jobs   *check.Jobs
	// Options are those of its nodes.
	Options Options
	// Support is the channel; its inbox is InboxIDs[1].
	Support *ent.EmailChannel
}

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// NewWorld returns a world of its own account.
func NewWorld(t *testing.T, db testkit.Database, with ...func(*Options)) *World {
	t.Helper()
	return NewTracedWorld(t, db, nil, with...)
}

// NewTracedWorld is NewWorld with a count of what is asked of the database; nil:
// no one counts.
func NewTracedWorld(t *testing.T, db testkit.Database, asked *testkit.Statements, with ...func(*Options)) *World {
	t.Helper()
	w := &World{T: t, Clock: clock.At(monday), Jobs: &check.Jobs{}}
	s := db.Open(t, w.Clock, func(o *store.Options) {
		if asked != nil {
			asked.Trace(o)
		}
	})
	s.UseJobs(w.Jobs)
	w.Fixture = testkit.Account(t, s)
	w.Keys = check.Must(secret.Parse(secret.GenerateKey()))(t)
	w.Bucket = check.Must(blob.Open(t.Context(), "mem://", ""))(t)
	w.Options = Options{
		Settings: settings.Options{PublicURL: "https://parley.example.com", Domain: "in.parley.example"},
		Receive:  receive.Options{TrustedAuthServ: []string{"mx.shop.example"}},
		Deliver:  deliver.Options{Folder: t.TempDir()},
	}.change(with)
	w.Tokens, w.People = thread.NewTokens(w.Keys), contact.New(s)
	w.Node = w.NewNode()
	w.Support = w.Channel(1, "support@shop.example")
	return w
}

// NewNode returns the use cases of one more node; all nodes have one store.
func (w *World) NewNode() *Node { return newNode(w.Store, w.Keys, w.Bucket, w.Options) }

// Channel connects an address to the i-th inbox.
func (w *World) Channel(inbox int, address string, aliases ...string) *ent.EmailChannel {
	w.T.Helper()
	c := &ent.EmailChannel{ID: id.New(id.Channel)}
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		if err := tx.Client.Channel.Create().SetID(c.ID).SetInboxID(w.InboxIDs[inbox]).SetKind(vocab.Email).
			SetKey("key-" + strings.ToLower(c.ID)).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		for _, a := range append([]string{address}, aliases...) {
			if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(w.InboxIDs[inbox]).SetChannelID(c.ID).
				SetAddress(a).Exec(ctx); err != nil {
				return err
			}
		}
		var err error
		c, err = tx.Client.EmailChannel.Create().SetID(c.ID).SetInboxID(w.InboxIDs[inbox]).SetAddress(address).SetAliases(aliases).
			SetProvider(vocab.EmailForwarding).SetState(vocab.EmailConnected).SetStateSince(now).SetRouting(vocab.Routing{}).
			SetTermsAcceptedAt(now).SetConnectedAt(now).SetCreatedAt(now).Save(ctx)
		return err
	})
	return c
}

// Takes has channels take a mail, and returns its rows, not read yet.
func (w *World) Takes(raw string, channels ...*ent.EmailChannel) []string {
	w.T.Helper()
	w.Clock.Advance(time.Minute)
	a := receive.Arrived{From: "", Raw: strings.NewReader(raw)}
	for _, c := range channels {
		a.ChannelIDs, a.Recipients = append(a.ChannelIDs, c.ID), append(a.Recipients, c.Address)
	}
	check.NoError(w.T, w.Receive.StoreForwarded(w.T.Context(), a))
	var rows []string
	for _, args := range w.Jobs.TakenArgs() {
		if args, ok := args.(receive.IngestArgs); ok {
			rows = append(rows, args.MailID)
		}
	}
	return rows
}

// Receives has channels take a mail and read it, and returns what became of it in
// each.
func (w *World) Receives(raw string, channels ...*ent.EmailChannel) []*ent.InboundMail {
	w.T.Helper()
	var list []*ent.InboundMail
	for _, mailID := range w.Takes(raw, channels...) {
		check.NoError(w.T, w.Ingest(mailID))
		list = append(list, w.Inbound(mailID))
	}
	return list
}

// Ingest has a mail read that was taken.
func (w *World) Ingest(mailID string) error {
	return w.Receive.RunIngest(w.T.Context(), receive.IngestArgs{AccountID: w.AccountID, MailID: mailID})
}

// Gets is Receives of the one channel.
func (w *World) Gets(raw string) *ent.InboundMail {
	w.T.Helper()
	return w.Receives(raw, w.Support)[0]
}

// Sends has what waits go out, and returns the last message's mail.
func (w *World) Sends() string {
	w.T.Helper()
	var raw []byte
	for _, args := range w.Jobs.TakenArgs() {
		if args, ok := args.(deliver.SendArgs); ok {
			check.NoError(w.T, w.Deliver.Send(w.T.Context(), args))
			raw = check.Must(os.ReadFile(filepath.Join(w.Options.Deliver.Folder, args.MessageID+".eml")))(w.T)
		}
	}
	if raw == nil {
		w.T.Fatal("nothing waited to be sent")
	}
	return string(raw)
}

// Answers has the agent answer in a conversation, and returns the message and
// its mail.
func (w *World) Answers(conversationID, text string, cc ...string) (*ent.Message, string) {
	w.T.Helper()
	w.Clock.Advance(time.Minute)
	m, _, err := w.Desk.SendMessage(w.Agent(1), conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text, Cc: cc})
	check.NoError(w.T, err)
	return m, w.Sends()
}

// AnswersAll is Answers to everyone on the mail.
func (w *World) AnswersAll(conversationID, text string) (*ent.Message, string) {
	w.T.Helper()
	w.Clock.Advance(time.Minute)
	m, _, err := w.Desk.SendMessage(w.Agent(1), conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text, ReplyAll: true})
	check.NoError(w.T, err)
	return m, w.Sends()
}

// Inbound returns a mail as it is stored.
func (w *World) Inbound(mailID string) *ent.InboundMail {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).InboundMail.Get(w.System, mailID))(w.T)
}

// Row returns a conversation as it is stored.
func (w *World) Row(conversationID string) *ent.Conversation {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Conversation.Get(w.System, conversationID))(w.T)
}

// Message returns a message as it is stored.
func (w *World) Message(messageID string) *ent.Message {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Message.Get(w.System, messageID))(w.T)
}

// ChannelNow returns the channel as it is stored.
func (w *World) ChannelNow() *ent.EmailChannel {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).EmailChannel.Get(w.System, w.Support.ID))(w.T)
}

// MailboxWorks has the channel's mailbox be read to its end.
func (w *World) MailboxWorks() {
	w.T.Helper()
	check.NoError(w.T, w.Settings.MailboxWorks(w.System, w.Support.ID))
}

// StateChanges counts how often a change of the channel's state was recorded.
func (w *World) StateChanges() int {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Event.Query().Where(event.SubjectID(w.Support.ID), event.TypeEQ(vocab.ChannelStateChanged)).Count(w.System))(w.T)
}

// Notices are Parley's own mails that were posted since the last call.
func (w *World) Notices() (list []mail.Notice) {
	for _, args := range w.Jobs.TakenArgs() {
		if l, ok := args.(mail.Notice); ok {
			list = append(list, l)
		}
	}
	return list
}

// AdminNotice checks that the account's one admin got one notice that says what,
// and returns it.
func (w *World) AdminNotice(what string) mail.Notice {
	w.T.Helper()
	notices := w.Notices()
	if len(notices) != 1 || !strings.Contains(notices[0].Subject, what) || !strings.Contains(notices[0].Text, "support@shop.example") {
		w.T.Fatalf("the notices are %+v, want one that says %q", notices, what)
	}
	return notices[0]
}
