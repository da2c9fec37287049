package httpserver

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// UploadLimits bounds requests that carry files. A zero field means its default.
type UploadLimits struct {
	// FileBytes is the largest file, 25 MB, and TotalBytes all of a request, 50 MB.
	FileBytes, TotalBytes int64
	// VisitorFileBytes is the largest file of a visitor's, who has no documents; 0: as large
	// as others'.
	VisitorFileBytes int64
	// Files is how many a request may have; 10.
	Files int
	// Folder is where files wait that are too large for memory; "": the system's.
	Folder string
}

func (l UploadLimits) withDefaults() UploadLimits {
	return UploadLimits{
		FileBytes:        cmp.Or(l.FileBytes, 25<<20),
		TotalBytes:       cmp.Or(l.TotalBytes, 50<<20),
		VisitorFileBytes: l.VisitorFileBytes,
		Files:            cmp.Or(l.Files, 10),
		Folder:           l.Folder,
	}
}

// of are the limits of one caller.
func (l UploadLimits) of(v *viewer.Viewer) UploadLimits {
	if v != nil && v.Kind == viewer.Visitor && l.VisitorFileBytes > 0 {
		l.FileBytes, l.TotalBytes = l.VisitorFileBytes, min(l.TotalBytes, 2*l.VisitorFileBytes)
	}
	return l
}

func (l UploadLimits) check() error {
	if min(l.FileBytes, l.TotalBytes, l.VisitorFileBytes) < 0 || l.Files < 0 {
		return errors.New("httpserver: Uploads must not be negative")
	}
	return nil
}

// mostPlaces is in how many places files may stand together: each is read there
// by itself.
const mostPlaces = 100

func isMultipart(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "multipart/form-data"
}

// readMultipart reads an operation with files, as the GraphQL multipart request
// specification has it: the fields "operations" and "map", then the files.
//
// A request without a token is refused unread: no operation that takes files is
// for everyone, and no other site's form can send one.
func (t *httpTransport) readMultipart(w http.ResponseWriter, r *http.Request) (*input, *refusal) {
	if v := viewer.FromContext(r.Context()); v == nil || v.Kind == viewer.Anyone {
		return nil, &refusal{
			status: http.StatusUnauthorized,
			reason: errs.New(errs.Unauthenticated, `A request with files needs a token, in the header "Authorization: Bearer ...".`),
		}
	}
	form, refused := t.readForm(w, r)
	if refused != nil {
		return nil, refused
	}
	in, refused := t.formInput(form)
	if refused != nil {
		form.close()
		return nil, refused
	}
	in.files = append(in.files, form)
	return in, nil
}

// formInput is the operation in a form.
func (t *httpTransport) formInput(form *form) (*input, *refusal) {
	operations, where := form.values["operations"], form.values["map"]
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
	return in, placeFiles(in, form, paths)
}

func (t *httpTransport) readForm(w http.ResponseWriter, r *http.Request) (*form, *refusal) {
	limits := t.config.Uploads.of(viewer.FromContext(r.Context()))
	most := t.config.MaxBodyBytes + limits.TotalBytes
	if r.ContentLength > most {
		return nil, uploadTooLarge(most)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The form could not be read completely: it must be multipart/form-data.")
	}
	f, refused := limits.spool(parts, t.config.MaxBodyBytes)
	if refused != nil {
		// A browser that is still sending would see a broken connection in place of
		// the answer.
		_, _ = io.Copy(io.Discard, r.Body)
	} else {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // see boundBodies
	}
	return f, refused
}

func uploadTooLarge(most int64) *refusal {
	return &refusal{
		status: http.StatusRequestEntityTooLarge,
		reason: errs.New(errs.BadUserInput, "A file or the request is larger than %d bytes.", most).Having(errs.Data{Limit: int(most)}),
	}
}

// placeFiles puts each file where the map wants it, in place of the null there.
func placeFiles(in *input, form *form, paths map[string][]string) *refusal {
	for name := range form.files {
		if _, mapped := paths[name]; !mapped || len(form.files[name]) != 1 {
			return refuse(http.StatusBadRequest, `Each file must be in "map", by the name of its field, which must be unique.`)
		}
	}
	placed := 0
	for name, places := range paths {
		if len(form.files[name]) != 1 {
			return refuse(http.StatusBadRequest, `"map" names a file that was not sent.`)
		}
		for _, path := range places {
			if placed++; placed > mostPlaces {
				return &refusal{
					status: http.StatusRequestEntityTooLarge,
					reason: errs.New(errs.BadUserInput, "Files can be used in at most %d places.", mostPlaces).Having(errs.Data{Limit: mostPlaces}),
				}
			}
			if !setNull(in.Variables, path, form.files[name][0].upload()) {
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
