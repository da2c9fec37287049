package quote

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // for Decode
	_ "image/png"  // for Decode
	"io"
	"slices"

	_ "golang.org/x/image/webp" // for Decode

	"parley/ent"
	entattachment "parley/ent/attachment"
	entlogo "parley/ent/quotelogo"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Limits of a logo.
const (
	MaxLogoBytes = 1 << 20
	MaxLogoSide  = 2_000
)

// logoTypes are what a logo may be.
var logoTypes = []string{"image/png", "image/jpeg", "image/webp"}

// Files opens what was uploaded. Package attachment implements it.
type Files interface {
	Open(ctx context.Context, a *ent.Attachment) (io.ReadCloser, error)
}

// choice is a logo that an input names: what is kept of it, or why it is none. The zero value:
// the input names none.
type choice struct {
	logo *ent.QuoteLogo
	err  error
}

// choose looks at the logo that an input names, before any transaction: its file is read.
// Errors are on field: NOT_FOUND, INVALID, and TOO_LONG for a file that is too large.
func (s *Service) choose(ctx context.Context, given opt.Value[*string], field string) choice {
	fileID := value(given.Value())
	if fileID == "" {
		return choice{}
	}
	logo, err := findLogo(ctx, s.store.Client(ctx), fileID)
	if err == nil && logo == nil {
		logo, err = s.readUpload(ctx, fileID)
	}
	if e := errs.Of(err); e != nil {
		err = e.On(field)
	}
	return choice{logo, err}
}

// findLogo is a logo that a quote has which the viewer may see, or that new ones take; nil:
// none.
func findLogo(ctx context.Context, client *ent.Client, fileID string) (*ent.QuoteLogo, error) {
	if !id.Is(fileID, id.Attachment) {
		return nil, errs.New(errs.NotFound, "There is no logo %q.", errs.Clip(fileID))
	}
	logo, err := client.QuoteLogo.Query().Where(entlogo.FileID(fileID)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return logo, err
}

// findUpload is an upload of the viewer's.
func findUpload(ctx context.Context, client *ent.Client, fileID string) (*ent.Attachment, error) {
	a, err := client.Attachment.Query().Where(entattachment.ID(fileID), entattachment.UploaderID(viewer.FromContext(ctx).Actor().ActorID)).Only(ctx)
	if ent.IsNotFound(err) {
		err = errs.New(errs.NotFound, "You have uploaded no file %q within the last day, and no quote has it as its logo.", errs.Clip(fileID))
	}
	return a, err
}

// readUpload looks whether an upload can be a logo: every pixel of it is read.
func (s *Service) readUpload(ctx context.Context, fileID string) (*ent.QuoteLogo, error) {
	a, err := findUpload(ctx, s.store.Client(ctx), fileID)
	switch {
	case err != nil:
		return nil, err
	case a.Scan == vocab.ScanInfected:
		return nil, errs.New(errs.Invalid, "The file contains a virus.")
	case a.Size > MaxLogoBytes:
		return nil, errs.Exceeds(MaxLogoBytes, "The file has %d bytes; a logo has at most %d.", a.Size, MaxLogoBytes)
	case !slices.Contains(logoTypes, a.ContentType):
		return nil, errs.New(errs.Invalid, "The file is of the type %s: a logo is a PNG, JPEG or WebP picture.", a.ContentType)
	}
	logo := &ent.QuoteLogo{FileID: a.ID, FileName: a.FileName, ContentType: a.ContentType, Hash: a.Hash, BlobKey: a.BlobKey, Scan: a.Scan}
	logo.Width, logo.Height, err = s.measure(ctx, a)
	return logo, err
}

// measure reads a picture to its end. INVALID: it is none, or too large.
func (s *Service) measure(ctx context.Context, a *ent.Attachment) (width, height int, err error) {
	content, err := s.readFile(ctx, a)
	if err != nil {
		return 0, 0, err
	}
	picture, err := DecodeLogo(content)
	if err != nil {
		return 0, 0, err
	}
	size := picture.Bounds()
	return size.Dx(), size.Dy(), nil
}

func (s *Service) readFile(ctx context.Context, a *ent.Attachment) (content []byte, err error) {
	r, err := s.files.Open(ctx, a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(io.LimitReader(r, MaxLogoBytes+1))
}

// record gives a quote the logo that was chosen, after its row was saved, and removes the one
// before unless a version has it.
func (c choice) record(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	if c.logo != nil {
		if err := keepLogo(ctx, tx, c.logo, &q.ID, "senderLogoId"); err != nil {
			return err
		}
	}
	keeps := ""
	if q.Content.SenderLogo != nil {
		keeps = q.Content.SenderLogo.ID
	}
	_, err := removeLogos(ctx, tx, entlogo.QuoteID(q.ID), entlogo.Published(false), entlogo.FileIDNEQ(keeps))
	return err
}

// applyLogo puts the logo that was chosen into what a quote says.
func (f QuoteFacts) applyLogo(c *vocab.QuoteContent, chosen choice) error {
	switch {
	case !f.SenderLogoID.IsSet():
		return nil
	case chosen.err != nil:
		return chosen.err
	case chosen.logo == nil:
		c.SenderLogo = nil
	default:
		c.SenderLogo = shownLogo(chosen.logo)
	}
	return nil
}

func shownLogo(l *ent.QuoteLogo) *vocab.QuoteLogo {
	return &vocab.QuoteLogo{ID: l.FileID, FileName: l.FileName, ContentType: l.ContentType, Width: l.Width, Height: l.Height}
}

// keepLogo makes a file the logo of a quote, or, without one, that of new quotes. It looks again
// whether the file is there: uploads are removed after a day.
func keepLogo(ctx context.Context, tx *store.Tx, l *ent.QuoteLogo, quoteID *string, field string) error {
	has := tx.Client.QuoteLogo.Query().Where(entlogo.FileID(l.FileID))
	if quoteID != nil {
		has.Where(entlogo.QuoteID(*quoteID))
	} else {
		has.Where(entlogo.QuoteIDIsNil())
	}
	if kept, err := has.Exist(ctx); kept || err != nil {
		return err
	}
	source, err := tx.Client.QuoteLogo.Query().Where(entlogo.FileID(l.FileID)).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return err
	}
	if len(source) == 0 {
		upload, err := tx.Client.Attachment.Query().Where(entattachment.ID(l.FileID)).Modify(store.ForUpdate).Exist(ctx)
		if err != nil {
			return err
		}
		if !upload {
			return errs.New(errs.NotFound, "The file of the logo was removed: upload it again.").On(field)
		}
	}
	return tx.Client.QuoteLogo.Create().SetID(id.New("quotelogo")).SetNillableQuoteID(quoteID).SetFileID(l.FileID).SetFileName(l.FileName).SetContentType(l.ContentType).
		SetWidth(l.Width).SetHeight(l.Height).SetHash(l.Hash).SetBlobKey(l.BlobKey).SetScan(l.Scan).SetCreatedAt(tx.Now()).Exec(ctx)
}

// takeDefault gives a new quote the logo of the account's.
func takeDefault(ctx context.Context, tx *store.Tx, q *ent.Quote) (choice, error) {
	logo, err := tx.Client.QuoteLogo.Query().Where(entlogo.QuoteIDIsNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return choice{}, nil
	}
	if err != nil {
		return choice{}, err
	}
	q.Content.SenderLogo = shownLogo(logo)
	return choice{logo: logo}, nil
}

// RemoveLogos removes the logos of a quote, and returns how many there were. Their files go
// once nothing else has them.
func RemoveLogos(ctx context.Context, tx *store.Tx, quoteID string) (int, error) {
	return removeLogos(ctx, tx, entlogo.QuoteID(quoteID))
}

// AccountLogo is the logo that new quotes of the viewer's account take; nil: none.
func (s *Service) AccountLogo(ctx context.Context) (*vocab.QuoteLogo, error) {
	logo, err := s.store.Client(ctx).QuoteLogo.Query().Where(entlogo.QuoteIDIsNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return shownLogo(logo), nil
}

// SetLogo sets the logo that new quotes take (CO-7). Errors are those of a quote's, on logoId.
func (s *Service) SetLogo(ctx context.Context, in SetQuoteLogoInput) error {
	if err := account.MayAdminister(ctx); err != nil {
		return err
	}
	chosen := s.choose(ctx, opt.Of(value(in.LogoID)), "logoId")
	call := idempotency.Call{Mutation: "setQuoteLogo", Key: in.IdempotencyKey, Input: in, Result: viewer.FromContext(ctx).AccountID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if chosen.err != nil {
			return chosen.err
		}
		before, err := tx.Client.QuoteLogo.Query().Where(entlogo.QuoteIDIsNil()).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		if before == nil && chosen.logo == nil || before != nil && chosen.logo != nil && before.FileID == chosen.logo.FileID {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.AccountUpdated, SubjectID: call.Result, Changes: store.NamedChanges("quoteLogo")})
		if _, err := removeLogos(ctx, tx, entlogo.QuoteIDIsNil()); err != nil || chosen.logo == nil {
			return err
		}
		return keepLogo(ctx, tx, chosen.logo, nil, "logoId")
	})
	return err
}

// LogoOf is the logo that the link of a quote shows now. NOT_FOUND: it shows none.
func (s *Service) LogoOf(ctx context.Context, token string) (*ent.QuoteLogo, error) {
	ctx, page, err := s.find(ctx, token)
	if err != nil {
		return nil, err
	}
	return s.LogoOn(ctx, page)
}

// LogoOn is the logo of what a page shows. NOT_FOUND: it shows none.
func (s *Service) LogoOn(ctx context.Context, page *Page) (*ent.QuoteLogo, error) {
	shown := page.Version.Content.SenderLogo
	if shown == nil {
		return nil, gone()
	}
	ctx = viewer.NewContext(ctx, viewer.System("quotes", page.quote.AccountID))
	logo, err := s.store.Client(ctx).QuoteLogo.Query().Where(entlogo.QuoteID(page.quote.ID), entlogo.FileID(shown.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		err = gone()
	}
	return logo, err
}

// DecodeLogo reads a logo to its end. INVALID: it is not a picture, or has too many pixels.
func DecodeLogo(content []byte) (image.Image, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, errs.New(errs.Invalid, "The file is not a picture that can be read: a logo is a PNG, JPEG or WebP picture.")
	}
	if size.Width > MaxLogoSide || size.Height > MaxLogoSide || size.Width < 1 || size.Height < 1 {
		return nil, errs.New(errs.Invalid, "The picture has %d × %d pixels; at most %d × %d are allowed.", size.Width, size.Height, MaxLogoSide, MaxLogoSide)
	}
	picture, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, errs.New(errs.Invalid, "The picture cannot be read to its end: save it again, as a PNG, JPEG or WebP picture.")
	}
	return picture, nil
}
