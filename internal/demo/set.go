package demo

import (
	"context"
	"sync"

	"parley/internal/clock"
)

// set is one filling of an account.
type set struct {
	accountID string
	number    int64 // the account's, for search
	total     int
	seed      string
	round     int
	began     clock.Micros // when the first conversation may begin
	now       clock.Micros

	colleagues []*colleague
	teams      []*team
	bots       [2]robot
	places     []*place
	crowd      clientele
	blocked    map[sender]clock.Micros
	tags       map[string]string // ids by name

	calendar calendar
	decks    plotDecks
	ids      minter
	log      log

	admin, agent                    string
	conversations, messages, events int
}

// sender is who is blocked on a channel, by contact's or visitor's id (IN-10).
type sender struct{ channel, id string }

// perBatch is how many conversations are written in one transaction: the more,
// the faster, but progress is reported after each.
func (s *set) perBatch() int { return min(max(s.total/50, 100), 4000) }

// loadInto makes the set's batches and has them written, one being made while the
// one before is written.
func (s *set) loadInto(ctx context.Context, l loader, progress func(done, total int)) error {
	made := make(chan *batch)
	failed := make(chan struct{})
	var making sync.WaitGroup
	making.Go(func() {
		defer close(made)
		s.makeBatches(ctx, func(b *batch) bool {
			select {
			case made <- b:
				return true
			case <-failed:
				return false
			}
		})
	})
	// A canceled run still writes what its stories led to.
	err := s.writeBatches(context.WithoutCancel(ctx), l, made, progress)
	close(failed)
	making.Wait()
	return err
}

// writeBatches has batches written as they come, and then what is known at the end.
func (s *set) writeBatches(ctx context.Context, l loader, made <-chan *batch, progress func(done, total int)) error {
	done := 0
	for b := range made {
		if err := l.load(ctx, b); err != nil {
			return err
		}
		if done += b.done; progress != nil {
			progress(done, s.total)
		}
	}
	people, guests := s.sightings()
	if err := l.touch(ctx, contacts, people); err != nil {
		return err
	}
	if err := l.touch(ctx, visitors, guests); err != nil {
		return err
	}
	return l.finish(ctx)
}

// makeBatches plays all stories and hands out batches until write says that it is
// enough.
func (s *set) makeBatches(ctx context.Context, write func(*batch) bool) {
	b := &batch{accountID: s.accountID}
	s.setUp(b)
	s.writeContacts(b)
	s.admin, s.agent = s.issueTokens(b)
	for i := range s.total {
		if ctx.Err() != nil {
			break
		}
		opening := s.calendar.opening(i)
		if b.done == s.perBatch() {
			if !s.handOverBatch(b, opening, write) {
				return
			}
			b = &batch{accountID: s.accountID}
		}
		newStory(s, i, opening).play(b)
		b.done++
	}
	s.handOverBatch(b, s.now+1, write)
}

// handOverBatch gives a batch away, with the events before a time.
func (s *set) handOverBatch(b *batch, before clock.Micros, write func(*batch) bool) bool {
	b.entries = s.log.takeBefore(before)
	s.events += len(b.entries)
	return write(b)
}

func (s *set) result() Result {
	r := Result{
		AccountID: s.accountID, AdminToken: s.admin, AgentToken: s.agent,
		AdminID: s.colleagues[demoAdmin].id, AgentID: s.colleagues[demoAgent].id,
		Contacts: len(s.crowd.people), Conversations: s.conversations, Messages: s.messages, Events: s.events,
	}
	for _, p := range s.places {
		r.InboxIDs = append(r.InboxIDs, p.id)
	}
	return r
}
