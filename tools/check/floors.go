package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ownImports is what imports of Parley's packages begin with.
const ownImports = "parley/"

// floor is a set of packages. Each may import the floors below, and none above.
type floor struct {
	name string
	// packages are folders, each with all below it, unless a longer name is in the
	// table. What lies in one folder is free to import the rest of it.
	packages []string
	// open: its packages import each other freely.
	open bool
	// arrows are the imports between its packages otherwise, without cycles.
	arrows map[string][]string
}

// floors are listed from the lowest up. A name that does not exist yet
// keeps its place.
var floors = []floor{
	{
		name: "leaves", open: true,
		packages: []string{
			"docs", "internal/clock", "internal/emailaddress", "internal/errs", "internal/flow", "internal/id", "internal/opt", "internal/pageurl", "internal/paging",
			"internal/richtext", "internal/search", "internal/secret", "internal/viewer", "internal/vocab",
		},
	},
	{name: "ent", packages: []string{"ent"}},
	{name: "store", packages: []string{"internal/store"}},
	{
		name: "platform",
		packages: []string{
			"internal/bus", "internal/egress", "internal/event", "internal/idempotency", "internal/job", "internal/lease",
			"internal/loader", "internal/mail", "internal/oauth", "internal/presence", "internal/reaction", "internal/seal", "internal/session",
			"internal/webpush",
		},
		arrows: map[string][]string{
			"internal/mail":     {"internal/job"},
			"internal/reaction": {"internal/bus", "internal/event", "internal/lease"},
			"internal/webpush":  {"internal/egress"},
		},
	},
	{
		name: "domain",
		packages: []string{
			"internal/account", "internal/attachment", "internal/audit", "internal/authserver", "internal/availability", "internal/company", "internal/contact", "internal/crm", "internal/engagement",
			"internal/inbox", "internal/library", "internal/property", "internal/quote", "internal/remoteimage", "internal/routing", "internal/signin", "internal/tag", "internal/timeline",
		},
		arrows: map[string][]string{
			"internal/account":    {"internal/availability"},
			"internal/company":    {"internal/account", "internal/property"},
			"internal/contact":    {"internal/account", "internal/availability", "internal/company", "internal/property", "internal/tag"},
			"internal/crm":        {"internal/account", "internal/company", "internal/property"},
			"internal/engagement": {"internal/account", "internal/attachment"},
			"internal/inbox":      {"internal/account", "internal/attachment", "internal/availability"},
			"internal/library":    {"internal/account", "internal/contact", "internal/crm", "internal/property"},
			"internal/property":   {"internal/account"},
			"internal/quote":      {"internal/account", "internal/crm", "internal/library"},
			"internal/routing":    {"internal/availability", "internal/contact", "internal/property"},
			"internal/authserver": {"internal/account"},
			"internal/signin":     {"internal/account"},
			"internal/tag":        {"internal/account"},
		},
	},
	{name: "views", packages: []string{"internal/conversation/view"}},
	{name: "conversation", packages: []string{"internal/conversation"}},
	{name: "machines", packages: []string{"internal/annotation", "internal/proposal"}},
	{name: "live", packages: []string{"internal/conversation/live"}},
	// Channels never import each other.
	{
		name: "channels",
		packages: []string{
			"internal/channel/chat", "internal/channel/custom", "internal/channel/email",
		},
	},
	// Reactors never import each other, and nothing below imports one.
	{
		name: "reactors",
		packages: []string{
			"internal/automation", "internal/bot", "internal/modeltext", "internal/notification", "internal/privacy", "internal/sla", "internal/slack",
			"internal/transcript", "internal/webhook",
		},
	},
	{
		name: "transport", packages: []string{"graph", "internal/httpserver", "internal/mcp", "internal/scim"},
		arrows: map[string][]string{"internal/httpserver": {"graph"}},
	},
	// Only tests and benchmarks import testkit.
	{
		name: "commands", packages: []string{"bench", "cmd", "internal/channeltest", "internal/demo", "internal/testkit"},
		arrows: map[string][]string{"bench": {"internal/demo", "internal/testkit"}, "cmd": {"internal/channeltest", "internal/demo"}},
	},
}

// checkFloors reports each import, outside tests, that runs up, or sideways where
// the table has no arrow, and each package that has no place in the table.
func checkFloors(repo *repository) ([]finding, error) {
	var found []finding
	homeless := map[string]bool{}
	for _, f := range repo.files {
		if path.Ext(f.path) != ".go" || strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "tools/") {
			continue
		}
		if folder := path.Dir(f.path); floorOf(folder).level < 0 && !homeless[folder] {
			homeless[folder] = true
			found = append(found, finding{f.path, 1, folder + " has no floor: give it a place in tools/check/floors.go"})
		}
		wrong, err := checkImports(f)
		if err != nil {
			return nil, err
		}
		found = append(found, wrong...)
	}
	return found, nil
}

func checkImports(f file) ([]finding, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, f.path, f.text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		to, ok := strings.CutPrefix(imported, ownImports)
		if reason := refuseImport(path.Dir(f.path), to); ok && reason != "" {
			found = append(found, finding{f.path, set.Position(spec.Pos()).Line, fmt.Sprintf("%s imports %s: %s", path.Dir(f.path), to, reason)})
		}
	}
	return found, nil
}

// refuseImport says why a package may not import another; "": it may.
func refuseImport(from, to string) string {
	a, b := floorOf(from), floorOf(to)
	switch {
	case a.level < 0, b.level < 0, b.level < a.level, a.name == b.name:
		return ""
	case b.level > a.level:
		return fmt.Sprintf("the floor of %s is above that of %s", floors[b.level].name, floors[a.level].name)
	case floors[a.level].open, slices.Contains(floors[a.level].arrows[a.name], b.name):
		return ""
	}
	return fmt.Sprintf("on the floor of %s, %s imports %s", floors[a.level].name, a.name, listed(floors[a.level].arrows[a.name]))
}

func listed(packages []string) string {
	if len(packages) == 0 {
		return "no other"
	}
	return "only " + strings.Join(packages, ", ")
}

// place is where a folder stands in the table.
type place struct {
	level int    // -1: nowhere
	name  string // of the table: the folder itself or one above it
}

// floorOf finds the longest name of the table that holds a folder.
func floorOf(folder string) place {
	found := place{level: -1}
	for level, f := range floors {
		for _, name := range f.packages {
			if len(name) > len(found.name) && (folder == name || strings.HasPrefix(folder, name+"/")) {
				found = place{level, name}
			}
		}
	}
	return found
}
