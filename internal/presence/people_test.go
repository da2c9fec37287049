package presence_test

import (
	"log/slog"
	"slices"
	"testing"

	"parley/internal/bus"
	"parley/internal/id"
	"parley/internal/presence"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// IB-8: who has a stream open on any node is connected; of several streams the last one
// that ends counts, and visitors, programs and other accounts do not.
func TestConnectedOverNodes(t *testing.T) {
	t.Parallel()
	b := check.Must(bus.Open(bus.Options{}))(t)
	t.Cleanup(func() { check.NoError(t, b.Close()) })
	quiet := slog.New(slog.DiscardHandler)
	here, there := presence.New(nil, b, quiet), presence.New(nil, b, quiet)
	account, ada, bob := id.New(id.Account), id.New(id.User), id.New(id.User)
	user := func(userID string) *viewer.Viewer {
		return &viewer.Viewer{Kind: viewer.Agent, AccountID: account, ActorID: userID}
	}
	seenThere := func(want ...bool) {
		t.Helper()
		for {
			changed := there.ConnectedChanged(account)
			if slices.Equal(there.Connected(account, []string{ada, bob}), want) {
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatalf("got %v, want %v", there.Connected(account, []string{ada, bob}), want)
			}
		}
	}
	first, second := here.Connect(user(ada)), here.Connect(user(ada))
	for _, none := range []*viewer.Viewer{
		nil, {Kind: viewer.Visitor, AccountID: account, ActorID: id.New(id.Visitor)}, {Kind: viewer.Integration, AccountID: account, ActorID: bob},
		{Kind: viewer.Agent, AccountID: id.New(id.Account), ActorID: bob},
	} {
		defer here.Connect(none)()
	}
	seenThere(true, false) // it asked: it did not listen before
	check.Same(t, here.Connected(account, []string{bob, ada}), []bool{false, true})
	first()
	first()
	leave := here.Connect(user(bob))
	seenThere(true, true)
	second()
	seenThere(false, true)
	also := there.Connect(user(bob))
	leave()
	check.Same(t, there.Connected(account, []string{bob}), []bool{true})
	also()
	seenThere(false, false)
}
