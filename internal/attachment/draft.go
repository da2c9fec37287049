package attachment

import (
	"context"
	"slices"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/store"
)

// KeepForDraft makes the actor's uploads the files of a draft, in the order of ids, and
// reports whether they are others than before; those that were the draft's and are not
// among them are left to themselves. A file is in one draft, the last that named it. Errors are those of Claim. What a draft keeps is
// not removed after a day (CO-3).
func (s *Service) KeepForDraft(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, draftID string) (bool, error) {
	if len(ids) > s.options.MaxCount {
		return false, errs.Exceeds(s.options.MaxCount, "A message may have at most %d files.", s.options.MaxCount).On("attachmentIds")
	}
	before, err := tx.Client.Attachment.Query().Where(entattachment.DraftID(draftID)).Order(entattachment.ByPosition()).IDs(ctx)
	if err != nil || slices.Equal(before, ids) {
		return false, err
	}
	if len(ids) > 0 {
		list, err := loadUploads(ctx, tx, ids, c)
		if err != nil {
			return false, err
		}
		if err := checkUnsent(list); err != nil {
			return false, err
		}
	}
	if err := s.LeaveDraft(ctx, tx, draftID); err != nil {
		return false, err
	}
	for i, fileID := range ids {
		if err := tx.Client.Attachment.UpdateOneID(fileID).SetDraftID(draftID).SetPosition(i + 1).Exec(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// checkUnsent refuses files that a message has.
func checkUnsent(list []*ent.Attachment) error {
	for i, a := range list {
		if a.MessageID != "" {
			return alreadySent(a, i)
		}
	}
	return nil
}

// LeaveDraft leaves the files of a draft to themselves: they wait as other uploads do.
func (s *Service) LeaveDraft(ctx context.Context, tx *store.Tx, draftID string) error {
	return tx.Client.Attachment.Update().Where(entattachment.DraftID(draftID)).SetDraftID("").Exec(ctx)
}

// OfDrafts returns the files of each draft, in their order.
func (s *Service) OfDrafts(ctx context.Context, drafts []*ent.Draft) ([][]*ent.Attachment, error) {
	ids := make([]string, len(drafts))
	for i, d := range drafts {
		ids[i] = d.ID
	}
	found, err := s.store.Client(ctx).Attachment.Query().Where(entattachment.DraftIDIn(ids...)).
		Order(entattachment.ByPosition(), entattachment.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	byDraft := map[string][]*ent.Attachment{}
	for _, a := range found {
		byDraft[a.DraftID] = append(byDraft[a.DraftID], a)
	}
	lists := make([][]*ent.Attachment, len(drafts))
	for i, d := range drafts {
		lists[i] = byDraft[d.ID]
	}
	return lists, nil
}
