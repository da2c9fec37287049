package attachment

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// KeepForEngagement makes the actor's uploads the files of an engagement, in the order of
// ids, and reports whether they are others than before; those that were its and are not
// among them are left to themselves. Files of any inbox that the actor sees are taken;
// inboxID is that of the engagement, whose files alone are, "": it has none. Errors blame
// attachmentIds and the place in it (CR-8).
func (s *Service) KeepForEngagement(ctx context.Context, tx *store.Tx, ids []string, inboxID, engagementID string) (bool, error) {
	if len(ids) > s.options.MaxCount {
		return false, errs.Exceeds(s.options.MaxCount, "An engagement may have at most %d files.", s.options.MaxCount).On("attachmentIds")
	}
	before, err := tx.Client.Attachment.Query().Where(entattachment.EngagementID(engagementID)).Order(entattachment.ByPosition()).All(ctx)
	if err != nil || slices.EqualFunc(before, ids, func(a *ent.Attachment, one string) bool { return a.ID == one }) {
		return false, err
	}
	list, err := filesFor(ctx, tx, ids, inboxID, engagementID)
	if err != nil {
		return false, err
	}
	if err := s.LeaveEngagement(ctx, tx, engagementID); err != nil {
		return false, err
	}
	for i, a := range list {
		if err := tx.Client.Attachment.UpdateOneID(a.ID).SetEngagementID(engagementID).SetPosition(i + 1).Exec(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// filesFor returns files by their ids, in order: the engagement's own, and the actor's
// uploads.
func filesFor(ctx context.Context, tx *store.Tx, ids []string, inboxID, engagementID string) ([]*ent.Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := tx.Client.Attachment.Query().Where(entattachment.IDIn(ids...)).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return nil, err
	}
	actor := viewer.FromContext(ctx).Actor().ActorID
	list := make([]*ent.Attachment, len(ids))
	for i, one := range ids {
		at := slices.IndexFunc(found, func(a *ent.Attachment) bool {
			return a.ID == one && (a.EngagementID == engagementID || a.UploaderID == actor && (inboxID == "" || a.InboxID == inboxID))
		})
		switch {
		case at < 0:
			return nil, errs.New(errs.NotFound, "You have uploaded no file %q for this within the last day.", errs.Clip(one)).On("attachmentIds", strconv.Itoa(i))
		case slices.Contains(ids[:i], one):
			return nil, errs.New(errs.Invalid, "The file %q is listed twice; list it once.", one).On("attachmentIds", strconv.Itoa(i))
		case found[at].Scan == vocab.ScanInfected:
			return nil, errs.New(errs.Invalid, "The file %q contains a virus.", one).On("attachmentIds", strconv.Itoa(i))
		case found[at].MessageID != "" || found[at].EngagementID != "" && found[at].EngagementID != engagementID:
			return nil, alreadySent(found[at], i)
		}
		list[i] = found[at]
	}
	return list, nil
}

// LeaveEngagement leaves the files of an engagement to themselves: they wait as other
// uploads do, and are removed after a day.
func (s *Service) LeaveEngagement(ctx context.Context, tx *store.Tx, engagementID string) error {
	return tx.Client.Attachment.Update().Where(entattachment.EngagementID(engagementID)).SetEngagementID("").Exec(ctx)
}

// OfEngagements returns the files of each engagement that the viewer may see, in their
// order.
func (s *Service) OfEngagements(ctx context.Context, ids []string) ([][]*ent.Attachment, error) {
	found, err := s.store.Client(ctx).Attachment.Query().Where(entattachment.EngagementIDIn(ids...)).
		Order(entattachment.ByPosition(), entattachment.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.Attachment{}
	for _, a := range found {
		of[a.EngagementID] = append(of[a.EngagementID], a)
	}
	lists := make([][]*ent.Attachment, len(ids))
	for i, one := range ids {
		lists[i] = append([]*ent.Attachment{}, of[one]...)
	}
	return lists, nil
}
