// Package blob keeps the contents of files: in a folder, or in a bucket of an
// S3-compatible object storage that nodes share. A blob is there whole or not at
// all, and once Write returned it outlives the loss of power. Keys are made by
// AttachmentKey and RawKey, never of anything that a caller sent.
//
// Tests open "mem://", which keeps blobs in memory.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // opens mem://
	_ "gocloud.dev/blob/s3blob"  // opens s3://
	"gocloud.dev/gcerrors"
)

// Prefixes of keys.
const (
	Attachments = "attachment/"
	RawMails    = "raw/"
)

// AttachmentKey is the key of an attachment's content.
func AttachmentKey(accountID, attachmentID string) string {
	return Attachments + accountID + "/" + attachmentID
}

// RawKey is the key of a mail as it came.
func RawKey(accountID, mailID string) string { return RawMails + accountID + "/" + mailID + ".eml" }

// ErrTooLarge is what ReadAll returns for a blob that is larger than may be read.
var ErrTooLarge = errors.New("the blob is too large")

// Bucket holds blobs. It is safe for concurrent use.
type Bucket struct {
	bucket  *blob.Bucket
	folder  string   // of files; "": not in a folder
	lasting sync.Map // folders below it whose own names last
}

// Open opens the bucket at an address: "" is the folder files within dir, which
// is made when missing and which no one else may enter; "file:///path" another
// folder; "s3://name?region=..." a bucket, with endpoint=, use_path_style=true and
// disable_https=true for what is not Amazon's, and with credentials as the AWS
// tools find them; "mem://" memory. An error says what would be right.
func Open(ctx context.Context, address, dir string) (*Bucket, error) {
	if address == "" {
		return openFolder(filepath.Join(dir, "files"))
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the file storage cannot be read; expected: s3://bucket?region=eu-central-1, file:///folder, or nothing")
	}
	switch u.Scheme {
	case "file":
		return openFolder(filepath.FromSlash(u.Path))
	case "s3", "mem":
		b, err := blob.OpenBucket(ctx, address)
		if err != nil {
			return nil, fmt.Errorf("open the file storage: %w", err)
		}
		return &Bucket{bucket: b}, nil
	}
	return nil, fmt.Errorf("files cannot be kept at %q; expected: s3://bucket?region=eu-central-1, file:///folder, or nothing", u.Scheme+"://")
}

func openFolder(folder string) (*Bucket, error) {
	const private = 0o700
	if err := os.MkdirAll(folder, private); err != nil {
		return nil, fmt.Errorf("make the folder of files: %w", err)
	}
	b, err := fileblob.OpenBucket(folder, &fileblob.Options{
		DirFileMode: private, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	return &Bucket{bucket: b, folder: folder}, nil
}

// Close closes the bucket.
func (b *Bucket) Close() error { return b.bucket.Close() }

// Write keeps what r has, and returns its size in bytes and its SHA-256 in
// hexadecimal. It holds little of it in memory. After an error nothing is there.
func (b *Bucket) Write(ctx context.Context, key string, r io.Reader) (size int64, hash string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File
	w, err := b.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType:    "application/octet-stream",
		MaxConcurrency: 1, // each part of an upload to S3 is held in memory
		BeforeWrite: func(as func(any) bool) error {
			as(&file)
			return nil
		},
	})
	if err != nil {
		return 0, "", fmt.Errorf("write a blob: %w", err)
	}
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(w, sum), r)
	if err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel() // makes Close forget what was written
		_ = w.Close()
		return 0, "", fmt.Errorf("write a blob: %w", err)
	}
	if err := errors.Join(w.Close(), b.syncFolders(key)); err != nil {
		return 0, "", fmt.Errorf("write a blob: %w", err)
	}
	return size, hex.EncodeToString(sum.Sum(nil)), nil
}

// syncFolders makes the name of a new file last, and those of new folders.
func (b *Bucket) syncFolders(key string) error {
	if b.folder == "" {
		return nil
	}
	within := filepath.Dir(filepath.FromSlash(key))
	_, lasts := b.lasting.Load(within)
	for at := within; ; at = filepath.Dir(at) {
		if err := syncFolder(filepath.Join(b.folder, at)); err != nil {
			return err
		}
		if lasts || at == "." {
			b.lasting.Store(within, true)
			return nil
		}
	}
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Reader reads a blob from anywhere.
type Reader interface {
	io.ReadSeekCloser
	// Size is the blob's, in bytes.
	Size() int64
}

// NewReader reads a blob; ctx must live as long as the reader does. One that
// does not exist is fs.ErrNotExist.
func (b *Bucket) NewReader(ctx context.Context, key string) (Reader, error) {
	r, err := b.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, fmt.Errorf("read a blob: %w", missing(err))
	}
	return r, nil
}

// ReadAll returns a whole blob of at most so many bytes; a larger one is
// ErrTooLarge, one that does not exist fs.ErrNotExist.
func (b *Bucket) ReadAll(ctx context.Context, key string, most int64) ([]byte, error) {
	r, err := b.NewReader(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if r.Size() > most {
		return nil, fmt.Errorf("read a blob of %d bytes: %w", r.Size(), ErrTooLarge)
	}
	content := make([]byte, r.Size())
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, fmt.Errorf("read a blob: %w", err)
	}
	return content, nil
}

// Delete removes a blob, if it is there.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	err := b.bucket.Delete(ctx, key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete a blob: %w", err)
	}
	return nil
}

// Entry is a blob in a list.
type Entry struct {
	Key string
	// At is when it was written, by the storage's clock.
	At time.Time
}

// List returns at most so many blobs and a cursor for those that follow; an
// empty cursor begins, and is returned at the end. What a process left that died
// while it wrote is among them.
func (b *Bucket) List(ctx context.Context, cursor []byte, most int) ([]Entry, []byte, error) {
	if len(cursor) == 0 {
		cursor = blob.FirstPageToken
	}
	page, next, err := b.bucket.ListPage(ctx, cursor, most, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("list blobs: %w", err)
	}
	list := make([]Entry, len(page))
	for i, o := range page {
		list[i] = Entry{Key: o.Key, At: o.ModTime}
	}
	return list, next, nil
}

// missing says of an error that the blob does not exist, if that is it.
func missing(err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return fmt.Errorf("%w (%w)", fs.ErrNotExist, err)
	}
	return err
}
