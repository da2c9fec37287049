package library

import (
	"context"
	"fmt"
	"slices"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Create makes an item (CO-1). Errors are those of the fields; a field that items of the
// kind do not have is INVALID.
func (s *Service) Create(ctx context.Context, in CreateLibraryItemInput) (*ent.LibraryItem, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if in.Kind == vocab.QuoteItem {
		return nil, errs.New(errs.Invalid, "A quote is not an item of the library: create it by createQuote, and send it by quoteIds.").On("kind")
	}
	call := idempotency.Call{
		Mutation: "createLibraryItem", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.LibraryItem),
		Own: []idempotency.Own{{Kind: id.LibraryItem, Field: "id", ID: in.ID}},
	}
	var item *ent.LibraryItem
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		item, err = s.make(ctx, tx, call.Result, in)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		item, err = find(ctx, tx.Client, first, unlocked, "id")
		return err
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

func (s *Service) make(ctx context.Context, tx *store.Tx, itemID string, in CreateLibraryItemInput) (*ent.LibraryItem, error) {
	if err := account.Lock(ctx, tx); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	n, err := tx.Number(ctx, "SELECT count(*) FROM library_items WHERE account_id = $1", v.AccountID)
	if err == nil && n >= MaxItems {
		err = errs.New(errs.Invalid, "The account has reached the maximum of %d library items. Delete some first.", n)
	}
	if err != nil {
		return nil, err
	}
	item := &ent.LibraryItem{
		ID: itemID, AccountID: v.AccountID, Kind: in.Kind, UsableBy: vocab.LibraryEveryone, EditableBy: vocab.LibraryOwner,
		Revision: 1, UpdatedAt: tx.Now(), CreatedAt: tx.Now(),
	}
	if v.IsUser() {
		item.OwnerID = v.ActorID
	}
	if err := s.apply(ctx, tx, item, opt.Of(in.Name), in.ItemFacts); err != nil {
		return nil, err
	}
	err = tx.Client.LibraryItem.Create().SetID(item.ID).SetKind(item.Kind).SetName(item.Name).SetNameKey(item.NameKey).SetFolder(item.Folder).
		SetShortcut(item.Shortcut).SetOwnerID(item.OwnerID).SetUsableBy(item.UsableBy).SetEditableBy(item.EditableBy).SetTeamID(item.TeamID).
		SetShownTo(item.ShownTo).SetContent(item.Content).SetRevision(item.Revision).SetUpdatedAt(item.UpdatedAt).SetCreatedAt(item.CreatedAt).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("save library item: %w", err)
	}
	if _, err := setFiles(ctx, tx, item, in.AttachmentIDs); err != nil {
		return nil, err
	}
	if err := indexArticle(ctx, tx, item); err != nil {
		return nil, err
	}
	kind := string(item.Kind)
	record(ctx, tx, vocab.LibraryItemCreated, item, privateTo(item), []vocab.FieldChange{{Field: "kind", To: &kind}})
	return item, nil
}

// Update changes an item: the right of its owner, of admins, and of whom the owner lets
// edit it. What is left out stays. Errors are those of Create, and CONFLICT on
// expectedRevision.
func (s *Service) Update(ctx context.Context, in UpdateLibraryItemInput) (*ent.LibraryItem, error) {
	call := idempotency.Call{Mutation: "updateLibraryItem", Key: in.IdempotencyKey, Input: in, Result: in.LibraryItemID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) (files bool, err error) {
		if in.ExpectedRevision != nil && *in.ExpectedRevision != item.Revision {
			return false, errs.New(errs.Conflict, "It was changed since then: its revision is %d, not %d. Load it again.", item.Revision, *in.ExpectedRevision).On("expectedRevision")
		}
		if err := s.apply(ctx, tx, item, in.Name, in.ItemFacts); err != nil {
			return false, err
		}
		return setFiles(ctx, tx, item, in.AttachmentIDs)
	})
}

// Archive keeps an item from being inserted; what was sent of it stays.
func (s *Service) Archive(ctx context.Context, in ArchiveLibraryItemInput) (*ent.LibraryItem, error) {
	call := idempotency.Call{Mutation: "archiveLibraryItem", Key: in.IdempotencyKey, Input: in, Result: in.LibraryItemID}
	return s.change(ctx, call, func(_ context.Context, tx *store.Tx, item *ent.LibraryItem) (bool, error) {
		if !item.ArchivedAt.IsSet() {
			item.ArchivedAt = tx.Now()
		}
		return false, nil
	})
}

// Restore lets an archived item be inserted again. ALREADY_EXISTS on libraryItemId if
// another item has its shortcut by now.
func (s *Service) Restore(ctx context.Context, in RestoreLibraryItemInput) (*ent.LibraryItem, error) {
	call := idempotency.Call{Mutation: "restoreLibraryItem", Key: in.IdempotencyKey, Input: in, Result: in.LibraryItemID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) (bool, error) {
		item.ArchivedAt = 0
		return false, freeShortcut(ctx, tx, item, "libraryItemId")
	})
}

// change alters an item for someone who may edit it; one call after the other.
func (s *Service) change(ctx context.Context, call idempotency.Call, alter func(context.Context, *store.Tx, *ent.LibraryItem) (bool, error)) (*ent.LibraryItem, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var item *ent.LibraryItem
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		before, err := findEditable(ctx, tx, call.Result)
		if err != nil {
			return err
		}
		after := *before
		after.Content = cloned(before.Content)
		files, err := alter(ctx, tx, &after)
		if err != nil {
			return err
		}
		item = &after
		return save(ctx, tx, before, item, files)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		item, err = find(ctx, tx.Client, first, unlocked, "libraryItemId")
		return err
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

func cloned(c vocab.LibraryContent) vocab.LibraryContent {
	c.Cc, c.Variants, c.UserLinks = slices.Clone(c.Cc), slices.Clone(c.Variants), slices.Clone(c.UserLinks)
	if c.Article != nil {
		article := *c.Article
		c.Article = &article
	}
	return c
}

// Delete deletes an item for good and returns its id; what was sent of it stays. Those
// who may edit it may delete it.
func (s *Service) Delete(ctx context.Context, in DeleteLibraryItemInput) (string, error) {
	if err := mayEdit(ctx); err != nil {
		return "", err
	}
	call := idempotency.Call{Mutation: "deleteLibraryItem", Key: in.IdempotencyKey, Input: in, Result: in.LibraryItemID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		item, err := findEditable(ctx, tx, in.LibraryItemID)
		if err != nil {
			return err
		}
		if err := removeFiles(ctx, tx, item); err != nil {
			return err
		}
		if err := tx.Retire(ctx, "library_items", id.LibraryItem, "id", item.AccountID, item.ID); err != nil {
			return err
		}
		if err := forgetArticle(ctx, tx, item); err != nil {
			return err
		}
		record(ctx, tx, vocab.LibraryItemDeleted, item, privateTo(item), nil)
		return tx.Client.LibraryItem.DeleteOneID(item.ID).Exec(ctx)
	}, nil)
	return in.LibraryItemID, err
}
