package property

import (
	"context"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// mayDefine admits admins, and integrations, whose token has the scope for it: others
// use what is defined.
func mayDefine(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && (v.AllInboxes() || v.Kind == viewer.Integration) {
		return nil
	}
	return errs.New(errs.Forbidden, "Only admins and integrations may define properties.")
}
