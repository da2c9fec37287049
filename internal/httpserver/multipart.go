package httpserver

import (
	"cmp"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/internal/errs"
)

// UploadLimits bounds requests that carry files. A zero field means its default.
type UploadLimits struct {
	// FileBytes is the largest file, 25 MB, and TotalBytes all of a request, 50 MB.
	FileBytes, TotalBytes int64
	// Files is how many a request may have; 10.
	Files int
}

func (l UploadLimits) withDefaults() UploadLimits {
	return UploadLimits{
		FileBytes:  cmp.Or(l.FileBytes, 25<<20),
		TotalBytes: cmp.Or(l.TotalBytes, 50<<20),
		Files:      cmp.Or(l.Files, 10),
	}
}

func (l UploadLimits) check() error {
	if min(l.FileBytes, l.TotalBytes) < 0 || l.Files < 0 {
		return errors.New("httpserver: Uploads must not be negative")
	}
	return nil
}

// preflightHeaders are those of which a request with files must have one: a
// form on a strange page can send files, but none of these headers.
var preflightHeaders = []string{"GraphQL-Preflight", "Apollo-Require-Preflight", "X-Requested-With"}

// uploadMemory is how much of a request's files is held in memory; the rest
// waits in temporary files, which net/http removes after the request.
const uploadMemory = 1 << 20

// mostPlaces is in how many places files may stand together: each is opened
// there anew.
const mostPlaces = 100

func isMultipart(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "multipart/form-data"
}

// readMultipart reads an operation with files, as the GraphQL multipart request
// specification has it: the fields "operations" and "map", then the files.
func (t *httpTransport) readMultipart(w http.ResponseWriter, r *http.Request) (*input, *refusal) {
	if !forcesPreflight(r.Header) {
		return nil, refuse(http.StatusBadRequest, "A request with files needs one of the headers "+
			strings.Join(preflightHeaders, ", ")+", so that no other site's form can send it.")
	}
	form, refused := t.readForm(w, r)
	if refused != nil {
		return nil, refused
	}
	operations, where := form.Value["operations"], form.Value["map"]
	if len(operations) != 1 || len(where) != 1 {
		return nil, refuse(http.StatusBadRequest, `The form must have the fields "operations" and "map", once each.`)
	}
	if int64(len(operations[0])) > t.config.MaxBodyBytes || int64(len(where[0])) > t.config.MaxBodyBytes {
		return nil, t.tooLarge()
	}
	in, refused := decodeInput([]byte(operations[0]))
	if refused != nil {
		return nil, refused
	}
	var paths map[string][]string
	if decodeJSON([]byte(where[0]), &paths) != nil {
		return nil, refuse(http.StatusBadRequest, `"map" must be a JSON object: {"name of a file's field": ["variables.file"]}.`)
	}
	if refused := t.place(in, form, paths); refused != nil {
		in.close()
		return nil, refused
	}
	return in, nil
}

func forcesPreflight(h http.Header) bool {
	for _, name := range preflightHeaders {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

func (t *httpTransport) readForm(w http.ResponseWriter, r *http.Request) (*multipart.Form, *refusal) {
	limits := t.config.Uploads
	most := t.config.MaxBodyBytes + limits.TotalBytes
	if r.ContentLength > most {
		return nil, uploadTooLarge(most)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	err := r.ParseMultipartForm(uploadMemory)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, multipart.ErrMessageTooLarge):
		return nil, uploadTooLarge(most)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "The form could not be read to its end: it must be multipart/form-data.")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // see boundBodies
	files := 0
	for _, parts := range r.MultipartForm.File {
		for _, file := range parts {
			files++
			if file.Size > limits.FileBytes {
				return nil, uploadTooLarge(limits.FileBytes)
			}
		}
	}
	if files > limits.Files {
		return nil, &refusal{
			status: http.StatusRequestEntityTooLarge,
			reason: errs.New(errs.BadUserInput, "The request has %d files; the limit is %d.", files, limits.Files),
		}
	}
	return r.MultipartForm, nil
}

func uploadTooLarge(most int64) *refusal {
	return &refusal{
		status: http.StatusRequestEntityTooLarge,
		reason: errs.New(errs.BadUserInput, "A file or the request is larger than %d bytes.", most),
	}
}

// place puts each file where the map wants it, in place of the null there.
func (t *httpTransport) place(in *input, form *multipart.Form, paths map[string][]string) *refusal {
	for name := range form.File {
		if _, mapped := paths[name]; !mapped || len(form.File[name]) != 1 {
			return refuse(http.StatusBadRequest, `Each file must be in "map", by the name of its field, which no other file has.`)
		}
	}
	for name, places := range paths {
		if len(form.File[name]) != 1 {
			return refuse(http.StatusBadRequest, `"map" names a file that did not come.`)
		}
		for _, path := range places {
			if len(in.files) == mostPlaces {
				return &refusal{
					status: http.StatusRequestEntityTooLarge,
					reason: errs.New(errs.BadUserInput, "Files can stand in at most %d places.", mostPlaces),
				}
			}
			header := form.File[name][0]
			file, err := header.Open()
			if err != nil {
				return refuse(http.StatusBadRequest, "A file could not be read.")
			}
			in.files = append(in.files, file)
			if !setNull(in.Variables, path, graphql.Upload{
				File: file, Filename: header.Filename, Size: header.Size, ContentType: header.Header.Get("Content-Type"),
			}) {
				return refuse(http.StatusBadRequest, `"map" must name places in the variables that are null, such as "variables.file" or "variables.files.0".`)
			}
		}
	}
	return nil
}

// setNull sets the null at the path, and reports false if there is none.
func setNull(variables map[string]any, path string, value any) bool {
	path, ok := strings.CutPrefix(path, "variables.")
	if !ok {
		return false
	}
	var at any = variables
	for {
		name, rest, deeper := strings.Cut(path, ".")
		var set func(any)
		var found any
		switch parent := at.(type) {
		case map[string]any:
			found, ok = parent[name]
			set = func(v any) { parent[name] = v }
		case []any:
			i, err := strconv.Atoi(name)
			if ok = err == nil && i >= 0 && i < len(parent); ok {
				found = parent[i]
				set = func(v any) { parent[i] = v }
			}
		default:
			ok = false
		}
		switch {
		case !ok:
			return false
		case !deeper && found == nil:
			set(value)
			return true
		case !deeper:
			return false
		}
		at, path = found, rest
	}
}

// close closes the files that came with the operation.
func (in *input) close() {
	for _, file := range in.files {
		_ = file.Close()
	}
}
