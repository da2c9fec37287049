package visitor

import (
	"context"

	"parley/internal/store"
	"parley/internal/viewer"
)

// MayUpload returns the check that refuses files of a visitor who has not agreed
// to the processing of their data where the channel requires that:
// CONSENT_REQUIRED (TM-8, CH-7). It needs no service: files are composed before
// conversations, and those before visitors.
func MayUpload(s *store.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		v, err := callingVisitor(ctx)
		if err != nil {
			return err
		}
		return s.WithTx(viewer.NewContext(ctx, viewer.System("upload", v.AccountID)), func(ctx context.Context, tx *store.Tx) error {
			return visitorMayUpload(ctx, tx, v)
		})
	}
}

func visitorMayUpload(ctx context.Context, tx *store.Tx, v *viewer.Viewer) error {
	me, err := tx.Client.Visitor.Get(ctx, v.ActorID)
	if err != nil {
		return err
	}
	m, err := askingMessage(ctx, tx, me, nil)
	if err != nil {
		return err
	}
	return mayCapture(ctx, tx, me, m)
}
