package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Limits of a group: more members, or an older group, begin a new one.
const (
	groupSize = 64
	groupAge  = 20 * time.Millisecond
)

// writer runs one group after the other: one writer on SQLite, one for each
// account in use on PostgreSQL, where the account's counter would serialize
// the commits anyway.
type writer struct {
	key     string
	queue   chan *member
	waiting int // callers that were given this writer; guarded by Store.mu
}

func (s *Store) enqueueMember(account string, m *member) error {
	if !s.Postgres() {
		account = ""
	}
	s.mu.Lock()
	w := s.writers[account]
	if w == nil {
		w = &writer{key: account, queue: make(chan *member, groupSize)}
		s.writers[account] = w
		go s.serveWriter(w)
	}
	w.waiting++
	s.mu.Unlock()
	select {
	case w.queue <- m:
		return nil
	case <-m.ctx.Done():
		s.leaveWriter(w, 1)
		return canceled(m.ctx)
	}
}

// leaveWriter says that n callers of w were served. A writer without callers ends.
func (s *Store) leaveWriter(w *writer, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.waiting -= n
	if w.waiting == 0 {
		delete(s.writers, w.key)
		close(w.queue)
	}
}

func (s *Store) serveWriter(w *writer) {
	for first := range w.queue {
		s.leaveWriter(w, s.runGroup(first, w.queue))
	}
}

// runGroup runs first and whoever waits behind it in one transaction, and returns
// how many callers it served.
func (s *Store) runGroup(first *member, queue <-chan *member) int {
	g, err := s.beginGroup(context.Background())
	if err != nil {
		return refuseAll(fmt.Errorf("%w: %w", errGroupLost, err), first, queue)
	}
	served := []*member{}
	for m := first; m != nil; m = g.nextMember(queue, len(served)) {
		served = append(served, m)
		if m.state.CompareAndSwap(waiting, started) {
			g.runMember(m)
		}
	}
	err = g.commitMembers(served)
	if errors.Is(err, errNotTried) && len(served) > 1 {
		s.runEach(served)
	}
	for _, m := range served {
		m.acknowledge(err)
	}
	return len(served)
}

// nextMember returns who waits, nil when no one does or the group is full.
func (g *group) nextMember(queue <-chan *member, served int) *member {
	if served >= groupSize || g.lost || g.store.clock.Now().Sub(g.began) > groupAge {
		return nil
	}
	select {
	case m := <-queue:
		return m
	default:
		return nil
	}
}

// refuseAll reports to first and all who wait that no transaction can begin: each on
// its own would wait as long for the lock.
func refuseAll(err error, first *member, queue <-chan *member) int {
	served := 1
	first.done <- err
	for {
		select {
		case m := <-queue:
			m.done <- err
			served++
		default:
			return served
		}
	}
}

// runEach gives members whose shared transaction was lost by another's fault a
// transaction of their own.
func (s *Store) runEach(members []*member) {
	for _, m := range members {
		if !m.innocent() {
			continue
		}
		g, err := s.beginGroup(context.Background())
		if err != nil {
			return
		}
		g.runMember(m)
		if err := g.commitMembers([]*member{m}); m.err == nil {
			m.err = err
		}
		m.settled = true
	}
}
