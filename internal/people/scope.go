package people

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// Scopes are what an API token can grant (AC-9). "read" grants every scope that
// ends in ":read", "write" those and every one that ends in ":write", "*" all,
// those of later versions too.
var Scopes = []string{
	"*", "read", "write",
	"account:read", "people:read", "people:write", "settings:read", "settings:write",
	"contacts:read", "contacts:write", "conversations:read", "conversations:write", "events:read",
}

// cleanScopes returns the scopes that a caller asks for, each once. Errors,
// joined: REQUIRED on scopes; on [scopes, index] INVALID where it is unknown or
// more than the caller's own token grants (AC-12).
func cleanScopes(v *viewer.Viewer, scopes []string) ([]string, error) {
	if len(scopes) == 0 {
		return nil, errs.New(errs.Required, "A token needs at least one scope: %s.", strings.Join(Scopes, ", ")).On("scopes")
	}
	if len(scopes) > MaxIDs {
		return nil, errs.New(errs.TooLong, "The list has %d scopes; there are only %d.", len(scopes), len(Scopes)).On("scopes")
	}
	var faults []error
	var clean []string
	for i, scope := range scopes {
		switch {
		case !slices.Contains(Scopes, scope):
			faults = append(faults, errs.New(errs.Invalid, "There is no scope %q, but: %s.", errs.Clip(scope), strings.Join(Scopes, ", ")).
				On("scopes", strconv.Itoa(i)))
		case !covers(v.Scopes, scope):
			faults = append(faults, errs.New(errs.Invalid, "The caller's own token does not grant %q, so that it cannot pass it on.", scope).
				On("scopes", strconv.Itoa(i)))
		case !slices.Contains(clean, scope):
			clean = append(clean, scope)
		}
	}
	return clean, errors.Join(faults...)
}

// covers reports whether a token with the held scopes can do all that a token
// with the wanted one could.
func covers(held []string, wanted string) bool {
	for _, h := range held {
		switch {
		case h == wanted, h == "*",
			h == "write" && wanted != "*",
			h == "read" && strings.HasSuffix(wanted, ":read"):
			return true
		}
	}
	return false
}
