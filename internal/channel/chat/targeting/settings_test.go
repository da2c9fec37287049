package targeting_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

func (w *world) update(m *ent.TargetedMessage, s targeting.Settings) (*ent.TargetedMessage, error) {
	return w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, Settings: s})
}

// list makes a list of contacts.
func (w *world) list(contacts ...string) string {
	w.t.Helper()
	listID := id.New(id.ContactList)
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.ContactList.Create().SetID(listID).SetName("List").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		for _, c := range contacts {
			if err := tx.Client.ContactListMember.Create().SetID(id.New("listmember")).SetListID(listID).SetContactID(c).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return listID
}

// TM-1: publishing names every missing and every contradictory field; a draft
// may be kept with them.
func TestPublishNamesEveryFault(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		list := w.list()
		m := w.must(w.update(w.create("m", ""), targeting.Settings{
			Audience: opt.Of(vocab.AudienceEveryone), IncludeListIDs: opt.List(list), ExcludeListIDs: opt.List(list),
			Rules:        opt.List(&vocab.Targeting{Operator: vocab.OpAllPages}, &vocab.Targeting{Operator: vocab.OpIs}, &vocab.Targeting{Operator: vocab.OpQueryParam, Value: "x"}, &vocab.Targeting{Operator: vocab.OpQueryParam, Parameter: "p"}, &vocab.Targeting{Operator: vocab.OpIs, Value: "ftp://example.com/"}, &vocab.Targeting{Operator: vocab.OpIs, Value: "shop example/"}),
			Heading:      opt.Of(vocab.Heading{Kind: vocab.HeadingTeam, UserIDs: []string{w.AdminID}, Name: "N"}),
			EmailCapture: opt.Of(vocab.EmailCapture{Timing: vocab.CaptureNever, DelaySeconds: 5, Text: "Your address?"}),
			Display:      opt.Of(vocab.Display{SmallScreen: vocab.SmallScreenPrompt, OpenAfterSeconds: 5, OpenAfterScroll: 101, OpenAtLeaving: true}),
			Consent:      opt.Of(vocab.Consent{Processing: vocab.ConsentExplicit, CommunicationText: "News?"}),
		}))
		if m.Version != 2 || m.State != vocab.TargetedDraft {
			w.t.Fatalf("%+v", m)
		}
		_, err := w.publish(m)
		fails(w.t, err,
			"REQUIRED welcomeMessage", "INVALID includeListIds", "INVALID excludeListIds.0",
			"REQUIRED rules.1.url.value", "REQUIRED rules.2.queryParameter.parameter", "REQUIRED rules.3.queryParameter.value",
			"INVALID rules.4.url.value", "INVALID rules.5.url.value",
			"REQUIRED heading.teamId", "INVALID heading.userIds", "INVALID heading.name",
			"INVALID emailCapture.delaySeconds", "INVALID emailCapture.text",
			"INVALID display.openAfterScroll", "INVALID display.openAfterSeconds", "INVALID display.openAfterScroll", "INVALID display.openAtLeaving",
			"REQUIRED consent.processingText", "REQUIRED consent.contactSubscriptionTypeId")

		live := w.must(w.publish(w.create("live", "Hello")))
		_, err = w.update(live, targeting.Settings{
			Audience: opt.Of(vocab.AudienceLists), EmailCapture: opt.Of(vocab.EmailCapture{Timing: vocab.CaptureAfterDelay}),
			Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingContactOwner}),
			Consent: opt.Of(vocab.Consent{Processing: vocab.ConsentNone, ProcessingText: "t", SubscriptionTypeID: id.New(id.SubscriptionType)}),
		})
		fails(w.t, err, "REQUIRED includeListIds", "REQUIRED heading.fallbackId", "REQUIRED emailCapture.delaySeconds",
			"INVALID consent.processingText", "REQUIRED consent.communicationText", "NOT_FOUND consent.contactSubscriptionTypeId")
	})
}

// TM-1: what does not exist is refused at once, at its place.
func TestUnknownReferences(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		stranger := newWorld(w)
		_, err := w.update(w.create("m", "Hello"), targeting.Settings{
			Audience: opt.Of(vocab.AudienceLists), IncludeListIDs: opt.List(w.list(), stranger.list()), ExcludeListIDs: opt.List("x"),
			Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingUsers, UserIDs: []string{w.AdminID, stranger.AdminID}, TeamID: "t", FallbackID: "f"}),
			BotID:   opt.Of("bot"),
			Routing: opt.Of(vocab.Routing{Rules: []vocab.RoutingRule{{Target: vocab.RouteUsers, UserIDs: []string{stranger.AdminID}, Method: vocab.RoundRobin}}}),
		})
		fails(w.t, err, "INVALID routing", "NOT_FOUND includeListIds.1", "NOT_FOUND excludeListIds.0", "NOT_FOUND heading.userIds.1",
			"NOT_FOUND heading.fallbackId", "NOT_FOUND heading.teamId", "NOT_FOUND botId", "NOT_FOUND routing.rules.0.userIds.0")
	})
}

func newWorld(w *world) *world {
	other := *w
	other.Fixture = testkit.Account(w.t, w.Store)
	return &other
}

// TM-1: each edit makes a version; a visitor chats under the one that they were
// shown, until it is gone for an hour.
func TestVersions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.must(w.publish(w.create("m", "one")))
		w.clock.Advance(time.Minute)
		m = w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("two")}))
		shown := func(version *int) string {
			w.t.Helper()
			var as *ent.TargetedMessage
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				var err error
				as, err = targeting.AsShown(ctx, tx, m, version)
				return err
			})
			return fmt.Sprint(as.Version, as.WelcomeMessage)
		}
		for version, want := range map[int]string{0: "2two", 1: "1one", 2: "2two", 3: "2two"} {
			if got := shown(new(version)); got != want {
				w.t.Errorf("version %d: %s, want %s", version, got, want)
			}
		}
		if got := shown(nil); got != "2two" {
			w.t.Error(got)
		}
		w.clock.Advance(targeting.Grace - time.Microsecond)
		if got := shown(new(1)); got != "1one" {
			w.t.Error(got)
		}
		w.clock.Advance(time.Microsecond)
		if got := shown(new(1)); got != "2two" {
			w.t.Error(got)
		}
	})
}

// TM-1: a copy is a draft of its own, with the same settings and no counts.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		rules := []*vocab.Targeting{{Operator: vocab.OpIs, Value: "/pricing/*"}}
		m := w.must(w.publish(w.must(w.update(w.create("m", "Hello"), targeting.Settings{Rules: opt.List(rules...)}))))
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return targeting.Count(ctx, tx, m, targeting.Tally{Chats: 3})
		})
		c := w.must(w.Duplicate(w.Admin, targeting.DuplicateTargetedMessageInput{TargetedMessageID: m.ID}))
		if c.ID == m.ID || c.Name != "Copy of m" || c.State != vocab.TargetedDraft || c.Version != 1 || c.Position != 2 ||
			c.PublishedAt.IsSet() || !slices.Equal(c.Rules, m.Rules) || c.WelcomeMessage != m.WelcomeMessage {
			w.t.Errorf("%+v", c)
		}
		counts, err := w.Counts(w.Admin, []*ent.TargetedMessage{c, m})
		if diff := cmp.Diff([]*targeting.Tally{{}, {Chats: 3}}, counts); diff != "" || err != nil {
			w.t.Error(diff, err)
		}
	})
}

// TM-10: a view counts once a visitor, however many come at once; who opened it
// was shown it.
func TestViewsCountOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.must(w.publish(w.create("m", "Hello")))
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() {
				w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
					kind := []vocab.WidgetViewKind{vocab.ViewShown, vocab.ViewOpened}[i%2]
					return targeting.Saw(ctx, tx, m, w.VisitorIDs[i%3], kind)
				})
			})
		}
		all.Wait()
		counts, err := w.Counts(w.Admin, []*ent.TargetedMessage{m})
		if diff := cmp.Diff([]*targeting.Tally{{Shown: 3, Opened: 3}}, counts); diff != "" || err != nil {
			w.t.Error(diff, err)
		}
		if _, err := w.Delete(w.Admin, targeting.DeleteTargetedMessageInput{TargetedMessageID: m.ID}); err != nil {
			w.t.Fatal(err)
		}
		counts, err = w.Counts(w.Admin, []*ent.TargetedMessage{m})
		if diff := cmp.Diff([]*targeting.Tally{{}}, counts); diff != "" || err != nil {
			w.t.Error(diff, err)
		}
	})
}

// TM-4: who welcomes the visitor; of many three, the same ones for a session and
// others for other sessions.
func TestHeading(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var many []string
		team := id.New(id.Team)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Team.Create().SetID(team).SetName("Sales").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			for i := range 8 {
				u := id.New(id.User)
				many = append(many, u)
				create := tx.Client.User.Create().SetID(u).SetName(fmt.Sprint("U", i)).SetEmail(u + "@example.com").SetRole(vocab.RoleAgent).
					SetSeat(vocab.SeatNone).SetAvailability(vocab.Away).SetCreatedAt(tx.Now())
				if i == 7 {
					create.SetDeactivatedAt(tx.Now())
				}
				if err := create.Exec(ctx); err != nil {
					return err
				}
				if err := tx.Client.TeamMember.Create().SetID(id.New("teammember")).SetTeamID(team).SetUserID(u).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		heading := func(h vocab.Heading, session, owner string) (string, []string) {
			w.t.Helper()
			got, err := targeting.HeadingOf(w.System, w.Store.Client(w.System), &ent.TargetedMessage{ID: "m", Heading: h}, session, owner)
			if err != nil {
				w.t.Fatal(err)
			}
			names := []string{}
			for _, u := range got.People {
				names = append(names, u.Name)
			}
			return got.Name, names
		}
		seen := map[string]bool{}
		for i := range 20 {
			session := fmt.Sprint("s", i)
			name, first := heading(vocab.Heading{Kind: vocab.HeadingTeam, TeamID: team}, session, "")
			_, again := heading(vocab.Heading{Kind: vocab.HeadingTeam, TeamID: team}, session, "")
			if name != "Sales" || len(first) != targeting.ShownPeople || !slices.Equal(first, again) || slices.Contains(first, "U7") {
				w.t.Fatal(name, first, again)
			}
			seen[fmt.Sprint(first)] = true
		}
		if len(seen) < 5 {
			w.t.Errorf("20 sessions saw %d choices of people", len(seen))
		}
		owner := vocab.Heading{Kind: vocab.HeadingContactOwner, FallbackID: many[1]}
		for ownerID, want := range map[string]string{many[0]: "U0", "": "U1", many[7]: "U1"} {
			if _, names := heading(owner, "s", ownerID); !slices.Equal(names, []string{want}) {
				w.t.Errorf("owner %q: %v", ownerID, names)
			}
		}
		if name, names := heading(vocab.Heading{Kind: vocab.HeadingCustom, Name: "Us"}, "s", ""); name != "Us" || len(names) != 0 {
			w.t.Error(name, names)
		}
	})
}

// TM-9: an admin asks what a contact would see.
func TestPreview(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		list := w.list(w.ContactID)
		members := w.must(w.publish(w.must(w.update(w.create("members", "Hello"), targeting.Settings{
			Audience: opt.Of(vocab.AudienceLists), IncludeListIDs: opt.List(list),
		}))))
		all := w.must(w.publish(w.create("all", "Hello")))
		never := w.must(w.publish(w.create("never", "Hello")))
		preview := func(contact *string) *targeting.Preview {
			w.t.Helper()
			p, err := w.Preview(w.Admin, targeting.TargetedMessagePreviewInput{ChannelID: w.ChannelIDs[0], PageURL: "https://ada:secret@example.com/", ContactID: contact})
			if err != nil {
				w.t.Fatal(err)
			}
			if p.Input.PageURL != "https://example.com/" {
				w.t.Errorf("the page is %q", p.Input.PageURL)
			}
			return p
		}
		p := preview(&w.ContactID)
		if p.Shown.ID != members.ID || len(p.Verdicts) != 3 || p.Verdicts[1].EarlierID != members.ID {
			w.t.Errorf("%+v", p)
		}
		if len(p.Warnings) != 1 || p.Warnings[0].Message.ID != never.ID || p.Warnings[0].EarlierID != all.ID {
			w.t.Errorf("%+v", p.Warnings)
		}
		if p := preview(nil); p.Shown.ID != all.ID || p.Verdicts[0].Outcome != vocab.OutcomeNotInAudience {
			w.t.Errorf("%+v", p)
		}
		_, err := w.Preview(w.Admin, targeting.TargetedMessagePreviewInput{ChannelID: "x", PageURL: "file:///x", ContactID: new("y")})
		fails(w.t, err, "NOT_FOUND channelId", "NOT_FOUND contactId", "INVALID pageUrl")
		_, err = w.Preview(w.Agent(0), targeting.TargetedMessagePreviewInput{ChannelID: w.ChannelIDs[0], PageURL: "https://example.com/"})
		fails(w.t, err, "FORBIDDEN ")
	})
}

// RT-2, TM-1: of a message that is on, only what the input changes is checked: a colleague
// who lost their seat, or a team that is gone, stands in no other change's way. Whoever
// is added is checked, and publishing checks all.
func TestOnlyWhatChangesIsChecked(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ben, cleo, team := w.AgentIDs[0], w.AgentIDs[1], id.New(id.Team)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Team.Create().SetID(team).SetName("Sales").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.TeamMember.Create().SetID(id.New("member")).SetTeamID(team).SetUserID(ben).Exec(ctx)
		})
		list := w.list()
		toTeam := vocab.RoutingRule{
			Target: vocab.RouteTeams, TeamIDs: []string{team}, Method: vocab.RoundRobin,
			Conditions: []vocab.RoutingCondition{{Kind: vocab.RouteByList, Operator: vocab.RoutingIs, Value: list}},
		}
		toUsers := func(users ...string) vocab.RoutingRule {
			return vocab.RoutingRule{Target: vocab.RouteUsers, UserIDs: users, Method: vocab.RoundRobin}
		}
		routing := func(users ...string) vocab.Routing {
			return vocab.Routing{Rules: []vocab.RoutingRule{toTeam, toUsers(users...)}}
		}
		m := w.must(w.update(w.create("m", "Hello"), targeting.Settings{
			Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingTeam, TeamID: team}), Routing: opt.Of(routing(ben)), ExcludeListIDs: opt.List(list),
		}))
		m = w.must(w.publish(m))
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			for _, statement := range []string{"DELETE FROM team_members WHERE team_id = $1", "DELETE FROM teams WHERE id = $1"} {
				if _, err := tx.Exec(ctx, statement, team); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, "DELETE FROM contact_lists WHERE id = $1", list); err != nil {
				return err
			}
			return tx.Client.User.UpdateOneID(ben).SetSeat(vocab.SeatNone).Exec(ctx)
		})
		m = w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{
			TargetedMessageID: m.ID, WelcomeMessage: opt.Of("Good morning"),
			Settings: targeting.Settings{ // a form that sends all that it shows
				Heading: opt.Of(m.Heading), Routing: opt.Of(m.Routing), ExcludeListIDs: opt.List(m.ExcludeListIds...),
			},
		}))
		w.must(w.update(m, targeting.Settings{Routing: opt.Of(routing(ben, cleo)), Display: opt.Of(vocab.Display{OpenByItself: true})}))
		_, err := w.update(m, targeting.Settings{Routing: opt.Of(routing(ben, cleo, id.New(id.User)))})
		fails(w.t, err, "NOT_FOUND routing.rules.1.userIds.2")
		_, err = w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("")})
		fails(w.t, err, "REQUIRED welcomeMessage")
		w.must(w.setState(m, false))
		_, err = w.setState(m, true)
		fails(w.t, err, "NOT_FOUND excludeListIds.0", "NOT_FOUND heading.teamId", "NOT_FOUND routing.rules.0.conditions.0.list.contactListId",
			"NOT_FOUND routing.rules.0.teamIds.0", "SEAT_REQUIRED routing.rules.1.userIds.0")
	})
}
