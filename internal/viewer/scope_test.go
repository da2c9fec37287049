package viewer_test

import (
	"os"
	"strings"
	"testing"

	"parley/internal/viewer"
)

// AC-9: what a token's scopes grant: by name, by a shorthand, and of a user by
// conversations:write.
func TestGrants(t *testing.T) {
	t.Parallel()
	const conversations = "conversations:moderate conversations:bulk conversations:assign mail:start"
	for _, c := range []struct {
		kind   viewer.Kind
		held   string
		wanted string
		want   bool
	}{
		{viewer.Agent, "contacts:read", "contacts:read", true},
		{viewer.Agent, "contacts:read", "contacts:write conversations:read", false},
		{viewer.Agent, "contacts:write", "contacts:read", false}, // writing is not reading
		{viewer.Agent, "conversations", "conversations:read", false},
		{viewer.Agent, "", "conversations:read", false},
		{viewer.Integration, "read", "conversations:read events:read", true},
		{viewer.Integration, "read", "conversations:write mail:start act_as act", false},
		{viewer.Integration, "write", "contacts:read contacts:write " + conversations, true},
		{viewer.Integration, "*", "contacts:read contacts:write " + conversations, true},
		{viewer.Integration, "* write read inbox people:write", "act act_as people:provision", false}, // by name only
		{viewer.Integration, "act_as act people:provision", "act act_as people:provision", true},
		{viewer.Integration, "conversations:write", conversations, false},
		{viewer.Bot, "conversations:write", conversations, false},
		{viewer.Agent, "conversations:write", conversations, true},
		{viewer.Admin, "conversations:write", conversations, true},
		{viewer.Agent, "inbox", conversations, true},
		{viewer.Integration, "inbox", conversations, false},
		{viewer.Integration, "inbox", "account:read people:read settings:read contacts:read contacts:write conversations:read conversations:write events:read", true},
		{viewer.Agent, "inbox", "settings:write people:write act", false},
		{viewer.SystemKind, "", "settings:write act", true},
	} {
		v := &viewer.Viewer{Kind: c.kind, Scopes: strings.Fields(c.held)}
		for _, wanted := range strings.Fields(c.wanted) {
			if got := v.Grants(wanted); got != c.want {
				t.Errorf("%s with %q: got %v for %s, want %v", c.kind, c.held, got, wanted, c.want)
			}
		}
	}
}

// AC-12: a token makes no token that may do more. What is granted by name only
// comes from someone who may do everything.
func TestMayGrant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		held, given string
		want        bool
	}{
		{"*", "* read write inbox act act_as people:provision contacts:read", true},
		{"write", "write read inbox contacts:write mail:start", true},
		{"write", "* act act_as people:provision", false},
		{"read", "read contacts:read", true},
		{"read", "write * inbox contacts:write", false},
		{"inbox", "inbox contacts:write conversations:moderate", true},
		{"inbox", "read write * people:write act_as", false},
		{"act_as", "act_as", true},
		{"contacts:read", "inbox read", false},
	} {
		v := &viewer.Viewer{Kind: viewer.Admin, Scopes: strings.Fields(c.held)}
		for _, given := range strings.Fields(c.given) {
			if got := v.MayGrant(given); got != c.want {
				t.Errorf("%q: got %v for %s, want %v", c.held, got, given, c.want)
			}
		}
	}
}

// A scope is found by its name, once, and says what it is for.
func TestScopesAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range viewer.Scopes {
		if s.Name == "" || s.Opens == "" || seen[s.Name] {
			t.Errorf("got %+v", s)
		}
		seen[s.Name] = true
		for _, of := range s.Grants {
			if !strings.HasSuffix(of, ":read") && !strings.HasSuffix(of, ":write") {
				t.Errorf("%s stands for %s, which is no plain scope", s.Name, of)
			}
		}
	}
}

// docs/scopes.md lists every scope.
func TestScopesAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/scopes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range viewer.Scopes {
		if row := "| `" + s.Name + "` | " + s.Opens + " |\n"; !strings.Contains(string(page), row) {
			t.Errorf("docs/scopes.md lacks the row %s", row)
		}
	}
}
