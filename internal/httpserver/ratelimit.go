package httpserver

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"parley/internal/clock"
	"parley/internal/errs"
)

// RateLimit bounds the requests of one credential, or without a valid one of
// one remote address (an IPv6 network of 64 bits counts as one). It holds for
// this node alone. PerSecond 0 sets no bound.
type RateLimit struct {
	PerSecond float64
	// Burst is how many requests may come at once; 0 means one second's worth.
	Burst int
}

func (l RateLimit) negative() bool { return l.PerSecond < 0 || l.Burst < 0 }

// maxLimited is how many callers are kept in mind; the one that was away
// longest is forgotten first, and starts afresh.
const maxLimited = 50_000

type limiter struct {
	limit   RateLimit
	clock   clock.Clock
	callers *lru.Cache[string, *rate.Limiter]
}

// newLimiter returns nil, which limits nothing, if there is no bound.
func newLimiter(limit RateLimit, c clock.Clock) *limiter {
	if limit.PerSecond == 0 {
		return nil
	}
	if limit.Burst == 0 {
		limit.Burst = max(1, int(math.Ceil(limit.PerSecond)))
	}
	callers, err := lru.New[string, *rate.Limiter](maxLimited)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &limiter{limit: limit, clock: c, callers: callers}
}

// take counts a request of the caller. It returns 0 if there is room for it,
// and how long to wait if not.
func (l *limiter) take(key string) time.Duration {
	if l == nil {
		return 0
	}
	caller, ok := l.callers.Get(key)
	if !ok {
		fresh := rate.NewLimiter(rate.Limit(l.limit.PerSecond), l.limit.Burst)
		if earlier, raced, _ := l.callers.PeekOrAdd(key, fresh); raced {
			fresh = earlier
		}
		caller = fresh
	}
	now := l.clock.Now()
	booked := caller.ReserveN(now, 1)
	wait := booked.DelayFrom(now)
	if wait > 0 {
		booked.CancelAt(now)
	}
	return wait
}

// remoteKey names the network that a request comes from.
func remoteKey(remoteAddr string) string {
	at, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return remoteAddr
	}
	addr := at.Addr().Unmap()
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

func failRateLimited(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	fail(w, r, http.StatusTooManyRequests,
		errs.New(errs.RateLimited, "Too many requests: try again in %d s.", seconds))
}
