package job

import (
	"slices"
	"sync"
)

// Turns shares places among accounts: so many for all, and so many for one account. Where
// there is none left, accounts wait in line; whoever has a place passes it on to the one that
// waits for longest. It is safe for concurrent use.
type Turns struct {
	most, mostOfOne int

	mu      sync.Mutex
	taken   int
	of      map[string]int
	waiting []string // each account once
}

// NewTurns returns so many places for all, of which one account has at most so many.
func NewTurns(most, mostOfOne int) *Turns {
	return &Turns{most: most, mostOfOne: mostOfOne, of: map[string]int{}}
}

// TakePlace has an account wait in line, and takes a place for the account whose turn it is,
// which may be another one; "": no place is free.
func (t *Turns) TakePlace(account string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait(account)
	return t.next()
}

// PassOn gives back an account's place and takes one for the account whose turn it is; "":
// none waits. more: the account has more to do, and waits in line again.
func (t *Turns) PassOn(account string, more bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.giveBack(account)
	if more {
		t.wait(account)
	}
	return t.next()
}

// GiveBack gives back an account's place; "" has none.
func (t *Turns) GiveBack(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if account != "" {
		t.giveBack(account)
	}
}

// OthersWait reports whether an account waits in line that is another one.
func (t *Turns) OthersWait(account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.waiting, func(other string) bool { return other != account })
}

func (t *Turns) giveBack(account string) {
	t.taken--
	if t.of[account]--; t.of[account] == 0 {
		delete(t.of, account)
	}
}

// wait puts an account at the end of the line, unless it waits, or has all that it may have.
func (t *Turns) wait(account string) {
	if t.of[account] < t.mostOfOne && !slices.Contains(t.waiting, account) {
		t.waiting = append(t.waiting, account)
	}
}

// next takes a place for the account that waits for longest and may have one; "": there is
// none, or no place.
func (t *Turns) next() string {
	if t.taken >= t.most {
		return ""
	}
	i := slices.IndexFunc(t.waiting, func(account string) bool { return t.of[account] < t.mostOfOne })
	if i < 0 {
		return ""
	}
	account := t.waiting[i]
	t.waiting = slices.Delete(t.waiting, i, i+1)
	t.taken++
	t.of[account]++
	return account
}
