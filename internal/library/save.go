package library

import (
	"context"
	"fmt"
	"reflect"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	"parley/ent/teammember"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// unlocked leaves the rows of a query unlocked.
func unlocked(*sql.Selector) {}

// find loads an item that the viewer sees; otherwise NOT_FOUND on the field.
func find(ctx context.Context, client *ent.Client, itemID string, lock func(*sql.Selector), field ...string) (*ent.LibraryItem, error) {
	unknown := errs.New(errs.NotFound, "There is no library item %q that you may see.", errs.Clip(itemID)).On(field...)
	if !id.Is(itemID, id.LibraryItem) {
		return nil, unknown
	}
	item, err := client.LibraryItem.Query().Where(entitem.ID(itemID)).Modify(lock).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return item, err
}

// findEditable loads an item that the viewer may edit, and keeps others from changing it.
func findEditable(ctx context.Context, tx *store.Tx, itemID string) (*ent.LibraryItem, error) {
	item, err := find(ctx, tx.Client, itemID, store.ForUpdate, "libraryItemId")
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	switch {
	case v.Kind == viewer.Admin, v.Kind == viewer.SystemKind, item.OwnerID == v.ActorID, item.EditableBy == vocab.LibraryEveryone:
		return item, nil
	case item.OwnerID == "" && v.Kind == viewer.Integration:
		return item, nil
	case item.EditableBy == vocab.LibraryTeam:
		member, err := tx.Client.TeamMember.Query().Where(teammember.TeamID(item.TeamID), teammember.UserID(v.ActorID)).Exist(ctx)
		if err != nil || member {
			return item, err
		}
	}
	return nil, errs.New(errs.Forbidden, "Only its owner, admins and those whom the owner lets edit it may change this library item.").On("libraryItemId")
}

// save writes what changed and records it; nothing: nothing happens.
func save(ctx context.Context, tx *store.Tx, before, after *ent.LibraryItem, files bool) error {
	c := changesOf(before, after, files)
	if len(c) == 0 {
		return nil
	}
	after.Revision, after.UpdatedAt = before.Revision+1, tx.Now()
	err := tx.Client.LibraryItem.UpdateOneID(after.ID).SetName(after.Name).SetNameKey(after.NameKey).SetFolder(after.Folder).
		SetShortcut(after.Shortcut).SetOwnerID(after.OwnerID).SetUsableBy(after.UsableBy).SetEditableBy(after.EditableBy).SetTeamID(after.TeamID).
		SetShownTo(after.ShownTo).SetContent(after.Content).SetRevision(after.Revision).SetArchivedAt(after.ArchivedAt).SetUpdatedAt(after.UpdatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save library item: %w", err)
	}
	if err := indexArticle(ctx, tx, after); err != nil {
		return err
	}
	audience := privateTo(after)
	if audience != privateTo(before) {
		audience = "" // those who lose it are notified
	}
	record(ctx, tx, vocab.LibraryItemUpdated, after, audience, c)
	return nil
}

func changesOf(before, after *ent.LibraryItem, files bool) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("shortcut", before.Shortcut != after.Shortcut)
	c.Named("folder", before.Folder != after.Folder)
	c.Optional("owner", before.OwnerID, after.OwnerID)
	c.Value("usableBy", string(before.UsableBy), string(after.UsableBy))
	c.Value("editableBy", string(before.EditableBy), string(after.EditableBy))
	c.Optional("team", before.TeamID, after.TeamID)
	c.Named("content", !reflect.DeepEqual(before.Content, after.Content))
	c.Named("files", files)
	c.Optional("archivedAt", before.ArchivedAt.String(), after.ArchivedAt.String())
	return c
}

// privateTo is the user who alone sees an item; "": others do too.
func privateTo(item *ent.LibraryItem) string {
	if item.UsableBy == vocab.LibraryOwner {
		return item.OwnerID
	}
	return ""
}

// record notifies the account, or one user alone.
func record(ctx context.Context, tx *store.Tx, t vocab.EventType, item *ent.LibraryItem, userID string, c []vocab.FieldChange) {
	tx.Append(ctx, store.Event{Type: t, SubjectID: item.ID, UserID: userID, Changes: c})
}
