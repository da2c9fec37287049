package account

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// CleanScopes returns the scopes that a caller asks for, each once. Errors,
// joined: REQUIRED on scopes; on [scopes, index] INVALID where it is unknown or
// more than the caller's own token grants (AC-12). What the changed token has already
// may stay; nil: it is new.
func CleanScopes(v *viewer.Viewer, scopes, held []string) ([]string, error) {
	if len(scopes) == 0 {
		return nil, errs.New(errs.Required, "At least one scope is required: %s.", known()).On("scopes")
	}
	if len(scopes) > MaxIDs {
		return nil, errs.Exceeds(len(viewer.Scopes), "The list has %d scopes; only %d exist.", len(scopes), len(viewer.Scopes)).On("scopes")
	}
	var faults []error
	var clean []string
	for i, scope := range scopes {
		switch {
		case !slices.Contains(viewer.ScopeNames(), scope):
			faults = append(faults, errs.New(errs.Invalid, "There is no scope %q; the scopes are: %s.", errs.Clip(scope), known()).
				On("scopes", strconv.Itoa(i)))
		case !v.MayGrant(scope) && !keeps(held, scope):
			faults = append(faults, errs.New(errs.Invalid, "Your own token does not grant %q, so it cannot grant it to another one.", scope).
				On("scopes", strconv.Itoa(i)))
		case !slices.Contains(clean, scope):
			clean = append(clean, scope)
		}
	}
	return clean, errors.Join(faults...)
}

// keeps reports whether a scope is no more than what a token has already. What is
// granted by name only, it has by name only.
func keeps(held []string, scope string) bool {
	if slices.Contains(held, scope) {
		return true
	}
	return !viewer.ByName(scope) && (&viewer.Viewer{Kind: viewer.Integration, Scopes: held}).MayGrant(scope)
}

// known names all scopes, for error texts.
func known() string { return strings.Join(viewer.ScopeNames(), ", ") }
