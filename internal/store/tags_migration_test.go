package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	entevent "parley/ent/event"
	enttag "parley/ent/tag"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-31: the words of conversations, saved views and events become tags of their
// account, one for all spellings, the most frequent of which is its name.
func TestTagsAreMadeOfWords(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, other := testkit.Account(t, s), testkit.Account(t, s)
		words := [][]string{{"VIP", "Ärger"}, {"VIP"}, {"ärger", "vip", "quote\"d"}}
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			for i, list := range words {
				if err := tx.Client.Conversation.UpdateOneID(f.ConversationIDs[i]).SetTags(list).Exec(ctx); err != nil {
					return err
				}
			}
			tx.Append(ctx, store.Event{
				Type: vocab.ConversationTagged, InboxID: f.InboxIDs[0], ConversationID: f.ConversationIDs[0],
				Changes: []vocab.FieldChange{{Field: "tags", Added: []string{"vip", "VIP"}, Removed: []string{"gone"}}, {Field: "status", From: check.Ptr("OPEN")}},
			})
			filter := `{"Tags": ["vip", "seldom"], "OpenedAfter": 1767225600000000, "Not": [{"Tags": ["ärger"]}], "Any": null}`
			return tx.Client.SavedView.Create().SetID(id.New(id.SavedView)).SetInboxID("").SetOwnerID(f.AdminID).SetPrivateTo(f.AdminID).SetName("Words").
				SetView(vocab.ViewAll).SetFilter(json.RawMessage(filter)).SetOrderBy(vocab.ActivityDesc).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		other.Write(other.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Conversation.UpdateOneID(other.ConversationIDs[0]).SetTags([]string{"VIP"}).Exec(ctx)
		})
		if err := s.MakeTagsOfWords(t.Context()); err != nil {
			t.Fatal(err)
		}
		client := s.Client(f.System)
		ids, names := map[string]string{}, []string{}
		for _, tag := range check.Must(client.Tag.Query().Order(enttag.ByFolded()).All(f.System))(t) {
			ids[tag.Folded] = tag.ID
			names = append(names, tag.Name)
		}
		check.Same(t, names, []string{"gone", "quote\"d", "seldom", "VIP", "Ärger"})
		for i, want := range [][]string{{"vip", "ärger"}, {"vip"}, {"quote\"d", "vip", "ärger"}} {
			got := check.Must(client.Conversation.Get(f.System, f.ConversationIDs[i]))(t).Tags
			for j, folded := range want {
				want[j] = ids[folded]
			}
			slices.Sort(got)
			slices.Sort(want)
			check.Same(t, got, want)
		}
		e := check.Must(client.Event.Query().Where(entevent.TypeEQ(vocab.ConversationTagged)).Only(f.System))(t)
		check.Same(t, e.Changes, []vocab.FieldChange{{Field: "tags", Added: []string{ids["vip"]}, Removed: []string{ids["gone"]}}, {Field: "status", From: check.Ptr("OPEN")}})
		var filter struct {
			Tags        []string
			OpenedAfter json.Number
			Not         []struct{ Tags []string }
		}
		if err := json.Unmarshal(check.Must(client.SavedView.Query().Only(f.System))(t).Filter, &filter); err != nil {
			t.Fatal(err)
		}
		check.Same(t, []any{filter.Tags, filter.OpenedAfter.String(), filter.Not[0].Tags},
			[]any{[]string{ids["vip"], ids["seldom"]}, "1767225600000000", []string{ids["ärger"]}})
		theirs := check.Must(s.Client(other.System).Tag.Query().Only(other.System))(t)
		check.Same(t, check.Must(s.Client(other.System).Conversation.Get(other.System, other.ConversationIDs[0]))(t).Tags, []string{theirs.ID})
		check.Same(t, theirs.ID == ids["vip"], false)
	})
}
