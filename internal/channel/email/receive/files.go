package receive

import (
	"bytes"
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email/parse"
)

// keepFiles keeps the files that came with the mail, or the raw mail in their
// place where it could not be read.
func (s *Service) keepFiles(ctx context.Context, r *reading, row *ent.InboundMail) error {
	parts, shown := r.mail.Parts, r.shownFiles()
	if r.plain {
		parts = []parse.Part{{FileName: "mail.eml", ContentType: "message/rfc822", Content: r.raw}}
	}
	for _, p := range parts {
		stored, err := s.files.Write(ctx, row.AccountID, bytes.NewReader(p.Content))
		if err != nil {
			return fmt.Errorf("keep the file %q: %w", p.FileName, err)
		}
		r.files = append(r.files, attachment.Incoming{
			Stored: stored, FileName: p.FileName, ContentID: p.ContentID, Inline: shown.Take(p.ContentID, stored.ContentType),
		})
	}
	return nil
}

// shownFiles are the references to files by which what is shown of the mail has images, after
// it was sanitised: what is left of the mail's HTML, and what is folded of it.
func (r *reading) shownFiles() attachment.References {
	return attachment.ReferencesIn(r.html, r.quoted)
}
