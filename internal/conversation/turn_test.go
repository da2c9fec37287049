package conversation_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AG-2: whatever a bot's answers run against, none is committed to a turn that is over: the
// contact wrote since, or a person has the conversation. PARLEY_SCHEDULES tries more.
func TestBotsNeverTalkOverPeopleUnderAnySchedule(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("PARLEY_SCHEDULES"), "200"))
	check.NoError(t, err)
	each(t, func(t *testing.T, d *suite) {
		answered := 0
		for seed := range n {
			answered += d.race(rand.New(rand.NewPCG(uint64(seed), 2)))
			if t.Failed() {
				t.Fatalf("schedule %d", seed)
			}
		}
		if answered == 0 {
			t.Error("no bot said anything")
		}
	})
}

// race has a bot answer a chat while others have their say, and returns how many answers
// there were.
func (d *suite) race(r *rand.Rand) int {
	c := d.StartChat(0, "Hello", desk.WithBot)
	bot := viewer.NewContext(d.T.Context(), &viewer.Viewer{Kind: viewer.Bot, AccountID: d.AccountID, ActorID: c.BotID, InboxIDs: []string{c.InboxID}, Scopes: []string{"*"}})
	var all sync.WaitGroup
	for range 2 {
		pauses := r.Perm(6)
		all.Go(func() { d.answers(bot, c.ID, pauses) })
	}
	for _, acts := range [][]func() error{d.contactsActs(c.ID, 1+r.IntN(3)), d.peoplesActs(c.ID, r)} {
		pauses := r.Perm(6)
		all.Go(func() {
			for i, act := range acts {
				yield(pauses[i])
				if err := act(); err != nil && errs.Of(err) == nil {
					d.T.Error(err)
				}
			}
		})
	}
	all.Wait()
	return d.checkTurns(c.ID)
}

// yield lets others go first, so many times.
func yield(times int) {
	for range times {
		runtime.Gosched()
	}
}

// answers has a bot read the turn and answer it, as often as there are pauses between.
func (d *suite) answers(bot context.Context, conversationID string, pauses []int) {
	for _, pause := range pauses {
		turn := d.Row(conversationID).Turn
		yield(pause)
		words := strconv.Itoa(turn)
		_, _, err := d.SendMessage(bot, conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &words, Turn: &turn})
		if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) { // INVALID: it is in the trash
			d.T.Error(err)
		}
	}
}

func (d *suite) contactsActs(conversationID string, n int) []func() error {
	var acts []func() error
	for i := range n {
		acts = append(acts, func() error {
			_, err := d.TryVisitorWrites(conversationID, 0, fmt.Sprint("More ", i))
			return err
		})
	}
	return acts
}

// peoplesActs are one or two things that people do with a chat.
func (d *suite) peoplesActs(conversationID string, r *rand.Rand) []func() error {
	me, on := d.Agent(1), conversation.On(conversationID)
	acts := []func() error{
		func() error {
			_, err := d.TakeOver(me, conversation.TakeOverConversationInput{Target: on})
			return err
		},
		func() error {
			_, err := d.Assign(me, conversation.AssignConversationInput{Target: on, Assignment: desk.User(d.AgentIDs[1])})
			return err
		},
		func() error {
			_, err := d.Close(me, conversation.CloseConversationInput{Target: on})
			return err
		},
		func() error {
			_, err := d.HandOff(me, conversation.HandOffConversationInput{Target: on})
			return err
		},
		func() error {
			_, err := d.Delete(me, conversation.DeleteConversationInput{Target: on})
			return err
		},
	}
	r.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	return acts[:1+r.IntN(2)]
}

// checkTurns goes along the log: a bot's message, which says its turn, has one that is not
// below that of any message before it, nor below what the contact's messages raised it to,
// and none is there once people have the chat.
func (d *suite) checkTurns(conversationID string) int {
	events := check.Must(d.Store.Client(d.System).Event.Query().Where(entevent.ConversationID(conversationID)).Order(ent.Asc(entevent.FieldSequence)).All(d.System))(d.T)
	turn, over, answered := 0, false, 0
	for _, e := range events {
		switch e.Type {
		case vocab.BotTakenOverEvent, vocab.BotHandedOffEvent, vocab.ConversationDeleted:
			over = true
		case vocab.MessageCreated:
			m := check.Must(d.Store.Client(d.System).Message.Get(d.System, e.MessageID))(d.T)
			if m.Direction == vocab.Incoming {
				turn++
				continue
			}
			said, err := strconv.Atoi(m.Text)
			check.NoError(d.T, err)
			if said < turn || over {
				d.T.Errorf("message %d was committed to turn %d, in turn %d, people have it: %t", m.Number, said, turn, over)
			}
			turn, answered = max(turn, said), answered+1
		}
	}
	return answered
}
