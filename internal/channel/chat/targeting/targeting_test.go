package targeting_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/channel/chat/targeting"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

type world struct {
	*testkit.Fixture
	*targeting.Service
	clock *clock.Turned
	t     *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		test(&world{Fixture: testkit.Account(t, s), Service: targeting.New(s), clock: turned, t: t})
	})
}

func (w *world) create(name, welcome string) *ent.TargetedMessage {
	w.t.Helper()
	return w.must(w.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: name, WelcomeMessage: welcome}))
}

func (w *world) must(m *ent.TargetedMessage, err error) *ent.TargetedMessage {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) publish(m *ent.TargetedMessage) (*ent.TargetedMessage, error) {
	return w.Publish(w.Admin, targeting.PublishTargetedMessageInput{TargetedMessageID: m.ID})
}

func (w *world) setState(m *ent.TargetedMessage, on bool) (*ent.TargetedMessage, error) {
	return w.SetState(w.Admin, targeting.SetTargetedMessageStateInput{TargetedMessageID: m.ID, On: on})
}

// order returns the names of the first channel's messages, and fails if their
// positions are not 1 to n.
func (w *world) order() string {
	w.t.Helper()
	lists, err := w.OfChannels(w.Admin, []*ent.Channel{{ID: w.ChannelIDs[1]}, {ID: w.ChannelIDs[0]}}, paging.PageArgs{First: new(100)})
	if err != nil || len(lists[0].Edges) != 0 {
		w.t.Fatal(lists, err)
	}
	var names []string
	for i, m := range lists[1].Nodes() {
		if m.Position != i+1 {
			w.t.Fatalf("%s has position %d, not %d", m.Name, m.Position, i+1)
		}
		names = append(names, m.Name)
	}
	return strings.Join(names, " ")
}

// log returns the types of the account's events.
func (w *world) log() []vocab.EventType {
	w.t.Helper()
	events, err := w.Store.Client(w.System).Event.Query().Order(entevent.BySequence()).All(w.System)
	if err != nil {
		w.t.Fatal(err)
	}
	types := []vocab.EventType{}
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func fails(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	for _, part := range parts(err) {
		e := errs.Of(part)
		if e == nil {
			t.Fatalf("got %v, want %v", err, want)
		}
		got = append(got, string(e.Code)+" "+strings.Join(e.Field, "."))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func parts(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// TM-1: a draft is published, edited live, turned off and on, and deleted; the
// log tells each step.
func TestLifeOfATargetedMessage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.create(" Sales ", "Hello!")
		if m.Name != "Sales" || m.State != vocab.TargetedDraft || m.Position != 1 || m.Version != 1 || m.PublishedAt.IsSet() {
			w.t.Fatalf("new: %+v", m)
		}
		_, err := w.setState(m, true)
		fails(w.t, err, "INVALID targetedMessageId")

		m = w.must(w.publish(m))
		if m.State != vocab.TargetedOn || m.PublishedAt != clock.Of(w.clock.Now()) {
			w.t.Fatalf("published: %+v", m)
		}
		w.must(w.publish(m)) // stays
		update := targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("Good day!")}
		m = w.must(w.Update(w.Admin, update))
		if m.Version != 2 || m.WelcomeMessage != "Good day!" || m.Name != "Sales" {
			w.t.Fatalf("updated: %+v", m)
		}
		if m = w.must(w.Update(w.Admin, update)); m.Version != 2 {
			w.t.Fatalf("the same again: version %d", m.Version)
		}

		m = w.must(w.setState(m, false))
		off := clock.Of(w.clock.Now())
		if m.State != vocab.TargetedOff || m.OffAt != off {
			w.t.Fatalf("off: %+v", m)
		}
		if !targeting.Starts(m, off.Add(targeting.Grace-1*time.Microsecond)) || targeting.Starts(m, off.Add(targeting.Grace)) {
			w.t.Error("chats may begin for an hour after it went off")
		}
		_, err = w.publish(m)
		fails(w.t, err, "INVALID targetedMessageId")
		if m = w.must(w.setState(m, true)); m.State != vocab.TargetedOn || m.OffAt != 0 {
			w.t.Fatalf("on again: %+v", m)
		}
		if gone, err := w.Delete(w.Admin, targeting.DeleteTargetedMessageInput{TargetedMessageID: m.ID}); err != nil || gone != m.ID {
			w.t.Fatal(gone, err)
		}
		_, err = w.setState(m, true)
		fails(w.t, err, "NOT_FOUND targetedMessageId")
		want := []vocab.EventType{
			vocab.TargetedMessageCreated, vocab.TargetedMessagePublished, vocab.TargetedMessageUpdated,
			vocab.TargetedMessageUpdated, vocab.TargetedMessageUpdated, vocab.TargetedMessageDeleted,
		}
		if diff := cmp.Diff(want, w.log()); diff != "" {
			w.t.Error(diff)
		}
	})
}

// TM-1: publishing names every missing field, and what is on stays complete.
func TestOnlyCompleteMessagesAreOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.create("Draft", " ")
		w.Write(w.Admin, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.TargetedMessage.UpdateOneID(m.ID).SetRules(nil).Exec(ctx)
		})
		_, err := w.publish(m)
		fails(w.t, err, "REQUIRED welcomeMessage", "REQUIRED rules")

		m = w.create("Live", "Hello")
		w.must(w.publish(m))
		_, err = w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("")})
		fails(w.t, err, "REQUIRED welcomeMessage")
		w.must(w.setState(m, false))
		w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("")}))
		_, err = w.setState(m, true)
		fails(w.t, err, "REQUIRED welcomeMessage")
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, err := w.Create(w.Admin, targeting.CreateTargetedMessageInput{
			ChannelID: w.InboxIDs[0], Name: " \n ", WelcomeMessage: strings.Repeat("é", 5001),
		})
		fails(w.t, err, "NOT_FOUND channelId", "REQUIRED name", "TOO_LONG welcomeMessage")
		if m := w.create("ok", strings.Repeat("é", 5000)); len(m.WelcomeMessage) != 10_000 {
			w.t.Error("5,000 characters are allowed")
		}
		_, err = w.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: strings.Repeat("n", 201), WelcomeMessage: "\xff"})
		fails(w.t, err, "TOO_LONG name", "INVALID welcomeMessage")

		stranger := testkit.Account(w.t, w.Store)
		m := w.create("mine", "Hello")
		_, err = w.Update(stranger.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, Name: opt.Of("theirs")})
		fails(w.t, err, "NOT_FOUND targetedMessageId")
		_, err = w.Create(stranger.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "theirs"})
		fails(w.t, err, "NOT_FOUND channelId")
		_, err = w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: strings.Repeat("x\x00", 500), Name: opt.Of("n")})
		fails(w.t, err, "NOT_FOUND targetedMessageId")
		for _, as := range []context.Context{w.Agent(0), w.Visitor(0)} { // AC-5
			_, err = w.Publish(as, targeting.PublishTargetedMessageInput{TargetedMessageID: m.ID})
			fails(w.t, err, "FORBIDDEN ")
		}
	})
}

// TM-1: positions stay 1 to n, whatever moves and goes.
func TestOrder(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		messages := map[string]*ent.TargetedMessage{}
		for _, name := range []string{"a", "b", "c", "d"} {
			messages[name] = w.create(name, "Hello")
		}
		move := func(name string, to int) (*ent.TargetedMessage, error) {
			return w.Move(w.Admin, targeting.MoveTargetedMessageInput{TargetedMessageID: messages[name].ID, Position: to})
		}
		for _, step := range []struct {
			name string
			to   int
			want string
		}{{"d", 1, "d a b c"}, {"d", 3, "a b d c"}, {"d", 3, "a b d c"}, {"a", 4, "b d c a"}} {
			w.must(move(step.name, step.to))
			if got := w.order(); got != step.want {
				w.t.Fatalf("%s to %d: %s, want %s", step.name, step.to, got, step.want)
			}
		}
		for _, to := range []int{0, -1, 5} {
			_, err := move("a", to)
			fails(w.t, err, "INVALID position")
		}
		if _, err := w.Delete(w.Admin, targeting.DeleteTargetedMessageInput{TargetedMessageID: messages["d"].ID}); err != nil {
			w.t.Fatal(err)
		}
		if got := w.order(); got != "b c a" {
			w.t.Fatal(got)
		}
	})
}

// TM-1: moves, new drafts and deletions at the same time leave no gap.
func TestOrderUnderConcurrency(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var made []*ent.TargetedMessage
		for range 6 {
			made = append(made, w.create("m", "Hello"))
		}
		var all sync.WaitGroup
		for i := range 18 {
			all.Go(func() {
				var err error
				switch m := made[i%6]; i % 3 {
				case 0:
					_, err = w.Move(w.Admin, targeting.MoveTargetedMessageInput{TargetedMessageID: m.ID, Position: i%4 + 1})
				case 1:
					_, err = w.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "new"})
				default:
					_, err = w.Delete(w.Admin, targeting.DeleteTargetedMessageInput{TargetedMessageID: m.ID})
				}
				if err != nil && !errs.Is(err, errs.NotFound) {
					w.t.Error(err)
				}
			})
		}
		all.Wait()
		w.order()
	})
}

// OP-3: a repeated call changes nothing and answers as the first.
func TestReplays(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		in := targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "once", WelcomeMessage: "Hello", IdempotencyKey: new("k")}
		first, again := w.must(w.Create(w.Admin, in)), w.must(w.Create(w.Admin, in))
		if first.ID != again.ID || w.order() != "once" {
			w.t.Errorf("two: %s %s", first.ID, again.ID)
		}
		gone := targeting.DeleteTargetedMessageInput{TargetedMessageID: first.ID, IdempotencyKey: new("k")}
		for range 2 {
			if _, err := w.Delete(w.Admin, gone); err != nil {
				w.t.Error(err)
			}
		}
	})
}

// TM-1, TM-3, RT-1: what contradicts itself, or can never hold, is not published; the
// error names the field.
func TestContradictionsAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		isRule := func(values ...string) opt.Value[[]*vocab.Targeting] {
			var list []*vocab.Targeting
			for _, v := range values {
				list = append(list, &vocab.Targeting{Operator: vocab.OpIs, Value: v})
			}
			return opt.List(list...)
		}
		for name, tc := range map[string]struct {
			settings targeting.Settings
			want     string
		}{
			"a custom heading of nothing": {targeting.Settings{Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingCustom})}, "REQUIRED heading.name"},
			"an owner without fallback":   {targeting.Settings{Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingContactOwner})}, "REQUIRED heading.fallbackId"},
			"routing without fallback": {targeting.Settings{Routing: opt.Of(vocab.Routing{Rules: []vocab.RoutingRule{{Target: vocab.RouteContactOwner}}})},
				"REQUIRED routing.rules.0.fallbackId"},
			"hours where there are none": {targeting.Settings{Routing: opt.Of(vocab.Routing{Rules: []vocab.RoutingRule{
				{Target: vocab.RouteUnassigned, Conditions: []vocab.RoutingCondition{{Kind: vocab.RouteByHours, Operator: vocab.RoutingIs}}}, {Target: vocab.RouteUnassigned},
			}})}, "INVALID routing.rules.0.conditions.0.hours"},
			"a star in a host": {targeting.Settings{Rules: isRule("/a", "*.shop.example/a")}, "INVALID rules.1.url.value"},
			"only a star":      {targeting.Settings{Rules: isRule("*")}, "INVALID rules.0.url.value"},
			"a star behind":    {targeting.Settings{Rules: isRule("pricing*")}, "INVALID rules.0.url.value"},
			"another scheme":   {targeting.Settings{Rules: isRule("ftp://shop.example/")}, "INVALID rules.0.url.value"},
			"a blank":          {targeting.Settings{Rules: isRule("https://shop example/")}, "INVALID rules.0.url.value"},
		} {
			_, err := w.publish(w.must(w.update(w.create(name, "Hello"), tc.settings)))
			fails(w.t, err, tc.want)
		}
		good := w.must(w.update(w.create("m", "Hello"), targeting.Settings{Rules: opt.List([]*vocab.Targeting{
			{Operator: vocab.OpMatches, Value: "*.shop.example/*/pricing"}, {Operator: vocab.OpIs, Value: "https://shop.example/*/a"}, {Operator: vocab.OpIs, Value: "#/a"},
			{Operator: vocab.OpContains, Value: "a b"},
		}...)}))
		w.must(w.publish(good))
	})
}

// IB-3: what belongs to a deleted inbox looks gone.
func TestDeletedInbox(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.create("m", "Hello")
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetDeletedAt(tx.Now()).Exec(ctx)
		})
		_, err := w.publish(m)
		fails(w.t, err, "NOT_FOUND targetedMessageId")
		_, err = w.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "n"})
		fails(w.t, err, "NOT_FOUND channelId")
	})
}

// TM-4, IN-14: a welcome may be written as Markdown; what is kept is its text and
// its HTML, also in the version that chats go on with.
func TestWelcomeAsMarkdown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.must(w.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "Sales", WelcomeMarkdown: new("Hello **you**<b>")}))
		got := []string{m.WelcomeMessage, m.WelcomeHTML, targeting.WelcomeMarkdown(m)}
		if want := []string{"Hello you<b>", "<p>Hello <strong>you</strong>&lt;b&gt;</p>", `Hello **you**\<b\>`}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		m = w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMarkdown: opt.Of("Hello *you*<b>")}))
		if m.Version != 2 || m.WelcomeMessage != "Hello you<b>" {
			t.Errorf("version %d of %q", m.Version, m.WelcomeMessage)
		}
		m = w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("Hello")}))
		if m.WelcomeHTML != "" || targeting.WelcomeMarkdown(m) != "Hello" {
			t.Errorf("a text has the HTML %q", m.WelcomeHTML)
		}
		_, err := w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMessage: opt.Of("a"), WelcomeMarkdown: opt.Of("b")})
		fails(w.t, err, "INVALID welcomeMarkdown")
		_, err = w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, WelcomeMarkdown: opt.Of(strings.Repeat("*", 1_000_000))})
		fails(w.t, err, "TOO_LONG welcomeMarkdown")
	})
}

// TM-1, TM-4: a message that says nothing of its heading shows the inbox's name; one that
// was published without any is edited all the same.
func TestHeadingsThatSayNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.create("m", "Hello")
		inbox, err := w.Store.Client(w.System).Inbox.Get(w.System, w.InboxIDs[0])
		if err != nil || m.Heading.Kind != vocab.HeadingCustom || m.Heading.Name != inbox.Name {
			t.Errorf("%+v, %v", m.Heading, err)
		}
		w.must(w.publish(m))
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.TargetedMessage.UpdateOneID(m.ID).SetHeading(vocab.Heading{Kind: vocab.HeadingCustom}).Exec(ctx)
		})
		m = w.must(w.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: m.ID, Name: opt.Of("renamed")}))
		if m.Heading.Name != inbox.Name {
			t.Errorf("%+v", m.Heading)
		}
		_, err = w.update(m, targeting.Settings{Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingCustom})})
		fails(w.t, err, "REQUIRED heading.name")
	})
}
