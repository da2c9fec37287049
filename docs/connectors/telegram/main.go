// Command telegram connects a Telegram bot with a custom channel of Parley. It only calls, by long polling and by
// a stream, so it works behind a firewall. Run one for each bot, and let no other program send by that bot.
//
//	PARLEY_URL=http://127.0.0.1:8080 PARLEY_TOKEN=... PARLEY_CHANNEL=channel_... TELEGRAM_TOKEN=... go run .
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"parley/docs/connectors/client"
)

type connector struct {
	*client.Client
	api, bot string         // where the Bot API is, and the bot's token
	brought  map[int64]bool // updates behind one that failed
	polls    polls
}

func main() {
	c := &connector{Client: client.New("TELEGRAM_TOKEN"), api: cmp.Or(os.Getenv("TELEGRAM_API"), "https://api.telegram.org"), bot: os.Getenv("TELEGRAM_TOKEN"), brought: map[int64]bool{}}
	c.Hold = c.Duration("TELEGRAM_HOLD", "10s")
	go c.Forever("polling", c.pollUpdates)
	c.Follow(1, true, c.settleDoubt, c.carryOut) // one at a time, so that at most one is in doubt after a crash
}

// pollUpdates brings what contacts write. An update is confirmed to Telegram, by the next offset, only after Parley
// has it. What comes twice is one message: it has the same id. What fails holds up its chat only, and comes again.
func (c *connector) pollUpdates(worked func()) error {
	defer c.polls.waiting.Store(false)
	for offset, timeout := int64(0), "0"; ; worked() {
		var updates []tgUpdate
		if err := c.call("getUpdates", &updates, nil, "offset", text(offset), "timeout", timeout, "allowed_updates", `["message"]`); err != nil {
			return err
		}
		if err := c.noteMarks(updates); err != nil {
			return err
		}
		var failed error
		late := map[int64]bool{} // chats
		for _, u := range updates {
			if m := u.Message; m != nil && !c.brought[u.ID] {
				if err := c.bring(m, late[m.Chat.ID]); err != nil {
					late[m.Chat.ID], failed = true, cmp.Or(failed, err)
				} else {
					c.brought[u.ID] = true
				}
			}
			if failed == nil {
				offset = u.ID + 1
				delete(c.brought, u.ID)
			}
		}
		if failed != nil {
			return failed
		}
		if timeout = "0"; len(updates) < most {
			timeout = "25"
			c.polls.waiting.Store(true)
		}
	}
}

var errLate = errors.New("an earlier message of the chat has to come first")

func (c *connector) bring(m *tgMessage, late bool) error {
	if late {
		return errLate
	} else if m.isService() {
		return nil
	}
	in := map[string]any{"externalThreadId": text(m.Chat.ID), "externalMessageId": text(m.ID), "text": cmp.Or(m.Text, m.Caption), "sentAt": client.At(text(m.Date)),
		"sender": map[string]any{"key": text(m.From.ID), "name": strings.TrimSpace(m.From.Name + " " + m.From.LastName)}}
	if m.ReplyTo != nil {
		in["replyToExternalMessageId"] = text(m.ReplyTo.ID)
	}
	if file := m.file(); file != nil {
		name, content, err := c.download(file)
		if err := c.AddFile(in, name, content, err); err != nil {
			return err
		}
	}
	return c.Receive(in)
}

// download gets a file from Telegram. Its address has the bot's token, and is not passed on.
func (c *connector) download(f *tgFile) (name string, content []byte, err error) {
	var at struct {
		Path string `json:"file_path"`
	}
	if err := c.call("getFile", &at, nil, "file_id", f.ID); err != nil {
		return f.Name, nil, err
	}
	content, err = client.Download(c.api+"/file/bot"+c.bot+"/"+at.Path, nil)
	return cmp.Or(f.Name, path.Base(at.Path)), content, err
}

// carryOut sends, changes or takes back a message.
func (c *connector) carryOut(m client.Outbound) (externalID string, err error) {
	switch m.Action {
	case "SEND":
		return c.SendParts(m, sequence(m.ExternalThreadID), func(p client.Part) (string, error) { return c.send(m, p) })
	case "EDIT":
		err = c.call("editMessageText", nil, nil, "chat_id", m.ExternalThreadID, "message_id", m.ExternalMessageID, "text", m.Text)
	case "DELETE":
		for _, id := range c.PartsOf(m.ExternalThreadID, m.ExternalMessageID) {
			if failed := c.call("deleteMessage", nil, nil, "chat_id", m.ExternalThreadID, "message_id", id); !wasDone(failed) {
				err = cmp.Or(err, failed)
			}
		}
	}
	if wasDone(err) { // by an attempt before this one
		err = nil
	}
	return m.ExternalMessageID, err
}

func (c *connector) send(m client.Outbound, p client.Part) (id string, err error) {
	method, params := "sendMessage", []string{"chat_id", m.ExternalThreadID, "text", p.Text}
	switch {
	case p.ContentType == "image/jpeg" && len(p.File.Content) <= 10<<20: // of others it would take away something
		method, p.File.Field, params = "sendPhoto", "photo", params[:2]
	case p.File != nil:
		method, p.File.Field, params = "sendDocument", "document", params[:2]
	}
	if m.ReplyToExternalMessageID != "" && p.Number == 0 {
		params = append(params, "reply_parameters", `{"allow_sending_without_reply": true, "message_id": `+m.ReplyToExternalMessageID+`}`)
	}
	var sent tgMessage
	err = c.call(method, &sent, p.File, params...)
	if r := client.Refused(err); r != nil && method == "sendPhoto" && strings.Contains(strings.ToLower(r.Text), "photo") { // its sides are too long
		p.File.Field = "document"
		err = c.call("sendDocument", &sent, p.File, params...)
	}
	return text(sent.ID), err
}

// wasDone reports whether Telegram refuses what is so already.
func wasDone(err error) bool {
	r := client.Refused(err)
	return r != nil && (strings.Contains(r.Text, "message is not modified") || strings.Contains(r.Text, "message to delete not found"))
}

// call calls a method of the Bot API. What Telegram refuses is a client.Refusal; after another error it may be done.
func (c *connector) call(method string, result any, file *client.File, params ...string) error {
	contentType, body := client.Form(file, params...)
	for {
		var a tgAnswer
		_, err := client.Call(http.MethodPost, c.api+"/bot"+c.bot+"/"+method, http.Header{"Content-Type": {contentType}}, body, &a)
		switch {
		case err != nil || a.OK && result == nil:
			return err
		case a.OK:
			return json.Unmarshal(a.Result, result)
		case a.Code == http.StatusTooManyRequests: // it was not taken
			<-time.After(max(a.Parameters.RetryAfter, 1) * time.Second)
		case a.Code == http.StatusBadRequest, a.Code == http.StatusForbidden, a.Code == http.StatusRequestEntityTooLarge:
			return &client.Refusal{Text: a.Description}
		default:
			return fmt.Errorf("%s: %s", method, a.Description)
		}
	}
}
