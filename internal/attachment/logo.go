package attachment

import (
	"context"

	"parley/ent"
	entlogo "parley/ent/quotelogo"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// LogoURL returns an address at which the context's viewer gets the logo of a quote (CO-7),
// as URL does.
func (s *Service) LogoURL(ctx context.Context, l *vocab.QuoteLogo) (string, error) {
	return s.fileURL(ctx, viewer.FromContext(ctx).AccountID, l.ID, l.FileName)
}

// visibleLogo returns the logo of a quote that the context's viewer sees now; nil: there is
// none. It has the id of the upload that it was made of.
func (s *Service) visibleLogo(ctx context.Context, fileID string) (*found, error) {
	if viewer.FromContext(ctx).Kind == viewer.Visitor {
		return nil, nil
	}
	l, err := s.store.Client(ctx).QuoteLogo.Query().Where(entlogo.FileID(fileID)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return foundLogo(l), nil
}

// LogoContent opens the logo of a quote for whoever has the link of that. ctx must live as long
// as the file is read.
func (s *Service) LogoContent(ctx context.Context, l *ent.QuoteLogo) (*File, error) {
	return s.content(ctx, foundLogo(l))
}

func foundLogo(l *ent.QuoteLogo) *found {
	return &found{blobKey: l.BlobKey, name: l.FileName, contentType: servedAs(l.ContentType), hash: l.Hash, shown: shown[l.ContentType]}
}
