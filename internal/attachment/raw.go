package attachment

import (
	"context"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	rawName = "mail.eml"
	rawType = "message/rfc822"
)

// RawURL returns an address at which the context's viewer gets an account's mail
// as it came (EM-4), as URL does for a file.
func (s *Service) RawURL(ctx context.Context, accountID, mailID string) (string, error) {
	return s.fileURL(ctx, accountID, mailID, rawName)
}

// found is what a token opens.
type found struct {
	blobKey, name, contentType, hash string
	shown                            bool
}

// findMail returns what an id names, if the context's viewer sees it now.
func (s *Service) findMail(ctx context.Context, fileID string) (*found, error) {
	if id.Is(fileID, id.InboundMail) {
		return s.visibleRaw(ctx, fileID)
	}
	a, err := s.visible(ctx, fileID)
	if errs.Is(err, errs.NotFound) {
		if f, err2 := s.visibleInLibrary(ctx, fileID); f != nil || err2 != nil {
			return f, err2
		}
		if f, err2 := s.visibleLogo(ctx, fileID); f != nil || err2 != nil {
			return f, err2
		}
	}
	if err != nil {
		return nil, err
	}
	if a.Scan == vocab.ScanInfected {
		return nil, infected()
	}
	return &found{blobKey: a.BlobKey, name: a.FileName, contentType: servedAs(a.ContentType), hash: a.Hash, shown: shown[a.ContentType]}, nil
}

// visibleRaw returns a raw mail that the context's viewer sees now: while its
// message is there, and unless it brought a virus.
func (s *Service) visibleRaw(ctx context.Context, mailID string) (*found, error) {
	if viewer.FromContext(ctx).Kind == viewer.Visitor {
		return nil, gone()
	}
	client := s.store.Client(ctx)
	m, err := client.InboundMail.Get(ctx, mailID)
	if ent.IsNotFound(err) {
		return nil, gone()
	}
	if err != nil {
		return nil, err
	}
	if _, err := client.Message.Get(ctx, m.MessageID); err != nil {
		if ent.IsNotFound(err) {
			err = gone()
		}
		return nil, err
	}
	bad, err := client.Attachment.Query().Where(entattachment.MessageID(m.MessageID), entattachment.ScanEQ(vocab.ScanInfected)).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if bad {
		return nil, infected()
	}
	return &found{blobKey: m.BlobKey, name: rawName, contentType: rawType, hash: m.Hash}, nil
}

func gone() error {
	return errs.New(errs.NotFound, "The file does not exist, or you may no longer see it.")
}

func infected() error { return errs.New(errs.Forbidden, "The file contains a virus.") }
