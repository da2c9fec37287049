package attachment

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"parley/internal/attachment/blob"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/vocab"
)

// Stored is a content in the storage that has no row yet.
type Stored struct {
	// ID is the attachment's to be.
	ID          string
	BlobKey     string
	ContentType string // as found in the content
	Size        int64  // bytes
	Hash        string // SHA-256 in hexadecimal
	Scan        vocab.ScanState
}

// Write keeps the content of a mail's file, outside any transaction; Store then
// makes it an attachment. A content with a virus is kept too, but no one gets
// it; one that could not be scanned is scanned later. What is written and never
// stored is removed as an orphan.
func (s *Service) Write(ctx context.Context, accountID string, content io.Reader) (Stored, error) {
	from := bufio.NewReaderSize(content, sniffed)
	head, err := peekHead(from)
	if err != nil {
		return Stored{}, err
	}
	stored, err := s.writeContent(ctx, accountID, head, from)
	if err != nil {
		return Stored{}, err
	}
	stored.Scan, _, err = s.scanContent(ctx, stored.BlobKey)
	if err != nil {
		s.options.Log.WarnContext(ctx, "a mail's file could not be scanned for viruses", "attachment", stored.ID, "error", err)
	}
	return stored, nil
}

// peekHead returns the first bytes of a content, fewer if it has no more.
func peekHead(from *bufio.Reader) ([]byte, error) {
	head, err := from.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head, nil
}

// writeContent puts a content into the storage under a new key.
func (s *Service) writeContent(ctx context.Context, accountID string, head []byte, content io.Reader) (Stored, error) {
	stored := Stored{ID: id.New(id.Attachment), ContentType: typeOf(head)}
	stored.BlobKey = blob.AttachmentKey(accountID, stored.ID)
	from := &source{Reader: content}
	var err error
	if stored.Size, stored.Hash, err = s.bucket.Write(ctx, stored.BlobKey, from); err == nil {
		return stored, nil
	}
	if from.err != nil || ctx.Err() != nil {
		return Stored{}, err
	}
	return Stored{}, s.reportUnavailable(ctx, err)
}

// reportUnavailable logs what the storage said, and asks the caller to try again.
func (s *Service) reportUnavailable(ctx context.Context, err error) error {
	s.options.Log.ErrorContext(ctx, "the file storage does not work", "error", err)
	return errs.New(errs.Unavailable, "The file storage does not work at the moment. Try again shortly.")
}

// source remembers that reading failed, not writing.
type source struct {
	io.Reader
	err error
}

// Read reads.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// bounded fails with a fault after so many bytes.
type bounded struct {
	io.Reader
	left  int64
	fault error
}

// Read reads.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, b.fault
	}
	return n, err
}

// cleanUp is how long deleting a content may take that turned out not to be wanted.
const cleanUp = 10 * time.Second

// discardContent deletes a content that has no row; if it cannot, RemoveOrphans will.
func (s *Service) discardContent(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	if err := s.bucket.Delete(ctx, key); err != nil {
		s.options.Log.WarnContext(ctx, "a content without an attachment stays for now", "key", key, "error", err)
	}
}
