package conversation_test

import (
	"regexp"
	"testing"

	"parley/internal/conversation"
)

// Pitfall 12: the system's rounds over all accounts read what is due, and
// nothing else, with the plan that is made for their values and with the one for
// any values.
func TestSweepPlans(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.FillInboxes(12_000)
		due := regexp.MustCompile(`conversations_(ended_bot|trash|snoozed)`)
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			explain := d.Plans(mode)
			for _, query := range conversation.Sweeps {
				if plan, slow := explain(query, []any{int64(7)}); slow || !due.MatchString(plan) {
					t.Errorf("%s\n%s", query, plan)
				}
			}
		}
	})
}
