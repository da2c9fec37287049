package people_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// AC-8: users say themselves what becomes of replies while they are away.
func TestUpdateOwnProfile(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := people.UpdateOwnProfileInput{Name: ptr("Benedict"), AvatarURL: ptr("https://example.com/ben.png"), ReassignRepliesWhenAway: ptr(true), IdempotencyKey: ptr("k")}
		for range 2 {
			u, err := o.people.UpdateOwnProfile(o.Agent(0), in)
			must(t, err)
			if u.ID != o.AgentIDs[0] || u.Name != "Benedict" || u.AvatarURL != *in.AvatarURL || !u.ReassignRepliesWhenAway ||
				u.Role != vocab.RoleAgent || u.Seat != vocab.SeatService {
				t.Fatalf("got %+v", u)
			}
		}
		if diff := cmp.Diff([]string{"USER_UPDATED " + o.AgentIDs[0]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.people.UpdateOwnProfile(o.Agent(0), people.UpdateOwnProfileInput{Name: ptr(" ")})
		refused(t, err, errs.Required, "name")
		_, err = o.people.UpdateOwnProfile(o.System, in)
		refused(t, err, errs.Forbidden, "")
	})
}

// RT-2: admins set how many chats a user gets at once.
func TestChatCapacity(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		u, err := o.people.UpdateUser(o.Admin, people.UpdateUserInput{UserID: o.AgentIDs[0], ChatCapacity: ptr(3)})
		must(t, err)
		if u.ChatCapacity != 3 {
			t.Fatalf("got %+v", u)
		}
		for _, bad := range []int{-1, 1001} {
			_, err = o.people.UpdateUser(o.Admin, people.UpdateUserInput{UserID: o.AgentIDs[0], ChatCapacity: &bad})
			refused(t, err, errs.Invalid, "chatCapacity")
		}
	})
}

// RT-4: whoever becomes able to take conversations is offered what waits, and
// nobody asks while nothing waits.
func TestOffersAreRequested(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		offers := func() (n int) {
			for _, args := range o.jobs.taken() {
				if args == any(conversation.OfferArgs{AccountID: o.AccountID}) {
					n++
				}
			}
			return n
		}
		set := func(to vocab.UserAvailability) {
			_, err := o.people.SetAvailability(o.Agent(0), people.SetAvailabilityInput{Availability: to})
			must(t, err)
		}
		set(vocab.Away)
		set(vocab.Available)
		if offers() > 0 {
			t.Error("offers were requested, and nothing waits")
		}
		waits(t, o.Fixture)
		set(vocab.Away)
		if offers() > 0 {
			t.Error("somebody went away, and offers were requested")
		}
		set(vocab.Available)
		if offers() != 1 {
			t.Error("somebody came back, and nothing is offered")
		}
		_, err := o.people.UpdateUser(o.Admin, people.UpdateUserInput{UserID: o.AgentIDs[0], ChatCapacity: ptr(3)})
		must(t, err)
		if offers() != 1 {
			t.Error("a capacity rose, and nothing is offered")
		}
		waits(t, testkit.Account(t, o.Store))
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE conversations SET awaits_offer = false WHERE account_id = $1", o.AccountID)
			return err
		})
		set(vocab.Away)
		set(vocab.Available)
		if offers() > 0 {
			t.Error("what waits in another account was offered")
		}
	})
}

// waits has an account's first conversation wait for somebody.
func waits(t *testing.T, f *testkit.Fixture) {
	t.Helper()
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Conversation.UpdateOneID(f.ConversationIDs[0]).SetAwaitsOffer(true).Exec(ctx)
	})
}
