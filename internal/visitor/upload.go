package visitor

import (
	"context"

	"parley/internal/store"
	"parley/internal/viewer"
)

// MayUpload refuses files of a visitor who has not agreed to the processing of
// their data where the channel asks for that: CONSENT_REQUIRED (TM-8, CH-7).
func (s *Service) MayUpload(ctx context.Context) error {
	v, err := self(ctx)
	if err != nil {
		return err
	}
	return s.store.WithTx(viewer.NewContext(ctx, viewer.System("upload", v.AccountID)), func(ctx context.Context, tx *store.Tx) error {
		me, err := tx.Client.Visitor.Get(ctx, v.ActorID)
		if err != nil {
			return err
		}
		m, err := asking(ctx, tx, me, nil)
		if err != nil {
			return err
		}
		return mayCapture(ctx, tx, me, m)
	})
}
