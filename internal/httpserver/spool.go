package httpserver

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"

	"github.com/99designs/gqlgen/graphql"

	"parley/internal/errs"
)

const (
	// uploadMemory is how much of a request's files waits in memory.
	uploadMemory = 1 << 20
	// mostValues is how many fields without a file a form may have.
	mostValues = 10
	// SpoolPattern names the files that wait.
	SpoolPattern = "upload-*"
)

// form is a multipart form that was read. Its large files wait on the disk, in
// files that have no name any more: whatever becomes of the request or of the
// server, the system takes them back.
type form struct {
	values map[string][]string
	files  map[string][]*spooled
}

// spooled is a file of a form.
type spooled struct {
	name, contentType string
	size              int64
	content           io.ReaderAt
	disk              *os.File // nil: the content is in memory
}

// upload is the file as an operation gets it. It reads by itself.
func (f *spooled) upload() graphql.Upload {
	return graphql.Upload{File: io.NewSectionReader(f.content, 0, f.size), Filename: f.name, Size: f.size, ContentType: f.contentType}
}

// Close gives the disk back.
func (f *form) Close() error {
	var err error
	for _, list := range f.files {
		for _, file := range list {
			if file.disk != nil {
				// Where a file that is open cannot be removed, it still has its name.
				err = errors.Join(err, file.disk.Close())
				_ = os.Remove(file.disk.Name())
			}
		}
	}
	return err
}

func (f *form) close() { _ = f.Close() }

// spool reads a form. Values are of at most maxValue bytes.
func (l UploadLimits) spool(parts *multipart.Reader, maxValue int64) (*form, *refusal) {
	f := &form{values: map[string][]string{}, files: map[string][]*spooled{}}
	inMemory, values, files := int64(uploadMemory), 0, 0
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err == nil && part.FileName() == "" {
			if values++; values > mostValues {
				f.close()
				return nil, refuse(http.StatusBadRequest, `The form has too many fields: it must have "operations", "map" and the files.`)
			}
			var text []byte
			if text, err = io.ReadAll(io.LimitReader(part, maxValue+1)); err == nil {
				f.values[part.FormName()] = append(f.values[part.FormName()], string(text))
				continue
			}
		}
		if err != nil {
			f.close()
			return nil, unread(err)
		}
		if files++; files > l.Files {
			f.close()
			return nil, &refusal{
				status: http.StatusRequestEntityTooLarge,
				reason: errs.New(errs.BadUserInput, "The request has more than %d files.", l.Files).Having(errs.Data{Limit: l.Files}),
			}
		}
		file, err := l.spoolFile(part, &inMemory)
		f.files[part.FormName()] = append(f.files[part.FormName()], file)
		if err == nil && file.size > l.FileBytes {
			f.close()
			return nil, uploadTooLarge(l.FileBytes)
		}
		if err != nil {
			f.close()
			return nil, unread(err)
		}
	}
}

// spoolFile reads a file of a form, into memory while there is some left for it.
func (l UploadLimits) spoolFile(part *multipart.Part, inMemory *int64) (*spooled, error) {
	file := &spooled{name: part.FileName(), contentType: part.Header.Get("Content-Type")}
	content := io.LimitReader(part, l.FileBytes+1)
	var head bytes.Buffer
	n, err := io.CopyN(&head, content, *inMemory+1)
	if errors.Is(err, io.EOF) {
		*inMemory -= n
		file.size, file.content = n, bytes.NewReader(head.Bytes())
		return file, nil
	}
	if err != nil {
		return file, err
	}
	if file.disk, err = os.CreateTemp(l.Folder, SpoolPattern); err != nil {
		return file, spoolError{err}
	}
	_ = os.Remove(file.disk.Name()) // it lives as long as it is open
	file.content = file.disk
	file.size, err = io.Copy(file.disk, io.MultiReader(&head, content))
	var atDisk *os.PathError
	if errors.As(err, &atDisk) {
		err = spoolError{err}
	}
	return file, err
}

// spoolError says that the disk, and not the request, is at fault.
type spoolError struct{ error }

// unread is what a form that cannot be read to its end is answered with.
func unread(err error) *refusal {
	var tooLarge *http.MaxBytesError
	var full spoolError
	switch {
	case errors.As(err, &tooLarge):
		return uploadTooLarge(tooLarge.Limit)
	case errors.As(err, &full):
		return &refusal{status: http.StatusServiceUnavailable, reason: errs.New(errs.Unavailable, "Files cannot be stored now. Try again later.")}
	}
	return refuse(http.StatusBadRequest, "The form could not be read completely: it must be multipart/form-data.")
}
