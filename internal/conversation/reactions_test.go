package conversation_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/account"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/opt"
	"parley/internal/reaction"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// reacting is a desk on a node where the consumers of the log run.
type reacting struct {
	*suite
	accounts *account.Service
	inboxes  *inbox.Service
	contacts *contact.Service
	types    map[string][]vocab.EventType // of each consumer
	waiting  string                       // a chat that no one could take at first

	mu      sync.Mutex
	handled map[string]map[int64]bool // by consumer, sequences
	more    chan struct{}             // closed when an event was handled
}

// deaf is a bus that carries nothing: the node hears of its own commits.
type deaf struct{}

func (deaf) Publish(string, []byte) error                { return nil }
func (deaf) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

func eachReacting(t *testing.T, test func(t *testing.T, r *reacting)) {
	t.Helper()
	eachAlone(t, func(t *testing.T, d *suite) {
		r := &reacting{
			suite: d, accounts: account.New(d.Store), contacts: contact.New(d.Store),
			types: map[string][]vocab.EventType{}, handled: map[string]map[int64]bool{}, more: make(chan struct{}),
		}
		r.inboxes = inbox.New(d.Store, r.accounts, d.Service, desk.NoMailboxes{})
		engine := reaction.New(d.Store, slog.New(slog.DiscardHandler))
		for _, c := range d.Consumers() {
			engine.Register(r.noted(c))
		}
		feed := event.NewFeed(d.Store, deaf{}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); engine.Run(ctx, feed, deaf{}) }()
		t.Cleanup(func() { cancel(); <-ended })
		test(t, r)
	})
}

// noted is a consumer of which the test knows what it handled.
func (r *reacting) noted(c reaction.Consumer) reaction.Consumer {
	r.types[c.Name], r.handled[c.Name] = c.Types, map[int64]bool{}
	c.FromFloor = true // the engine may start after the test's first event
	handle := c.Handle
	c.Handle = func(ctx context.Context, e *event.Entry) error {
		err := handle(ctx, e)
		if err == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.handled[c.Name][e.Sequence] = true
			close(r.more)
			r.more = make(chan struct{})
		}
		return err
	}
	return c
}

// settles waits until everything in the log so far is handled.
func (r *reacting) settles() {
	r.T.Helper()
	log := check.Must(r.Store.Client(r.System).Event.Query().Order(entevent.BySequence()).All(r.System))(r.T)
	for {
		r.mu.Lock()
		missing, more := r.missing(log), r.more
		r.mu.Unlock()
		if missing == nil {
			return
		}
		select {
		case <-more:
		case <-time.After(time.Minute):
			r.T.Fatalf("no consumer handled event %d, %s", missing.Sequence, missing.Type)
		}
	}
}

func (r *reacting) missing(log []*ent.Event) *ent.Event {
	for name, types := range r.types {
		for _, e := range log {
			if slices.Contains(types, e.Type) && !r.handled[name][e.Sequence] {
				return e
			}
		}
	}
	return nil
}

// waits begins a chat that only the first agent may get, who cannot take it now.
func (r *reacting) waits() {
	r.T.Helper()
	r.settles()
	c := r.StartChat(0, "Hello", r.by(among(r.AgentIDs[0])))
	check.Same(r.T, []any{c.AssigneeID, c.AwaitsOffer}, []any{"", true})
	r.waiting = c.ID
}

// AC-11: who loses the last path to an inbox loses their open conversations
// there, which are routed again; a second path keeps them, and closed ones keep
// the name.
func TestLeavingReleasesConversations(t *testing.T) {
	t.Parallel()
	eachReacting(t, func(t *testing.T, r *reacting) {
		box, agent := r.InboxIDs[0], r.AgentIDs[0]
		open, closed := r.ConversationIDs[0], r.ConversationIDs[1]
		r.MustAssign(open, agent)
		r.MustAssign(closed, agent)
		r.MustClose(closed)
		team := check.Must(r.accounts.CreateTeam(r.Admin, account.CreateTeamInput{Name: "Night", UserIDs: []string{agent}}))(t)

		change := func(in inbox.UpdateInboxMembersInput) {
			t.Helper()
			in.InboxID = box
			check.Must(r.inboxes.UpdateMembers(r.Admin, in))(t)
			r.settles()
		}
		change(inbox.UpdateInboxMembersInput{RemoveUserIDs: []string{agent}, AddTeamIDs: []string{team.ID}})
		check.Same(t, r.Row(open).AssigneeID, agent)
		change(inbox.UpdateInboxMembersInput{RemoveTeamIDs: []string{team.ID}})
		check.Same(t, []string{r.Row(open).AssigneeID, r.Row(closed).AssigneeID}, []string{"", agent})
		reason := check.Must(r.Store.Client(r.System).Event.Query().
			Where(entevent.ConversationID(open), entevent.TypeEQ(vocab.ConversationUnassigned)).Only(r.System))(t).Changes
		check.Same(t, *reason[len(reason)-1].To, conversation.ReasonNotAMember)
	})
}

// AC-11: losing a team, or the team its inbox, or the user themselves, releases
// what is open.
func TestWaysToLoseConversations(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, r *reacting, teamID, agent string){
		"out of the team": func(t *testing.T, r *reacting, teamID, agent string) {
			check.Must(r.accounts.UpdateTeam(r.Admin, account.UpdateTeamInput{TeamID: teamID, RemoveUserIDs: []string{agent}}))(t)
		},
		"the team is deleted": func(t *testing.T, r *reacting, teamID, _ string) {
			check.Must(r.accounts.DeleteTeam(r.Admin, account.DeleteTeamInput{TeamID: teamID}))(t)
		},
		"deactivated": func(t *testing.T, r *reacting, _, agent string) {
			check.Must(r.accounts.Deactivate(r.Admin, account.DeactivateUserInput{UserID: agent}))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachReacting(t, func(t *testing.T, r *reacting) {
				box, agent, c := r.InboxIDs[0], r.AgentIDs[0], r.ConversationIDs[0]
				team := check.Must(r.accounts.CreateTeam(r.Admin, account.CreateTeamInput{Name: "Night", UserIDs: []string{agent}}))(t)
				check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: box, RemoveUserIDs: []string{agent}, AddTeamIDs: []string{team.ID}}))(t)
				r.MustAssign(c, agent)
				lose(t, r, team.ID, agent)
				r.settles()
				check.Same(t, r.Row(c).AssigneeID, "")
			})
		})
	}
}

// AC-11: a deleted team is taken from its conversations, closed ones too.
func TestDeletedTeamLeavesConversations(t *testing.T) {
	t.Parallel()
	eachReacting(t, func(t *testing.T, r *reacting) {
		team := check.Must(r.accounts.CreateTeam(r.Admin, account.CreateTeamInput{Name: "Night", UserIDs: r.AgentIDs[:]}))(t)
		check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: r.InboxIDs[0], AddTeamIDs: []string{team.ID}}))(t)
		c := r.ConversationIDs[0]
		check.Must(r.TryAssign(c, nil, &team.ID))(t)
		r.MustClose(c)
		check.Must(r.accounts.DeleteTeam(r.Admin, account.DeleteTeamInput{TeamID: team.ID}))(t)
		r.settles()
		check.Same(t, r.Row(c).AssignedTeamID, "")
	})
}

// RT-4: whoever becomes able to take conversations is offered what waits: back
// from away, with a seat, with more capacity, as a member, and by their team.
func TestWhoeverIsAbleIsOffered(t *testing.T) {
	t.Parallel()
	for name, enable := range map[string]func(t *testing.T, r *reacting, agent string){
		"available": func(t *testing.T, r *reacting, agent string) {
			check.Must(r.accounts.SetAvailability(r.Admin, account.SetAvailabilityInput{UserID: &agent, Availability: vocab.Away}))(t)
			r.waits()
			check.Must(r.accounts.SetAvailability(r.Admin, account.SetAvailabilityInput{UserID: &agent, Availability: vocab.Available}))(t)
		},
		"capacity": func(t *testing.T, r *reacting, agent string) {
			check.Must(r.accounts.UpdateUser(r.Admin, account.UpdateUserInput{UserID: agent, ChatCapacity: opt.Of(1)}))(t)
			r.MustAssign(r.ConversationIDs[0], agent)
			r.waits()
			check.Must(r.accounts.UpdateUser(r.Admin, account.UpdateUserInput{UserID: agent, ChatCapacity: opt.Of(9)}))(t)
		},
		"seat": func(t *testing.T, r *reacting, agent string) {
			check.Must(r.accounts.UpdateUser(r.Admin, account.UpdateUserInput{UserID: agent, Seat: opt.Of(vocab.SeatNone)}))(t)
			r.waits()
			check.Must(r.accounts.UpdateUser(r.Admin, account.UpdateUserInput{UserID: agent, Seat: opt.Of(vocab.SeatService)}))(t)
		},
		"member": func(t *testing.T, r *reacting, agent string) {
			check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: r.InboxIDs[0], RemoveUserIDs: []string{agent}}))(t)
			r.waits()
			check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: r.InboxIDs[0], AddUserIDs: []string{agent}}))(t)
		},
		"by their team": func(t *testing.T, r *reacting, agent string) {
			check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: r.InboxIDs[0], RemoveUserIDs: []string{agent}}))(t)
			team := check.Must(r.accounts.CreateTeam(r.Admin, account.CreateTeamInput{Name: "Night"}))(t)
			check.Must(r.inboxes.UpdateMembers(r.Admin, inbox.UpdateInboxMembersInput{InboxID: r.InboxIDs[0], AddTeamIDs: []string{team.ID}}))(t)
			r.waits()
			check.Must(r.accounts.UpdateTeam(r.Admin, account.UpdateTeamInput{TeamID: team.ID, AddUserIDs: []string{agent}}))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachReacting(t, func(t *testing.T, r *reacting) {
				agent := r.AgentIDs[0]
				check.Must(r.accounts.UpdateUser(r.Admin, account.UpdateUserInput{UserID: agent, Seat: opt.Of(vocab.SeatService)}))(t)
				enable(t, r, agent)
				r.settles()
				check.Same(t, r.Row(r.waiting).AssigneeID, agent)
			})
		})
	}
}

// IN-5: a contact's conversations are found by a new name, and live views of
// words hear of it once.
func TestRenamedContactIsFound(t *testing.T) {
	t.Parallel()
	eachReacting(t, func(t *testing.T, r *reacting) {
		c := r.StartChat(0, "Hello").ID
		check.Must(r.LinkContact(r.Agent(1), conversation.LinkContactInput{Target: conversation.On(c), ContactID: r.ContactID}))(t)
		check.Must(r.contacts.Update(r.Admin, contact.UpdateContactInput{ContactID: r.ContactID, ContactFacts: contact.ContactFacts{Name: opt.Of("Zenobia")}}))(t)
		r.settles()
		check.Same(t, slices.Contains(r.Found(r.Agent(1), "zenobia"), c), true)
		silent := 0
		for _, e := range check.Must(r.Store.Client(r.System).Event.Query().Where(entevent.TypeEQ(vocab.ContactUpdated)).All(r.System))(t) {
			if len(e.Changes) == 0 {
				silent++
			}
		}
		check.Same(t, silent, 1)
	})
}

// ENG-1: an event that is handled again changes nothing, and after a reset the
// checks make up for events that were passed over.
func TestReactionsMayRepeatAndCatchUp(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		agent, c := d.AgentIDs[0], d.ConversationIDs[0]
		accounts, inboxes := account.New(d.Store), inbox.New(d.Store, account.New(d.Store), d.Service, desk.NoMailboxes{})
		d.MustAssign(c, agent)
		check.Must(inboxes.UpdateMembers(d.Admin, inbox.UpdateInboxMembersInput{InboxID: d.InboxIDs[0], RemoveUserIDs: []string{agent}}))(t)
		team := check.Must(accounts.CreateTeam(d.Admin, account.CreateTeamInput{Name: "Night"}))(t)
		d.AlterRow(d.ConversationIDs[1], func(u *ent.ConversationUpdateOne) { u.SetAssignedTeamID(team.ID) })
		check.Must(accounts.DeleteTeam(d.Admin, account.DeleteTeamInput{TeamID: team.ID}))(t)
		for round := range 2 {
			events := d.EventsOf(func() {
				for _, consumer := range d.Consumers() {
					ctx := viewer.NewContext(t.Context(), viewer.System(consumer.Name, d.AccountID))
					check.NoError(t, consumer.Check(ctx))
				}
			})
			check.Same(t, []any{d.Row(c).AssigneeID, d.Row(d.ConversationIDs[1]).AssignedTeamID}, []any{"", ""})
			if again := round == 1; again {
				check.Same(t, len(events), 0)
			}
		}
		removed := check.Must(d.Store.Client(d.System).Event.Query().Where(entevent.TypeEQ(vocab.MemberRemoved)).First(d.System))(t)
		release := d.Consumers()[0]
		check.Same(t, len(d.EventsOf(func() {
			ctx := viewer.NewContext(t.Context(), viewer.System(release.Name, d.AccountID))
			check.NoError(t, release.Handle(ctx, &event.Entry{Event: removed}))
		})), 0)
	})
}
