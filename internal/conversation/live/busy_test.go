package live_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// NT-5: also while much happens at once, and a row is newer than the event that
// tells it, clients end up with what a list shows.
func TestViewsWhileMuchHappens(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		s.live.LimitSpare(1)
		var all []string
		for range 12 {
			all = append(all, s.StartChat(0, "Hello").ID)
		}
		var writers sync.WaitGroup
		for i := range 3 {
			writers.Go(func() { s.works(rand.New(rand.NewPCG(uint64(i), 3)), all) })
		}
		done := make(chan struct{})
		go func() { writers.Wait(); close(done) }()
		r := rand.New(rand.NewPCG(9, 9))
		h := &history{stage: s, r: r, contact: []string{s.ContactID}, properties: s.defineProperties()}
		var screens []*screen
		var counters []*counter
		for going := true; going; {
			select {
			case <-done:
				going = false
			default:
			}
			who := newPerson(desk.Pick(r, s.Agent(0), s.Agent(1), s.Admin))
			if len(screens) < 60 {
				screens = append(screens, s.watches(who, h.selection(), desk.Pick(r, 1, 3, 8)))
				counters = append(counters, s.counts(who, s.InboxIDs[0]))
			}
			desk.Pick(r, screens...).sees()
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
		c, ctx := desk.Pick(r, all...), desk.Pick(r, s.Agent(0), s.Agent(1), s.Admin)
		s.Clock.Advance(time.Second)
		switch r.IntN(8) {
		case 0, 1:
			_, _ = s.Close(ctx, conversation.CloseConversationInput{Target: conversation.On(c)})
		case 2:
			_, _ = s.Reopen(ctx, conversation.ReopenConversationInput{Target: conversation.On(c)})
		case 3:
			_, _ = s.Claim(ctx, conversation.ClaimConversationInput{Target: conversation.On(c)})
		case 4:
			_, _ = s.TryVisitorWrites(c, 0, desk.Pick(r, desk.WordNames...))
		case 5:
			_, _ = s.MarkRead(ctx, conversation.MarkConversationReadInput{ConversationID: c})
		case 6:
			_, _ = s.SetPriority(ctx, conversation.SetConversationPriorityInput{Target: conversation.On(c), Priority: desk.Pick(r, vocab.PriorityHigh, vocab.PriorityNone)})
		case 7:
			_, _, _ = s.SendMessage(ctx, conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr(desk.Pick(r, desk.WordNames...)), Note: r.IntN(2) == 0})
		}
	}
}

// IN-15: where rows show what the user has not read, the user's own reading
// changes them, and only then.
func TestViewOfReading(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		shown := func(agent int, perUser bool) *screen {
			c := &screen{s: s, who: newPerson(s.Agent(agent)), size: 50, rows: map[string]*live.ConversationEntered{}, left: map[string]vocab.LeftReason{}}
			c.ViewStream = check.Must(s.live.View(s.Agent(agent), c.sel, nil, perUser))(t)
			t.Cleanup(c.ViewStream.Close)
			c.sees()
			return c
		}
		own, plain, other := shown(0, true), shown(0, false), shown(1, true)
		check.Must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		check.Same(t, []int{len(own.sees()), len(plain.sees()), len(other.sees())}, []int{1, 0, 0})
		unread := s.watches(newPerson(s.Agent(0)), view.Selection{Filter: view.Filter{Unread: check.Ptr(true)}}, 5)
		unread.right("one is read")
		check.Must(s.MarkUnread(s.Agent(0), conversation.MarkConversationUnreadInput{ConversationID: s.ConversationIDs[0]}))(t)
		unread.right("it is unread again")
		check.Same(t, len(unread.rows), 2)
	})
}
