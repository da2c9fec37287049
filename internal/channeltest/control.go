package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Description is what a double says of itself: GET /medium.
type Description struct {
	// Name is the channel's type.
	Name string `json:"name"`
	// Capabilities are those of createCustomChannel.
	Capabilities map[string]any `json:"capabilities"`
	// Environment is what the connector needs to reach the double.
	Environment map[string]string `json:"environment"`
	// Does are the optional parts of the control protocol that the double has.
	Does []string `json:"does"`
}

// What a double may be able to do besides.
const (
	doesRepeat  = "repeat"  // brings a message again
	doesEcho    = "echo"    // says what the team writes in the medium's own app
	doesReceipt = "receipt" // says what became of a message
	doesRefuse  = "refuse"  // takes nothing for a contact
	doesFiles   = "files"   // carries files to the connector
	doesForge   = "forge"   // calls the connector as a stranger would
	doesHold    = "hold"    // holds what the connector sends until that is dead
)

// Incoming is what a contact writes: POST /medium/write.
type Incoming struct {
	// Thread is a name of the check's; the medium has another for it.
	Thread string `json:"thread"`
	Text   string `json:"text"`
	// ReplyTo is the medium's id of a message.
	ReplyTo string `json:"replyTo,omitempty"`
	File    *File  `json:"file,omitempty"`
}

// File is a file of a message; JSON has its content as base64.
type File struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Content []byte `json:"content"`
}

// Placed says how the medium names what was written: the thread as connectors are to name
// it in externalThreadId, and the message.
type Placed struct {
	Thread string `json:"thread"`
	ID     string `json:"id"`
}

// Delivered is a message that a contact got: GET /medium/messages. One of several files
// may be several of them.
type Delivered struct {
	ID       string    `json:"id"`
	Text     string    `json:"text"`
	ReplyTo  string    `json:"replyTo,omitempty"`
	Template *Template `json:"template,omitempty"`
	File     *File     `json:"file,omitempty"`
	Edited   bool      `json:"edited,omitempty"`
	Deleted  bool      `json:"deleted,omitempty"`
}

// Template is a template as it arrived.
type Template struct {
	Name       string   `json:"name"`
	Language   string   `json:"language"`
	Parameters []string `json:"parameters"`
}

// request is the body of the other calls: repeat, echo, receipt, refuse, forge, hold.
type request struct {
	Thread string `json:"thread"`
	ID     string `json:"id,omitempty"`
	Text   string `json:"text,omitempty"`
	Times  int    `json:"times,omitempty"`
	State  string `json:"state,omitempty"`
	Error  string `json:"error,omitempty"`
}

// held says whether a message is held.
type held struct {
	Held bool `json:"held"`
}

// forged says how a connector answers a stranger.
type forged struct {
	Status int `json:"status"`
}

// control is a double, as a check sees it.
type control struct {
	url  string
	says Description
}

// openControl asks a double what it is.
func openControl(ctx context.Context, address string) (*control, error) {
	c := &control{url: strings.TrimSuffix(address, "/")}
	if err := c.call(ctx, http.MethodGet, "/medium", nil, &c.says); err != nil {
		return nil, err
	}
	if c.says.Name == "" {
		return nil, fmt.Errorf("the medium at %s has no name: GET /medium answers {name, capabilities, environment, does}", address)
	}
	return c, nil
}

// does reports whether the double has a part of the protocol.
func (c *control) does(what string) bool { return slices.Contains(c.says.Does, what) }

// can reports whether the channel has a capability.
func (c *control) can(capability string) bool {
	v, there := c.says.Capabilities[capability]
	return there && v != nil && v != false && v != 0.0
}

func (c *control) write(ctx context.Context, in Incoming) (p Placed, err error) {
	err = c.call(ctx, http.MethodPost, "/medium/write", in, &p)
	return p, err
}

func (c *control) post(ctx context.Context, what string, r request, answer any) error {
	return c.call(ctx, http.MethodPost, "/medium/"+what, r, answer)
}

// messages are what a contact got, oldest first.
func (c *control) messages(ctx context.Context, thread string) (list []Delivered, err error) {
	err = c.call(ctx, http.MethodGet, "/medium/messages?thread="+url.QueryEscape(thread), nil, &list)
	return list, err
}

func (c *control) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the medium's address: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("the medium: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("the medium: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the medium answers %d to %s %s: %.200s", response.StatusCode, method, path, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("the medium answers to %s %s with what cannot be read: %w", method, path, err)
	}
	return nil
}
