package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/viewer"
)

// API-26: an admin sees what each token uses of what is deprecated, also what another node saw.
func TestDeprecatedFieldsUsed(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		own := func() any {
			t.Helper()
			return at(a.do(adminToken, `{ viewer { token { deprecatedFieldsUsed } } }`, nil), "viewer", "token", "deprecatedFieldsUsed")
		}
		used := func() []any {
			t.Helper()
			list, _ := at(a.do(adminToken, `{ apiTokens { nodes { id deprecatedFieldsUsed } } }`, nil), "apiTokens", "nodes", 0, "deprecatedFieldsUsed").([]any)
			return list
		}
		if got := used(); got == nil || len(got) > 0 {
			t.Errorf("got %v; want an empty list", got)
		}
		data := a.do(adminToken, `{ viewer { account { id } } apiTokens { nodes { id } } }`, nil)
		another := account.New(a.store)
		another.RecordDeprecated(viewer.NewContext(t.Context(), &viewer.Viewer{
			Kind: viewer.Admin, AccountID: text(data, "viewer", "account", "id"), TokenID: text(data, "apiTokens", "nodes", 0, "id"),
		}), []string{"Conversation.timeline"})
		if err := another.WriteDeprecated(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{"Conversation.timeline"}, used()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(any([]any{"Conversation.timeline"}), own()); diff != "" {
			t.Error(diff)
		}
	})
}
