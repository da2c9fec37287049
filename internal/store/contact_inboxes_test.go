package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AC-14: which contacts belong to which inboxes follows whatever links, changes and
// removes conversations and messages, in its transaction.
func TestContactInboxes(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		other := id.New(id.Contact)
		step := func(what, want string, do func(ctx context.Context, c *ent.Client) error) {
			t.Helper()
			f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Client) })
			got, err := s.Strings(f.System, "SELECT inbox_id || ' ' || CAST(uses AS TEXT) FROM contact_inboxes WHERE contact_id = $1 ORDER BY 1", other)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer(f.InboxIDs[0], "0", f.InboxIDs[1], "1").Replace(fmt.Sprint(got))
			if text != want {
				t.Errorf("%s: got %v, want %s", what, text, want)
			}
		}
		step("made", "[]", func(ctx context.Context, c *ent.Client) error {
			return c.Contact.Create().SetID(other).SetName("Other").SetCreatedAt(s.Now()).Exec(ctx)
		})
		link := func(n int, contactID string) func(context.Context, *ent.Client) error {
			return func(ctx context.Context, c *ent.Client) error {
				return c.Conversation.UpdateOneID(f.ConversationIDs[n]).SetContactID(contactID).Exec(ctx)
			}
		}
		step("linked", "[0 1]", link(0, other))
		step("linked twice", "[0 2]", link(1, other))
		step("linked in another inbox", "[0 2 1 1]", link(2, other))
		step("unlinked", "[0 1 1 1]", link(1, ""))
		message := id.New(id.Message)
		step("wrote", "[0 2 1 1]", func(ctx context.Context, c *ent.Client) error {
			return c.Message.Create().SetID(message).SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[1]).SetNumber(90).SetVisibleNumber(90).
				SetDirection(vocab.Incoming).SetAuthorKind(viewer.Visitor).SetAuthorID(other).SetDelivery(vocab.DeliverySent).SetCreatedAt(s.Now()).Exec(ctx)
		})
		step("message removed", "[0 1 1 1]", func(ctx context.Context, c *ent.Client) error { return c.Message.DeleteOneID(message).Exec(ctx) })
		step("replaced", "[1 1]", link(0, f.ContactID))
		step("contact removed", "[]", func(ctx context.Context, c *ent.Client) error {
			if err := link(2, "")(ctx, c); err != nil {
				return err
			}
			return c.Contact.DeleteOneID(other).Exec(ctx)
		})
	})
}
