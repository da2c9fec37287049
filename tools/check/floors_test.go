package main

import (
	"slices"
	"testing"
)

func TestFloors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, imports, want string
	}{
		"down":                         {"internal/conversation/send.go", "parley/internal/account", ""},
		"down to a leaf":               {"cmd/parley/main.go", "parley/internal/id", ""},
		"outside":                      {"internal/id/id.go", "strings", ""},
		"within a folder of the table": {"internal/channel/email/receive/a.go", "parley/internal/channel/email/parse", ""},
		"between leaves":               {"internal/paging/a.go", "parley/internal/errs", ""},
		"an arrow of the table":        {"internal/inbox/a.go", "parley/internal/account", ""},
		"a test":                       {"internal/store/a_test.go", "parley/internal/testkit", ""},
		"up":                           {"internal/crm/a.go", "parley/internal/conversation", "internal/crm/a.go:2: internal/crm imports internal/conversation: the floor of conversation is above that of domain"},
		"up within a folder":           {"internal/conversation/view/a.go", "parley/internal/conversation", "internal/conversation/view/a.go:2: internal/conversation/view imports internal/conversation: the floor of conversation is above that of views"},
		"up to a reactor":              {"internal/conversation/a.go", "parley/internal/webhook", "internal/conversation/a.go:2: internal/conversation imports internal/webhook: the floor of reactors is above that of conversation"},
		"between channels":             {"internal/channel/chat/a.go", "parley/internal/channel/email", "internal/channel/chat/a.go:2: internal/channel/chat imports internal/channel/email: on the floor of channels, internal/channel/chat imports no other"},
		"between reactors":             {"internal/bot/a.go", "parley/internal/webhook", "internal/bot/a.go:2: internal/bot imports internal/webhook: on the floor of reactors, internal/bot imports no other"},
		"sideways in the domain":       {"internal/routing/a.go", "parley/internal/account", "internal/routing/a.go:2: internal/routing imports internal/account: on the floor of domain, internal/routing imports only internal/availability, internal/contact, internal/property"},
		"back along an arrow":          {"internal/account/a.go", "parley/internal/inbox", "internal/account/a.go:2: internal/account imports internal/inbox: on the floor of domain, internal/account imports only internal/availability"},
		"testkit in what is delivered": {"internal/httpserver/a.go", "parley/internal/testkit", "internal/httpserver/a.go:2: internal/httpserver imports internal/testkit: the floor of commands is above that of transport"},
		"a package without a floor":    {"internal/attic/a.go", "fmt", "internal/attic/a.go:1: internal/attic has no floor: give it a place in tools/check/floors.go"},
		"a name that begins alike":     {"internal/idle/a.go", "fmt", "internal/idle/a.go:1: internal/idle has no floor: give it a place in tools/check/floors.go"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := &repository{files: []file{fileOf(c.file, "package a\nimport _ \""+c.imports+"\"\n")}}
			found, err := checkFloors(repo)
			if err != nil {
				t.Fatal(err)
			}
			assertFinding(t, found, c.want)
		})
	}
}

// Arrows in a circle would leave no order of the packages.
func TestArrowsHaveNoCycle(t *testing.T) {
	t.Parallel()
	for _, f := range floors {
		for _, name := range f.packages {
			if reaches(f.arrows, name, name) {
				t.Errorf("%s: the arrows from %s lead back to it", f.name, name)
			}
		}
	}
}

func reaches(arrows map[string][]string, from, to string) bool {
	return slices.ContainsFunc(arrows[from], func(next string) bool { return next == to || reaches(arrows, next, to) })
}

func TestNoPackageIsListedTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, f := range floors {
		for _, name := range f.packages {
			if other, ok := seen[name]; ok {
				t.Errorf("%s is in %s and in %s", name, other, f.name)
			}
			seen[name] = f.name
		}
	}
}
