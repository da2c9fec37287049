package httpserver

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"parley/internal/viewer"
)

// Limits bounds what streams may take of this node: WebSockets, Server-Sent
// Events and the operations on them. A zero field means its default.
type Limits struct {
	// InitTimeout is how long a new socket may take to send connection_init; 10 s.
	InitTimeout time.Duration
	// WriteTimeout is how long one write may take. A client that does not read
	// for so long is closed, and all it held is freed; 10 s.
	WriteTimeout time.Duration
	// KeepAlive is how often a socket is pinged, 25 s, and PongTimeout how long
	// it may take to answer, 10 s. An event stream gets a comment as often.
	KeepAlive, PongTimeout time.Duration
	// IdleTimeout is how long a socket may stay without any operation, give or
	// take one KeepAlive; 5 minutes.
	IdleTimeout time.Duration
	// Operations is how many may run at once on one socket; 100.
	Operations int
	// AccountStreams is how many sockets and event streams the staff of one
	// account may have, and as many its visitors together; 10,000.
	AccountStreams int
	// AccountOperations is the same for the operations that run on them; 10,000.
	AccountOperations int
	// PublicStreams is how many sockets and event streams one visitor may have,
	// or one address without a token; 100.
	PublicStreams int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		InitTimeout:       cmp.Or(l.InitTimeout, 10*time.Second),
		WriteTimeout:      cmp.Or(l.WriteTimeout, 10*time.Second),
		KeepAlive:         cmp.Or(l.KeepAlive, 25*time.Second),
		PongTimeout:       cmp.Or(l.PongTimeout, 10*time.Second),
		IdleTimeout:       cmp.Or(l.IdleTimeout, 5*time.Minute),
		Operations:        cmp.Or(l.Operations, 100),
		AccountStreams:    cmp.Or(l.AccountStreams, 10_000),
		AccountOperations: cmp.Or(l.AccountOperations, 10_000),
		PublicStreams:     cmp.Or(l.PublicStreams, 100),
	}
}

func (l Limits) check() error {
	if min(l.InitTimeout, l.WriteTimeout, l.KeepAlive, l.PongTimeout, l.IdleTimeout) < 0 ||
		min(l.Operations, l.AccountStreams, l.AccountOperations, l.PublicStreams) < 0 {
		return errors.New("httpserver: Limits must not be negative")
	}
	return nil
}

// quotas counts what is open now, by whom it belongs to.
type quotas struct {
	mu   sync.Mutex
	open map[owner]int
}

// owner is whose share something is taken from.
type owner struct {
	operation bool // else a stream
	staff     bool
	id        string // of the account; of the visitor's session, or an address
}

// accountOf is the owner of what the viewer has open: the account's staff, its
// visitors together, or an address that has no token.
func accountOf(v *viewer.Viewer, remote string) owner {
	if v.AccountID == "" {
		return owner{id: remote}
	}
	return owner{id: v.AccountID, staff: v.IsStaff()}
}

// takeShare takes one of o's share, unless most of it are taken already.
func (q *quotas) takeShare(o owner, most int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[o] >= most {
		return false
	}
	if q.open == nil {
		q.open = map[owner]int{}
	}
	q.open[o]++
	return true
}

func (q *quotas) returnShare(o owner) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[o]--; q.open[o] <= 0 {
		delete(q.open, o)
	}
}

// takeStream takes a stream for the viewer; one of the public also counts by
// itself. It returns the limit that is reached, and 0 if none is.
func (q *quotas) takeStream(v *viewer.Viewer, remote string, l *Limits) int {
	public := !v.IsStaff()
	if public && !q.takeShare(publicOwner(v, remote), l.PublicStreams) {
		return l.PublicStreams
	}
	if (!public || v.AccountID != "") && !q.takeShare(accountOf(v, remote), l.AccountStreams) {
		if public {
			q.returnShare(publicOwner(v, remote))
		}
		return l.AccountStreams
	}
	return 0
}

func (q *quotas) giveStream(v *viewer.Viewer, remote string) {
	if !v.IsStaff() {
		q.returnShare(publicOwner(v, remote))
	}
	if v.IsStaff() || v.AccountID != "" {
		q.returnShare(accountOf(v, remote))
	}
}

// publicOwner is one visitor, or an address without a token.
func publicOwner(v *viewer.Viewer, remote string) owner {
	if v.TokenID == "" {
		return owner{id: remote}
	}
	return owner{id: v.TokenID}
}

// crowd is how many times as many sockets may wait to say whose they are: an office
// goes out by one address, and comes back at once after a restart.
const crowd = 10

// waiting is the owner of the sockets of an address that have not said yet whose they
// are: those count too.
func waiting(remote string) owner { return owner{id: "waiting " + remote} }

func (q *quotas) takeOperation(v *viewer.Viewer, remote string, l *Limits) bool {
	o := accountOf(v, remote)
	o.operation = true
	return q.takeShare(o, l.AccountOperations)
}

func (q *quotas) giveOperation(v *viewer.Viewer, remote string) {
	o := accountOf(v, remote)
	o.operation = true
	q.returnShare(o)
}
