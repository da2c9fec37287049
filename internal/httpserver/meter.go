package httpserver

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// costHeader asks for extensions.cost, by "1".
const costHeader = "Parley-Cost"

// meter charges one request, or one operation of a socket, to its caller's
// allowance. A request costs 1; what its operation costs more is charged when that
// is known, before anything of it runs.
type meter struct {
	limiter *limiter // nil: nothing is limited
	key     string
	header  http.Header // of the answer; nil: there is none
	cost    int
	wait    time.Duration // which the caller was told
}

var _ viewer.Meter = (*meter)(nil)

func (g *gate) meter(v *viewer.Viewer, remote string, header http.Header) *meter {
	key, limits := remote, g.public
	if v.TokenID != "" {
		key = v.TokenID
	}
	if v.IsStaff() {
		limits = g.staff
	}
	return &meter{limiter: limits, key: key, header: header}
}

// chargeRequest charges the request itself. It returns how long to wait, 0 if not at all.
func (m *meter) chargeRequest() time.Duration {
	m.cost = 1
	return m.takeCost(1)
}

// Charge charges what the operation costs beyond the request. One that costs more
// than a full allowance takes all of it.
func (m *meter) Charge(cost int) error {
	m.cost = max(cost, 1)
	if m.limiter == nil {
		return nil
	}
	more := min(m.cost, m.limiter.limit.Burst) - 1
	if more < 1 || m.takeCost(more) == 0 {
		return nil
	}
	return tooManyRequests(m.wait, m.limiter.clock)
}

func (m *meter) takeCost(cost int) time.Duration {
	if m.limiter == nil {
		return 0
	}
	m.wait = m.limiter.takeCost(m.key, cost)
	m.setHeaders()
	return m.wait
}

// allowance is what a caller has left: of limit, remaining, and all of it again at
// resetAt.
type allowance struct {
	Limit     int    `json:"limit"`
	Remaining int    `json:"remaining"`
	ResetAt   string `json:"resetAt"`
}

func (m *meter) allowance() (a allowance, full time.Duration) {
	now := m.limiter.clock.Now()
	burst := m.limiter.limit.Burst
	left := min(max(m.limiter.caller(m.key).TokensAt(now), 0), float64(burst))
	full = time.Duration((float64(burst) - left) / m.limiter.limit.PerSecond * float64(time.Second))
	return allowance{burst, int(left), clock.Of(now.Add(full)).String()}, full
}

// setHeaders reports the allowance in the fields of the IETF's draft "RateLimit
// header fields for HTTP": a quota q in a window w of seconds, of which r remain,
// and all of it again in t seconds.
func (m *meter) setHeaders() {
	if m.header == nil {
		return
	}
	a, full := m.allowance()
	window := math.Ceil(float64(a.Limit) / m.limiter.limit.PerSecond)
	m.header["Ratelimit-Policy"] = []string{fmt.Sprintf(`"cost";q=%d;w=%.0f`, a.Limit, window)}
	m.header["Ratelimit"] = []string{fmt.Sprintf(`"cost";r=%d;t=%.0f`, a.Remaining, math.Ceil(full.Seconds()))}
}

// report is extensions.cost: the allowance is null where nothing is limited.
func (m *meter) report() map[string]any {
	report := map[string]any{"requested": m.cost, "limit": nil, "remaining": nil, "resetAt": nil}
	if m.limiter != nil {
		a, _ := m.allowance()
		report["limit"], report["remaining"], report["resetAt"] = a.Limit, a.Remaining, a.ResetAt
	}
	return report
}

type meterKey struct{}

// withMeter returns a context whose operations m charges.
func withMeter(ctx context.Context, m *meter) context.Context {
	return viewer.WithMeter(context.WithValue(ctx, meterKey{}, m), m)
}

func meterOf(ctx context.Context) *meter {
	m, _ := ctx.Value(meterKey{}).(*meter)
	return m
}

// asksForCost reports whether a value of the cost header, or of a member of
// connection_init, asks for the cost.
func asksForCost(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case float64:
		return v == 1
	case string:
		return strings.TrimSpace(v) == "1" || strings.EqualFold(v, "true")
	}
	return false
}

// takeCost counts a cost against a caller's allowance. It returns 0 if there is room
// for it, and how long to wait if not.
func (l *limiter) takeCost(key string, cost int) time.Duration {
	now := l.clock.Now()
	booked := l.caller(key).ReserveN(now, cost)
	wait := booked.DelayFrom(now)
	if wait > 0 {
		booked.CancelAt(now)
	}
	return wait
}

func (l *limiter) caller(key string) *rate.Limiter {
	caller, ok := l.callers.Get(key)
	if ok {
		return caller
	}
	fresh := rate.NewLimiter(rate.Limit(l.limit.PerSecond), l.limit.Burst)
	if earlier, raced, _ := l.callers.PeekOrAdd(key, fresh); raced {
		return earlier
	}
	return fresh
}

func (c *Config) failRateLimited(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	setRetryAfter(w, wait)
	writeError(w, r, http.StatusTooManyRequests, tooManyRequests(wait, c.Clock))
}

func tooManyRequests(wait time.Duration, c clock.Clock) *errs.Error {
	return errs.RetryIn(wait, c.Now(), "Too many requests")
}
