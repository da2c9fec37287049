package webhook

import "sync"

// quota bounds how much is done at a time: by all, and for one account. It is safe for
// concurrent use.
type quota struct {
	most, mostOfOne int

	mu    sync.Mutex
	taken int
	of    map[string]int
}

func newQuota(most, mostOfOne int) *quota {
	return &quota{most: most, mostOfOne: mostOfOne, of: map[string]int{}}
}

// takeOne takes one for an account; false: there is none left for it.
func (q *quota) takeOne(accountID string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken >= q.most || q.of[accountID] >= q.mostOfOne {
		return false
	}
	q.taken++
	q.of[accountID]++
	return true
}

// giveOneBack gives back what was taken for an account.
func (q *quota) giveOneBack(accountID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken--
	if q.of[accountID]--; q.of[accountID] == 0 {
		delete(q.of, accountID)
	}
}
