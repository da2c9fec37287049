package httpserver_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/httpserver"
)

const (
	jsonType     = "application/json; charset=utf-8"
	responseType = "application/graphql-response+json; charset=utf-8"
	newer        = "application/graphql-response+json"
)

// What is answered, and as what, when GraphQL runs.
func TestAnswers(t *testing.T) {
	t.Parallel()
	h := newServer(t, nil)
	post := func(body string, headers ...string) *http.Request { return request(t, "/graphql", body, headers...) }
	get := func(query string, headers ...string) *http.Request {
		return request(t, "/graphql?"+query, "", headers...)
	}
	const kind = `{"data":{"kind":"ANYONE"}}`
	const syntax = `{"errors":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`
	cases := map[string]struct {
		request *http.Request
		status  int
		media   string
		body    string
	}{
		"post":                 {post(`{"query":"{kind}"}`), 200, jsonType, kind},
		"post newer":           {post(`{"query":"{kind}"}`, "Accept", newer), 200, responseType, kind},
		"any accepted":         {post(`{"query":"{kind}"}`, "Accept", "*/*"), 200, jsonType, kind},
		"liked equally":        {post(`{"query":"{kind}"}`, "Accept", "application/json, "+newer), 200, responseType, kind},
		"liked less":           {post(`{"query":"{kind}"}`, "Accept", newer+";q=0.5, application/json;q=0.9"), 200, jsonType, kind},
		"browser's accept":     {get("query=%7Bkind%7D", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), 200, jsonType, kind},
		"charset":              {post(`{"query":"{kind}"}`, "Content-Type", `application/json; charset="UTF-8"`), 200, jsonType, kind},
		"nulls":                {post(`{"query":"{kind}","variables":null,"operationName":null,"extensions":null}`), 200, jsonType, kind},
		"unknown member":       {post(`{"query":"{kind}","id":7}`), 200, jsonType, kind},
		"operation by name":    {post(`{"query":"query A{a:kind} query B{kind}","operationName":"B"}`), 200, jsonType, kind},
		"space around":         {post(" \n{\"query\":\"{kind}\"}\r\n"), 200, jsonType, kind},
		"mutation":             {post(`{"query":"mutation{kind}"}`), 200, jsonType, kind},
		"variables, unicode":   {post(`{"query":"query($t:String){echo(text:$t)}","variables":{"t":"é 🏃"}}`), 200, jsonType, `{"data":{"echo":"é 🏃"}}`},
		"get":                  {get("query=%7Bkind%7D"), 200, jsonType, kind},
		"get with variables":   {get("query=" + url.QueryEscape("query A($t:String){echo(text:$t)}") + "&operationName=A&variables=" + url.QueryEscape(`{"t":"x"}`)), 200, jsonType, `{"data":{"echo":"x"}}`},
		"syntax":               {post(`{"query":"{"}`), 200, jsonType, syntax},
		"syntax, newer":        {post(`{"query":"{"}`, "Accept", newer), 400, responseType, syntax},
		"validation, newer":    {post(`{"query":"query($t:String!){echo(text:$t)}"}`, "Accept", newer), 400, responseType, `{"errors":[{"message":"must be defined","path":["variable","t"],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		"partial answer":       {post(`{"query":"{kind broken}"}`, "Accept", newer), 200, responseType, ""},
		"empty document":       {post(`{"query":""}`, "Accept", newer), 400, responseType, `{"errors":[{"message":"no operation provided","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		"credentials in query": {post(`{"query":"{kind}"}`, "Authorization", "bearer agent"), 200, jsonType, `{"data":{"kind":"AGENT"}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := do(h, c.request)
			if rec.Code != c.status || rec.Header().Get("Content-Type") != c.media ||
				c.body != "" && rec.Body.String() != c.body {
				t.Errorf("got %d %s %s", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
			}
			if name == "partial answer" && (!strings.HasPrefix(rec.Body.String(), `{"errors":[`) ||
				!strings.HasSuffix(rec.Body.String(), `"data":{"broken":null,"kind":"ANYONE"}}`)) {
				t.Errorf("got %s", rec.Body)
			}
		})
	}
}

// What never reaches GraphQL, and what the caller is told.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) { c.MaxBodyBytes = 200 })
	post := func(body string, headers ...string) *http.Request { return request(t, "/graphql", body, headers...) }
	get := func(query string, headers ...string) *http.Request {
		return request(t, "/graphql?"+query, "", headers...)
	}
	method := func(r *http.Request, method string) *http.Request { r.Method = method; return r }
	chunked := func(r *http.Request) *http.Request { r.ContentLength = -1; return r }
	const good = `{"query":"{kind}"}`
	cases := map[string]struct {
		request *http.Request
		status  int
		message string
	}{
		"no content type":      {post(good, "Content-Type", ""), 415, `"Content-Type: application/json"`},
		"text":                 {post(good, "Content-Type", "text/plain"), 415, "must be JSON"},
		"form":                 {post("query={kind}", "Content-Type", "application/x-www-form-urlencoded"), 415, "must be JSON"},
		"multipart":            {post(good, "Content-Type", "multipart/form-data; boundary=x"), 415, "must be JSON"},
		"latin1":               {post(good, "Content-Type", "application/json; charset=latin1"), 415, "must be JSON"},
		"compressed":           {post(good, "Content-Encoding", "gzip"), 415, "without Content-Encoding"},
		"get of a form":        {get("query={kind}", "Content-Type", "text/plain"), 415, "GET request has no body"},
		"nothing acceptable":   {post(good, "Accept", "text/html"), 406, "application/json"},
		"events disliked":      {post(good, "Accept", "text/event-stream;q=0"), 406, "text/event-stream"},
		"declared too large":   {post(`{"query":"` + strings.Repeat("x", 300) + `"}`), 413, "larger than 200 bytes"},
		"chunked too large":    {chunked(post(`{"query":"` + strings.Repeat("x", 300) + `"}`)), 413, "larger than 200 bytes"},
		"empty":                {post(" "), 400, "body is empty"},
		"batch":                {post("[" + good + "]"), 400, "Several operations"},
		"not an object":        {post(`"query"`), 400, "must be a JSON object"},
		"cut off":              {post(`{"query": "secret`), 400, "not valid JSON from byte"},
		"two values":           {post(good + good), 400, "more than one JSON value"},
		"invalid UTF-8":        {post("{\"query\":\"{kind}\",\"variables\":{\"t\":\"\xff\"}}"), 400, "not valid UTF-8"},
		"no query":             {post(`{"qeury":"{kind}"}`), 400, `"query" is missing`},
		"null query":           {post(`{"query":null}`), 400, `"query" is missing`},
		"query of a number":    {post(`{"query":17}`), 400, `"query" must be a string, not a JSON number.`},
		"query of an object":   {post(`{"query":{}}`), 400, `"query" must be a string, not a JSON object.`},
		"operationName":        {post(`{"query":"{kind}","operationName":false}`), 400, `"operationName" must be a string, not a JSON bool.`},
		"variables of a text":  {post(`{"query":"{kind}","variables":"{}"}`), 400, `"variables" must be a JSON object, not a JSON string.`},
		"variables of a list":  {post(`{"query":"{kind}","variables":[1]}`), 400, `"variables" must be a JSON object, not a JSON array.`},
		"extensions":           {post(`{"query":"{kind}","extensions":0}`), 400, `"extensions" must be a JSON object`},
		"get without query":    {get("a=b"), 400, `"query" is missing`},
		"get of bad variables": {get("query={kind}&variables=[1]"), 400, `"variables" must be a JSON object`},
		"get of bad UTF-8":     {get("query=%ff"), 400, "not valid UTF-8"},
		"get of bad escapes":   {get("query=%zz"), 400, "not URL-encoded"},
		"mutation over GET":    {get("query=mutation{kind}"), 405, "send it by POST"},
		"subscription by POST": {post(`{"query":"subscription{kind}"}`), 400, "WebSocket"},
		"subscription by GET":  {get("query=subscription{kind}"), 400, "text/event-stream"},
		"PUT":                  {method(post(good), "PUT"), 405, "POST and GET"},
		"HEAD":                 {method(get("query={kind}"), "HEAD"), 405, "POST and GET"},
		"OPTIONS":              {method(get("query={kind}"), "OPTIONS"), 405, "POST and GET"},
		"upgrade":              {get("query={kind}", "Upgrade", "h2c"), 400, "upgraded"},
		"half a handshake":     {get("", "Upgrade", "websocket"), 426, "not a WebSocket handshake"},
		"old handshake":        {get("", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "secret"), 400, "not a WebSocket handshake"},
		"token in the URL":     {get("query={kind}&token=s3cret"), 400, "Authorization: Bearer"},
		"access_token":         {request(t, "/graphql?access_token=s3cret", good), 400, "Authorization: Bearer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := do(h, c.request)
			refused(t, rec, c.status, "BAD_USER_INPUT", c.message)
			if body := rec.Body.String(); strings.Contains(body, "s3cret") || strings.Contains(body, "secret") {
				t.Errorf("the answer gives the request back: %s", body)
			}
			if allow := rec.Header().Get("Allow"); (c.status == 405) != (allow != "") {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) { c.Timeout = 1 }) // a nanosecond
	refused(t, do(h, request(t, "/graphql", `{"query":"{wait}"}`)), 503, "UNAVAILABLE", "stopped")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	gone := request(t, "/graphql", `{"query":"{wait}"}`).WithContext(ctx)
	refused(t, do(newServer(t, nil), gone), 503, "UNAVAILABLE", "stopped")
}

// A document with a thousand faults gets the first twenty.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	body := `{"query":"{` + strings.Repeat("wrong ", 1000) + `}"}`
	rec := do(newServer(t, nil), request(t, "/graphql", body))
	if n := strings.Count(rec.Body.String(), `"message"`); n != 20 {
		t.Errorf("%d faults", n)
	}
}

// Numbers keep all their digits on the way in.
func TestLargeNumbers(t *testing.T) {
	t.Parallel()
	rec := do(newServer(t, nil), request(t, "/graphql", `{"query":"query($v:Any){any(value:$v)}","variables":{"v":12345678901234567890}}`))
	if got := rec.Body.String(); got != `{"data":{"any":12345678901234567890}}` {
		t.Errorf("got %s", got)
	}
}

// API-15: what a body may have at most is in the error's data, too.
func TestLimitOfABody(t *testing.T) {
	t.Parallel()
	small := newServer(t, func(c *httpserver.Config) { c.MaxBodyBytes = 200 })
	body := do(small, request(t, "/graphql", `{"query":"`+strings.Repeat("x", 300)+`"}`)).Body.String()
	if !strings.Contains(body, `"limit":200`) {
		t.Errorf("got %s, want the limit in the data", body)
	}
}
