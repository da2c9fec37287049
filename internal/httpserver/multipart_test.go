package httpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/httpserver"
)

// uploadSchema has a field that takes files and answers with what they hold.
type uploadSchema struct{ testSchema }

func newUploadSchema() *uploadSchema {
	return &uploadSchema{testSchema{schema: gqlparser.MustLoadSchema(&ast.Source{Input: `
		scalar Upload
		input Filed { file: Upload }
		type Query { kind: String }
		type Mutation { put(file: Upload, files: [Upload!], input: Filed): String }`})}}
}

func (s *uploadSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	return func(context.Context) *graphql.Response {
		var b strings.Builder
		var walk func(any)
		walk = func(v any) {
			switch v := v.(type) {
			case graphql.Upload:
				text, err := io.ReadAll(v.File)
				if err != nil {
					panic(err)
				}
				b.WriteString(v.Filename + "=" + string(text) + ";")
			case []any:
				for _, e := range v {
					walk(e)
				}
			case map[string]any:
				walk(v["file"])
			}
		}
		walk(oc.Variables["a"])
		walk(oc.Variables["b"])
		walk(oc.Variables["c"])
		encoded, _ := json.Marshal(map[string]any{"put": b.String()})
		return &graphql.Response{Data: encoded}
	}
}

// form is a request with the fields, in order: name and value; a value that
// begins with "@" is a file's.
func form(t *testing.T, fields ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if text, file := strings.CutPrefix(fields[i+1], "@"); file {
			part, _ := w.CreateFormFile(fields[i], fields[i]+".txt")
			io.WriteString(part, text)
			continue
		}
		w.WriteField(fields[i], fields[i+1])
	}
	w.Close()
	return request(t, "/graphql", body.String(), "Content-Type", w.FormDataContentType(), "Authorization", "Bearer agent")
}

func TestUploads(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.Schema = newUploadSchema()
		c.MaxBodyBytes = 3000
		c.Uploads = httpserver.UploadLimits{FileBytes: 3 << 20, TotalBytes: 4 << 20, Files: 3}
	})
	const put = `{"query":"mutation($a:Upload,$b:[Upload!],$c:Filed){put(file:$a,files:$b,input:$c)}","variables":`
	const one, mapped = put + `{"a":null}}`, `{"0":["variables.a"]}`

	all := form(t, "operations", put+`{"a":null,"b":[null,null],"c":{"file":null}}}`,
		"map", `{"0":["variables.a","variables.b.1"],"1":["variables.b.0"],"2":["variables.c.file"]}`,
		"0", "@zero", "1", "@one", "2", "@two")
	if rec := do(h, all); rec.Body.String() != `{"data":{"put":"0.txt=zero;1.txt=one;0.txt=zero;2.txt=two;"}}` {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	large := strings.Repeat("x", 2<<20) // more than is held in memory
	if rec := do(h, form(t, "operations", one, "map", mapped, "0", "@"+large)); !strings.Contains(rec.Body.String(), "0.txt="+large) {
		t.Errorf("got %d, %d bytes", rec.Code, rec.Body.Len())
	}
	torn := form(t, "operations", one, "map", mapped, "0", "@x")
	torn.Body = io.NopCloser(io.LimitReader(torn.Body, torn.ContentLength-20))
	chunked := form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 5<<20))
	chunked.ContentLength = -1

	for name, c := range map[string]struct {
		request *http.Request
		status  int
		message string
	}{
		"torn":                {torn, 400, "could not be read"},
		"large file":          {form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 3<<20+1)), 413, "larger than 3145728"},
		"declared too large":  {form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 5<<20)), 413, "larger than"},
		"chunked too large":   {chunked, 413, "larger than"},
		"many files":          {form(t, "operations", put+`{"b":[null,null,null,null]}}`, "map", `{}`, "0", "@", "1", "@", "2", "@", "3", "@"), 413, "more than 3 files"},
		"large operations":    {form(t, "operations", one+strings.Repeat(" ", 3000), "map", mapped, "0", "@x"), 413, "larger than 3000"},
		"many fields":         {form(t, strings.Fields(strings.Repeat("a b ", 11))...), 400, "too many fields"},
		"no operations":       {form(t, "map", mapped, "0", "@x"), 400, `"operations" and "map"`},
		"no map":              {form(t, "operations", one, "0", "@x"), 400, `"operations" and "map"`},
		"two maps":            {form(t, "operations", one, "map", mapped, "map", mapped, "0", "@x"), 400, "once each"},
		"batch":               {form(t, "operations", "["+one+"]", "map", mapped, "0", "@x"), 400, "Several operations"},
		"map of a list":       {form(t, "operations", one, "map", `[]`, "0", "@x"), 400, `"map" must be a JSON object`},
		"map of a text":       {form(t, "operations", one, "map", `{"0":"variables.a"}`, "0", "@x"), 400, `"map" must be a JSON object`},
		"unmapped file":       {form(t, "operations", one, "map", `{}`, "0", "@x"), 400, `must be in "map"`},
		"two files of a name": {form(t, "operations", one, "map", mapped, "0", "@x", "0", "@y"), 400, "must be unique"},
		"missing file":        {form(t, "operations", one, "map", `{"0":["variables.a"],"1":["variables.a"]}`, "0", "@x"), 400, "was not sent"},
		"no such place":       {form(t, "operations", one, "map", `{"0":["variables.z"]}`, "0", "@x"), 400, "that are null"},
		"not a null":          {form(t, "operations", put+`{"a":"s3cret"}}`, "map", mapped, "0", "@x"), 400, "that are null"},
		"below a text":        {form(t, "operations", put+`{"a":"x"}}`, "map", `{"0":["variables.a.b"]}`, "0", "@x"), 400, "that are null"},
		"outside":             {form(t, "operations", one, "map", `{"0":["query"]}`, "0", "@x"), 400, "that are null"},
		"index":               {form(t, "operations", put+`{"b":[null]}}`, "map", `{"0":["variables.b.1"]}`, "0", "@x"), 400, "that are null"},
		"negative index":      {form(t, "operations", put+`{"b":[null]}}`, "map", `{"0":["variables.b.-1"]}`, "0", "@x"), 400, "that are null"},
		"no variables":        {form(t, "operations", `{"query":"{kind}"}`, "map", mapped, "0", "@x"), 400, "that are null"},
		"in many places":      {form(t, "operations", put+`{"b":[null`+strings.Repeat(",null", 100)+`]}}`, "map", places(101), "0", "@x"), 413, "at most 100"},
		"twice the same":      {form(t, "operations", one, "map", `{"0":["variables.a","variables.a"]}`, "0", "@x"), 400, "that are null"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, do(h, c.request), c.status, "BAD_USER_INPUT", c.message) })
	}
}

// API-27: a request with files from no one is refused before any of it is read: other
// sites' forms can send files, but no token, and no one fills the disk unknown.
func TestUploadsNeedAToken(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := newServer(t, func(c *httpserver.Config) {
		c.Schema = newUploadSchema()
		c.Uploads.Folder = folder
	})
	for _, header := range []string{"", "Apollo-Require-Preflight", "GraphQL-Preflight"} {
		r := form(t, "operations", "{}", "map", "{}", "0", "@x")
		r.Header.Del("Authorization")
		if header != "" {
			r.Header.Set(header, "1")
		}
		unread := &reading{}
		r.Body = io.NopCloser(unread)
		refused(t, do(h, r), 401, "UNAUTHENTICATED", "needs a token")
		if unread.bytes > 0 {
			t.Errorf("%d bytes of the body were read", unread.bytes)
		}
	}
}

// reading is an endless body that counts what is read of it.
type reading struct{ bytes int }

func (r *reading) Read(p []byte) (int, error) {
	r.bytes += len(p)
	return len(p), nil
}

// API-27: nothing of a request with files stays on the disk: not while it is answered,
// and not when it is refused, torn, or never comes to its end.
func TestUploadsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := newServer(t, func(c *httpserver.Config) {
		c.Schema = newUploadSchema()
		c.Uploads = httpserver.UploadLimits{FileBytes: 3 << 20, TotalBytes: 8 << 20, Files: 2, Folder: folder}
	})
	large := "@" + strings.Repeat("x", 2<<20) // more than is held in memory
	const operations, mapped = `{"query":"mutation($a:Upload){put(file:$a)}","variables":{"a":null}}`, `{"0":["variables.a"]}`
	torn := form(t, "operations", operations, "map", mapped, "0", large)
	torn.Body = io.NopCloser(io.LimitReader(torn.Body, torn.ContentLength-20))
	for name, r := range map[string]*http.Request{
		"answered":   form(t, "operations", operations, "map", mapped, "0", large),
		"torn":       torn,
		"unmapped":   form(t, "operations", operations, "map", "{}", "0", large),
		"no place":   form(t, "operations", operations, "map", `{"0":["variables.z"]}`, "0", large),
		"no query":   form(t, "operations", `{"variables":{"a":null}}`, "map", mapped, "0", large),
		"invalid":    form(t, "operations", `{"query":"{ nothing }","variables":{"a":null}}`, "map", mapped, "0", large),
		"too many":   form(t, "operations", operations, "map", mapped, "0", large, "1", large, "2", large),
		"too large":  form(t, "operations", operations, "map", mapped, "0", large, "1", "@"+strings.Repeat("x", 3<<20+1)),
		"no map":     form(t, "operations", operations, "0", large),
		"bad fields": form(t, append([]string{"0", large}, strings.Fields(strings.Repeat("a b ", 11))...)...),
	} {
		do(h, r)
		left, err := os.ReadDir(folder)
		if err != nil || len(left) > 0 {
			t.Errorf("%s: the folder has %v, %v", name, left, err)
		}
	}
}

// A disk that takes no more is not the caller's fault.
func TestUploadsWithoutADisk(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.Schema = newUploadSchema()
		c.Uploads.Folder = filepath.Join(t.TempDir(), "missing")
	})
	r := form(t, "operations", `{"query":"mutation($a:Upload){put(file:$a)}","variables":{"a":null}}`, "map", `{"0":["variables.a"]}`, "0", "@"+strings.Repeat("x", 2<<20))
	refused(t, do(h, r), 503, "UNAVAILABLE", "cannot be stored now")
}

// places maps a file to many places of the variable b.
func places(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("variables.b.%d", i)
	}
	encoded, _ := json.Marshal(map[string][]string{"0": list})
	return string(encoded)
}
