package contact

import (
	"context"

	"parley/internal/viewer"
)

// FillSome does some steps of a filling, and reports whether there are more.
func FillSome(ctx context.Context, s *Service, args FillArgs, steps int) bool {
	ctx = viewer.NewContext(ctx, viewer.System("smart-lists", args.AccountID))
	for range steps {
		if more, err := s.fillStep(ctx, args); err != nil || !more {
			return false
		}
	}
	return true
}
