package testkit

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Fixture is an account with people, inboxes and conversations in it:
//
//   - an admin, who is a member only of the first inbox;
//   - two agents: the first is a member of the first inbox, the second of both;
//   - two inboxes with a chat channel each;
//   - three visitors: two of the first inbox, who are linked to the one contact,
//     and one of the second inbox, unknown;
//   - three conversations, one of each visitor. Each has a message of the
//     visitor, a note and an answer, numbered 1, 2, 3, for the visitor 1, 0, 2.
//
// Nothing of it is in the account's log.
type Fixture struct {
	Store           *store.Store
	AccountID       string
	AdminID         string
	AgentIDs        [2]string
	InboxIDs        [2]string
	ChannelIDs      [2]string
	ContactID       string
	VisitorIDs      [3]string
	ConversationIDs [3]string

	// Admin and System are contexts of the admin and of Parley's own work.
	Admin, System context.Context

	t   testing.TB
	now clock.Micros
}

// Account makes an account. A store can hold several.
func Account(t testing.TB, s *store.Store) *Fixture {
	t.Helper()
	f := &Fixture{Store: s, AccountID: id.New(id.Account), AdminID: id.New(id.User), ContactID: id.New(id.Contact), t: t, now: s.Now()}
	for i := range f.InboxIDs {
		f.InboxIDs[i], f.AgentIDs[i] = id.New(id.Inbox), id.New(id.User)
	}
	f.Admin = f.as(&viewer.Viewer{Kind: viewer.Admin, ActorID: f.AdminID, Scopes: []string{"*"}}, 0)
	f.System = viewer.NewContext(t.Context(), viewer.System("test", f.AccountID))
	f.Write(viewer.NewContext(t.Context(), viewer.Everywhere("test")), f.makeAccount)
	f.Write(f.System, f.makeUsers)
	f.Write(f.System, f.makeInboxes)
	f.Write(f.System, f.makeConversations)
	return f
}

// Agent returns the context of the i-th agent, from 0.
func (f *Fixture) Agent(i int) context.Context {
	v := &viewer.Viewer{Kind: viewer.Agent, ActorID: f.AgentIDs[i], Scopes: []string{"*"}}
	if i == 0 {
		return f.as(v, 0)
	}
	return f.as(v, 0, 1)
}

// Visitor returns the context of the i-th visitor, from 0.
func (f *Fixture) Visitor(i int) context.Context {
	return f.as(&viewer.Viewer{Kind: viewer.Visitor, ActorID: f.VisitorIDs[i], ChannelID: f.ChannelIDs[visitorsInbox(i)]})
}

// Write runs fn in a transaction, which must succeed.
func (f *Fixture) Write(ctx context.Context, fn func(ctx context.Context, tx *store.Tx) error) {
	f.t.Helper()
	if err := f.Store.WithTx(ctx, fn); err != nil {
		f.t.Fatal(err)
	}
}

func visitorsInbox(i int) int { return i / 2 }

// as returns the context of v, a member of the given inboxes.
func (f *Fixture) as(v *viewer.Viewer, inboxes ...int) context.Context {
	v.AccountID = f.AccountID
	for _, i := range inboxes {
		v.InboxIDs = append(v.InboxIDs, f.InboxIDs[i])
	}
	slices.Sort(v.InboxIDs)
	return viewer.NewContext(f.t.Context(), v)
}

func (f *Fixture) makeAccount(ctx context.Context, tx *store.Tx) error {
	// Several tests may make accounts in one database at once.
	if err := tx.Client.Account.Create().SetID(f.AccountID).SetNumber(1 + rand.Int64N(1<<40)).SetName("Example Ltd").
		SetCreatedAt(f.now).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.AccountSequence.Create().SetID(f.AccountID).SetLogEpoch("1").Exec(ctx); err != nil {
		return err
	}
	return account.MakeFirstPipelines(viewer.NewContext(ctx, viewer.System("test", f.AccountID)), tx)
}

func (f *Fixture) makeUsers(ctx context.Context, tx *store.Tx) error {
	user := func(id, name, email string, role vocab.UserRole) *ent.UserCreate {
		return tx.Client.User.Create().SetID(id).SetName(name).SetEmail(email).SetRole(role).
			SetSeat(vocab.SeatService).SetAvailability(vocab.Available).SetCreatedAt(f.now)
	}
	return tx.Client.User.CreateBulk(
		user(f.AdminID, "Ada Admin", "ada@example.com", vocab.RoleAdmin),
		user(f.AgentIDs[0], "Ben Agent", "ben@example.com", vocab.RoleAgent),
		user(f.AgentIDs[1], "Cleo Agent", "cleo@example.com", vocab.RoleAgent),
	).Exec(ctx)
}

func (f *Fixture) makeInboxes(ctx context.Context, tx *store.Tx) error {
	members := [2][]string{{f.AdminID, f.AgentIDs[0], f.AgentIDs[1]}, {f.AgentIDs[1]}}
	for i, name := range []string{"Sales", "Support"} {
		inbox := f.InboxIDs[i]
		if err := tx.Client.Inbox.Create().SetID(inbox).SetName(name).SetCreatedAt(f.now).Exec(ctx); err != nil {
			return err
		}
		for _, user := range members[i] {
			if err := tx.Client.InboxUser.Create().SetID(id.New("member")).SetInboxID(inbox).SetUserID(user).Exec(ctx); err != nil {
				return err
			}
		}
		f.ChannelIDs[i] = id.New(id.Channel)
		if err := tx.Client.Channel.Create().SetID(f.ChannelIDs[i]).SetInboxID(inbox).SetKind(vocab.Chat).
			SetKey("key-" + f.ChannelIDs[i]).SetCreatedAt(f.now).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fixture) makeConversations(ctx context.Context, tx *store.Tx) error {
	if err := tx.Client.Contact.Create().SetID(f.ContactID).SetName("Dora Contact").SetEmail("dora@example.net").
		SetCreatedAt(f.now).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.ContactEmail.Create().SetID(id.New("email")).SetContactID(f.ContactID).
		SetAddress("dora@example.net").Exec(ctx); err != nil {
		return err
	}
	contacts := [3]string{f.ContactID, f.ContactID, ""}
	for i := range f.VisitorIDs {
		f.VisitorIDs[i], f.ConversationIDs[i] = id.New(id.Visitor), id.New(id.Conversation)
		inbox, channel := f.InboxIDs[visitorsInbox(i)], f.ChannelIDs[visitorsInbox(i)]
		if err := tx.Client.Visitor.Create().SetID(f.VisitorIDs[i]).SetInboxID(inbox).SetChannelID(channel).
			SetContactID(contacts[i]).SetCreatedAt(f.now).Exec(ctx); err != nil {
			return err
		}
		if err := tx.Client.Conversation.Create().SetID(f.ConversationIDs[i]).SetInboxID(inbox).SetChannelID(channel).
			SetKind(vocab.Chat).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).
			SetContactID(contacts[i]).SetVisitorID(f.VisitorIDs[i]).
			SetOpenedAt(f.now).SetLastMessageAt(f.now).SetActivityAt(f.now).SetVisitorActiveAt(f.now).SetTags([]string{}).
			SetPreview("Answer").SetLastNumber(3).SetLastVisibleNumber(2).SetLastIncomingNumber(1).Exec(ctx); err != nil {
			return err
		}
		if err := f.makeMessages(ctx, tx, i); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fixture) makeMessages(ctx context.Context, tx *store.Tx, conversation int) error {
	message := func(number, visible int, direction vocab.MessageDirection, by viewer.Kind, author, text string) *ent.MessageCreate {
		return tx.Client.Message.Create().SetID(id.New(id.Message)).SetInboxID(f.InboxIDs[visitorsInbox(conversation)]).
			SetConversationID(f.ConversationIDs[conversation]).SetNumber(number).SetVisibleNumber(visible).
			SetDirection(direction).SetAuthorKind(by).SetAuthorID(author).SetText(text).SetHTML(text).
			SetDelivery(vocab.DeliverySent).SetCreatedAt(f.now)
	}
	return tx.Client.Message.CreateBulk(
		message(1, 1, vocab.Incoming, viewer.Visitor, f.VisitorIDs[conversation], "Question"),
		message(2, 0, vocab.Note, viewer.Agent, f.AgentIDs[1], "Note"),
		message(3, 2, vocab.Outgoing, viewer.Agent, f.AgentIDs[1], "Answer"),
	).Exec(ctx)
}
