package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// client speaks GraphQL with a server, by kept-alive connections, one for each
// caller.
type client struct {
	url     string
	http    *http.Client
	answers []bytes.Buffer // each caller's
}

func newClient(url string, callers int) *client {
	transport := &http.Transport{MaxIdleConns: callers, MaxIdleConnsPerHost: callers, DisableCompression: true}
	return &client{url: url + "/graphql", http: &http.Client{Transport: transport, Timeout: time.Minute}, answers: make([]bytes.Buffer, callers)}
}

// request writes a request's body.
func request(query string, variables map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{"query": query, "variables": variables})
}

var errorsField = []byte(`"errors":`)

// post sends a request in the name of a caller, 0 to callers-1, with a token or
// with none. It fails unless the answer is one without errors. What it returns
// holds until the caller's next request.
func (c *client) post(ctx context.Context, caller int, token string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer := &c.answers[caller]
	answer.Reset()
	if _, err := answer.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	// Within a string of the answer the quotes would be escaped.
	if response.StatusCode != http.StatusOK || bytes.Contains(answer.Bytes(), errorsField) {
		return nil, fmt.Errorf("status %d: %.500s", response.StatusCode, answer)
	}
	return answer.Bytes(), nil
}

// queryAnswer sends a request and reads the answer's data.
func (c *client) queryAnswer(ctx context.Context, token, query string, variables map[string]any, data any) error {
	body, err := request(query, variables)
	if err != nil {
		return err
	}
	answer, err := c.post(ctx, 0, token, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, &struct{ Data any }{data})
}

// checkAnswer fails unless an answer contains a text n times.
func checkAnswer(answer []byte, text string, n int) error {
	if found := bytes.Count(answer, []byte(text)); found != n {
		return fmt.Errorf("the answer has %s %d times, not %d: %.500s", text, found, n, answer)
	}
	return nil
}
