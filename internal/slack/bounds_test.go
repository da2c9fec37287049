package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"parley/internal/testkit/check"
)

// NT-2: Slack is asked for a bounded number of the people whom a message mentions, and for each once.
func TestMentioned(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&b, "<@U%d> <@U%d|x> ", i, i)
	}
	got := mentioned(b.String())
	check.Same(t, len(got), 50)
	check.Same(t, got[49], "U49")
}

// NT-2: a status without a word of Slack's refuses nothing for good; too many requests are waited for.
func TestStatusFaults(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault{403: faultUnknown, 404: faultUnknown, 407: faultUnknown, 413: faultUnknown, 429: faultLimited, 500: faultUnknown, 503: faultUnknown} {
		if got := faultOf(fmt.Errorf("call: %w", api.StatusCodeError{Code: status})); got != want {
			t.Errorf("%d means %d, want %d", status, got, want)
		}
	}
	check.Same(t, pauseOf(api.StatusCodeError{Code: 429}), 30*time.Second)
	check.Same(t, pauseOf(api.StatusCodeError{Code: 503}), time.Duration(0))
	check.Same(t, pauseOf(&api.RateLimitedError{RetryAfter: 7 * time.Second}), 7*time.Second)
}
