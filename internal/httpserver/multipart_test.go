package httpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
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
	return request(t, "/graphql", body.String(), "Content-Type", w.FormDataContentType(), "GraphQL-Preflight", "1")
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
	for _, name := range []string{"Apollo-Require-Preflight", "X-Requested-With"} {
		r := form(t, "operations", one, "map", mapped, "0", "@x")
		r.Header.Del("GraphQL-Preflight")
		r.Header.Set(name, "1")
		if rec := do(h, r); rec.Code != 200 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	bare := form(t, "operations", one, "map", mapped, "0", "@x")
	bare.Header.Del("GraphQL-Preflight")
	torn := form(t, "operations", one, "map", mapped, "0", "@x")
	torn.Body = io.NopCloser(io.LimitReader(torn.Body, torn.ContentLength-20))
	chunked := form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 5<<20))
	chunked.ContentLength = -1

	for name, c := range map[string]struct {
		request *http.Request
		status  int
		message string
	}{
		"as a form could":     {bare, 400, "GraphQL-Preflight"},
		"torn":                {torn, 400, "could not be read"},
		"large file":          {form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 3<<20+1)), 413, "larger than 3145728"},
		"declared too large":  {form(t, "operations", one, "map", mapped, "0", "@"+strings.Repeat("x", 5<<20)), 413, "larger than"},
		"chunked too large":   {chunked, 413, "larger than"},
		"many files":          {form(t, "operations", put+`{"b":[null,null,null,null]}}`, "map", `{}`, "0", "@", "1", "@", "2", "@", "3", "@"), 413, "4 files; the limit is 3"},
		"large operations":    {form(t, "operations", one+strings.Repeat(" ", 3000), "map", mapped, "0", "@x"), 413, "larger than 3000"},
		"no operations":       {form(t, "map", mapped, "0", "@x"), 400, `"operations" and "map"`},
		"no map":              {form(t, "operations", one, "0", "@x"), 400, `"operations" and "map"`},
		"two maps":            {form(t, "operations", one, "map", mapped, "map", mapped, "0", "@x"), 400, "once each"},
		"batch":               {form(t, "operations", "["+one+"]", "map", mapped, "0", "@x"), 400, "Several operations"},
		"map of a list":       {form(t, "operations", one, "map", `[]`, "0", "@x"), 400, `"map" must be a JSON object`},
		"map of a text":       {form(t, "operations", one, "map", `{"0":"variables.a"}`, "0", "@x"), 400, `"map" must be a JSON object`},
		"unmapped file":       {form(t, "operations", one, "map", `{}`, "0", "@x"), 400, `must be in "map"`},
		"two files of a name": {form(t, "operations", one, "map", mapped, "0", "@x", "0", "@y"), 400, "no other file has"},
		"missing file":        {form(t, "operations", one, "map", `{"0":["variables.a"],"1":["variables.a"]}`, "0", "@x"), 400, "did not come"},
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

// places maps a file to many places of the variable b.
func places(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("variables.b.%d", i)
	}
	encoded, _ := json.Marshal(map[string][]string{"0": list})
	return string(encoded)
}
