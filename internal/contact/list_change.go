package contact

import (
	"context"

	"parley/ent"
	"parley/ent/contactlistmember"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// UpdateList renames a list, or gives a smart one other criteria, by which a job fills it
// again (CR-4, IB-7). Errors: ALREADY_EXISTS on name, those of smartlist.Clean on criteria.
func (s *Service) UpdateList(ctx context.Context, in UpdateContactListInput) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var l *ent.ContactList
	load := func(ctx context.Context, tx *store.Tx, listID string) (err error) {
		l, err = findList(ctx, tx, listID)
		return err
	}
	call := idempotency.Call{Mutation: "updateContactList", Key: in.IdempotencyKey, Input: in, Result: in.ContactListID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.ContactListID); err != nil {
			return err
		}
		if err := renameList(ctx, tx, l, in.Name); err != nil {
			return err
		}
		return changeCriteria(ctx, tx, l, in.Criteria)
	}, load)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func renameList(ctx context.Context, tx *store.Tx, l *ent.ContactList, to opt.Value[*string]) error {
	wanted, err := opt.NotNull(to, "name")
	if wanted == nil || err != nil {
		return err
	}
	name, err := account.CleanName(*wanted, "name")
	if err != nil || name == l.Name {
		return err
	}
	if err := listNameIsFree(ctx, tx, name, l.ID); err != nil {
		return err
	}
	l.Name = name
	tx.Append(ctx, store.Event{Type: vocab.ContactListUpdated, SubjectID: l.ID, Changes: store.NamedChanges("name")})
	return tx.Client.ContactList.UpdateOneID(l.ID).SetName(name).Exec(ctx)
}

// DeleteList deletes a list, whose contacts stay; one that is used is archived, if that
// was asked for, and otherwise IN_USE, with what uses it (IB-7). It returns the list only
// if it was archived.
func (s *Service) DeleteList(ctx context.Context, in DeleteContactListInput) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var archived *ent.ContactList
	call := idempotency.Call{Mutation: "deleteContactList", Key: in.IdempotencyKey, Input: in, Result: in.ContactListID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		l, err := findList(ctx, tx, in.ContactListID)
		if err != nil {
			return err
		}
		usedBy, err := account.UsedBy(ctx, tx, l.ID)
		switch {
		case err != nil:
			return err
		case len(usedBy) == 0:
			return deleteList(ctx, tx, l)
		case in.Archive == nil || !*in.Archive:
			return account.InUse("The list", usedBy, "contactListId")
		}
		archived, err = archiveList(ctx, tx, l)
		return err
	}, func(ctx context.Context, tx *store.Tx, listID string) (err error) {
		if archived, err = tx.Client.ContactList.Get(ctx, listID); ent.IsNotFound(err) {
			err = nil
		}
		return err
	})
	return archived, err
}

func archiveList(ctx context.Context, tx *store.Tx, l *ent.ContactList) (*ent.ContactList, error) {
	if l.ArchivedAt.IsSet() {
		return l, nil
	}
	tx.Append(ctx, store.Event{Type: vocab.ContactListArchived, SubjectID: l.ID})
	return tx.Client.ContactList.UpdateOneID(l.ID).SetArchivedAt(tx.Now()).Save(ctx)
}

func deleteList(ctx context.Context, tx *store.Tx, l *ent.ContactList) error {
	// Also contacts whom the caller does not see.
	everyone := viewer.AsSystem(ctx, "delete-list")
	if _, err := tx.Client.ContactListMember.Delete().Where(contactlistmember.ListID(l.ID)).Exec(everyone); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ContactListDeleted, SubjectID: l.ID})
	if err := tx.Retire(ctx, "contact_lists", id.ContactList, "id", l.AccountID, l.ID); err != nil {
		return err
	}
	return tx.Client.ContactList.DeleteOneID(l.ID).Exec(ctx)
}
