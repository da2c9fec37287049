package viewer

import (
	"slices"
	"strings"
)

// Scopes that are not of the form "...:read" or "...:write".
const (
	// ScopeAll grants everything, what later versions bring too, but for what
	// is granted by name only.
	ScopeAll = "*"
	// ScopeRead grants every "...:read".
	ScopeRead = "read"
	// ScopeWrite grants everything of today, but for what is granted by name only.
	ScopeWrite = "write"
	// ScopeInbox grants what the UI of an agent reads and writes.
	ScopeInbox = "inbox"

	// ScopeModerate is for spam, blocking, deleting and restoring.
	ScopeModerate = "conversations:moderate"
	// ScopeBulk is for changes of many conversations at once.
	ScopeBulk = "conversations:bulk"
	// ScopeAssign is for claiming and assigning.
	ScopeAssign = "conversations:assign"
	// ScopeStartMail is for conversations that begin with our own mail.
	ScopeStartMail = "mail:start"
	// ScopeActAs is for messages in the name of a user.
	ScopeActAs = "act_as"
	// ScopeAct is for machines that act instead of proposing.
	ScopeAct = "act"

	// ScopeProvision is for directories that keep users and teams by SCIM.
	ScopeProvision = "people:provision"

	// ScopeBotWork is for the work of external bots.
	ScopeBotWork = "bots:work"
	// ScopeConnect is for the connectors of custom channels, whose tokens are bound to one.
	ScopeConnect = "channels:connect"
	// ScopeProposalsWrite is for proposing replies and actions.
	ScopeProposalsWrite = "proposals:write"
	// ScopeAnnotationsWrite is for facts on conversations and messages.
	ScopeAnnotationsWrite = "annotations:write"
	// ScopeConversationsWrite is for answering, and changing what has no scope of its own.
	ScopeConversationsWrite = "conversations:write"
	// ScopePeopleWrite is for changing users, teams, integrations and tokens.
	ScopePeopleWrite = "people:write"
	// ScopeSettingsWrite is for changing inboxes, channels, routing and the account.
	ScopeSettingsWrite = "settings:write"
)

// Scope is what a token may grant.
type Scope struct {
	Name string
	// Opens says what it is for.
	Opens string
	// Grants are the scopes that it is a shorthand for; nil: it is none.
	Grants []string
}

// Scopes are all that there are (AC-9), shorthands first.
var Scopes = []Scope{
	{Name: ScopeAll, Opens: "everything, including what later versions bring, except `act`, `act_as` and `people:provision`"},
	{Name: ScopeRead, Opens: "every scope that ends in `:read`"},
	{Name: ScopeWrite, Opens: "every other scope of this table, except `act`, `act_as` and `people:provision`"},
	{Name: ScopeInbox, Opens: "what the user interface of an inbox reads and writes", Grants: []string{
		"account:read", "people:read", "settings:read", "contacts:read", "contacts:write", "conversations:read", ScopeConversationsWrite, "events:read",
	}},
	{Name: "account:read", Opens: "the account"},
	{Name: "people:read", Opens: "users, teams, integrations, bots, API tokens"},
	{Name: ScopePeopleWrite, Opens: "changing these, and the availability of others"},
	{Name: ScopeProvision, Opens: "for integrations: keeping users and teams from a directory, by [SCIM](scim.md)"},
	{Name: "settings:read", Opens: "inboxes, channels, targeted messages, routing"},
	{Name: ScopeSettingsWrite, Opens: "changing these, and the account"},
	{Name: "audit:read", Opens: "the audit log, for admins"},
	{Name: "contacts:read", Opens: "contacts, their lists, consents, page views and tickets; companies, deals, quotes, engagements; visitors"},
	{Name: "contacts:write", Opens: "changing these"},
	{Name: "conversations:read", Opens: "conversations, messages, attachments, tags, the library, views, counts, tasks, presence"},
	{Name: ScopeConversationsWrite, Opens: "answering and changing conversations, tags, the library, one's own profile, mailboxes and availability; for a user's token also the four below"},
	{Name: ScopeModerate, Opens: "spam, blocking, deleting, restoring"},
	{Name: ScopeBulk, Opens: "changing many conversations at once, each action with its own scope"},
	{Name: ScopeAssign, Opens: "assigning and claiming"},
	{Name: ScopeStartMail, Opens: "starting a conversation with an e-mail"},
	{Name: ScopeBotWork, Opens: "for bots: what they have to do, and reporting their steps"},
	{Name: ScopeConnect, Opens: "for the connector of a custom channel: what comes and what goes out; only with a token that is bound to the channel"},
	{Name: ScopeProposalsWrite, Opens: "proposing replies and actions, which people accept or dismiss"},
	{Name: ScopeAnnotationsWrite, Opens: "annotating conversations and messages"},
	{Name: "events:read", Opens: "the event log"},
	{Name: ScopeActAs, Opens: "sending messages in a user's name"},
	{Name: ScopeAct, Opens: "acting as a machine instead of proposing"},
}

// ScopeNames are the names of Scopes.
func ScopeNames() []string {
	names := make([]string, len(Scopes))
	for i, s := range Scopes {
		names[i] = s.Name
	}
	return names
}

// Grants reports whether the viewer's token grants a scope: by name, by a
// shorthand, or as a user's "conversations:write", which covers all that a
// person does in an inbox. Visitors and strangers have no scopes, and need none.
func (v *Viewer) Grants(wanted string) bool {
	if v.Kind == SystemKind {
		return true
	}
	for _, held := range v.Scopes {
		if v.covers(held, wanted) {
			return true
		}
	}
	return false
}

// GrantsAny reports whether the token grants one of several scopes.
func (v *Viewer) GrantsAny(scopes []string) bool {
	return slices.ContainsFunc(scopes, v.Grants)
}

// ForModels is the viewer as a language model acts for them: with the scope `act`, which is
// granted by name only, as they are; else they read what the token reads, and propose if it
// may (AG-7).
func (v *Viewer) ForModels() *Viewer {
	if v.Grants(ScopeAct) {
		return v
	}
	c := *v
	c.Scopes = nil
	for _, s := range Scopes {
		if (strings.HasSuffix(s.Name, ":read") || s.Name == ScopeProposalsWrite) && v.Grants(s.Name) {
			c.Scopes = append(c.Scopes, s.Name)
		}
	}
	return &c
}

func (v *Viewer) covers(held, wanted string) bool {
	switch held {
	case wanted:
		return true
	case ScopeAll, ScopeWrite:
		return !ByName(wanted)
	case ScopeRead:
		return strings.HasSuffix(wanted, ":read")
	case ScopeInbox:
		return slices.ContainsFunc(shorthand(held), func(s string) bool { return v.covers(s, wanted) })
	case ScopeConversationsWrite:
		return v.IsUser() && slices.Contains([]string{ScopeModerate, ScopeBulk, ScopeAssign, ScopeStartMail}, wanted)
	}
	return false
}

// ByName reports whether a scope is granted by its name only.
func ByName(scope string) bool {
	return scope == ScopeAct || scope == ScopeActAs || scope == ScopeProvision
}

func shorthand(scope string) []string {
	for _, s := range Scopes {
		if s.Name == scope {
			return s.Grants
		}
	}
	return nil
}

// MayGrant reports whether a token of the viewer may give another one a scope:
// what it grants itself. "*" may also give what is granted by name only, since
// no token has that from the beginning. An app gives none: what it made would outlive it (AC-18).
func (v *Viewer) MayGrant(scope string) bool {
	switch {
	case v.AppID != "":
		return false
	case slices.Contains(v.Scopes, ScopeAll), slices.Contains(v.Scopes, scope):
		return true
	case scope == ScopeAll:
		return false
	case scope == ScopeRead:
		return slices.Contains(v.Scopes, ScopeWrite)
	case scope == ScopeWrite:
		return false
	case scope == ScopeInbox:
		return !slices.ContainsFunc(shorthand(scope), func(s string) bool { return !v.Grants(s) })
	}
	return v.Grants(scope)
}
