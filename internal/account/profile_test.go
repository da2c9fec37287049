package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// AC-8: users say themselves what becomes of replies while they are away.
func TestUpdateOwnProfile(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := account.UpdateOwnProfileInput{Name: opt.Of("Benedict"), AvatarURL: opt.Of("https://example.com/ben.png"), ReassignRepliesWhenAway: opt.Of(true), IdempotencyKey: check.Ptr("k")}
		for range 2 {
			u, err := o.people.UpdateOwnProfile(o.Agent(0), in)
			check.NoError(t, err)
			if u.ID != o.AgentIDs[0] || u.Name != "Benedict" || u.AvatarURL != *in.AvatarURL.Value() || !u.ReassignRepliesWhenAway ||
				u.Role != vocab.RoleAgent || u.Seat != vocab.SeatService {
				t.Fatalf("got %+v", u)
			}
		}
		if diff := cmp.Diff([]string{"USER_UPDATED " + o.AgentIDs[0]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.people.UpdateOwnProfile(o.Agent(0), account.UpdateOwnProfileInput{Name: opt.Of(" ")})
		check.Refused(t, err, errs.Required, "name")
		_, err = o.people.UpdateOwnProfile(o.System, in)
		check.Refused(t, err, errs.Forbidden)
	})
}

// RT-2: admins set how many chats a user gets at once.
func TestChatCapacity(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		u, err := o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], ChatCapacity: opt.Of(3)})
		check.NoError(t, err)
		if u.ChatCapacity != 3 {
			t.Fatalf("got %+v", u)
		}
		for _, bad := range []int{-1, 1001} {
			_, err = o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], ChatCapacity: opt.Of(bad)})
			check.Refused(t, err, errs.Invalid, "chatCapacity")
		}
	})
}
