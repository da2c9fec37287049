package httpserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// await waits until done is closed.
func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("it did not happen")
	}
}

// wsClient is a client that speaks WebSocket and nothing more.
type wsClient struct {
	*testing.T
	conn *websocket.Conn
}

// dial opens a socket to the server at base, with headers as name and value.
func dial(t *testing.T, base string, headers ...string) *wsClient {
	t.Helper()
	conn, _, err := dialAs(t, base, []string{"graphql-transport-ws"}, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return &wsClient{t, conn}
}

// dialAs also returns the status of the handshake's answer.
func dialAs(t *testing.T, base string, protocols []string, headers ...string) (*websocket.Conn, int, error) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, strings.Replace(base, "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{Subprotocols: protocols, HTTPHeader: h})
	if resp == nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		defer resp.Body.Close()
	}
	if err == nil {
		conn.SetReadLimit(1 << 20)
		t.Cleanup(func() { conn.CloseNow() })
	}
	return conn, resp.StatusCode, err
}

// ready opens a socket and initialises the connection with a payload.
func ready(t *testing.T, base, payload string) *wsClient {
	t.Helper()
	c := dial(t, base)
	c.send(`{"type":"connection_init","payload":` + payload + `}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func (c *wsClient) send(message string) {
	c.Helper()
	if err := c.conn.Write(c.Context(), websocket.MessageText, []byte(message)); err != nil {
		c.Fatalf("sending %.100s: %v", message, err)
	}
}

func (c *wsClient) read() (string, error) {
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	_, b, err := c.conn.Read(ctx)
	return string(b), err
}

// expect reads the messages, in order.
func (c *wsClient) expect(messages ...string) {
	c.Helper()
	for _, want := range messages {
		if got, err := c.read(); err != nil || got != want {
			c.Fatalf("got %s, %v; want %s", got, err, want)
		}
	}
}

// expectError reads the error of an operation.
func (c *wsClient) expectError(id, code, message string) {
	c.Helper()
	var got struct {
		ID, Type string
		Payload  []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	text, err := c.read()
	if err == nil {
		err = json.Unmarshal([]byte(text), &got)
	}
	if err != nil || got.ID != id || got.Type != "error" || len(got.Payload) != 1 ||
		got.Payload[0].Extensions.Code != code || !strings.Contains(got.Payload[0].Message, message) {
		c.Fatalf("got %s, %v; want an error %s for %s with %q", text, err, code, id, message)
	}
}

// expectClose reads until the server closes, and wants it to close so.
func (c *wsClient) expectClose(code int, reason string) {
	c.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || int(closed.Code) != code || !strings.Contains(closed.Reason, reason) {
			c.Fatalf("got %v; want %d with %q", err, code, reason)
		}
		return
	}
}

func (c *wsClient) subscribe(id, query string) {
	c.Helper()
	payload, _ := json.Marshal(map[string]string{"query": query})
	c.send(fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, payload))
}

// listen serves the handler.
func listen(t *testing.T, change func(*httpserver.Config)) string {
	t.Helper()
	srv := httptest.NewServer(newServer(t, change))
	t.Cleanup(srv.Close)
	return srv.URL
}

const asAgent = `{"Authorization":"Bearer agent"}`

func TestSocketOperations(t *testing.T) {
	t.Parallel()
	c := ready(t, listen(t, nil), "null")

	c.subscribe("q", "{kind}")
	c.expect(`{"id":"q","type":"next","payload":{"data":{"kind":"ANYONE"}}}`, `{"id":"q","type":"complete"}`)
	c.subscribe("m", "mutation{kind}")
	c.expect(`{"id":"m","type":"next","payload":{"data":{"kind":"ANYONE"}}}`, `{"id":"m","type":"complete"}`)
	c.subscribe("s", "subscription{count(to:2)}")
	c.expect(`{"id":"s","type":"next","payload":{"data":{"count":1}}}`,
		`{"id":"s","type":"next","payload":{"data":{"count":2}}}`, `{"id":"s","type":"complete"}`)

	// An answer that is partly broken is an answer; a stream that breaks off is an error.
	c.subscribe("p", "{broken}")
	c.expect(`{"id":"p","type":"next","payload":{"errors":[{"message":"it broke"}],"data":{"broken":null}}}`, `{"id":"p","type":"complete"}`)
	c.subscribe("b", "subscription{broken}")
	c.expect(`{"id":"b","type":"next","payload":{"data":{"broken":1}}}`, `{"id":"b","type":"error","payload":[{"message":"it broke"}]}`)
	c.subscribe("f", "{")
	c.expectError("f", "GRAPHQL_PARSE_FAILED", "Expected Name")

	// Ids are any text, and free again as soon as the end is told.
	for range 100 {
		c.subscribe("q", "{kind}")
		c.expect(`{"id":"q","type":"next","payload":{"data":{"kind":"ANYONE"}}}`, `{"id":"q","type":"complete"}`)
	}
	c.send(`{"id":"\"é\u0007","type":"subscribe","payload":{"query":"query($t:String){echo(text:$t)}","variables":{"t":"x"},"operationName":null}}`)
	c.expect(`{"id":"\"é\u0007","type":"next","payload":{"data":{"echo":"x"}}}`, `{"id":"\"é\u0007","type":"complete"}`)
}

// Several subscriptions run side by side; completing one leaves the others be.
func TestSocketComplete(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	c := ready(t, listen(t, func(c *httpserver.Config) {
		schema := newTestSchema()
		schema.ended = func() { ended <- struct{}{} }
		c.Schema = schema
	}), "{}")
	c.subscribe("a", `subscription{echo(text:"1")}`)
	c.expect(`{"id":"a","type":"next","payload":{"data":{"echo":"1"}}}`)
	c.subscribe("b", `subscription{echo(text:"2")}`)
	c.expect(`{"id":"b","type":"next","payload":{"data":{"echo":"2"}}}`)

	c.send(`{"id":"unknown","type":"complete"}`)
	c.send(`{"id":"a","type":"complete"}`)
	<-ended
	c.subscribe("a", `subscription{echo(text:"3")}`) // nothing of the first one comes before
	c.expect(`{"id":"a","type":"next","payload":{"data":{"echo":"3"}}}`)
	c.send(`{"id":"b","type":"complete"}`)
	<-ended
	c.conn.CloseNow()
	<-ended // the third ends with its connection
}

func TestSocketPings(t *testing.T) {
	t.Parallel()
	c := dial(t, listen(t, nil))
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	c.send(`{"type":"pong","payload":{"a":1}}`)
	c.send(`{"type":"ping","payload":{"at":17}}`)
	c.expect(`{"type":"pong","payload":{"at":17}}`)
	c.send(`{"type":"ping","payload":{"long":"` + strings.Repeat("x", 2000) + `"}}`)
	c.expect(`{"type":"pong"}`)
}

// What the protocol forbids closes the socket, with the protocol's code; the
// reason never gives the message back.
func TestSocketProtocolErrors(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.MaxBodyBytes = 10_000 })
	const ack = `{"type":"connection_init"}`
	const echo = `{"id":"a","type":"subscribe","payload":{"query":"subscription{echo}"}}`
	cases := map[string]struct {
		messages []string
		code     int
		reason   string
	}{
		"no JSON":             {[]string{"secret"}, 4400, "must be a JSON object"},
		"an array":            {[]string{`["secret"]`}, 4400, "must be a JSON object"},
		"null":                {[]string{`null`}, 4400, "type must be"},
		"two values":          {[]string{ack + ack}, 4400, "must be a JSON object"},
		"no type":             {[]string{`{"id":"1"}`}, 4400, "type must be"},
		"unknown type":        {[]string{`{"type":"secret"}`}, 4400, "type must be"},
		"type of a number":    {[]string{`{"type":1}`}, 4400, "must be a JSON object"},
		"ping of a list":      {[]string{`{"type":"ping","payload":["secret"]}`}, 4400, "must be an object"},
		"init of a text":      {[]string{`{"type":"connection_init","payload":"secret"}`}, 4400, "must be an object"},
		"token of a number":   {[]string{`{"type":"connection_init","payload":{"Authorization":7}}`}, 4400, "one Authorization, a string"},
		"two tokens":          {[]string{`{"type":"connection_init","payload":{"Authorization":"Bearer agent","authorization":"Bearer admin"}}`}, 4400, "one Authorization"},
		"subscribe, no init":  {[]string{echo}, 4401, "connection_init first"},
		"second init":         {[]string{ack, ack}, 4429, "Too many initialisation requests"},
		"same id":             {[]string{ack, echo, echo}, 4409, "already exists"},
		"no id":               {[]string{ack, `{"type":"subscribe","payload":{"query":"{kind}"}}`}, 4400, "needs an id"},
		"empty id":            {[]string{ack, `{"id":"","type":"complete"}`}, 4400, "needs an id"},
		"long id":             {[]string{ack, `{"id":"` + strings.Repeat("x", 129) + `","type":"complete"}`}, 4400, "needs an id"},
		"id of a number":      {[]string{ack, `{"id":1,"type":"subscribe","payload":{"query":"{kind}"}}`}, 4400, "must be a JSON object"},
		"no payload":          {[]string{ack, `{"id":"1","type":"subscribe"}`}, 4400, "payload must be an object"},
		"payload of a text":   {[]string{ack, `{"id":"1","type":"subscribe","payload":"secret"}`}, 4400, "payload must be an object"},
		"no query":            {[]string{ack, `{"id":"1","type":"subscribe","payload":{"qeury":"secret"}}`}, 4400, "needs a query"},
		"query of a number":   {[]string{ack, `{"id":"1","type":"subscribe","payload":{"query":1}}`}, 4400, "payload must be an object"},
		"variables of a text": {[]string{ack, `{"id":"1","type":"subscribe","payload":{"query":"{kind}","variables":"secret"}}`}, 4400, "payload must be an object"},
		"invalid UTF-8":       {[]string{"{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"}, 1007, "UTF-8"},
		"big first message":   {[]string{`{"type":"ping","payload":{"a":"` + strings.Repeat("x", 4<<10) + `"}}`}, 1009, ""},
		"big message":         {[]string{ack, `{"type":"ping","payload":{"a":"` + strings.Repeat("x", 10_000) + `"}}`}, 1009, ""},
		"malformed Bearer":    {[]string{`{"type":"connection_init","payload":{"Authorization":"agent"}}`}, 4401, `"Bearer " followed by a token`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := dial(t, base)
			for _, message := range c.messages {
				client.send(message)
			}
			client.expectClose(c.code, c.reason)
		})
	}
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		client := dial(t, base)
		if err := client.conn.Write(t.Context(), websocket.MessageBinary, []byte(ack)); err != nil {
			t.Fatal(err)
		}
		client.expectClose(4400, "must be text")
	})
	for name, protocols := range map[string][]string{"no subprotocol": nil, "old subprotocol": {"graphql-ws"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _, err := dialAs(t, base, protocols)
			if err != nil {
				t.Fatal(err)
			}
			(&wsClient{t, conn}).expectClose(4406, "graphql-transport-ws")
		})
	}
}

// The credentials are connection_init's, else the upgrade request's (AC-9).
func TestSocketAuthentication(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) {
		c.Authenticator = tokens{
			"agent":  {viewer: &viewer.Viewer{Kind: viewer.Agent, TokenID: "token_1"}},
			"admin":  {viewer: &viewer.Viewer{Kind: viewer.Admin, TokenID: "token_2"}},
			"busy":   {err: errs.New(errs.Unavailable, "The database is busy. Try again.")},
			"broken": {err: errors.New("disk of tenant 7 is full")},
		}
	})
	for name, c := range map[string]struct{ header, payload, kind string }{
		"nobody":              {"", `null`, "ANYONE"},
		"without a payload":   {"Bearer admin", "", "ADMIN"},
		"null":                {"", `{"Authorization":null}`, "ANYONE"},
		"init":                {"", asAgent, "AGENT"},
		"init in small":       {"", `{"authorization":"bearer agent"}`, "AGENT"},
		"header":              {"Bearer agent", `{"other":1}`, "AGENT"},
		"the init wins":       {"Bearer agent", `{"Authorization":"Bearer admin"}`, "ADMIN"},
		"both alike":          {"Bearer agent", asAgent, "AGENT"},
		"token":               {"", `{"token":"agent"}`, "AGENT"},
		"authToken":           {"", `{"authToken":"Bearer agent"}`, "AGENT"},
		"headers":             {"", `{"headers":{"authorization":"Bearer agent"}}`, "AGENT"},
		"Authorization first": {"", `{"token":"admin","headers":{"Authorization":"Bearer admin"},"Authorization":"Bearer agent"}`, "AGENT"},
		"other members, too":  {"", `{"headers":{"a":1},"Authorization":"Bearer agent"}`, "AGENT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if c.header != "" {
				headers = []string{"Authorization", c.header}
			}
			client := dial(t, base, headers...)
			init := `{"type":"connection_init"}`
			if c.payload != "" {
				init = `{"type":"connection_init","payload":` + c.payload + `}`
			}
			client.send(init)
			client.expect(`{"type":"connection_ack"}`)
			client.subscribe("1", "subscription{kind}")
			client.expect(`{"id":"1","type":"next","payload":{"data":{"kind":"` + c.kind + `"}}}`)
		})
	}
	for token, want := range map[string]struct {
		code   int
		reason string
	}{
		"nobody": {4401, "This token is unknown."},
		"busy":   {1013, "The database is busy."},
		"broken": {1011, "Internal error"},
	} {
		client := dial(t, base)
		client.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
		client.expectClose(want.code, want.reason)
	}
	if _, status, err := dialAs(t, base, nil, "Authorization", "Bearer nobody"); err == nil || status != 401 {
		t.Errorf("a bad token in the upgrade request: %v", err)
	}
}

// Any page can open a socket: those of other origins are refused.
func TestSocketOrigins(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) {
		c.AllowedOrigins = []string{"https://app.example.com"}
		c.PublicURL = "https://parley.example.com"
	})
	open := listen(t, func(c *httpserver.Config) { c.AllowedOrigins = []string{"*"} })
	for _, c := range []struct {
		base, origin string
		allowed      bool
	}{
		{base, base, true},
		{base, "https://APP.example.com", true},
		{base, "https://parley.example.com", true},
		{base, "https://evil.example.com", false},
		{base, "http://app.example.com", false},
		{base, "https://app.example.com.evil.com", false},
		{base, "null", false},
		{base, "%zz", false},
		{open, "https://evil.example.com", true},
	} {
		_, status, err := dialAs(t, c.base, []string{"graphql-transport-ws"}, "Origin", c.origin)
		if (err == nil) != c.allowed || err != nil && status != http.StatusForbidden {
			t.Errorf("%s: %v", c.origin, err)
		}
	}
}
