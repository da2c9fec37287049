package conversation_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// BenchmarkSendWithConsumers compares sendMessage where the engine of the log's
// consumers runs with sendMessage where it does not: in one run, by turns, with 16
// callers. "on/off" is the ratio of their speeds; ENG-2 wants 0.9 or more.
func BenchmarkSendWithConsumers(b *testing.B) {
	nothing := func(context.Context, *event.Entry) error { return nil }
	rare := func(name string) reaction.Consumer {
		return reaction.Consumer{Name: name, Types: []vocab.EventType{vocab.MemberRemoved, vocab.TeamUpdated}, Handle: nothing}
	}
	quiet := []reaction.Consumer{rare("release"), rare("offer"), rare("reindex")}
	for _, c := range []struct {
		name      string
		consumers []reaction.Consumer
	}{
		{"OtherTypes", quiet},
		{"EachMessage", append(quiet, reaction.Consumer{Name: "messages", Types: []vocab.EventType{vocab.MessageCreated}, Handle: nothing})},
	} {
		for _, database := range []string{"sqlite", "postgres"} {
			b.Run(c.name+"/"+database, func(b *testing.B) {
				off, on := newSender(b, database), newSender(b, database)
				defer on.react(b, c.consumers)()
				var spent [2]time.Duration
				var ratios []float64
				for turn := 0; turn*turnOfSends < b.N; turn++ {
					var took [2]time.Duration
					for k := range took { // who was second is first in the next turn
						i := (turn + k) % 2
						took[i] = []*sender{off, on}[i].send(b, turnOfSends)
						spent[i] += took[i]
					}
					ratios = append(ratios, took[0].Seconds()/took[1].Seconds())
				}
				sent := float64(len(ratios) * turnOfSends)
				b.ReportMetric(sent/spent[0].Seconds(), "off/s")
				b.ReportMetric(sent/spent[1].Seconds(), "on/s")
				slices.Sort(ratios)
				b.ReportMetric(ratios[len(ratios)/2], "on/off")
			})
		}
	}
}

// turnOfSends is how many messages each of the two sends in a turn.
const turnOfSends = 250

type sender struct {
	*testkit.Fixture
	service *conversation.Service
	feed    *event.Feed
}

func newSender(b *testing.B, database string) *sender {
	db := testkit.Database{Name: database}
	if database == "postgres" {
		db = testkit.Postgres(b)
	}
	s := db.Open(b, clock.System{})
	return &sender{Fixture: testkit.Account(b, s), service: desk.Conversations(s, conversation.Deps{}), feed: event.NewFeed(s, noBus{}, slog.New(slog.DiscardHandler))}
}

// noBus carries nothing: there is one node.
type noBus struct{}

func (noBus) Publish(string, []byte) error                { return nil }
func (noBus) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// react runs an engine with consumers until the returned function is called.
func (s *sender) react(b *testing.B, consumers []reaction.Consumer) (stop func()) {
	e := reaction.New(s.Store, slog.New(slog.DiscardHandler))
	started := make(chan struct{}, 1)
	e.Register(reaction.Consumer{Name: "started", Types: []vocab.EventType{vocab.TeamCreated}, Handle: func(context.Context, *event.Entry) error {
		select {
		case started <- struct{}{}:
		default:
		}
		return nil
	}})
	for _, c := range consumers {
		e.Register(c)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.Run(ctx, s.feed, noBus{})
	}()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for running := false; !running; { // what was committed before its start it does not get
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.TeamCreated})
			return nil
		})
		select {
		case <-started:
			running = true
		case <-again.C:
		}
	}
	return func() {
		cancel()
		<-ended
	}
}

// send sends n messages and returns how long it took.
func (s *sender) send(b *testing.B, n int) time.Duration {
	began := time.Now()
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				in := conversation.SendMessageInput{Target: conversation.On(s.ConversationIDs[i%2]), Text: check.Ptr(fmt.Sprint("Message ", i))}
				if _, _, err := s.service.SendMessage(s.Agent(0), in); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	return time.Since(began)
}
