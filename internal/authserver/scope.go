package authserver

import (
	"slices"
	"strings"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ToolScopes are what the tools for language models need, and what is granted for them if
// an app asks for nothing else (AG-7).
var ToolScopes = []string{viewer.ScopeRead, viewer.ScopeProposalsWrite}

// Advertised are the scopes of which programs are informed that ask for all that they find:
// the usual ones. Which others there are is documented.
var Advertised = []string{viewer.ScopeRead, viewer.ScopeProposalsWrite, viewer.ScopeInbox, offline}

// apiScopes are what is granted for the API, if an app names it and asks for nothing else.
var apiScopes = []string{viewer.ScopeInbox}

// offline is what some apps ask for to be given refresh tokens, which all get.
const offline = "offline_access"

// ticked are the scopes that are granted only if the user ticks them by name: what is
// everything, what changes people and settings, and what needs no one's approval.
var ticked = []string{viewer.ScopeAll, viewer.ScopeWrite, viewer.ScopePeopleWrite, viewer.ScopeSettingsWrite, viewer.ScopeAct, viewer.ScopeActAs}

// NeedsTick reports whether a scope is granted only if the user ticks it by its name.
func NeedsTick(scope string) bool { return slices.Contains(ticked, scope) }

// scopesOf returns the scopes that an app asks for, each once; those that are known nowhere
// here, such as OpenID's, are left out (RFC 6749, 3.3). usual are granted if it asks for none.
func scopesOf(asked string, usual []string) ([]string, *Refusal) {
	var scopes []string
	unknown := false
	for _, scope := range strings.Fields(asked) {
		switch {
		case scope == offline:
		case scope == viewer.ScopeProvision, !slices.Contains(viewer.ScopeNames(), scope):
			unknown = true
		case !slices.Contains(scopes, scope):
			scopes = append(scopes, scope)
		}
	}
	switch {
	case len(scopes) > 0:
		return scopes, nil
	case unknown:
		return nil, refuse(invalidScope, "None of the scopes is known here; there are: "+strings.Join(viewer.ScopeNames(), " ")+".")
	}
	return usual, nil
}

// sameScopes refuses a request for new tokens with other scopes than were granted: more are
// not to be had, and fewer would be all the same.
func sameScopes(asked string, granted []string) *Refusal {
	wanted := slices.DeleteFunc(strings.Fields(asked), func(scope string) bool { return scope == offline })
	differs := func(these, those []string) bool {
		return slices.ContainsFunc(these, func(scope string) bool { return !slices.Contains(those, scope) })
	}
	if len(wanted) > 0 && (differs(wanted, granted) || differs(granted, wanted)) {
		return refuse(invalidScope, "New tokens have the scopes that were granted: leave scope out. For other ones, begin again at the authorization endpoint.")
	}
	return nil
}

// forTools returns what of some scopes counts at the tools (AG-7): all with `act`, and
// otherwise what reads and proposes.
func forTools(scopes []string) []string {
	more := func(scope string) bool {
		return scope != viewer.ScopeRead && scope != viewer.ScopeProposalsWrite && !strings.HasSuffix(scope, ":read")
	}
	if slices.Contains(scopes, viewer.ScopeAct) || !slices.ContainsFunc(scopes, more) {
		return scopes
	}
	left := (&viewer.Viewer{Kind: viewer.Agent, Scopes: scopes}).ForModels().Scopes
	if slices.Contains(scopes, viewer.ScopeRead) {
		left = slices.DeleteFunc(left, func(scope string) bool { return strings.HasSuffix(scope, ":read") })
		left = slices.Insert(left, 0, viewer.ScopeRead)
	}
	return left
}

// granted are the scopes that an app gets if the user confirms some of those that are
// granted by name only.
func (r *Request) granted(confirmed []string) []string {
	given := slices.DeleteFunc(slices.Clone(r.Scopes), func(scope string) bool { return NeedsTick(scope) && !slices.Contains(confirmed, scope) })
	if r.Kind == vocab.SessionOfTools {
		given = forTools(given)
	}
	return given
}

// Offer is what a page of consent shows of the scopes.
type Offer struct {
	// Granted are those that the app gets if the user allows it, Ticks those that it gets
	// only if they are ticked, and WithAct those that count only if `act` is.
	Granted, Ticks, WithAct []string
}

// Offer returns what the user is asked for, as it will be granted.
func (r *Request) Offer() Offer {
	o := Offer{Granted: r.granted(nil)}
	for _, scope := range r.Scopes {
		switch {
		case NeedsTick(scope):
			o.Ticks = append(o.Ticks, scope)
		case !slices.Contains(o.Granted, scope):
			o.WithAct = append(o.WithAct, scope)
		}
	}
	return o
}
