package attachment

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// LibraryURL returns an address at which the context's viewer gets a file of the library,
// as URL does; "" for a file with a virus.
func (s *Service) LibraryURL(ctx context.Context, f *ent.LibraryFile) (string, error) {
	if f.Scan == vocab.ScanInfected {
		return "", nil
	}
	return s.fileURL(ctx, f.AccountID, f.ID, f.FileName)
}

// visibleInLibrary returns a file of an item that the context's viewer sees now; nil: there
// is none. It has the id of the upload that it was made of.
func (s *Service) visibleInLibrary(ctx context.Context, fileID string) (*found, error) {
	if viewer.FromContext(ctx).Kind == viewer.Visitor {
		return nil, nil
	}
	f, err := s.store.Client(ctx).LibraryFile.Get(ctx, fileID)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if f.Scan == vocab.ScanInfected {
		return nil, infected()
	}
	return &found{blobKey: f.BlobKey, name: f.FileName, contentType: servedAs(f.ContentType), hash: f.Hash, shown: shown[f.ContentType]}, nil
}

// LibraryContent opens a file of the library for whoever has the link that leads to it
// (CO-9). FORBIDDEN for one with a virus. ctx must live as long as the file is read.
func (s *Service) LibraryContent(ctx context.Context, f *ent.LibraryFile) (*File, error) {
	if f.Scan == vocab.ScanInfected {
		return nil, infected()
	}
	return s.content(ctx, &found{blobKey: f.BlobKey, name: f.FileName, contentType: servedAs(f.ContentType), hash: f.Hash, shown: shown[f.ContentType]})
}

// Copy makes files of the library the attachments of a message, behind those that it has,
// and returns their ids. More or larger files than a message may have are TOO_LONG on
// libraryItemIds. A copy has the content of its file, and goes with the message; the
// message's HTML shows it by the file's id.
func (s *Service) Copy(ctx context.Context, tx *store.Tx, files []*ent.LibraryFile, c *ent.Conversation, messageID string, before int) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if before+len(files) > s.options.MaxCount {
		return nil, errs.Exceeds(s.options.MaxCount, "A message may have at most %d files.", s.options.MaxCount).On("libraryItemIds")
	}
	m, err := tx.Client.Message.Get(ctx, messageID)
	if err != nil {
		return nil, err
	}
	total, err := tx.Number(ctx, "SELECT COALESCE(SUM(size), 0) FROM attachments WHERE message_id = $1", messageID)
	if err != nil {
		return nil, err
	}
	shown, ids := ReferencesIn(m.HTML), make([]string, len(files))
	for i, f := range files {
		if total += int64(f.Size); total > s.options.MaxTotal {
			return nil, errs.Exceeds(s.options.MaxTotal, "The files of a message may have at most %d bytes in total.", s.options.MaxTotal).On("libraryItemIds")
		}
		if f.Scan == vocab.ScanInfected {
			return nil, errs.New(errs.Invalid, "The file %q contains a virus.", f.FileName).On("libraryItemIds")
		}
		stored := Stored{ID: id.New(id.Attachment), BlobKey: f.BlobKey, ContentType: f.ContentType, Size: int64(f.Size), Hash: f.Hash, Scan: f.Scan}
		ids[i] = stored.ID
		err := newRow(tx, stored, viewer.FromContext(ctx).Actor()).SetInboxID(c.InboxID).SetConversationID(c.ID).SetMessageID(m.ID).
			SetPosition(before + i + 1).SetFileName(f.FileName).SetContentID(f.ID).SetInline(shown.Take(f.ID, f.ContentType)).Exec(ctx)
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}
