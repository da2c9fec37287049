package conversation_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/vocab"
)

// NT-5: also while much happens at once, and a row is newer than the event that
// tells it, clients end up with what a list shows.
func TestViewsWhileMuchHappens(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		s.LimitSpare(1)
		var all []string
		for range 12 {
			all = append(all, s.begin(0, "Hello").ID)
		}
		var writers sync.WaitGroup
		for i := range 3 {
			writers.Go(func() { s.works(rand.New(rand.NewPCG(uint64(i), 3)), all) })
		}
		done := make(chan struct{})
		go func() { writers.Wait(); close(done) }()
		r := rand.New(rand.NewPCG(9, 9))
		h := &history{stage: s, r: r, contact: []string{s.ContactID}}
		var screens []*screen
		var counters []*counter
		for going := true; going; {
			select {
			case <-done:
				going = false
			default:
			}
			who := newPerson(pick(r, s.Agent(0), s.Agent(1), s.Admin))
			if len(screens) < 60 {
				screens = append(screens, s.watches(who, h.selection(), pick(r, 1, 3, 8)))
				counters = append(counters, s.counts(who, s.InboxIDs[0]))
			}
			pick(r, screens...).sees()
		}
		for _, c := range screens {
			c.right("at last")
		}
		for _, c := range counters {
			c.right("at last")
		}
	})
}

// works lets an agent do a lot. What is refused is refused.
func (s *stage) works(r *rand.Rand, all []string) {
	for range 150 {
		c, ctx := pick(r, all...), pick(r, s.Agent(0), s.Agent(1), s.Admin)
		s.clock.Advance(time.Second)
		switch r.IntN(8) {
		case 0, 1:
			_, _ = s.Close(ctx, conversation.CloseConversationInput{ConversationID: c})
		case 2:
			_, _ = s.Reopen(ctx, conversation.ReopenConversationInput{ConversationID: c})
		case 3:
			_, _ = s.Claim(ctx, conversation.ClaimConversationInput{ConversationID: c})
		case 4:
			_, _ = s.receive(c, 0, pick(r, wordNames...))
		case 5:
			_, _ = s.MarkRead(ctx, conversation.MarkConversationReadInput{ConversationID: c})
		case 6:
			_, _ = s.SetPriority(ctx, conversation.SetConversationPriorityInput{ConversationID: c, Priority: pick(r, vocab.PriorityHigh, vocab.PriorityNone)})
		case 7:
			_, _, _ = s.SendMessage(ctx, conversation.SendMessageInput{ConversationID: c, Text: ptr(pick(r, wordNames...)), Note: r.IntN(2) == 0})
		}
	}
}

// IN-15: where rows show what the user has not read, the user's own reading
// changes them, and only then.
func TestViewOfReading(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		view := func(agent int, perUser bool) *screen {
			c := &screen{s: s, who: newPerson(s.Agent(agent)), size: 50, rows: map[string]*conversation.ConversationEntered{}, left: map[string]vocab.LeftReason{}}
			c.ViewStream = must(s.live.View(s.Agent(agent), c.sel, nil, perUser))(t)
			t.Cleanup(c.ViewStream.Close)
			c.sees()
			return c
		}
		own, plain, other := view(0, true), view(0, false), view(1, true)
		must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		same(t, []int{len(own.sees()), len(plain.sees()), len(other.sees())}, []int{1, 0, 0})
		unread := s.watches(newPerson(s.Agent(0)), conversation.Selection{Filter: conversation.Filter{Unread: ptr(true)}}, 5)
		unread.right("one is read")
		must(s.MarkUnread(s.Agent(0), conversation.MarkConversationUnreadInput{ConversationID: s.ConversationIDs[0]}))(t)
		unread.right("it is unread again")
		same(t, len(unread.rows), 2)
	})
}
