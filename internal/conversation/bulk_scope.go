package conversation

import (
	"context"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// mayBulk refuses a bulk change of what the token could not do to a single
// conversation (API-14). Reading is a person's; so is purging, which cannot be undone.
func mayBulk(ctx context.Context, action BulkAction) error {
	v := viewer.FromContext(ctx)
	if scope := action.scope(); !v.Grants(scope) {
		return errs.New(errs.Forbidden, "The token lacks the scope %q, which the bulk action %s requires.", scope, action)
	}
	if personal := action == BulkRead || action == BulkPurge; personal && !v.IsUser() && v.Kind != viewer.SystemKind {
		return errs.New(errs.Forbidden, "Only users may use the bulk action %s; the token is of kind %s.", action, v.Kind)
	}
	return nil
}

// scope is what the mutation of a single conversation asks for.
func (a BulkAction) scope() string {
	switch a {
	case BulkSpam, BulkNotSpam, BulkDelete, BulkRestore, BulkPurge:
		return viewer.ScopeModerate
	case BulkAssign, BulkUnassign:
		return viewer.ScopeAssign
	}
	return viewer.ScopeConversationsWrite
}
