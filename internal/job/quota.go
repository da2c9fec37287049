package job

import "sync"

// Quota bounds how much is done at a time: by all, and for one account, so that a busy
// account leaves something for others. It is safe for concurrent use.
type Quota struct {
	most, mostOfOne int

	mu    sync.Mutex
	taken int
	of    map[string]int
}

// NewQuota returns a quota of so much for all, and so much for one account.
func NewQuota(most, mostOfOne int) *Quota {
	return &Quota{most: most, mostOfOne: mostOfOne, of: map[string]int{}}
}

// TakeOne takes one for an account; false: there is none left for it.
func (q *Quota) TakeOne(accountID string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken >= q.most || q.of[accountID] >= q.mostOfOne {
		return false
	}
	q.taken++
	q.of[accountID]++
	return true
}

// GiveOneBack gives back what was taken for an account.
func (q *Quota) GiveOneBack(accountID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken--
	if q.of[accountID]--; q.of[accountID] == 0 {
		delete(q.of, accountID)
	}
}
