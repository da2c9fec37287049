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
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"parley/docs/connectors/client"
)

type connector struct {
	*client.Client
	api, token, phone string
}

// object is what the API says, each time some of it: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
type object struct {
	ID, From, To, Type, Status, URL, Timestamp string
	Contacts                                   []struct{ Profile struct{ Name string } }
	Messages, Statuses                         []object
	Echoes                                     []object `json:"message_echoes"` // what the team wrote in WhatsApp's own app
	Text                                       struct{ Body string }
	Context                                    struct{ ID string }
	Image, Document, Audio, Video, Sticker     *struct{ ID, Caption, Filename string }
	Recipient                                  string `json:"recipient_id"`
	Mark                                       string `json:"biz_opaque_callback_data"`
	Error                                      fault
	Errors                                     []fault
}

type fault struct {
	Message, Title string
	Data           struct{ Details string } `json:"error_data"`
}

func main() {
	c := &connector{client.New("CLOUD_TOKEN", "CLOUD_PHONE_ID", "CLOUD_APP_SECRET", "CLOUD_VERIFY_TOKEN"), cmp.Or(os.Getenv("CLOUD_API"), "https://graph.facebook.com/v21.0"), os.Getenv("CLOUD_TOKEN"), os.Getenv("CLOUD_PHONE_ID")}
	// The API knows no repeats, but it says what it took: its word is awaited of what was about to be sent when the
	// connector died, before that is sent again.
	hold, err := time.ParseDuration(cmp.Or(os.Getenv("CLOUD_HOLD"), "2m"))
	if c.Hold = hold; err == nil {
		go c.Follow(10, func(string) error { return nil }, c.carryOut)
		http.HandleFunc("GET /webhook", verify)
		http.HandleFunc("POST /webhook", c.Hear(c.takeNotification))
		err = http.ListenAndServe(cmp.Or(os.Getenv("LISTEN"), ":8090"), nil)
	}
	c.Log.Error("the connector cannot run", "error", err)
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
	var n struct {
		Entry []struct{ Changes []struct{ Value object } }
	}
	err = json.Unmarshal(body, &n)
	for _, e := range n.Entry {
		for _, change := range e.Changes {
			if err == nil { // in their order: nothing of what comes after a fault
				err = c.bring(change.Value)
			}
		}
	}
	if err != nil {
		c.Log.Warn("it has to come again", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (c *connector) bring(v object) error {
	for _, m := range v.Messages {
		sender := map[string]any{"key": m.From, "phone": "+" + m.From}
		for _, who := range v.Contacts {
			sender["name"] = who.Profile.Name
		}
		if err := c.receive(m, map[string]any{"externalThreadId": m.From, "sender": sender}); err != nil {
			return err
		}
	}
	for _, m := range v.Echoes {
		if err := c.receive(m, map[string]any{"externalThreadId": m.To, "direction": "ECHO"}); err != nil {
			return err
		}
	}
	for _, s := range v.Statuses {
		if err := c.report(s); err != nil && client.Refused(err) == nil { // refused: it is no message of Parley's
			return err
		}
	}
	return nil
}

func (c *connector) receive(m object, in map[string]any) error {
	in["externalMessageId"], in["text"], in["replyToExternalMessageId"], in["sentAt"] = m.ID, m.Text.Body, m.Context.ID, client.At(m.Timestamp)
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

// report passes on what became of a message. The API says it with the mark that was sent along.
func (c *connector) report(s object) error {
	report, last, err := c.Confirm(s.Mark, s.Recipient, s.ID)
	if err != nil || s.Status != "failed" && (!last || s.Status == "sent") { // SENT is reported when all parts are
		return err
	}
	report["state"] = strings.ToUpper(s.Status)
	for _, e := range s.Errors {
		report["error"] = cmp.Or(e.Data.Details, e.Title)
	}
	return c.Report(report)
}

func (c *connector) carryOut(m client.Outbound) (externalID string, err error) {
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
		if kind, _, _ = strings.Cut(p.ContentType, "/"); kind != "image" && kind != "audio" && kind != "video" {
			kind, content["filename"] = "document", p.File.Name
		}
	} else if t := m.Template; t != nil {
		words := []any{}
		for _, text := range t.Parameters {
			words = append(words, map[string]any{"type": "text", "text": text})
		}
		kind, content = "template", map[string]any{"name": t.Name, "language": map[string]any{"code": cmp.Or(t.Language, "en")},
			"components": []any{map[string]any{"type": "body", "parameters": words}}}
	}
	in := map[string]any{"messaging_product": "whatsapp", "to": m.ExternalThreadID, "type": kind, kind: content, "biz_opaque_callback_data": p.Mark()}
	if m.ReplyToExternalMessageID != "" && p.Number == 0 {
		in["context"] = map[string]any{"message_id": m.ReplyToExternalMessageID}
	}
	body, _ := json.Marshal(in)
	sent, err := c.call(http.MethodPost, "/"+c.phone+"/messages", "application/json", body)
	for _, m := range sent.Messages {
		id = m.ID
	}
	return id, err
}

// call calls the API. What it refuses is a client.Refusal; after another error it may be done.
func (c *connector) call(method, path, contentType string, body []byte) (a object, err error) {
	status, err := client.Call(method, c.api+path, http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {contentType}}, body, &a)
	switch {
	case err != nil || status == http.StatusOK:
		return a, err
	case status == http.StatusTooManyRequests: // it was not taken
		<-time.After(time.Second)
		return c.call(method, path, contentType, body)
	case status == http.StatusBadRequest || status == http.StatusForbidden:
		return a, &client.Refusal{Text: cmp.Or(a.Error.Data.Details, a.Error.Message)}
	}
	return a, fmt.Errorf("the API answers %d: %s", status, cmp.Or(a.Error.Data.Details, a.Error.Message))
}
