package tag

import (
	"context"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
)

// mayManage refuses to make and change tags where only admins may (IN-31): otherwise
// everyone may who tags conversations.
func mayManage(ctx context.Context, tx *store.Tx) error {
	v := viewer.FromContext(ctx)
	if v.AllInboxes() {
		return nil
	}
	a, err := tx.Client.Account.Get(ctx, v.AccountID)
	if err == nil && a.TagsManaged {
		err = errs.New(errs.Forbidden, "Only admins may create and change the account's tags.")
	}
	return err
}
