package availability_test

import (
	"testing"
	"time"

	"parley/internal/availability"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-32: how much of a span lies within the operating hours.
func TestWithin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to string
		want     time.Duration
	}{
		"nothing":              {"2026-07-06T10:00:00+02:00", "2026-07-06T10:00:00+02:00", 0},
		"within":               {"2026-07-06T10:00:00+02:00", "2026-07-06T10:00:30+02:00", 30 * time.Second},
		"over the break":       {"2026-07-06T11:30:00+02:00", "2026-07-06T13:15:00+02:00", 45 * time.Minute},
		"before they open":     {"2026-07-06T07:00:00+02:00", "2026-07-06T09:00:00+02:00", 0},
		"a week":               {"2026-07-06T00:00:00+02:00", "2026-07-13T00:00:00+02:00", (7+3*8)*time.Hour + 270*time.Minute},
		"over midnight":        {"2026-07-10T23:30:00+02:00", "2026-07-11T01:00:00+02:00", 90 * time.Minute},
		"a holiday's night":    {"2026-12-25T20:00:00+01:00", "2026-12-26T12:00:00+01:00", 0},
		"when clocks go back":  {"2026-10-23T22:00:00+02:00", "2026-10-26T10:00:00+01:00", 330 * time.Minute},
		"backwards is nothing": {"2026-07-06T11:00:00+02:00", "2026-07-06T10:00:00+02:00", 0},
	} {
		check.Same(t, [2]any{name, availability.Within(office(nil), at(t, tc.from), at(t, tc.to))}, [2]any{name, tc.want})
	}
	check.Same(t, availability.Within(vocab.Availability{}, at(t, "2026-07-06T00:00:00Z"), at(t, "2026-08-06T00:00:00Z")), time.Duration(0))
}
