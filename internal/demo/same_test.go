package demo_test

import (
	"context"
	"encoding/json"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"

	entapitoken "parley/ent/apitoken"
	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// The same seed, clock and account make the same rows, on either database.
func TestTheSameSeedMakesTheSame(t *testing.T) {
	t.Parallel()
	const accountID = "account_01kqqqqqqqe00000000000000a"
	made := func(t *testing.T, s *store.Store, seed uint64) map[string][]string {
		ctx := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Account.Create().SetID(accountID).SetNumber(1).SetName("Same").SetCreatedAt(s.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.AccountSequence.Create().SetID(accountID).SetLogEpoch("1").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, demo.Options{AccountID: accountID, Conversations: 80, Seed: seed})
		return rows(t, s, accountID)
	}
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		here := made(t, s, 11)
		again := made(t, testkit.Database{Name: "sqlite"}.Open(t, clock.At(today)), 11)
		if diff := cmp.Diff(again, here); diff != "" {
			t.Errorf("the same seed made something else:\n%.3000s", diff)
		}
		other := made(t, testkit.Database{Name: "sqlite"}.Open(t, clock.At(today)), 12)
		if cmp.Equal(other["messages"], here["messages"]) {
			t.Error("another seed made the same")
		}
	})
}

var byID = func(s *entsql.Selector) { s.OrderBy(s.C("id")) }

// rows returns all rows of a set as JSON.
func rows(t *testing.T, s *store.Store, accountID string) map[string][]string {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.System("test", accountID))
	client := s.Client(ctx)
	found := map[string][]string{}
	gather(ctx, t, found, "users", client.User.Query().Order(byID).All)
	gather(ctx, t, found, "teams", client.Team.Query().Order(byID).All)
	gather(ctx, t, found, "members", client.InboxUser.Query().Order(byID).All)
	gather(ctx, t, found, "inboxes", client.Inbox.Query().Order(byID).All)
	gather(ctx, t, found, "channels", client.Channel.Query().Order(byID).All)
	gather(ctx, t, found, "mailboxes", client.EmailChannel.Query().Order(byID).All)
	gather(ctx, t, found, "addresses", client.ChannelAddress.Query().Order(byID).All)
	gather(ctx, t, found, "targeted", client.TargetedMessage.Query().Order(byID).All)
	gather(ctx, t, found, "contacts", client.Contact.Query().Order(byID).All)
	gather(ctx, t, found, "visitors", client.Visitor.Query().Order(byID).All)
	gather(ctx, t, found, "blocks", client.Block.Query().Order(byID).All)
	gather(ctx, t, found, "conversations", client.Conversation.Query().Order(byID).All)
	gather(ctx, t, found, "messages", client.Message.Query().Order(byID).All)
	gather(ctx, t, found, "revisions", client.MessageRevision.Query().Order(byID).All)
	gather(ctx, t, found, "read", client.ReadPosition.Query().Order(byID).All)
	gather(ctx, t, found, "events", client.Event.Query().Order(byID).All)
	gather(ctx, t, found, "tokens", client.ApiToken.Query().Order(byID).Select(entapitoken.FieldName, entapitoken.FieldUserID).All)
	return found
}

func gather[T any](ctx context.Context, t *testing.T, into map[string][]string, name string, all func(context.Context) ([]T, error)) {
	t.Helper()
	list, err := all(ctx)
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d rows, %v", name, len(list), err)
	}
	for _, row := range list {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		into[name] = append(into[name], string(text))
	}
}
