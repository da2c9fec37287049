package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/inbox"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// IB-1: the members are those who are named, else the caller alone.
func TestCreate(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := inbox.CreateInboxInput{Name: " Press ", IdempotencyKey: check.Ptr("k")}
		press, err := o.inboxes.Create(o.Admin, in)
		check.NoError(t, err)
		again, err := o.inboxes.Create(o.Admin, in)
		check.NoError(t, err)
		if press.Name != "Press" || again.ID != press.ID {
			t.Fatalf("got %+v and %+v", press, again)
		}
		if diff := cmp.Diff([]string{o.AdminID}, o.members(t, press.ID)); diff != "" {
			t.Fatal(diff)
		}
		want := []string{"INBOX_CREATED " + press.ID, "MEMBER_ADDED " + o.AdminID}
		if diff := cmp.Diff(want, o.events(t)); diff != "" {
			t.Fatal(diff)
		}

		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:]})
		check.NoError(t, err)
		jobs, err := o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: "Jobs", UserIDs: o.AgentIDs[:1], TeamIDs: []string{team.ID}})
		check.NoError(t, err)
		if diff := cmp.Diff(sorted(o.AgentIDs[:]...), o.members(t, jobs.ID)); diff != "" {
			t.Fatal(diff)
		}
		direct, err := o.inboxes.Users(o.Admin, slices.Repeat(list(jobs), 2), paging.PageArgs{})
		check.NoError(t, err)
		teams, err := o.inboxes.Teams(o.Admin, list(jobs), paging.PageArgs{})
		check.NoError(t, err)
		if len(direct) != 2 || len(direct[1].Edges) != 1 || direct[1].Nodes()[0].ID != o.AgentIDs[0] || len(teams[0].Edges) != 1 {
			t.Fatalf("direct members %v, teams %v", direct, teams)
		}
	})
}

func list[T any](one ...T) []T { return one }

func TestCreateIsRefused(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		other := testkit.Account(t, o.Store)
		_, err := o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AgentIDs[1]})
		check.NoError(t, err)
		before := len(o.events(t))
		_, err = o.inboxes.Create(o.Admin, inbox.CreateInboxInput{
			Name:    "\n",
			UserIDs: []string{o.AdminID, other.AdminID, o.AgentIDs[1]}, // AC-1: another account's
			TeamIDs: []string{o.AdminID},
		})
		want := []string{"NOT_ELIGIBLE userIds.2", "NOT_FOUND teamIds.0", "NOT_FOUND userIds.1", "REQUIRED name"}
		if diff := cmp.Diff(want, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		for name, want := range map[string]string{strings.Repeat("é", 201): "TOO_LONG name", "a\xffb": "INVALID name"} {
			_, err := o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: name})
			if diff := cmp.Diff([]string{want}, check.Faults(err)); diff != "" {
				t.Fatal(diff)
			}
		}
		// AC-5
		_, err = o.inboxes.Create(o.Agent(0), inbox.CreateInboxInput{Name: "Mine"})
		check.Refused(t, err, errs.Forbidden)
		if after := len(o.events(t)); after != before {
			t.Fatal("refused calls left events")
		}
	})
}

// AC-6: the limit is exact, also when several nodes make inboxes at once.
func TestInboxLimit(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, nil)
		nodes := []*office{open(t, s), nil}
		nodes[1] = nodes[0]
		if db.URL() != "" {
			second, err := store.Open(t.Context(), db.Options(""))
			check.NoError(t, err)
			t.Cleanup(func() { check.NoError(t, second.Close()) })
			nodes[1] = open(t, second)
		}
		f := testkit.Account(t, s)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Account.UpdateOneID(f.AccountID).SetMaxInboxes(5).Exec(ctx)
		})
		made := make(chan error, 10)
		var wait sync.WaitGroup
		for i := range cap(made) {
			wait.Go(func() {
				_, err := nodes[i%2].inboxes.Create(f.Admin, inbox.CreateInboxInput{Name: fmt.Sprint("Inbox ", i)})
				made <- err
			})
		}
		wait.Wait()
		close(made)
		n := 0
		for err := range made {
			if err == nil {
				n++
			} else {
				check.Refused(t, err, errs.InboxLimitReached)
				check.Same(t, errs.Of(err).Data.Limit, 5) // API-15
			}
		}
		all, err := nodes[0].inboxes.List(f.Admin, paging.PageArgs{})
		check.NoError(t, err)
		if n != 3 || len(all.Edges) != 5 {
			t.Fatalf("%d were made, %d are there; two were there before", n, len(all.Edges))
		}
	})
}

// IB-1, IB-2: who may see an inbox, and rename it.
func TestFindAndRename(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		// AC-3: agents see their own inboxes, admins all.
		for _, c := range []struct {
			ctx  context.Context
			want int
		}{{o.Admin, 2}, {o.Agent(0), 1}, {o.Agent(1), 2}} {
			all, err := o.inboxes.List(c.ctx, paging.PageArgs{})
			check.NoError(t, err)
			if len(all.Edges) != c.want {
				t.Fatalf("sees %d inboxes, want %d", len(all.Edges), c.want)
			}
		}
		for _, unseen := range []string{o.InboxIDs[1], "x", id.New(id.Inbox), o.AdminID} {
			i, err := o.inboxes.Find(o.Agent(0), unseen)
			check.NoError(t, err)
			if i != nil {
				t.Fatalf("the agent sees %s", i.ID)
			}
		}
		for range 2 {
			i, err := o.inboxes.Rename(o.Admin, inbox.RenameInboxInput{InboxID: o.InboxIDs[1], Name: "Help"})
			check.NoError(t, err)
			if i.Name != "Help" {
				t.Fatalf("its name is %q", i.Name)
			}
		}
		if diff := cmp.Diff([]string{"INBOX_UPDATED " + o.InboxIDs[1]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.inboxes.Rename(o.Admin, inbox.RenameInboxInput{InboxID: o.AdminID, Name: "Help"})
		check.Refused(t, err, errs.NotFound, "inboxId")
	})
}

// IB-1: the name is unique in the account, whatever its case; a deleted inbox frees it.
func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		press, err := o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: "Prässe"})
		check.NoError(t, err)
		_, err = o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: " PRÄSSE "})
		check.Refused(t, err, errs.AlreadyExists, "name")
		_, err = o.inboxes.Rename(o.Admin, inbox.RenameInboxInput{InboxID: o.InboxIDs[0], Name: "prässe"})
		check.Refused(t, err, errs.AlreadyExists, "name")
		same, err := o.inboxes.Rename(o.Admin, inbox.RenameInboxInput{InboxID: press.ID, Name: "PRÄSSE"})
		check.NoError(t, err)
		if same.Name != "PRÄSSE" {
			t.Fatalf("the name is %q", same.Name)
		}
		other := testkit.Account(t, o.Store)
		_, err = o.inboxes.Create(other.Admin, inbox.CreateInboxInput{Name: "prässe"})
		check.NoError(t, err)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.UpdateOneID(press.ID).SetDeletedAt(tx.Now()).Exec(ctx)
		})
		_, err = o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: "prässe"})
		check.NoError(t, err)
	})
}
