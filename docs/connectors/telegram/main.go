// Command telegram connects a Telegram bot with a custom channel of Parley. It only calls, by long polling and by
// a stream, so it works behind a firewall. Run one for each bot, and let no other program send by that bot.
//
//	PARLEY_URL=http://127.0.0.1:8080 PARLEY_TOKEN=... PARLEY_CHANNEL=channel_... TELEGRAM_TOKEN=... go run .
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"parley/docs/connectors/client"
)

type connector struct {
	*client.Client
	api, bot string // where the Bot API is, and the bot's token
}

type tgFile struct {
	ID   string `json:"file_id"`
	Name string `json:"file_name"`
}

type tgMessage struct { // https://core.telegram.org/bots/api#message
	ID   int64 `json:"message_id"`
	From struct {
		ID   int64
		Name string `json:"first_name"`
	}
	Chat                                   struct{ ID int64 }
	Date                                   int64
	Text, Caption                          string
	Photo                                  []tgFile // one picture in several sizes, the largest last
	Document, Video, Audio, Voice, Sticker *tgFile
	ReplyTo                                *tgMessage `json:"reply_to_message"`
}

func main() {
	c := &connector{client.New("TELEGRAM_TOKEN"), cmp.Or(os.Getenv("TELEGRAM_API"), "https://api.telegram.org"), os.Getenv("TELEGRAM_TOKEN")}
	go c.Forever("polling", c.pollUpdates)
	c.Follow(1, c.settleDoubt, c.carryOut) // one at a time, so that at most one is in doubt after a crash
}

// pollUpdates brings what contacts write. An update is confirmed to Telegram, by the next offset, only after Parley
// has it. What comes twice is one message: it has the same id.
func (c *connector) pollUpdates(worked func()) error {
	for offset := int64(0); ; worked() {
		var updates []struct {
			ID      int64 `json:"update_id"`
			Message *tgMessage
		}
		if err := c.call("getUpdates", &updates, nil, "offset", text(offset), "timeout", "25", "allowed_updates", `["message"]`); err != nil {
			return err
		}
		for _, u := range updates {
			if u.Message != nil {
				if err := c.bring(u.Message); err != nil {
					return err
				}
			}
			offset = u.ID + 1
		}
	}
}

func (c *connector) bring(m *tgMessage) error {
	chat := text(m.Chat.ID)
	in := map[string]any{"externalThreadId": chat, "externalMessageId": text(m.ID), "text": cmp.Or(m.Text, m.Caption),
		"sender": map[string]any{"key": text(m.From.ID), "name": m.From.Name}, "sentAt": client.At(text(m.Date))}
	if m.ReplyTo != nil {
		in["replyToExternalMessageId"] = text(m.ReplyTo.ID)
	}
	file := cmp.Or(m.Document, m.Video, m.Audio, m.Voice, m.Sticker)
	if n := len(m.Photo); n > 0 {
		file = &m.Photo[n-1]
	}
	if file != nil {
		name, content, err := c.download(file)
		if err := c.AddFile(in, name, content, err); err != nil {
			return err
		}
	}
	return cmp.Or(c.Receive(in), c.See(sequence(chat), m.ID))
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
	ids := strings.Split(m.ExternalMessageID, ",") // of its parts
	switch m.Action {
	case "SEND":
		return c.SendParts(m, sequence(m.ExternalThreadID), func(p client.Part) (string, error) { return c.send(m, p) })
	case "EDIT":
		err = c.call("editMessageText", nil, nil, "chat_id", m.ExternalThreadID, "message_id", ids[0], "text", m.Text)
	case "DELETE":
		for _, id := range ids {
			err = cmp.Or(err, c.call("deleteMessage", nil, nil, "chat_id", m.ExternalThreadID, "message_id", id))
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
	case p.ContentType == "image/jpeg" || p.ContentType == "image/png":
		method, p.File.Field, params = "sendPhoto", "photo", params[:2]
	case p.File != nil:
		method, p.File.Field, params = "sendDocument", "document", params[:2]
	}
	if answered, _, _ := strings.Cut(m.ReplyToExternalMessageID, ","); answered != "" && p.Number == 0 {
		params = append(params, "reply_parameters", `{"allow_sending_without_reply": true, "message_id": `+answered+`}`)
	}
	var sent tgMessage
	err = c.call(method, &sent, p.File, params...)
	return text(sent.ID), err
}

// settleDoubt finds out whether what was about to be sent was sent. Telegram knows no repeats, but it numbers messages
// in their order, and says of each number whether it is one of the bot's: to take the buttons from one that has none is
// "not modified". So the next numbers are tried, more than contacts will have written in between.
func (c *connector) settleDoubt(messageID string) error {
	e := c.Entry(messageID)
	for id := e.After + 1; e.After > 0 && id <= max(e.After, c.Mark(e.Sequence))+20; id++ {
		err := c.call("editMessageReplyMarkup", nil, nil, "chat_id", e.Thread, "message_id", text(id))
		if err == nil || wasDone(err) {
			return c.Settle(messageID, text(id))
		} else if client.Refused(err) == nil {
			return err
		}
	}
	return c.Settle(messageID, "")
}

// wasDone reports whether Telegram refuses what is so already.
func wasDone(err error) bool {
	r := client.Refused(err)
	return r != nil && (strings.Contains(r.Text, "message is not modified") || strings.Contains(r.Text, "message to delete not found"))
}

// call calls a method of the Bot API. What Telegram refuses is a client.Refusal; after another error it may be done.
func (c *connector) call(method string, result any, file *client.File, params ...string) error {
	contentType, body := client.Form(file, params...)
	var answer struct {
		OK          bool
		Result      json.RawMessage
		Code        int `json:"error_code"`
		Description string
		Parameters  struct {
			RetryAfter time.Duration `json:"retry_after"`
		}
	}
	_, err := client.Call(http.MethodPost, c.api+"/bot"+c.bot+"/"+method, http.Header{"Content-Type": {contentType}}, body, &answer)
	switch {
	case err != nil || answer.OK && result == nil:
		return err
	case answer.OK:
		return json.Unmarshal(answer.Result, result)
	case answer.Code == http.StatusTooManyRequests:
		<-time.After(answer.Parameters.RetryAfter * time.Second)
		return c.call(method, result, file, params...)
	case answer.Code == http.StatusBadRequest, answer.Code == http.StatusForbidden:
		return &client.Refusal{Text: answer.Description}
	}
	return fmt.Errorf("%s: %s", method, answer.Description)
}

func text(id int64) string { return strconv.FormatInt(id, 10) }

// sequence says with which others Telegram numbers a chat's messages: a supergroup's by themselves, those of all
// other chats of a bot together.
func sequence(chat string) string {
	if strings.HasPrefix(chat, "-100") {
		return chat
	}
	return "all"
}
