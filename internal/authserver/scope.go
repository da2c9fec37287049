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

// apiScopes are what is granted for the API if an app asks for nothing else.
var apiScopes = []string{viewer.ScopeInbox}

// offline is what some apps ask for to be given refresh tokens, which all get.
const offline = "offline_access"

// NeedsTick reports whether a scope is granted only if the user ticks it by its name.
func NeedsTick(scope string) bool {
	return slices.Contains([]string{viewer.ScopeAll, viewer.ScopeAct, viewer.ScopeActAs}, scope)
}

// scopesOf returns the scopes that an app asks for, each once.
func scopesOf(kind vocab.SessionKind, asked string) ([]string, *Refusal) {
	var scopes []string
	for _, scope := range strings.Fields(asked) {
		switch {
		case scope == offline:
		case !slices.Contains(viewer.ScopeNames(), scope):
			return nil, refuse(invalidScope, "There is a scope that is not known here; the scopes are: "+strings.Join(viewer.ScopeNames(), " ")+".")
		case !slices.Contains(scopes, scope):
			scopes = append(scopes, scope)
		}
	}
	switch {
	case len(scopes) > 0:
		return scopes, nil
	case kind == vocab.SessionOfTools:
		return ToolScopes, nil
	}
	return apiScopes, nil
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
	return (&viewer.Viewer{Kind: viewer.Agent, Scopes: scopes}).ForModels().Scopes
}
