package blob_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"parley/internal/attachment/blob"
)

func open(t *testing.T, address, dir string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), address, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// eachBucket runs the test on every kind of storage. The one for S3 talks to a
// server within the process.
func eachBucket(t *testing.T, test func(t *testing.T, b *blob.Bucket)) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	backend := s3mem.New()
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	for name, address := range map[string]string{
		"Folder": "", "Memory": "mem://",
		"S3": "s3://files?region=us-east-1&use_path_style=true&endpoint=" + server.URL,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, address, t.TempDir())) })
	}
}

var key = blob.AttachmentKey("account_1", "attachment_1")

func put(t *testing.T, b *blob.Bucket, key, content string) {
	t.Helper()
	size, hash, err := b.Write(t.Context(), key, strings.NewReader(content))
	sum := sha256.Sum256([]byte(content))
	if err != nil || size != int64(len(content)) || hash != hex.EncodeToString(sum[:]) {
		t.Fatalf("wrote %d bytes with the hash %s (%v)", size, hash, err)
	}
}

func keys(t *testing.T, b *blob.Bucket) (found []string) {
	t.Helper()
	list, _, err := b.List(t.Context(), nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		found = append(found, e.Key)
	}
	return found
}

func TestBlobs(t *testing.T) {
	eachBucket(t, func(t *testing.T, b *blob.Bucket) {
		put(t, b, key, "Hello, files")
		got, err := b.ReadAll(t.Context(), key, 100)
		if err != nil || string(got) != "Hello, files" {
			t.Errorf("read %q (%v)", got, err)
		}
		if _, err := b.ReadAll(t.Context(), key, 3); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("of a blob that is too large: %v", err)
		}
		r, err := b.NewReader(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if _, err := r.Seek(7, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(r); err != nil || string(rest) != "files" {
			t.Errorf("from the eighth byte on: %q (%v)", rest, err)
		}
		for range 2 {
			if err := b.Delete(t.Context(), key); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
		if _, err := b.NewReader(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of a blob that is gone: %v", err)
		}
	})
}

// What breaks off leaves nothing, and what was there stays whole.
func TestWritesAreAtomic(t *testing.T) {
	eachBucket(t, func(t *testing.T, b *blob.Bucket) {
		put(t, b, key, "first")
		broken := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, _, err := b.Write(t.Context(), key, broken); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want the reader's error", err)
		}
		if got, err := b.ReadAll(t.Context(), key, 100); err != nil || string(got) != "first" {
			t.Errorf("read %q (%v)", got, err)
		}
		if diff := cmp.Diff([]string{key}, keys(t, b)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestList(t *testing.T) {
	eachBucket(t, func(t *testing.T, b *blob.Bucket) {
		var want []string
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			want = append(want, blob.AttachmentKey("account_1", name))
			put(t, b, want[len(want)-1], name)
		}
		var got []string
		var cursor []byte
		for {
			page, next, err := b.List(t.Context(), cursor, 2)
			if err != nil || len(page) > 2 {
				t.Fatalf("%d blobs (%v)", len(page), err)
			}
			for _, e := range page {
				got = append(got, e.Key)
			}
			if cursor = next; len(cursor) == 0 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// No one else on the machine may read the files.
func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, open(t, "", dir), key, "secret")
	for _, at := range []string{"files", "files/attachment", "files/attachment/account_1"} {
		info, err := os.Stat(filepath.Join(dir, at))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v (%v)", at, info, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"ftp://example.com/files", "files", "s3://b?colour=red", "%"} {
		if _, err := blob.Open(context.Background(), address, t.TempDir()); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
}
