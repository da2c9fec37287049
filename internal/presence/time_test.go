package presence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/presence"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// settle waits until nothing is under way any more.
func settle() { synctest.Wait() }

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	settle()
}

// IN-16: typing goes away by itself, on every node.
func TestTypingExpires(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		here, there := watch(w.Admin, t, w.a, w.ConversationIDs[0], false), watch(w.Admin, t, w.b, w.ConversationIDs[0], false)
		is(t, here)
		is(t, there)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		is(t, here, who(w.Agent(0), false, true))
		is(t, there, who(w.Agent(0), false, true))
		pass(presence.TypingHolds - time.Second)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		pass(presence.TypingHolds - time.Second)
		silent(t, here)
		silent(t, there)
		pass(time.Second)
		is(t, here)
		is(t, there)
	})
}

// IN-16: who looks is said again, so that it lasts; a node that died is
// believed for a while.
func TestNodeDeath(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
		st := watch(w.Admin, t, w.b, w.ConversationIDs[0], false)
		is(t, st, who(w.Agent(0), true, false))
		pass(5 * time.Minute)
		silent(t, st)
		w.wire.setCut(true)
		pass(14 * time.Second)
		silent(t, st)
		pass(12 * time.Second)
		is(t, st)
		w.wire.setCut(false) // it lives after all
		pass(10 * time.Second)
		is(t, st, who(w.Agent(0), true, false))
	})
}

// One timer, one message for all who look at an inbox's conversations.
func TestLookingIsRepeatedTogether(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		for range 20 {
			watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
			watch(w.Agent(1), t, w.a, w.ConversationIDs[1], true)
		}
		settle()
		before := w.wire.count("looks")
		if before != 2 {
			t.Errorf("%d messages say that two people look at a conversation each, want 2", before)
		}
		pass(10 * time.Second)
		if n := w.wire.count("looks") - before; n != 1 {
			t.Errorf("it was repeated with %d messages, want 1", n)
		}
	})
}

// The same word again is not passed on within a second.
func TestRepeatedWordsAreNotPassedOn(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		for range 10 {
			typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		}
		settle()
		if n := w.wire.count("types"); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		pass(time.Second)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		for range 10 {
			typing(w.Agent(0), t, w.a, w.ConversationIDs[0], false, false)
		}
		settle()
		if n := w.wire.count("types"); n != 3 {
			t.Errorf("%d messages, want 3", n)
		}
	})
}

// A node that no one follows anything on and no one types on remembers nothing.
func TestNothingIsKept(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st, visitor := watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true), w.visit(t, w.a, 0)
		typing(w.Agent(0), t, w.b, w.ConversationIDs[0], true, false)
		is(t, st, who(w.Agent(0), true, true))
		typing(w.Visitor(0), t, w.a, w.ConversationIDs[0], true, false)
		st.Close()
		visitor.Close()
		st.Close()
		settle()
		if w.a.Idle() || w.b.Idle() {
			t.Error("those who type are forgotten")
		}
		pass(presence.TypingHolds)
		if !w.a.Idle() || !w.b.Idle() {
			t.Error("a node that has nothing to tell still keeps something")
		}
	})
}

// What a node knows already is told to one that begins to follow, typing with
// the rest of its time.
func TestNewcomerLearnsWhatIsLeft(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		pass(4 * time.Second)
		st := watch(w.Admin, t, w.b, w.ConversationIDs[0], false)
		is(t, st, who(w.Agent(0), false, true))
		pass(2 * time.Second)
		is(t, st)
	})
}

// The last word on any node holds, and only who said it answers for it.
func TestTypingEndsOnAnotherNode(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := watch(w.Admin, t, w.a, w.ConversationIDs[0], false)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		is(t, st, who(w.Agent(0), false, true))
		typing(w.Agent(0), t, w.b, w.ConversationIDs[0], false, false)
		is(t, st)
		third := node(w.Store, w.wire)
		is(t, watch(w.Admin, t, third, w.ConversationIDs[0], false))
	})
}

// IN-16: visitors learn of messages that are being typed for them; never of
// notes, of who looks, or of their own typing.
func TestWhatVisitorsLearn(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := w.visit(t, w.b, 0)
		watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
		nothing(t, st)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, true)
		nothing(t, st)
		typing(w.Visitor(0), t, w.a, w.ConversationIDs[0], true, false)
		nothing(t, st)
		typing(w.Agent(1), t, w.a, w.ConversationIDs[1], true, false)
		nothing(t, st)

		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		settle()
		next(t, st, who(w.Agent(0), false, true))
		nothing(t, st)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, true)
		settle()
		next(t, st, who(w.Agent(0), false, false))
		nothing(t, st)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		settle()
		late := w.visit(t, w.a, 0)
		next(t, late, who(w.Agent(0), false, true))
		next(t, st, who(w.Agent(0), false, true))
		pass(presence.TypingHolds)
		next(t, st, who(w.Agent(0), false, false))
		next(t, late, who(w.Agent(0), false, false))
		nothing(t, st)
	})
}

// A visitor has no notes: what they say of one is a message's typing, and staff
// see it.
func TestVisitorTypes(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := watch(w.Agent(0), t, w.b, w.ConversationIDs[0], false)
		typing(w.Visitor(0), t, w.a, w.ConversationIDs[0], true, true)
		is(t, st, who(w.Visitor(0), false, true))
		if n := w.wire.count("note"); n != 0 {
			t.Error("the visitor types a note")
		}
	})
}

// A bot's typing shows to the visitor, within the inboxes that it may see.
func TestBotTypes(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		bot := viewer.NewContext(t.Context(), &viewer.Viewer{
			Kind: viewer.Bot, AccountID: w.AccountID, ActorID: id.New(id.Bot), InboxIDs: w.InboxIDs[:1], Scopes: []string{"*"},
		})
		st := w.visit(t, w.b, 0)
		typing(bot, t, w.a, w.ConversationIDs[0], true, false)
		settle()
		next(t, st, who(bot, false, true))
		refused(t, w.a.SetTyping(bot, presence.SetTypingInput{ConversationID: w.ConversationIDs[2], Typing: true}), errs.NotFound)
	})
}

// A message ends its author's typing.
func TestMessageEndsTyping(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := watch(w.Admin, t, w.b, w.ConversationIDs[0], false)
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		is(t, st, who(w.Agent(0), false, true))
		c, err := w.Store.Client(w.Agent(0)).Conversation.Get(w.Agent(0), w.ConversationIDs[0])
		if err != nil {
			t.Fatal(err)
		}
		w.a.Sent(w.Agent(1), c)
		silent(t, st)
		w.a.Sent(w.Agent(0), c)
		is(t, st)
		w.a.Sent(w.Agent(0), c)
		settle()
		if n := w.wire.count(`"millis":0`); n != 1 {
			t.Errorf("%d words take the typing back, want 1", n)
		}
	})
}

// The streams of an actor count as one, over all nodes.
func TestStreamsOfAnActorMerge(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		one, two := watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true), watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
		three := watch(w.Agent(0), t, w.b, w.ConversationIDs[0], true)
		st := watch(w.Admin, t, node(w.Store, w.wire), w.ConversationIDs[0], false)
		is(t, st, who(w.Agent(0), true, false))
		one.Close()
		three.Close()
		pass(time.Minute)
		silent(t, st)
		two.Close()
		is(t, st)
	})
}

// All who follow a conversation on a node get the same pointer.
func TestRosterIsShared(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		one, two := watch(w.Admin, t, w.a, w.ConversationIDs[0], true), watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
		for range 3 {
			settle()
			if a, b := latest(t, one), latest(t, two); a == nil || a != b {
				t.Fatalf("%p and %p are not the same roster", a, b)
			}
			typing(w.Agent(0), t, w.b, w.ConversationIDs[0], true, true)
			typing(w.Agent(1), t, w.b, w.ConversationIDs[0], true, true)
			pass(presence.TypingHolds - time.Second)
			latest(t, one)
			latest(t, two)
			pass(time.Second)
		}
	})
}

// changing is a viewer who may lose their inboxes, or their token.
type changing struct {
	now     *viewer.Viewer
	err     error
	changed chan struct{}
}

func (c *changing) At(context.Context, int64) (*viewer.Viewer, error) { return c.now, c.err }
func (c *changing) Changed() <-chan struct{}                          { return c.changed }

func (c *changing) set(v *viewer.Viewer, err error) {
	old := c.changed
	c.now, c.err, c.changed = v, err, make(chan struct{})
	close(old)
}

// AC-11: who may not see a conversation any more neither learns who is there
// nor is shown as being there.
func TestAccessLost(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		v := viewer.FromContext(w.Agent(0))
		live := &changing{now: v, changed: make(chan struct{})}
		other := watch(w.Admin, t, w.b, w.ConversationIDs[0], false)
		st := watch(viewer.NewLiveContext(w.Agent(0), live), t, w.a, w.ConversationIDs[0], true)
		is(t, st, who(w.Agent(0), true, false))
		is(t, other, who(w.Agent(0), true, false))

		live.set(v, nil)
		silent(t, st)
		lost := *v
		lost.InboxIDs = nil
		ended := make(chan error, 1)
		go func() {
			_, err := st.Next(t.Context())
			ended <- err
		}()
		settle()
		live.set(&lost, nil)
		refused(t, <-ended, errs.NotFound)
		is(t, other)

		gone := errs.New(errs.Unauthenticated, "The token was revoked.")
		live.set(v, nil)
		st = watch(viewer.NewLiveContext(w.Agent(0), live), t, w.a, w.ConversationIDs[0], true)
		is(t, st, who(w.Agent(0), true, false))
		live.set(nil, gone)
		_, err := st.Next(t.Context())
		refused(t, err, errs.Unauthenticated)
		_, err = w.a.Watch(viewer.NewLiveContext(w.Agent(0), live), w.ConversationIDs[0], true)
		refused(t, err, errs.Unauthenticated)
	})
}

// What cannot be meant is left aside; what can is believed.
func TestBadMessages(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := watch(w.Admin, t, w.a, w.ConversationIDs[0], false)
		is(t, st)
		word := func(kind, actor, deed string, millis int64) map[string]any {
			return map[string]any{"conversation": w.ConversationIDs[0], "kind": kind, "actor": actor, "deed": deed, "millis": millis}
		}
		say := func(account, inbox, node string, words ...map[string]any) []byte {
			data, err := json.Marshal(map[string]any{"account": account, "inbox": inbox, "node": node, "words": words})
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		agent := w.AgentIDs[0]
		good := word("AGENT", agent, "looks", 1000)
		long := word("AGENT", agent, "looks", 1000)
		long["more"] = strings.Repeat("x", 1<<20)
		foreign := word("AGENT", agent, "looks", 1000)
		foreign["conversation"] = "1"
		for _, data := range [][]byte{
			nil, []byte("{"), []byte("[]"), []byte(`{"words":[{}]}`),
			say(id.New(id.Account), w.InboxIDs[0], "n", good), say(w.AccountID, w.InboxIDs[1], "n", good),
			say(w.AccountID, w.InboxIDs[0], "", good), say(w.AccountID, w.InboxIDs[0], strings.Repeat("n", 65), good),
			say(w.AccountID, w.InboxIDs[0], "n", long), say(w.AccountID, w.InboxIDs[0], "n", foreign),
			say(w.AccountID, w.InboxIDs[0], "n", word("AGENT", agent, "looks", -1), word("AGENT", agent, "looks", 1<<40),
				word("AGENT", agent, "flies", 1000), word("SYSTEM", agent, "looks", 1000), word("BOT", agent, "types", 1000),
				word("VISITOR", w.VisitorIDs[0], "looks", 1000), word("VISITOR", w.VisitorIDs[0], "types note", 1000)),
		} {
			if err := w.wire.Publish("presence."+w.InboxIDs[0], data); err != nil {
				t.Fatal(err)
			}
			silent(t, st)
		}
		if err := w.wire.Publish("presence."+w.InboxIDs[0], say(w.AccountID, w.InboxIDs[0], "n", word("?", "?", "?", 1), good)); err != nil {
			t.Fatal(err)
		}
		is(t, st, who(w.Agent(0), true, false))
	})
}

// A node that cannot hear the others does not tell half of the truth.
func TestBusRefuses(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.wire.refuse = errors.New("closed")
		st := watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true)
		visitor := w.visit(t, w.a, 0)
		settle()
		if _, err := st.Next(t.Context()); !errors.Is(err, w.wire.refuse) {
			t.Errorf("the stream goes on: %v", err)
		}
		if _, err := visitor.Next(t.Context()); !errors.Is(err, w.wire.refuse) {
			t.Errorf("the visitor's stream goes on: %v", err)
		}
		st.Close()
		visitor.Close()
		w.wire.refuse = nil
		is(t, watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true), who(w.Agent(0), true, false))
	})
}

// The conversations that staff follow on a node are bounded.
func TestTooManyRosters(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.a.SetLimit(2)
		one := watch(w.Agent(1), t, w.a, w.ConversationIDs[0], true)
		watch(w.Agent(1), t, w.a, w.ConversationIDs[0], true)
		watch(w.Agent(1), t, w.a, w.ConversationIDs[1], true)
		_, err := w.a.Watch(w.Agent(1), w.ConversationIDs[2], true)
		refused(t, err, errs.RateLimited)
		one.Close()
		_, err = w.a.Watch(w.Agent(1), w.ConversationIDs[2], true)
		refused(t, err, errs.RateLimited)
		w.visit(t, w.a, 2)
		watch(w.Agent(1), t, w.b, w.ConversationIDs[2], true)
	})
}

// What other nodes say is remembered within bounds.
func TestFlood(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		st := watch(w.Admin, t, w.a, w.ConversationIDs[0], false)
		is(t, st)
		for range 210 {
			var words []string
			for range 100 {
				words = append(words, fmt.Sprintf(`{"conversation":%q,"kind":"AGENT","actor":%q,"deed":"looks","millis":20000}`, id.New(id.Conversation), id.New(id.User)))
			}
			message := fmt.Sprintf(`{"account":%q,"inbox":%q,"node":"n","words":[%s]}`, w.AccountID, w.InboxIDs[0], strings.Join(words, ","))
			if err := w.wire.Publish("presence."+w.InboxIDs[0], []byte(message)); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.a.Persons(w.InboxIDs[0]); n != 20_000 {
			t.Errorf("%d actors are remembered, want 20000", n)
		}
		typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
		is(t, st, who(w.Agent(0), false, true))
		pass(20 * time.Second)
		if n := w.a.Persons(w.InboxIDs[0]); n != 0 {
			t.Errorf("%d actors are still remembered", n)
		}
	})
}

// IN-16: it is never stored.
func TestNothingIsStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var statements testkit.Statements
		w := newWorld(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}, statements.Trace))
		ran := statements.Of(func() {
			st, visitor := watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true), w.visit(t, w.b, 0)
			typing(w.Agent(0), t, w.a, w.ConversationIDs[0], true, false)
			settle()
			next(t, visitor, who(w.Agent(0), false, true))
			typing(w.Agent(0), t, w.a, w.ConversationIDs[0], false, false)
			is(t, st, who(w.Agent(0), true, false))
			st.Close()
		})
		for _, query := range ran {
			if !strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
				t.Errorf("it ran %s", query)
			}
		}
		if len(ran) != 3 {
			t.Errorf("%d statements, want one for each call", len(ran))
		}
	})
}
