// Package client is what a connector needs of Parley's API: it brings messages and files, takes out what is to be
// sent, and reports. It uses the public API only, and is meant to be copied with the connectors beside it.
package client

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
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
	"sync"
	"sync/atomic"
	"time"
)

// Client is a channel of a Parley server, and the token that is bound to it.
type Client struct {
	URL, Token, Channel string
	*Journal
	Log *slog.Logger
	// Hold is how long a message in doubt waits for the medium to say that it was sent, after the last of its calls; HoldOld
	// is it for one that was begun before the connector started: a webhook that was away is called again with growing pauses.
	Hold, HoldOld time.Duration
	heard         atomic.Int64
	lock          sync.Mutex
	tries         map[string]int // how often a file could not be had
}

// New is the client that PARLEY_URL, PARLEY_TOKEN and PARLEY_CHANNEL describe, with the journal in the file STATE. It
// ends the program if one of them, or of the other variables that the connector needs, is empty.
func New(needs ...string) *Client {
	c := &Client{URL: os.Getenv("PARLEY_URL") + "/graphql", Token: os.Getenv("PARLEY_TOKEN"), Channel: os.Getenv("PARLEY_CHANNEL"), Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	for _, name := range append([]string{"PARLEY_URL", "PARLEY_TOKEN", "PARLEY_CHANNEL"}, needs...) {
		if os.Getenv(name) == "" {
			c.Log.Error("a variable is not set", "name", name)
			os.Exit(1)
		}
	}
	c.tries = map[string]int{}
	var err error
	if c.Journal, err = OpenJournal(cmp.Or(os.Getenv("STATE"), "connector.state")); err != nil {
		c.Log.Error("the journal cannot be read", "error", err)
		os.Exit(1)
	}
	return c
}

// Outbound is a message that is to be sent, changed or taken back. What is null is empty.
type Outbound struct {
	Message                                                       struct{ ID string }
	Action, Text                                                  string
	ExternalThreadID, ExternalMessageID, ReplyToExternalMessageID string
	Attachments                                                   []struct{ FileName, ContentType, URL string }
	Template                                                      *struct {
		Name, Language string
		Parameters     []string
	}
	Attempt int
}

// Refusal is an answer that another try does not change: of Parley with the code of a user error, or of a medium.
type Refusal struct{ Code, Text string }

func (r *Refusal) Error() string { return r.Text }

// Refused returns the refusal that an error is; nil: it is none, and another try may go well.
func Refused(err error) (r *Refusal) {
	_ = errors.As(err, &r)
	return r
}

// Duration is the duration in a variable, or else a default. It ends the program if the variable has something else.
func (c *Client) Duration(name, otherwise string) time.Duration {
	d, err := time.ParseDuration(cmp.Or(os.Getenv(name), otherwise))
	if err != nil {
		c.Log.Error("a variable is not a duration such as 2m", "name", name)
		os.Exit(1)
	}
	return d
}

// fileTries is how often a file is tried before its message comes without it.
const fileTries = 5

// AddFile uploads a file for a message that is received next, unless it could not be had. What is refused, as too large,
// or cannot be had again and again, is words in the message, which comes all the same.
func (c *Client) AddFile(in map[string]any, name string, content []byte, err error) error {
	id := ""
	if err == nil {
		id, err = c.upload(name, content)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	key := fmt.Sprint(in["externalThreadId"], " ", in["externalMessageId"])
	if c.tries[key]++; err != nil && Refused(err) == nil && c.tries[key] < fileTries {
		return err
	}
	if delete(c.tries, key); err != nil {
		in["text"] = strings.TrimSpace(fmt.Sprintf("%s\n[The file %s cannot be had: %s]", in["text"], name, err))
		return nil
	}
	in["attachmentIds"] = []string{id}
	return nil
}

// At is a time as Parley takes it, of seconds since 1970 in a text; nil: of none.
func At(seconds string) any {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil
	}
	return time.Unix(n, 0).UTC()
}

// Receive brings a message. One that Parley has already is taken again, and changes nothing. One that Parley refuses
// comes without its file and what it answers; if that is refused, too, it is logged, so that others do not wait for it.
func (c *Client) Receive(in map[string]any) error {
	in["channelId"] = c.Channel
	if in["text"] == "" && in["attachmentIds"] == nil {
		in["text"] = "[A message that cannot be shown here]"
	}
	const receive = `mutation($in: ReceiveMessageInput!) { receiveMessage(input: $in) { userErrors { code message } } }`
	err := c.runMutation(receive, in, nil)
	if r := Refused(err); r != nil && r.Code != "NOT_FOUND" { // not found: the channel
		c.Log.Warn("Parley refuses a message", "message", in["externalMessageId"], "error", err)
		if in["attachmentIds"] != nil {
			in["text"] = strings.TrimSpace(fmt.Sprintf("%s\n[A file was refused: %s]", in["text"], r.Text))
		}
		delete(in, "attachmentIds")
		delete(in, "replyToExternalMessageId")
		if err = c.runMutation(receive, in, nil); Refused(err) != nil {
			c.Log.Error("Parley refuses a message for good", "message", in["externalMessageId"], "error", err)
			return nil
		}
	}
	return err
}

// React brings a reaction of a contact to a message; no emoji: it was taken back. One to a message that Parley does not
// know is nothing.
func (c *Client) React(in map[string]any) error {
	in["channelId"] = c.Channel
	err := c.runMutation(`mutation($in: ReportReactionInput!) { reportReaction(input: $in) { userErrors { code message } } }`, in, nil)
	if Refused(err) != nil {
		return nil
	}
	return err
}

// Report says what became of a message. One that Parley does not know is a refusal.
func (c *Client) Report(in map[string]any) error {
	const report = `mutation($in: ReportDeliveryInput!) { reportDelivery(input: $in) { userErrors { code message } } }`
	messageID, named := in["messageId"].(string)
	if !named {
		in["channelId"] = c.Channel
	}
	err := c.runMutation(report, in, nil)
	if r := Refused(err); r != nil && !isGone(err) && named && in["externalMessageId"] != nil {
		c.Log.Warn("Parley refuses the id of a message", "message", messageID, "error", err)
		delete(in, "externalMessageId")
		err = c.runMutation(report, in, nil)
	}
	switch {
	case !named || in["state"] == "QUEUED" || err != nil && !isGone(err):
	case isGone(err) || in["state"] == "FAILED":
		err = cmp.Or(c.Forget(messageID), err)
	default:
		err = c.Know(messageID) // whoever carries it out right now has to see it
	}
	return err
}

func (c *Client) upload(name string, content []byte) (string, error) {
	contentType, body := Form(&File{"0", name, content},
		"operations", `{"query": "mutation($in: UploadChannelAttachmentInput!) { uploadChannelAttachment(input: $in) { attachment { id } userErrors { code message } } }",
			"variables": {"in": {"channelId": "`+c.Channel+`", "file": null}}}`,
		"map", `{"0": ["variables.in.file"]}`)
	var payload struct{ Attachment struct{ ID string } }
	err := c.exchange(contentType, body, &payload)
	return payload.Attachment.ID, err
}

// Follow gives what is to be sent to handle, for ever, so many messages at once. What handle returns is reported: the
// message's id in the medium, or the refusal. After another error the message is tried again, a few times, and then once
// Parley gives it again. Parley knows that a message is still being sent while handle has it. Settle gets a message in
// doubt before it is tried again; with atStart, also those that Parley may not give again, before each stream.
func (c *Client) Follow(atOnce int, atStart bool, settle func(ctx context.Context, messageID string) error, handle func(Outbound) (externalID string, err error)) {
	c.Forever("the outbox", func(worked func()) error {
		for _, id := range c.Open() {
			if err := c.closeEntry(id, atStart, settle); err != nil {
				return err
			}
		}
		return c.followOnce(atOnce, worked, func(ctx context.Context, m *Outbound) { c.carryOut(ctx, m, settle, handle) })
	})
}

// closeEntry reports a message that was sent as a whole: Parley may not give it again, as one that was deleted meanwhile.
func (c *Client) closeEntry(messageID string, atStart bool, settle func(ctx context.Context, messageID string) error) error {
	if atStart && c.Entry(messageID).Doubt {
		if err := settle(context.Background(), messageID); err != nil {
			return err
		}
	}
	e := c.Entry(messageID)
	if e.Whole() && !e.Known {
		if err := c.Report(map[string]any{"messageId": messageID, "state": "SENT", "externalMessageId": e.Parts[0]}); err != nil && Refused(err) == nil {
			return err
		}
	}
	if c.Entry(messageID).Known {
		return c.Forget(messageID)
	}
	return nil
}

func (c *Client) followOnce(atOnce int, worked func(), handle func(context.Context, *Outbound)) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	body, _ := json.Marshal(map[string]any{"variables": map[string]any{"channel": c.Channel, "n": atOnce}, "query": `subscription($channel: ID!, $n: Int) {
		outbox(channelId: $channel, atOnce: $n) { message { id } action text externalThreadId externalMessageId replyToExternalMessageId
			attachments { fileName contentType url } template { name language parameters } attempt } }`})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + c.Token}}
	silent := time.AfterFunc(time.Minute, func() { cancel(errors.New("the stream fell silent")) }) // Parley writes every 25 seconds
	defer silent.Stop()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var sending sync.WaitGroup
	defer sending.Wait() // before the next stream gives the same messages
	defer cancel(nil)    // what waits need not any longer
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		silent.Reset(time.Minute)
		data, _ := strings.CutPrefix(lines.Text(), "data: ")
		var event struct {
			Data   struct{ Outbox *Outbound }
			Errors []struct{ Message string }
		}
		if err := json.Unmarshal([]byte(data), &event); err == nil && len(event.Errors) > 0 { // other lines are comments
			return errors.New(event.Errors[0].Message)
		}
		if m := event.Data.Outbox; m != nil {
			worked()
			sending.Go(func() {
				defer c.keepLease(m.Message.ID)()
				handle(ctx, m)
			})
		}
	}
	return errors.Join(context.Cause(ctx), lines.Err(), io.EOF)
}

// Part is what a medium sends as one message: the text, or a file.
type Part struct {
	MessageID         string
	Number, Count     int // from 0, and of how many
	Text, ContentType string
	File              *File
}

// SendParts sends what is not sent yet of a message: its text, then each file. The journal knows of each part that it is
// about to be sent, and under which id it was. The message's id in Parley is that of its first part.
func (c *Client) SendParts(m Outbound, sequence string, send func(Part) (id string, err error)) (externalID string, err error) {
	texts := 1
	if m.Text == "" && m.Template == nil {
		texts = 0
	}
	count := texts + len(m.Attachments)
	ids := c.Entry(m.Message.ID).Parts
	for n := len(ids); n < count; n++ {
		part := Part{MessageID: m.Message.ID, Number: n, Count: count, Text: m.Text}
		if n >= texts {
			a := m.Attachments[n-texts]
			content, err := Download(a.URL, nil)
			if err != nil { // another try has another address
				return "", errors.New(err.Error())
			}
			part = Part{MessageID: m.Message.ID, Number: n, Count: count, ContentType: a.ContentType, File: &File{Name: a.FileName, Content: content}}
		}
		if err := c.Begin(m.Message.ID, m.ExternalThreadID, sequence, count); err != nil {
			return "", err
		}
		id, err := send(part)
		if Refused(err) != nil {
			err = cmp.Or(c.Settle(m.Message.ID, ""), err)
		} else if err == nil {
			err = c.Settle(m.Message.ID, id)
		}
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return "", &Refusal{Text: "The message has neither text nor files."}
	}
	return ids[0], nil
}

// Mark is a text by which a medium may know a part, and which it says with what became of it.
func (p Part) Mark() string { return fmt.Sprint(p.MessageID, " ", p.Number, " ", p.Count) }

// Confirm takes in that the part with a mark has an id in the medium: one in doubt was sent. It returns how a report
// names the message, and whether the part is the last: before that, the message is neither delivered nor read.
func (c *Client) Confirm(mark, thread, id string) (report map[string]any, last bool, err error) {
	messageID, part, parts := "", 0, 1
	if n, _ := fmt.Sscan(mark, &messageID, &part, &parts); n != 3 { // another program's, or none
		return map[string]any{"externalThreadId": thread, "externalMessageId": id}, true, nil
	}
	if len(c.Entry(messageID).Parts) == part {
		err = c.Settle(messageID, id)
	}
	if report = map[string]any{"messageId": messageID}; part == 0 {
		report["externalMessageId"] = id
	} else if e := c.Entry(messageID); len(e.Parts) > 0 {
		report["externalMessageId"] = e.Parts[0]
	}
	return report, part == parts-1, err
}

// Hear notes that the medium calls: what it has to say of a message in doubt may be behind other calls.
func (c *Client) Hear(take http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.heard.Add(1)
		take(w, r)
		c.heard.Add(1)
	}
}

// AwaitWord settles a message in doubt: it waits until the medium says that it was sent. When it was quiet for so long, it
// was not; for a medium that is never quiet it waits ten times Hold, or HoldOld.
func (c *Client) AwaitWord(ctx context.Context, messageID string) error {
	const step = 50 * time.Millisecond
	look := time.NewTicker(step)
	defer look.Stop()
	hold := c.Hold
	if c.Old(messageID) {
		hold = max(c.Hold, c.HoldOld)
	}
	heard, quiet := c.heard.Load(), time.Duration(0)
	for waited := step; c.Entry(messageID).Doubt; waited += step {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if quiet += step; c.heard.Load() != heard {
			heard, quiet = c.heard.Load(), 0
		}
		if quiet >= hold || waited >= max(10*c.Hold, hold) {
			return c.Settle(messageID, "")
		}
	}
	return nil
}

// carryOutTries is how often a message is tried before Parley has to give it again.
const carryOutTries = 4

func (c *Client) carryOut(ctx context.Context, m *Outbound, settle func(context.Context, string) error, handle func(Outbound) (string, error)) {
	for try := 1; ; try++ {
		err := c.tryOnce(ctx, m, settle, handle)
		if err == nil || ctx.Err() != nil {
			return
		}
		c.Log.Warn("a message cannot be sent now", "message", m.Message.ID, "error", err)
		select {
		case <-time.After(time.Second << try):
		case <-ctx.Done():
		}
		if try == carryOutTries || ctx.Err() != nil {
			return
		}
	}
}

func (c *Client) tryOnce(ctx context.Context, m *Outbound, settle func(context.Context, string) error, handle func(Outbound) (string, error)) error {
	if m.Action == "SEND" {
		before := c.Entry(m.Message.ID)
		if before.Doubt {
			if err := settle(ctx, m.Message.ID); err != nil {
				return err
			}
		}
		after := c.Entry(m.Message.ID)
		if after.Known || before.Doubt && after.Count == 0 { // Parley knows by now what became of it
			return c.Forget(m.Message.ID)
		}
	}
	externalID, err := handle(*m)
	report := map[string]any{"messageId": m.Message.ID, "state": "SENT", "externalMessageId": externalID}
	if r := Refused(err); r != nil {
		report = map[string]any{"messageId": m.Message.ID, "state": "FAILED", "error": r.Text}
	} else if err != nil {
		return err
	}
	if err := c.Report(report); err != nil && !isGone(err) { // what was sent stays in the journal
		return err
	}
	return c.Forget(m.Message.ID)
}

// isGone reports whether Parley knows no such message any longer.
func isGone(err error) bool {
	r := Refused(err)
	return r != nil && r.Code == "NOT_FOUND"
}

// keepLease says that a message is being sent, until what it returns is called.
func (c *Client) keepLease(messageID string) (end func()) {
	alive, done := time.NewTicker(25*time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-alive.C:
				_ = c.Report(map[string]any{"messageId": messageID, "state": "QUEUED"})
			case <-done:
				alive.Stop()
				return
			}
		}
	}()
	return func() { close(done) }
}

func (c *Client) runMutation(query string, in map[string]any, payload any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"in": in}})
	if err != nil {
		return err
	}
	return c.exchange("application/json", body, payload)
}

// exchange runs a mutation, and reads the payload of its one field.
func (c *Client) exchange(contentType string, body []byte, payload any) error {
	_, raw, err := Send(http.MethodPost, c.URL, http.Header{"Content-Type": {contentType}, "Authorization": {"Bearer " + c.Token}}, body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("the server answers %.100q", raw)
	}
	if len(answer.Errors) > 0 {
		return errors.New(answer.Errors[0].Message)
	}
	for _, data := range answer.Data {
		var refused struct {
			UserErrors []struct{ Code, Message string }
		}
		if err := json.Unmarshal(data, &refused); err != nil {
			return err
		}
		if list := refused.UserErrors; len(list) > 0 {
			return &Refusal{list[0].Code, list[0].Message}
		}
		if payload != nil {
			return json.Unmarshal(data, payload)
		}
	}
	return nil
}

// Forever does something again when it ends: after a second, then two, up to half a minute, and after a second again
// once it has worked.
func (c *Client) Forever(what string, do func(worked func()) error) {
	for wait := time.Second; ; wait = min(wait*2, 30*time.Second) {
		err := do(func() { wait = time.Second / 2 })
		c.Log.Warn(what+" ended", "error", err, "again_in", wait)
		<-time.After(wait + rand.N(wait/4))
	}
}
