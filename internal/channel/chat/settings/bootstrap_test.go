package settings_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/chat/settings"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

func TestBootstrap(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, nil, func(t *testing.T, s *store.Store) {
		o := open(t, s)
		first, err := o.settings.Bootstrap(t.Context(), "")
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), first.Token)
		check.NoError(t, err)
		if !first.Created || v.Kind != viewer.Admin || v.ActorID != first.UserID || !cmp.Equal(v.InboxIDs, []string{first.InboxID}) {
			t.Fatalf("made %+v, the token is %+v", first, v)
		}
		admin := viewer.NewContext(t.Context(), v)
		channels, err := o.inboxes.ChatChannels(admin, []*ent.Inbox{{ID: first.InboxID}})
		check.NoError(t, err)
		if channels[0] == nil || channels[0].ID != first.ChannelID {
			t.Fatalf("its channel is %v", channels[0])
		}
		want := []string{
			"USER_CREATED " + first.UserID, "TOKEN_CREATED " + v.TokenID, "INBOX_CREATED " + first.InboxID,
			"MEMBER_ADDED " + first.UserID, "CHANNEL_CREATED " + first.ChannelID,
		}
		if diff := cmp.Diff(want, events(admin, t, s)); diff != "" {
			t.Fatal(diff)
		}
		again, err := o.settings.Bootstrap(t.Context(), "")
		check.NoError(t, err)
		if diff := cmp.Diff(settings.First{First: account.First{AccountID: first.AccountID, UserID: first.UserID}}, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A token that is given later is let in, once.
func TestBootstrapWithToken(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, nil, func(t *testing.T, s *store.Store) {
		o := open(t, s)
		for _, bad := range []string{"short", "with spaces", "ünïcödé-ünïcödé"} {
			_, err := o.settings.Bootstrap(t.Context(), bad)
			check.Refused(t, err, errs.Invalid)
		}
		first, err := o.settings.Bootstrap(t.Context(), "given-at-first")
		check.NoError(t, err)
		for i, token := range []string{"given-at-first", "given-later", "given-later"} {
			again, err := o.settings.Bootstrap(t.Context(), token)
			check.NoError(t, err)
			if again.Created || (again.Token != "") != (i == 1) {
				t.Fatalf("round %d: %+v", i, again)
			}
			v, err := o.people.Authenticate(t.Context(), token)
			check.NoError(t, err)
			if v.ActorID != first.UserID {
				t.Fatalf("%q is %s", token, v.ActorID)
			}
		}
	})
}

// Two nodes that start at once on an empty database make one account.
func TestBootstrapOnTwoNodes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		nodes := []*office{open(t, db.Open(t, nil)), nil}
		nodes[1] = nodes[0]
		if db.URL() != "" {
			second, err := store.Open(t.Context(), db.Options(""))
			check.NoError(t, err)
			t.Cleanup(func() { check.NoError(t, second.Close()) })
			nodes[1] = open(t, second)
		}
		made := make([]settings.First, 4)
		var wait sync.WaitGroup
		for i := range made {
			wait.Go(func() {
				var err error
				if made[i], err = nodes[i%2].settings.Bootstrap(t.Context(), "the-same-token"); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		created := 0
		for _, m := range made {
			if m.Created {
				created++
			}
			if m.AccountID != made[0].AccountID {
				t.Errorf("made %s and %s", m.AccountID, made[0].AccountID)
			}
		}
		if created != 1 {
			t.Fatalf("%d nodes made the account", created)
		}
	})
}
