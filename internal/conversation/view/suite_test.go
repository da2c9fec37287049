package view_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
)

// viewSuite is a desk with what only the tests of this package do at it.
type suite struct{ *desk.Desk }

// each runs the test on each database.
func each(t *testing.T, test func(t *testing.T, d *suite)) {
	t.Helper()
	desk.Each(t, func(t *testing.T, d *desk.Desk) { test(t, &suite{d}) })
}

// eachAlone is each for what reaches across accounts.
func eachAlone(t *testing.T, test func(t *testing.T, d *suite)) {
	t.Helper()
	desk.EachAlone(t, func(t *testing.T, d *desk.Desk) { test(t, &suite{d}) })
}

// eachCounted is each with a count of what is asked of the database.
func eachCounted(t *testing.T, test func(t *testing.T, d *suite, asked *testkit.Statements)) {
	t.Helper()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) { test(t, &suite{d}, asked) })
}

// index makes a text of a conversation findable.
func (d *suite) index(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID, text string) error {
	number, err := tx.AccountNumber(ctx, c.AccountID)
	if err != nil {
		return err
	}
	return view.WriteDocument(ctx, tx, c, messageID, search.Document(number, text))
}
