package forward

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"parley/internal/clock"
	"parley/internal/webhook"
)

// Options say what is forwarded.
type Options struct {
	// URL is the Parley server; Token needs the scope read.
	URL, Token string
	// Forward is where events go; Secret signs them.
	Forward, Secret string
	// Types and InboxIDs leave only some events; empty: all.
	Types, InboxIDs []string
	// After is the last event that is not wanted any longer; nil: the newest one.
	After *int64
	Clock clock.Clock
	// Out gets a line for each attempt.
	Out io.Writer
}

// Refused is an answer of the API's that another try does not change.
type Refused struct{ Code, Text string }

func (r *Refused) Error() string { return r.Text }

// pause is how long it waits before it tries again: a second at first, up to half a minute.
const firstPause, lastPause = time.Second, 30 * time.Second

// silence is after how long a stream is given up: Parley writes every 25 seconds.
const silence = time.Minute

// forwarder follows the log, and sends.
type forwarder struct {
	Options
	position int64
	client   *http.Client
}

// Run forwards events until ctx ends, and returns the position after the last one that was
// answered. An error: the API refuses it.
func Run(ctx context.Context, o Options) (position int64, err error) {
	f := &forwarder{Options: o, client: newClient()}
	if o.After != nil {
		f.position = *o.After
	} else if f.position, err = f.head(ctx); err != nil {
		return 0, err
	}
	f.printf("From position %d on, to %s", f.position, o.Forward)
	for pause := firstPause; ; pause = min(pause*2, lastPause) {
		before := f.position
		err := f.followLog(ctx)
		var refused *Refused
		if errors.As(err, &refused) {
			return f.position, refused
		}
		if f.position > before {
			pause = firstPause
		}
		if ctx.Err() == nil {
			f.printf("The stream ended (%v), again in %s", err, pause)
		}
		if !wait(ctx, pause) {
			return f.position, nil
		}
	}
}

// newClient is what events are sent by: as webhooks are, it follows no redirect, and waits
// for an answer as long.
func newClient() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (f *forwarder) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(f.Out, format+"\n", args...)
}

// wait waits; false: there is no time left.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}

// answer is an answer of the API's.
type answer struct {
	Data struct {
		Viewer *struct{ Account struct{ HeadSequence int64 } }
		Events json.RawMessage
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// fault is the error that an answer has; nil: none.
func (a *answer) fault() error {
	if len(a.Errors) == 0 {
		return nil
	}
	e := a.Errors[0]
	switch e.Extensions.Code {
	case "UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "COMPLEXITY_LIMIT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "INVALID", "NOT_FOUND":
		return &Refused{e.Extensions.Code, e.Message}
	case "CURSOR_EXPIRED":
		return &Refused{e.Extensions.Code, e.Message + " Without --after it goes on with what happens from now on."}
	}
	return errors.New(e.Message)
}

// post sends an operation to the API.
func (f *forwarder) post(ctx context.Context, accept, query string, variables map[string]any) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {accept}, "Authorization": {"Bearer " + f.Token}}
	return http.DefaultClient.Do(request)
}

// head is the position of the newest event.
func (f *forwarder) head(ctx context.Context) (int64, error) {
	response, err := f.post(ctx, "application/json", `{ viewer { account { headSequence } } }`, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return 0, fmt.Errorf("%s does not answer as a Parley server does, but with %s", f.URL, response.Status)
	}
	if err := a.fault(); err != nil {
		return 0, err
	}
	if a.Data.Viewer == nil {
		return 0, errors.New("the server does not say where its log ends")
	}
	return a.Data.Viewer.Account.HeadSequence, nil
}

const subscription = `subscription($after: Sequence, $types: [EventType!], $inboxIds: [ID!]) { events(after: $after, types: $types, inboxIds: $inboxIds) { ` + webhook.LoggedFields + ` } }`

// followLog forwards what comes, until the stream ends.
func (f *forwarder) followLog(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(silence, func() { cancel(errors.New("nothing came for a minute")) })
	defer silent.Stop()
	variables := map[string]any{"after": f.position}
	if len(f.Types) > 0 {
		variables["types"] = f.Types
	}
	if len(f.InboxIDs) > 0 {
		variables["inboxIds"] = f.InboxIDs
	}
	response, err := f.post(ctx, "text/event-stream", subscription, variables)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if data = strings.TrimSpace(data); ok && data != "" {
			silent.Stop() // the receiver may take its time
			if err := f.forwardEvent(ctx, []byte(data)); err != nil {
				return err
			}
		}
		silent.Reset(silence)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return errors.Join(lines.Err(), io.EOF)
}

// forwardEvent forwards an event of the stream.
func (f *forwarder) forwardEvent(ctx context.Context, data []byte) error {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	if err := a.fault(); err != nil {
		return err
	}
	e, err := webhook.UnmarshalLogged(a.Data.Events)
	if err != nil {
		return err
	}
	body, err := e.Body()
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause = min(pause*2, lastPause) {
		outcome, failed := f.send(ctx, e.ID, body)
		line := fmt.Sprintf("%8d  %s %s  %s", e.Sequence, e.Type, e.ConversationID(), outcome)
		if failed == nil {
			f.printf("%s", line)
			f.position = e.Sequence
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.printf("%s, again in %s", line, pause)
		if !wait(ctx, pause) {
			return context.Cause(ctx)
		}
	}
}

var errAnswer = errors.New("it is not answered with a status from 200 to 299")

// send sends a body once, and says how that ended.
func (f *forwarder) send(ctx context.Context, deliveryID string, body []byte) (outcome string, err error) {
	began := f.Clock.Now()
	request, err := webhook.NewRequest(ctx, f.Forward, []string{f.Secret}, deliveryID, body, began)
	if err != nil {
		return err.Error(), err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return err.Error(), err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	_ = response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		err = errAnswer
	}
	return fmt.Sprintf("%d in %d ms", response.StatusCode, f.Clock.Now().Sub(began).Milliseconds()), err
}

// Send sends one body, and says how that ended.
func Send(ctx context.Context, o Options, deliveryID string, body []byte) (outcome string, err error) {
	f := &forwarder{Options: o, client: newClient()}
	return f.send(ctx, deliveryID, body)
}
