package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/clock"
)

// DX-5: a program sees what its own token allows: its scopes as they were granted, the inboxes that
// it sees, when it expires, and what it uses of what is deprecated.
func TestViewerToken(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site, other := a.channel(), a.channel()
		ends := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
		const make = `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token apiToken { id } userErrors { message } } }`
		const shown = `{ viewer { token { apiTokenId scopes inboxIds expiresAt deprecatedFieldsUsed } } }`
		limited := a.do(adminToken, make, input("name", "Limited", "inboxIds", []string{site.inboxID}, "scopes", []string{"conversations:read", "contacts:write"}, "expiresAt", ends.Format(time.RFC3339)))
		whole := a.do(adminToken, make, input("name", "Whole", "userId", a.me(), "scopes", []string{"read", "account:read"}))
		for _, x := range []struct {
			made    any
			scopes  []any
			inboxes []any
			expires string
		}{
			{limited, []any{"conversations:read", "contacts:write"}, []any{site.inboxID}, ends.Format(time.RFC3339)},
			{whole, []any{"read", "account:read"}, []any{site.inboxID, other.inboxID}, ""},
		} {
			got := at(a.do(text(x.made, "createApiToken", "token"), shown, nil), "viewer", "token")
			if text(got, "apiTokenId") != text(x.made, "createApiToken", "apiToken", "id") || fmt.Sprint(at(got, "scopes")) != fmt.Sprint(x.scopes) {
				t.Errorf("got %v, want the scopes %v", got, x.scopes)
			}
			list, _ := at(got, "inboxIds").([]any)
			for _, inbox := range x.inboxes {
				if !slices.Contains(list, inbox) {
					t.Errorf("got %v, want the inboxes %v", got, x.inboxes)
				}
			}
			if x.expires != "" && len(list) != 1 {
				t.Errorf("got %v, want only the inbox that was granted", got)
			}
			if at, err := time.Parse(time.RFC3339, text(got, "expiresAt")); x.expires == "" && text(got, "expiresAt") != "" || x.expires != "" && (err != nil || !at.Equal(ends)) {
				t.Errorf("got %v, want that it ends at %q", got, x.expires)
			}
			if used, is := at(got, "deprecatedFieldsUsed").([]any); !is || len(used) > 0 {
				t.Errorf("got %v, want that nothing deprecated was used", got)
			}
		}
	})
}
