package account_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent/event"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AC-2, AC-13: a user's address is unique in the account, and kept in lower case.
func TestCreateUser(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := account.CreateUserInput{Name: "  Eve\n Evans ", Email: "Eve@Example.com", Role: vocab.RoleAgent, Seat: vocab.SeatNone, IdempotencyKey: check.Ptr("1")}
		u, err := o.people.CreateUser(o.Admin, in)
		check.NoError(t, err)
		if u.Name != "Eve Evans" || u.Email != "eve@example.com" || u.Availability != vocab.Available {
			t.Fatalf("got %+v", u)
		}
		again, err := o.people.CreateUser(o.Admin, in)
		check.NoError(t, err)
		if again.ID != u.ID {
			t.Fatal("the repeated call made another user")
		}
		in.IdempotencyKey = nil
		_, err = o.people.CreateUser(o.Admin, in)
		check.Refused(t, err, errs.AlreadyExists, "email")
		if diff := cmp.Diff([]string{"USER_CREATED " + u.ID}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		// AC-1: another account may have a user of that address.
		other := testkit.Account(t, o.Store)
		_, err = o.people.CreateUser(other.Admin, in)
		check.NoError(t, err)

		_, err = o.people.CreateUser(o.Admin, account.CreateUserInput{Name: strings.Repeat("x", 201), Email: "Eve <eve@example.com>"})
		if diff := cmp.Diff([]string{"INVALID email", "TOO_LONG name"}, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.people.CreateUser(o.Agent(0), in)
		check.Refused(t, err, errs.Forbidden)
	})
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := account.UpdateUserInput{UserID: o.AgentIDs[0], Name: opt.Of("Ben"), Seat: opt.Of(vocab.SeatSales), ReassignRepliesWhenAway: opt.Of(true)}
		for range 2 { // the second time nothing changes
			u, err := o.people.UpdateUser(o.Admin, in)
			check.NoError(t, err)
			if u.Name != "Ben" || u.Seat != vocab.SeatSales || !u.ReassignRepliesWhenAway || u.Role != vocab.RoleAgent {
				t.Fatalf("got %+v", u)
			}
		}
		e, err := o.Store.Client(o.System).Event.Query().Where(event.TypeEQ(vocab.UserUpdated)).Only(o.System)
		check.NoError(t, err)
		told := map[string]string{}
		for _, c := range e.Changes {
			told[c.Field] = deref(c.From) + ">" + deref(c.To)
		}
		// NT-3: the name appears by its field alone.
		want := map[string]string{"name": ">", "seat": "SERVICE>SALES", "reassignRepliesWhenAway": "false>true"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatal(diff)
		}
		for _, unknown := range []string{"nobody", id.New(id.User), o.InboxIDs[0], strings.Repeat("x", 100_000)} {
			_, err = o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: unknown, Name: opt.Of("X")})
			check.Refused(t, err, errs.NotFound, "userId")
			if len(err.Error()) > 500 {
				t.Fatal("the error repeats all that was sent")
			}
		}
	})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// AC-7: one's own by oneself, another's by an admin.
func TestSetAvailability(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		for range 2 {
			u, err := o.people.SetAvailability(o.Agent(0), account.SetAvailabilityInput{Availability: vocab.Away})
			check.NoError(t, err)
			if u.ID != o.AgentIDs[0] || u.Availability != vocab.Away {
				t.Fatalf("got %+v", u)
			}
		}
		_, err := o.people.SetAvailability(o.Agent(0), account.SetAvailabilityInput{UserID: &o.AgentIDs[1], Availability: vocab.Away})
		check.Refused(t, err, errs.Forbidden)
		narrow := *viewer.FromContext(o.Admin)
		narrow.Scopes = []string{viewer.ScopeInbox}
		_, err = o.people.SetAvailability(viewer.NewContext(t.Context(), &narrow), account.SetAvailabilityInput{UserID: &o.AgentIDs[1], Availability: vocab.Away})
		check.Refused(t, err, errs.Forbidden)
		_, err = o.people.SetAvailability(o.Admin, account.SetAvailabilityInput{UserID: &o.AgentIDs[1], Availability: vocab.Away})
		check.NoError(t, err)
		want := []string{"USER_AVAILABILITY_CHANGED " + o.AgentIDs[0], "USER_AVAILABILITY_CHANGED " + o.AgentIDs[1]}
		if diff := cmp.Diff(want, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// AC-11: deactivation takes everything away at once, but what the user wrote.
func TestDeactivate(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		token := o.token(t, o.AgentIDs[0])
		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:]})
		check.NoError(t, err)
		o.jobs.TakenArgs()
		before := len(o.events(t))
		for range 2 {
			u, err := o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AgentIDs[0]})
			check.NoError(t, err)
			if !u.DeactivatedAt.IsSet() {
				t.Fatal("the user is active")
			}
		}
		want := []string{
			"USER_DEACTIVATED " + o.AgentIDs[0], "TOKEN_REVOKED " + token.Token.ID,
			"MEMBER_REMOVED " + o.AgentIDs[0], "TEAM_UPDATED " + team.ID,
		}
		if diff := cmp.Diff(want, o.events(t)[before:]); diff != "" {
			t.Fatal(diff)
		}
		active, err := o.people.Users(o.Admin, false, paging.PageArgs{})
		check.NoError(t, err)
		all, err := o.people.Users(o.Admin, true, paging.PageArgs{})
		check.NoError(t, err)
		if len(active.Edges) != 2 || len(all.Edges) != 3 {
			t.Fatalf("%d active of %d", len(active.Edges), len(all.Edges))
		}
		_, err = o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Role: opt.Of(vocab.RoleAdmin)})
		check.Refused(t, err, errs.NotEligible, "userId")
	})
}

// AC-11: the last admin stays.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		demote := account.UpdateUserInput{UserID: o.AdminID, Role: opt.Of(vocab.RoleAgent)}
		_, err := o.people.UpdateUser(o.Admin, demote)
		check.Refused(t, err, errs.LastAdmin, "role")
		_, err = o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AdminID})
		check.Refused(t, err, errs.LastAdmin, "userId")
		if n := len(o.events(t)); n != 0 {
			t.Fatalf("%d events of what was refused", n)
		}
		_, err = o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Role: opt.Of(vocab.RoleAdmin)})
		check.NoError(t, err)
		_, err = o.people.UpdateUser(o.Admin, demote)
		check.NoError(t, err)
	})
}

// AC-11: of several admins who take each other away at once, on several nodes,
// one stays.
func TestLastAdminAmongMany(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, nil)
		nodes := []*store.Store{s, s}
		if db.URL() != "" {
			nodes[1] = another(t, db)
		}
		for _, n := range nodes {
			n.UseJobs(&check.Jobs{})
		}
		f := testkit.Account(t, s)
		admins := append(slices.Clone(f.AgentIDs[:]), f.AdminID)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.User.Update().SetRole(vocab.RoleAdmin).Exec(ctx)
		})
		var wait sync.WaitGroup
		for i, userID := range admins {
			wait.Go(func() {
				p := account.New(nodes[i%2])
				if i%2 == 0 {
					_, _ = p.Deactivate(f.System, account.DeactivateUserInput{UserID: userID})
				} else {
					_, _ = p.UpdateUser(f.System, account.UpdateUserInput{UserID: userID, Role: opt.Of(vocab.RoleAgent)})
				}
			})
		}
		wait.Wait()
		left, err := account.New(s).Users(f.System, false, paging.PageArgs{})
		check.NoError(t, err)
		n := 0
		for _, u := range left.Nodes() {
			if u.Role == vocab.RoleAdmin {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%d admins are left", n)
		}
	})
}

// another opens the database a second time, as another node does.
func another(t *testing.T, db testkit.Database) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), db.Options(""))
	check.NoError(t, err)
	t.Cleanup(func() { check.NoError(t, s.Close()) })
	return s
}
