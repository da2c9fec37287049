// Command cloud connects a phone number of the WhatsApp Cloud API, or of an SMS gateway that is like it, with a custom
// channel of Parley. The API calls its webhook, /webhook on LISTEN, which has to be behind HTTPS. Run one for each number.
// README.md names the variables that it reads.
package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"parley/docs/connectors/client"
)

type connector struct {
	*client.Client
	api, token, phone string
}

func main() {
	c := &connector{client.New("CLOUD_TOKEN", "CLOUD_PHONE_ID", "CLOUD_APP_SECRET", "CLOUD_VERIFY_TOKEN"),
		cmp.Or(os.Getenv("CLOUD_API"), "https://graph.facebook.com/v21.0"), os.Getenv("CLOUD_TOKEN"), os.Getenv("CLOUD_PHONE_ID")}
	// The API knows no repeats, but it says what it took: its word is awaited of what was about to be sent when the
	// connector died, before that is sent again.
	c.Hold, c.HoldOld = c.Duration("CLOUD_HOLD", "2m"), c.Duration("CLOUD_HOLD_OLD", "20m")
	go c.Follow(10, false, c.AwaitWord, c.carryOut)
	http.HandleFunc("GET /webhook", verify)
	http.HandleFunc("POST /webhook", c.Hear(c.takeNotification))
	server := &http.Server{Addr: cmp.Or(os.Getenv("LISTEN"), ":8090"), ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	c.Log.Error("the connector cannot run", "error", server.ListenAndServe())
	os.Exit(1)
}

// verify proves to the API, when the webhook is set up, that it is ours.
func verify(w http.ResponseWriter, r *http.Request) {
	if !hmac.Equal([]byte(r.FormValue("hub.verify_token")), []byte(os.Getenv("CLOUD_VERIFY_TOKEN"))) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, r.FormValue("hub.challenge"))
}

// takeNotification answers with 200 only when Parley has all that came: otherwise the API brings it again.
func (c *connector) takeNotification(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
	mac := hmac.New(sha256.New, []byte(os.Getenv("CLOUD_APP_SECRET")))
	mac.Write(body)
	if err != nil || !hmac.Equal([]byte(r.Header.Get("X-Hub-Signature-256")), []byte("sha256="+hex.EncodeToString(mac.Sum(nil)))) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	values, err := read(body, c.phone)
	for _, v := range values {
		err = errors.Join(err, c.bring(v))
	}
	if err != nil {
		c.Log.Warn("it has to come again", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// bring brings all that it can; of a contact, nothing behind what failed.
func (c *connector) bring(v object) (failed error) {
	late := map[string]bool{}
	for _, m := range slices.Concat(v.Messages, v.Echoes) {
		in := map[string]any{"externalThreadId": m.To, "direction": "ECHO"}
		if m.To == "" {
			sender := map[string]any{"key": m.From, "phone": "+" + m.From}
			for _, who := range v.Contacts {
				if who.ID == m.From {
					sender["name"] = who.Profile.Name
				}
			}
			in = map[string]any{"externalThreadId": m.From, "sender": sender}
		}
		if thread := m.To + m.From; !late[thread] {
			err := c.receive(m, in)
			late[thread], failed = err != nil, errors.Join(failed, err)
		}
	}
	for _, s := range v.Statuses {
		if err := c.report(s); client.Refused(err) == nil { // refused: it is no message of Parley's
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (c *connector) receive(m object, in map[string]any) error {
	switch m.Type {
	case "system", "unsupported", "request_welcome", "ephemeral": // nothing that a person wrote
		return nil
	case "reaction":
		in["externalMessageId"], in["emoji"], in["removed"] = m.Reaction.ID, cmp.Or(m.Reaction.Emoji, "?"), m.Reaction.Emoji == ""
		if in["sender"] == nil { // the team's, in the app
			return nil
		}
		return c.React(in)
	}
	in["externalMessageId"], in["replyToExternalMessageId"], in["sentAt"] = m.ID, m.Context.ID, client.At(m.Timestamp)
	in["text"] = cmp.Or(m.Text.Body, m.Button.Text, m.Interactive.Button.Title, m.Interactive.List.Title)
	if f := cmp.Or(m.Image, m.Document, m.Audio, m.Video, m.Sticker); f != nil {
		in["text"] = f.Caption
		at, err := c.call(http.MethodGet, "/"+f.ID, "", nil)
		var content []byte
		if err == nil {
			content, err = client.Download(at.URL, http.Header{"Authorization": {"Bearer " + c.token}})
		}
		if err := c.AddFile(in, cmp.Or(f.Filename, m.Type), content, err); err != nil {
			return err
		}
	}
	return c.Receive(in)
}

// report passes on what became of a message. The API says it with the mark that was sent along, in any order.
func (c *connector) report(s object) error {
	if !slices.Contains([]string{"sent", "delivered", "read", "failed"}, s.Status) {
		return nil
	}
	report, last, err := c.Confirm(s.Mark, s.Recipient, s.ID)
	if err != nil || s.Status != "failed" && !last { // a message is sent when all of its parts are
		return err
	}
	report["state"] = strings.ToUpper(s.Status)
	for _, e := range s.Errors {
		report["error"] = e.why()
	}
	return c.Report(report)
}

func (c *connector) carryOut(m client.Outbound) (externalID string, err error) {
	if m.Action != "SEND" {
		return "", &client.Refusal{Text: "WhatsApp changes nothing that was sent"}
	}
	return c.SendParts(m, "", func(p client.Part) (id string, err error) { return c.send(m, p) })
}

func (c *connector) send(m client.Outbound, p client.Part) (id string, err error) {
	kind, content := "text", map[string]any{"body": p.Text}
	if p.File != nil {
		p.File.Field = "file"
		contentType, form := client.Form(p.File, "messaging_product", "whatsapp", "type", p.ContentType)
		stored, err := c.call(http.MethodPost, "/"+c.phone+"/media", contentType, form)
		if err != nil {
			return "", err
		}
		content = map[string]any{"id": stored.ID}
		if kind = kindOf(p.ContentType); kind == "document" {
			content["filename"] = p.File.Name
		}
	} else if m.Template != nil {
		kind, content = "template", templateOf(m)
	}
	in := map[string]any{"messaging_product": "whatsapp", "to": m.ExternalThreadID, "type": kind, kind: content, "biz_opaque_callback_data": p.Mark()}
	if m.ReplyToExternalMessageID != "" && p.Number == 0 {
		in["context"] = map[string]any{"message_id": m.ReplyToExternalMessageID}
	}
	body, _ := json.Marshal(in)
	sent, err := c.call(http.MethodPost, "/"+c.phone+"/messages", "application/json", body)
	if err == nil && len(sent.Messages) == 0 {
		err = errors.New("the API does not say under which id it sends")
	}
	for _, m := range sent.Messages {
		id = m.ID
	}
	return id, err
}

// call calls the API. What it refuses is a client.Refusal; after another error it may be done.
func (c *connector) call(method, path, contentType string, body []byte) (a object, err error) {
	for wait := time.Second; ; wait = min(wait*2, time.Minute) {
		a = object{}
		status, err := client.Call(method, c.api+path, http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {contentType}}, body, &a)
		switch {
		case err != nil || status == http.StatusOK:
			return a, err
		case status == http.StatusTooManyRequests || a.Error.isBusy(): // it was not taken
			<-time.After(wait)
		case a.Error.isPassing() || status >= 500 || status == http.StatusUnauthorized:
			return a, fmt.Errorf("the API answers %d: %s", status, a.Error.why())
		default:
			return a, &client.Refusal{Text: a.Error.why()}
		}
	}
}
