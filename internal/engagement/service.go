package engagement

import (
	"context"

	"parley/ent"
	entengagement "parley/ent/engagement"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service holds the use cases of engagements. It is safe for concurrent use.
type Service struct {
	store *store.Store
	files *attachment.Service
}

// New returns the use cases on a store, with the service of attachments.
func New(s *store.Store, files *attachment.Service) *Service { return &Service{store: s, files: files} }

func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may log engagements.")
}

// lockEngagement loads an engagement and keeps others from changing it until the
// transaction ends.
func lockEngagement(ctx context.Context, tx *store.Tx, engagementID string) (*ent.Engagement, error) {
	unknown := missing("engagement", engagementID, "engagementId")
	if !id.Is(engagementID, id.Engagement) {
		return nil, unknown
	}
	e, err := tx.Client.Engagement.Query().Where(entengagement.ID(engagementID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return e, err
}

// missing is NOT_FOUND on a field.
func missing(what, objectID string, path ...string) error {
	return errs.New(errs.NotFound, "There is no %s %q that you may see.", what, errs.Clip(objectID)).On(path...)
}

// checkUser refuses who is no active user: NOT_FOUND, NOT_ELIGIBLE. "" is no one.
func checkUser(ctx context.Context, tx *store.Tx, userID string, path ...string) error {
	if userID == "" {
		return nil
	}
	_, err := account.ActiveUserIDs(ctx, tx, path[0], []string{userID})
	if e := errs.Of(err); e != nil {
		return e.On(path...)
	}
	return err
}
