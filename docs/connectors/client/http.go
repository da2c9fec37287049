package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"
)

// calls are bounded, longer than a long poll lasts.
var calls = &http.Client{Timeout: 90 * time.Second}

const maxAnswer = 64 << 20

// Send sends a request, and returns the status and the body of the answer. An error has no address, which may be secret.
func Send(method, address string, header http.Header, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the address of a request is none")
	}
	request.Header = header
	response, err := calls.Do(request)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if len(answer) > maxAnswer {
		return 0, nil, &Refusal{Text: "it is larger than 64 MB"}
	}
	return response.StatusCode, answer, err
}

// Call sends a request, and reads the answer, which is JSON whatever its status.
func Call(method, address string, header http.Header, body []byte, answer any) (status int, err error) {
	status, raw, err := Send(method, address, header, body)
	if err == nil && json.Unmarshal(raw, answer) != nil {
		err = fmt.Errorf("the medium answers %d, %.100q", status, raw)
	}
	return status, err
}

// Download returns a file. One that is not there is a Refusal.
func Download(address string, header http.Header) ([]byte, error) {
	status, content, err := Send(http.MethodGet, address, header, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the file's server answers %d", status)
		switch status {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusRequestEntityTooLarge:
			err = &Refusal{Text: err.Error()}
		}
	}
	return content, err
}

// File is a file of a form.
type File struct {
	Field, Name string
	Content     []byte
}

// Form is a form of names and values, with a file at its end unless that is nil.
func Form(f *File, pairs ...string) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1]) // a buffer takes all
	}
	if f != nil {
		part, _ := w.CreateFormFile(f.Field, f.Name)
		_, _ = part.Write(f.Content)
	}
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}
