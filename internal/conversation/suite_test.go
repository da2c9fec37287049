package conversation_test

import (
	"testing"

	"parley/internal/testkit"
	"parley/internal/testkit/desk"
)

// suite is a desk with what only the tests of this package do at it.
type suite struct{ *desk.Desk }

// each runs the test on each database.
func each(t *testing.T, test func(t *testing.T, d *suite)) {
	t.Helper()
	desk.Each(t, func(t *testing.T, d *desk.Desk) { test(t, audited(d)) })
}

// eachAlone is each for what reaches across accounts.
func eachAlone(t *testing.T, test func(t *testing.T, d *suite)) {
	t.Helper()
	desk.EachAlone(t, func(t *testing.T, d *desk.Desk) { test(t, audited(d)) })
}

// eachCounted is each with a count of what is asked of the database.
func eachCounted(t *testing.T, test func(t *testing.T, d *suite, asked *testkit.Statements)) {
	t.Helper()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) { test(t, audited(d), asked) })
}

// audited is a suite whose log is looked through at the end.
func audited(d *desk.Desk) *suite {
	d.AuditLog()
	return &suite{d}
}
