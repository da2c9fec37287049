package store_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AC-1, AC-3: new rows lie in the viewer's account and in inboxes of theirs.
func TestFenceCreate(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, other := testkit.Account(t, s), testkit.Account(t, s)
		now := s.Now()
		contact := func(c *ent.Client) *ent.ContactCreate {
			return c.Contact.Create().SetID(id.New(id.Contact)).SetCreatedAt(now)
		}
		channel := func(c *ent.Client, inbox string) *ent.ChannelCreate {
			return c.Channel.Create().SetID(id.New(id.Channel)).SetInboxID(inbox).SetKind(vocab.Chat).SetKey(id.New("key")).SetCreatedAt(now)
		}
		conversation := func(c *ent.Client, inbox int) *ent.ConversationCreate {
			return c.Conversation.Create().SetID(id.New(id.Conversation)).SetInboxID(f.InboxIDs[inbox]).SetChannelID(f.ChannelIDs[inbox]).
				SetKind(vocab.Chat).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).
				SetOpenedAt(now).SetLastMessageAt(now).SetActivityAt(now).SetVisitorActiveAt(now).SetTags([]string{})
		}
		for _, c := range []struct {
			name   string
			ctx    context.Context
			create func(context.Context, *ent.Client) error
			ok     bool
		}{
			{"OwnAccount", f.Agent(0), func(ctx context.Context, c *ent.Client) error { return contact(c).Exec(ctx) }, true},
			{"ForeignAccount", f.Agent(0), func(ctx context.Context, c *ent.Client) error {
				return contact(c).SetAccountID(other.AccountID).Exec(ctx)
			}, false},
			{"ForeignAccountBySystem", f.System, func(ctx context.Context, c *ent.Client) error {
				return contact(c).SetAccountID(other.AccountID).Exec(ctx)
			}, false},
			{"ForeignAccountAmongOthers", f.Admin, func(ctx context.Context, c *ent.Client) error {
				return c.Contact.CreateBulk(contact(c), contact(c).SetAccountID(other.AccountID)).Exec(ctx)
			}, false},
			{"NewAccount", f.Admin, func(ctx context.Context, c *ent.Client) error {
				return c.Account.Create().SetID(id.New(id.Account)).SetNumber(99).SetName("Mine").SetCreatedAt(now).Exec(ctx)
			}, false},
			{"OwnInbox", f.Agent(0), func(ctx context.Context, c *ent.Client) error { return conversation(c, 0).Exec(ctx) }, true},
			{"InboxWithoutMembership", f.Agent(0), func(ctx context.Context, c *ent.Client) error { return conversation(c, 1).Exec(ctx) }, false},
			{"InboxWithoutMembershipByAdmin", f.Admin, func(ctx context.Context, c *ent.Client) error { return conversation(c, 1).Exec(ctx) }, false},
			{"ChannelByAdmin", f.Admin, func(ctx context.Context, c *ent.Client) error { return channel(c, f.InboxIDs[1]).Exec(ctx) }, true},
			{"ChannelInForeignInbox", f.Admin, func(ctx context.Context, c *ent.Client) error {
				return channel(c, other.InboxIDs[0]).Exec(ctx)
			}, false},
			{"ConversationInForeignChannel", f.System, func(ctx context.Context, c *ent.Client) error {
				return conversation(c, 0).SetChannelID(other.ChannelIDs[0]).Exec(ctx)
			}, false},
			{"Visitor", f.Visitor(0), func(ctx context.Context, c *ent.Client) error { return conversation(c, 0).Exec(ctx) }, false},
			{"VisitorsContact", f.Visitor(0), func(ctx context.Context, c *ent.Client) error { return contact(c).Exec(ctx) }, false},
			{"Stranger", viewer.NewContext(t.Context(), viewer.Anonymous()), func(ctx context.Context, c *ent.Client) error {
				return contact(c).SetAccountID(f.AccountID).Exec(ctx)
			}, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				err := s.WithTx(c.ctx, func(ctx context.Context, tx *store.Tx) error { return c.create(ctx, tx.Client) })
				if (err == nil) != c.ok {
					t.Errorf("ok: %v, want %v (%v)", err == nil, c.ok, err)
				}
			})
		}
		foreign, err := s.Client(other.System).Contact.Query().Count(other.System)
		if err != nil || foreign != 1 {
			t.Errorf("the other account has %d contacts, want its own one (%v)", foreign, err)
		}
	})
}

// A row gets the viewer's account without naming it.
func TestFenceFillsAccount(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		f.Write(f.Agent(0), func(ctx context.Context, tx *store.Tx) error {
			contact, err := tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetCreatedAt(tx.Now()).Save(ctx)
			if err == nil && contact.AccountID != f.AccountID {
				t.Errorf("the contact is in account %q, want %q", contact.AccountID, f.AccountID)
			}
			return err
		})
	})
}

// Only WithTx writes: elsewhere the log would be left out.
func TestWritesNeedTransaction(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		c := s.Client(f.System)
		if err := c.Contact.UpdateOneID(f.ContactID).SetName("Changed").Exec(f.System); err == nil {
			t.Error("a contact was changed outside a transaction")
		}
		if _, err := c.Event.Delete().Exec(f.System); err == nil {
			t.Error("events were deleted outside a transaction")
		}
		if err := c.Contact.Create().SetID(id.New(id.Contact)).SetCreatedAt(s.Now()).Exec(f.System); err == nil {
			t.Error("a contact was made outside a transaction")
		}
	})
}

// AC-1: the database itself refuses rows that cross accounts, whoever writes.
func TestForeignKeysKeepAccountsApart(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, other := testkit.Account(t, s), testkit.Account(t, s)
		everywhere := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		const message = `INSERT INTO messages (id, account_id, inbox_id, conversation_id, number, visible_number, direction, author_kind, author_id, delivery, created_at)
			VALUES ($1, $2, $3, $4, 9, 9, 'INCOMING', 'VISITOR', 'x', 'SENT', 1)`
		const member = "INSERT INTO inbox_users (id, account_id, inbox_id, user_id) VALUES ($1, $2, $3, $4)"
		const channel = "INSERT INTO channels (id, account_id, inbox_id, kind, key, created_at) VALUES ($1, $2, $3, 'CHAT', $1, 1)"
		for name, c := range map[string]struct {
			statement string
			args      []any
			ok        bool
		}{
			"Message":                    {message, []any{"m1", f.AccountID, f.InboxIDs[0], f.ConversationIDs[0]}, true},
			"MessageInForeignThread":     {message, []any{"m2", f.AccountID, f.InboxIDs[0], other.ConversationIDs[0]}, false},
			"MemberInForeignInbox":       {member, []any{"i1", f.AccountID, other.InboxIDs[0], f.AgentIDs[0]}, false},
			"ForeignMember":              {member, []any{"i2", f.AccountID, f.InboxIDs[1], other.AgentIDs[0]}, false},
			"ChannelInForeignInbox":      {channel, []any{"c1", f.AccountID, other.InboxIDs[0]}, false},
			"ChannelOfUnknownAccount":    {channel, []any{"c2", "account_none", f.InboxIDs[0]}, false},
			"MessageOfForeignAccount":    {message, []any{"m3", other.AccountID, f.InboxIDs[0], f.ConversationIDs[0]}, false},
			"MessageInUnknownThread":     {message, []any{"m4", f.AccountID, f.InboxIDs[0], "conversation_none"}, false},
			"InboxOfUnknownAccount":      {"INSERT INTO inboxes (id, account_id, name, created_at) VALUES ($1, 'none', 'x', 1)", []any{"i3"}, false},
			"MessageMovedToForeign":      {"UPDATE messages SET conversation_id = $1 WHERE conversation_id = $2", []any{other.ConversationIDs[0], f.ConversationIDs[1]}, false},
			"ConversationMovedToForeign": {"UPDATE conversations SET account_id = $1 WHERE id = $2", []any{other.AccountID, f.ConversationIDs[1]}, false},
		} {
			t.Run(name, func(t *testing.T) {
				err := s.WithTx(everywhere, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, c.statement, c.args...)
					return err
				})
				if (err == nil) != c.ok {
					t.Errorf("ok: %v, want %v (%v)", err == nil, c.ok, err)
				}
			})
		}
	})
}
