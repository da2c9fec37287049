package live

import (
	"context"
	"sync"

	"parley/internal/errs"
)

// maxTextWatches is how many different live views of an account on this node may
// be found by words: each event that may change what is found asks the database
// for each of them.
const maxTextWatches = 100

// watches are the watches of a node that someone looks at.
type watches struct {
	mu    sync.Mutex
	byKey map[string]*watch
	texts map[string]int // by account: those that are found by words
}

// joinWatch makes the caller a member of a target's watch, which begins with its
// first member.
func (l *Service) joinWatch(t *target) (*watch, error) {
	r := &l.watches
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.byKey[t.key]; w != nil {
		w.members++
		return w, nil
	}
	if r.byKey == nil {
		r.byKey, r.texts = map[string]*watch{}, map[string]int{}
	}
	if len(t.plan.Words) > 0 {
		if r.texts[t.plan.Account] >= maxTextWatches {
			return nil, errs.New(errs.RateLimited, "The account already has the maximum of %d live views with a text filter.", maxTextWatches)
		}
		r.texts[t.plan.Account]++
	}
	ctx, cancel := context.WithCancel(l.ctx)
	w := &watch{target: t, memory: memory{changed: make(chan struct{})}, live: l, members: 1, cancel: cancel}
	r.byKey[t.key] = w
	l.startFollower(ctx, t.plan.Account, w)
	return w, nil
}

// leaveWatch ends a member's part in a watch, which ends with its last.
func (l *Service) leaveWatch(w *watch) {
	r := &l.watches
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.members--; w.members > 0 {
		return
	}
	delete(r.byKey, w.key)
	if len(w.plan.Words) > 0 {
		if r.texts[w.plan.Account]--; r.texts[w.plan.Account] == 0 {
			delete(r.texts, w.plan.Account)
		}
	}
	w.cancel()
}
