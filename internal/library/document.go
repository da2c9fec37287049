package library

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"parley/ent"
	entattachment "parley/ent/attachment"
	entfile "parley/ent/libraryfile"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Limits of documents, videos and the pictures of cards.
const (
	// MaxVersions is how many versions are kept, and how many pictures of cards that were
	// sent; older ones go.
	MaxVersions = 20
	MaxLinkDays = 3_650
	MaxSeconds  = 24 * 60 * 60
	MaxPicture  = 2 << 20 // bytes
	pictureKey  = 32      // digits of the content's hash
)

// applyMedia puts into an item what documents, videos and cards have.
func (s *Service) applyMedia(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, f ItemFacts) error {
	c := &item.Content
	opt.Set(&c.AsksEmail, f.AsksForEmail)
	opt.Set(&c.LinkDays, f.LinkExpiresAfterDays)
	opt.Set(&c.Seconds, f.DurationSeconds)
	var faults []error
	if days := f.LinkExpiresAfterDays.Value(); c.LinkDays < 0 || c.LinkDays > MaxLinkDays || days != nil && *days == 0 {
		faults = append(faults, errs.New(errs.Invalid, "A link expires after 1 to %d days.", MaxLinkDays).On("linkExpiresAfterDays"))
	}
	if n := f.DurationSeconds.Value(); c.Seconds < 0 || c.Seconds > MaxSeconds || n != nil && *n == 0 {
		faults = append(faults, errs.New(errs.Invalid, "A video takes 1 to %d seconds.", MaxSeconds).On("durationSeconds"))
	}
	faults = append(faults, choosePicture(ctx, tx, item, f.ImageAttachmentID))
	if item.Kind.HasVersions() {
		faults = append(faults, s.checkDocument(ctx, tx, item, f))
	}
	return errors.Join(faults...)
}

// checkDocument has a document or video be one file or one page: what was given last.
func (s *Service) checkDocument(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, f ItemFacts) error {
	c, ids := &item.Content, f.AttachmentIDs.Value()
	switch {
	case len(ids) > 1:
		return errs.New(errs.Invalid, "It has one file, of which a newer version takes the place: name only that.").On("attachmentIds")
	case len(ids) == 1 && isGiven(f.URL):
		return errs.New(errs.Invalid, "It is a file or a page: give attachmentIds or url, not both.").On("attachmentIds")
	case len(ids) == 1:
		c.URL = ""
		return nil
	case c.URL == "":
		has, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID), entfile.PositionGT(0)).Exist(ctx)
		if err == nil && !has {
			err = errs.New(errs.Required, "Give a file in attachmentIds, or a page in url.").On("url")
		}
		return err
	}
	clean, err := s.cleanURL(ctx, c.URL, false, "url")
	if err == nil && item.Kind == vocab.VideoItem && !isVideo(clean) {
		err = errs.New(errs.Invalid, "A video is a page of YouTube, Vimeo or Loom, or an address that ends with .mp4, and begins with https://.").On("url")
	}
	c.URL = clean
	return err
}

// videoHosts show videos.
var videoHosts = []string{"youtube.com", "youtu.be", "youtube-nocookie.com", "vimeo.com", "loom.com"}

// isVideo reports whether a page on the web is one of a video.
func isVideo(page string) bool {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	known := slices.ContainsFunc(videoHosts, func(name string) bool { return host == name || strings.HasSuffix(host, "."+name) })
	return known && len(u.Path) > 1 || strings.HasSuffix(strings.ToLower(u.Path), ".mp4")
}

// setVersion makes an upload, or a file that the item has, its newest version.
func setVersion(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, to opt.Value[[]string]) (bool, error) {
	ids := to.Value()
	if len(ids) == 0 {
		return false, nil
	}
	before, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID), entfile.PositionGT(0)).Order(ent.Desc(entfile.FieldPosition)).All(ctx)
	if err != nil {
		return false, err
	}
	next := 1
	if len(before) > 0 {
		if before[0].ID == ids[0] {
			return false, nil
		}
		next = before[0].Position + 1
	}
	if slices.ContainsFunc(before, func(f *ent.LibraryFile) bool { return f.ID == ids[0] }) {
		return true, tx.Client.LibraryFile.UpdateOneID(ids[0]).SetPosition(next).Exec(ctx)
	}
	path := []string{"attachmentIds", "0"}
	a, err := findUpload(ctx, tx, ids[0], path...)
	if err != nil {
		return false, err
	}
	if item.Kind == vocab.VideoItem && !strings.HasPrefix(a.ContentType, "video/") {
		return false, errs.New(errs.Invalid, "A video is needed; the file is %s.", a.ContentType).On(path...)
	}
	if err := addFile(ctx, tx, item, a, next, path...); err != nil {
		return false, err
	}
	return true, removeOld(ctx, tx, before, MaxVersions-1)
}

// removeOld removes of files, the newest first, those that are too many.
func removeOld(ctx context.Context, tx *store.Tx, files []*ent.LibraryFile, most int) error {
	for i := most; i < len(files); i++ {
		if err := removeFile(ctx, tx, files[i]); err != nil {
			return err
		}
	}
	return nil
}

// choosePicture says in the content which upload is the picture of the item's card.
func choosePicture(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, to opt.Value[*string]) error {
	if !to.IsSet() {
		return nil
	}
	fileID := value(to.Value())
	if had, _, _ := strings.Cut(item.Content.Picture, "/"); had == fileID {
		return nil
	}
	if fileID == "" {
		item.Content.Picture = ""
		return nil
	}
	a, err := findUpload(ctx, tx, fileID, "imageAttachmentId")
	switch {
	case err != nil:
		return err
	case !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}, a.ContentType):
		return errs.New(errs.Invalid, "The image of a card is a PNG, JPEG, GIF, WebP or AVIF; this is %s.", a.ContentType).On("imageAttachmentId")
	case a.Size > MaxPicture:
		return errs.Exceeds(MaxPicture, "The image has %d bytes; at most %d are allowed.", a.Size, MaxPicture).On("imageAttachmentId")
	}
	item.Content.Picture = a.ID + "/" + a.Hash[:min(len(a.Hash), pictureKey)]
	return nil
}

// keepPicture keeps the file of the picture that was chosen. Those of before stay: cards
// that were sent show them.
func keepPicture(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	fileID, _, _ := strings.Cut(item.Content.Picture, "/")
	if fileID == "" {
		return nil
	}
	before, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID), entfile.Position(0)).
		Order(ent.Desc(entfile.FieldCreatedAt, entfile.FieldID)).All(ctx)
	if err != nil || slices.ContainsFunc(before, func(f *ent.LibraryFile) bool { return f.ID == fileID }) {
		return err
	}
	a, err := findUpload(ctx, tx, fileID, "imageAttachmentId")
	if err != nil {
		return err
	}
	if err := addFile(ctx, tx, item, a, 0, "imageAttachmentId"); err != nil {
		return err
	}
	return removeOld(ctx, tx, before, MaxVersions-1)
}

// findUpload loads an upload of the caller's: NOT_FOUND at path, INVALID for one with a
// virus.
func findUpload(ctx context.Context, tx *store.Tx, fileID string, path ...string) (*ent.Attachment, error) {
	a, err := tx.Client.Attachment.Query().Where(entattachment.ID(fileID), entattachment.UploaderID(viewer.FromContext(ctx).Actor().ActorID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, errs.New(errs.NotFound, "You have uploaded no file %q within the last day.", errs.Clip(fileID)).On(path...)
	case err != nil:
		return nil, err
	case a.Scan == vocab.ScanInfected:
		return nil, errs.New(errs.Invalid, "The file contains a virus.").On(path...)
	}
	return a, nil
}

// addFile makes an upload a file of an item.
func addFile(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, a *ent.Attachment, position int, path ...string) error {
	err := tx.Client.LibraryFile.Create().SetID(a.ID).SetItemID(item.ID).SetPosition(position).SetFileName(a.FileName).SetContentType(a.ContentType).
		SetSize(a.Size).SetHash(a.Hash).SetBlobKey(a.BlobKey).SetScan(a.Scan).SetCreatedAt(tx.Now()).Exec(ctx)
	if ent.IsConstraintError(err) {
		err = errs.New(errs.Invalid, "An item of the library has the file already. Upload it again.").On(path...)
	}
	return err
}

// newestFile is the file that a document or video has now; nil: it is a page, or has none.
func (s *Service) newestFile(ctx context.Context, item *ent.LibraryItem) (*ent.LibraryFile, error) {
	if item.Content.URL != "" {
		return nil, nil
	}
	f, err := s.store.Client(ctx).LibraryFile.Query().Where(entfile.ItemID(item.ID), entfile.PositionGT(0)).Order(ent.Desc(entfile.FieldPosition)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return f, err
}

// VersionsOf returns the files of each document or video, the newest first.
func (s *Service) VersionsOf(ctx context.Context, items []*ent.LibraryItem) ([][]*ent.LibraryFile, error) {
	lists, err := s.filesOf(ctx, items)
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		if !item.Kind.HasVersions() {
			lists[i] = []*ent.LibraryFile{}
		}
		slices.Reverse(lists[i])
	}
	return lists, nil
}

// FilesOf returns the files of each item, in their order; of a document or video the
// newest alone.
func (s *Service) FilesOf(ctx context.Context, items []*ent.LibraryItem) ([][]*ent.LibraryFile, error) {
	lists, err := s.filesOf(ctx, items)
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		switch {
		case !item.Kind.HasVersions():
		case item.Content.URL != "":
			lists[i] = []*ent.LibraryFile{}
		default:
			lists[i] = lists[i][max(0, len(lists[i])-1):]
		}
	}
	return lists, nil
}

// PicturePath is where the pictures of cards lie; a file's id and the beginning of its
// content's hash follow, which no one knows who has not seen it.
const PicturePath = "/library-images/"

// PictureURL is the address of the picture of an item's card; "": it has none.
func (s *Service) PictureURL(item *ent.LibraryItem) string {
	if item.Content.Picture == "" {
		return ""
	}
	return s.publicURL + PicturePath + item.Content.Picture
}

// Picture returns the picture of a card for whoever has its address. NOT_FOUND: there is
// none.
func (s *Service) Picture(ctx context.Context, fileID, key string) (*ent.LibraryFile, error) {
	gone := errs.New(errs.NotFound, "There is no such image.")
	if len(key) != pictureKey || !id.Is(fileID, id.Attachment) {
		return nil, gone
	}
	ctx = viewer.NewContext(ctx, viewer.Everywhere("library"))
	f, err := s.store.Client(ctx).LibraryFile.Query().Where(entfile.ID(fileID), entfile.Position(0)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && !strings.HasPrefix(f.Hash, key) {
		return nil, gone
	}
	return f, err
}
