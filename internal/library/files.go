package library

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	entfile "parley/ent/libraryfile"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// setFiles makes uploads, and files that the item has already, the files of an item in
// the order of their ids, and reports whether they are others than before. A file keeps the
// id of its upload; the upload itself stays as it is.
func setFiles(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, to opt.Value[[]string]) (bool, error) {
	if err := keepPicture(ctx, tx, item); err != nil {
		return false, err
	}
	if item.Kind.HasVersions() {
		return setVersion(ctx, tx, item, to)
	}
	changed, err := setList(ctx, tx, item, to)
	if err != nil {
		return false, err
	}
	return changed, checkPictures(ctx, tx, item)
}

// setList makes files those of a text or an article.
func setList(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, to opt.Value[[]string]) (bool, error) {
	ids, ok := to.ValueOK()
	if !ok || !item.Kind.IsText() && item.Kind != vocab.ArticleItem {
		return false, nil
	}
	most := MaxFiles
	if item.Kind == vocab.ArticleItem {
		most = maxPictures
	}
	if len(ids) > most {
		return false, errs.Exceeds(most, "An item may have at most %d files.", most).On("attachmentIds")
	}
	before, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID)).Order(entfile.ByPosition()).All(ctx)
	if err != nil {
		return false, err
	}
	had := make([]string, len(before))
	for i, f := range before {
		had[i] = f.ID
	}
	if slices.Equal(had, ids) {
		return false, nil
	}
	for i, fileID := range ids {
		if err := putFile(ctx, tx, item, fileID, slices.Contains(had, fileID), i, ids); err != nil {
			return false, err
		}
	}
	for _, f := range before {
		if !slices.Contains(ids, f.ID) {
			if err := removeFile(ctx, tx, f); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// putFile gives an item the file that stands at a place of its ids.
func putFile(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, fileID string, known bool, i int, ids []string) error {
	path := []string{"attachmentIds", strconv.Itoa(i)}
	if slices.Contains(ids[:i], fileID) {
		return errs.New(errs.Invalid, "The file is listed twice; list it once.").On(path...)
	}
	if known {
		return tx.Client.LibraryFile.UpdateOneID(fileID).SetPosition(i + 1).Exec(ctx)
	}
	a, err := findUpload(ctx, tx, fileID, path...)
	if err != nil {
		return err
	}
	if err := isPicture(item, a, path...); err != nil {
		return err
	}
	return addFile(ctx, tx, item, a, i+1, path...)
}

func removeFiles(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	files, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID)).All(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := removeFile(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// removeFile removes a file; its content goes once no message has it either.
func removeFile(ctx context.Context, tx *store.Tx, f *ent.LibraryFile) error {
	if err := tx.Client.LibraryFile.DeleteOneID(f.ID).Exec(ctx); err != nil {
		return err
	}
	return tx.Client.ForgottenBlob.Create().SetID(id.New("blob")).SetAccountID(f.AccountID).SetBlobKey(f.BlobKey).SetCreatedAt(tx.Now()).Exec(ctx)
}

// filesOf returns the files of each item, in their order, without pictures.
func (s *Service) filesOf(ctx context.Context, items []*ent.LibraryItem) ([][]*ent.LibraryFile, error) {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	found, err := s.store.Client(ctx).LibraryFile.Query().Where(entfile.ItemIDIn(ids...), entfile.PositionGT(0)).Order(entfile.ByPosition(), entfile.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*ent.LibraryFile, len(items))
	for i, item := range items {
		lists[i] = []*ent.LibraryFile{}
		for _, f := range found {
			if f.ItemID == item.ID {
				lists[i] = append(lists[i], f)
			}
		}
	}
	return lists, nil
}
