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

// RateLimit bounds the cost of the requests of one credential, or without a valid
// one of one remote address (an IPv6 network of 64 bits counts as one). A request
// costs 1, or what its operation costs. It holds for this node alone. PerSecond 0
// sets no bound.
type RateLimit struct {
	PerSecond float64
	// Burst is the cost of what may come at once; 0 means one second's worth.
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

func setRetryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(errs.Seconds(wait)))
}
