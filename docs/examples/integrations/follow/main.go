// Command follow follows the events of an account, and misses none: not while the network is
// gone, not over a restart of Parley, and not over its own death. Put your work in place of
// handle.
//
//	PARLEY_TOKEN=... go run . position.txt
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type event struct {
	Sequence     int64
	Type         string
	Conversation *struct{ ID string }
	Message      *struct{ Text string }
}

type result struct {
	Data struct {
		Events event
		Viewer struct{ Account struct{ HeadSequence int64 } }
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// refused is what Parley refuses; the code is made for programs.
type refused struct{ code, message string }

func (r refused) Error() string { return r.code + ": " + r.message }

const (
	following = `subscription($after: Sequence!) { events(after: $after) { sequence type conversation { id } message { text } } }`
	newest    = `{ viewer { account { headSequence } } }`
	shortest  = 100 * time.Millisecond
	longest   = 15 * time.Second
)

// handle does what is to be done. An event may come twice, if the program dies right after
// this: its sequence says so.
func handle(e event) error {
	conversation, text := "-", "null"
	if e.Conversation != nil {
		conversation = e.Conversation.ID
	}
	if e.Message != nil {
		text = strconv.Quote(e.Message.Text)
	}
	_, err := fmt.Println(e.Sequence, e.Type, conversation, text)
	return err
}

func main() {
	f := follower{url: cmp.Or(os.Getenv("PARLEY_URL"), "http://127.0.0.1:8080/graphql"), token: os.Getenv("PARLEY_TOKEN"), file: "position.txt"}
	if len(os.Args) > 1 {
		f.file = os.Args[1]
	}
	for {
		if _, err := f.position(); err != nil {
			slog.Error("no position", "error", err) // position 0 would be all over again
			os.Exit(1)
		}
		err := f.followEvents()
		var no refused
		switch {
		case !errors.As(err, &no):
			slog.Warn("the connection ended", "error", err)
		case no.code == "CURSOR_EXPIRED":
			f.expired = true
		case no.code != "UNAVAILABLE" && no.code != "RATE_LIMITED" && no.code != "INTERNAL":
			slog.Error("refused", "error", err) // such as a token that is revoked
			os.Exit(1)
		}
		f.wait = min(max(2*f.wait, shortest), longest)
		time.Sleep(f.wait/2 + rand.N(f.wait/2)) // each at another time, when all lost it at once
	}
}

type follower struct {
	url, token, file string
	wait             time.Duration
	expired          bool // the log no longer reaches back to the position
}

// followEvents handles events until the connection ends.
func (f *follower) followEvents() error {
	if f.expired {
		if err := f.reload(); err != nil {
			return err
		}
		f.expired = false
	}
	after, err := f.position()
	if err != nil {
		return err
	}
	response, err := f.post("text/event-stream", following, map[string]any{"after": after})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16<<20) // an event is as long as what you select of it
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "" {
			continue
		}
		var r result
		if err := json.Unmarshal([]byte(data), &r); err != nil {
			return err
		}
		if len(r.Errors) > 0 {
			return refused{r.Errors[0].Extensions.Code, r.Errors[0].Message}
		}
		if err := handle(r.Data.Events); err != nil {
			return err
		}
		if err := f.store(r.Data.Events.Sequence); err != nil { // after the work: what was not done comes again
			return err
		}
		f.wait = 0
	}
	return errors.Join(lines.Err(), io.EOF)
}

// reload is for when the log no longer reaches back to the position: load what you keep, and
// go on from here.
func (f *follower) reload() error {
	response, err := f.post("application/json", newest, nil)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var r result
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&r); err != nil {
		return err
	}
	if len(r.Errors) > 0 {
		return refused{r.Errors[0].Extensions.Code, r.Errors[0].Message}
	}
	fmt.Println("reload")
	return f.store(r.Data.Viewer.Account.HeadSequence)
}

func (f *follower) position() (int64, error) {
	text, err := os.ReadFile(f.file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// store does it in one step, and on the disk: half a number would be another position.
func (f *follower) store(sequence int64) error {
	file, err := os.Create(f.file + ".new")
	if err != nil {
		return err
	}
	_, err = file.WriteString(strconv.FormatInt(sequence, 10))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(f.file+".new", f.file)
}

func (f *follower) post(accept, query string, variables map[string]any) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, f.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {accept}, "Authorization": {"Bearer " + f.token}}
	return http.DefaultClient.Do(request)
}

// refusal reads why there is no stream.
func refusal(response *http.Response) error {
	var r result
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&r); err != nil || len(r.Errors) == 0 {
		return fmt.Errorf("status %s", response.Status)
	}
	return refused{r.Errors[0].Extensions.Code, r.Errors[0].Message}
}
