package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"parley/internal/clock"
)

const (
	telegramToken = "123456:channel-test"
	telegramBot   = 123456
	// telegramBusy is how many messages are taken before one is answered with 429.
	telegramBusy = 60
)

// telegram is a double of Telegram's Bot API: https://core.telegram.org/bots/api. All its
// chats are private ones, of which the messages have one sequence.
type telegram struct {
	clock clock.Clock
	dice  *dice
	gate

	lock    sync.Mutex
	next    int64 // the last message's id
	updated int64 // the last update's id
	updates []tgUpdate
	news    chan struct{} // closed when there are updates
	// polls ends the getUpdates that waits: a second one takes its place.
	polls context.CancelFunc
	chats map[int64]*tgChat
	names map[string]int64
	files map[string]*File
	sends int
}

type tgChat struct {
	messages []*tgStored
	refusal  string
}

type tgStored struct {
	id        int64
	fromBot   bool
	delivered Delivered
	asJSON    map[string]any
}

type tgUpdate struct {
	ID      int64          `json:"update_id"`
	Message map[string]any `json:"message"`
}

func newTelegram(c clock.Clock, chance *rand.Rand) *telegram {
	return &telegram{
		clock: c, dice: &dice{chance: chance}, next: 100, updated: 5000, news: make(chan struct{}),
		chats: map[int64]*tgChat{}, names: map[string]int64{}, files: map[string]*File{},
	}
}

func (t *telegram) describe(address string) Description {
	return Description{
		Name: "telegram", Does: []string{doesRepeat, doesRefuse, doesFiles, doesHold},
		Capabilities: map[string]any{"maxTextLength": 4096, "replies": true, "editing": true, "attachmentTypes": []string{"*/*"}, "maxAttachmentBytes": 50 << 20},
		Environment:  map[string]string{"TELEGRAM_API": address, "TELEGRAM_TOKEN": telegramToken, "TELEGRAM_HOLD": "300ms"},
	}
}

func (t *telegram) run(context.Context) {}

// chatOf returns the chat of a thread, by the check's name or the medium's.
func (t *telegram) chatOf(thread string) (int64, *tgChat) {
	id, known := t.names[thread]
	if !known {
		if n, err := strconv.ParseInt(thread, 10, 64); err == nil && t.chats[n] != nil {
			return n, t.chats[n]
		}
		id = 7_000_000 + int64(len(t.names))
		t.names[thread], t.chats[id] = id, &tgChat{}
	}
	return id, t.chats[id]
}

func (t *telegram) write(in Incoming) (Placed, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	chatID, chat := t.chatOf(in.Thread)
	m := t.store(chatID, chat, false, Delivered{Text: in.Text, ReplyTo: in.ReplyTo, File: in.File})
	t.bring(m)
	return Placed{strconv.FormatInt(chatID, 10), strconv.FormatInt(m.id, 10)}, nil
}

// store adds a message to a chat.
func (t *telegram) store(chatID int64, chat *tgChat, fromBot bool, d Delivered) *tgStored {
	t.next++
	d.ID = strconv.FormatInt(t.next, 10)
	from := map[string]any{"id": chatID, "is_bot": false, "first_name": "Contact", "language_code": "en"}
	if fromBot {
		from = map[string]any{"id": telegramBot, "is_bot": true, "first_name": "Test", "username": "channel_test_bot"}
	}
	shown := map[string]any{
		"message_id": t.next, "from": from, "date": t.clock.Now().Unix(),
		"chat": map[string]any{"id": chatID, "first_name": "Contact", "type": "private"},
	}
	words := "text"
	if d.File != nil {
		words = "caption"
		fileID := fmt.Sprintf("BQAC-%d", t.next)
		t.files[fileID] = d.File
		file := map[string]any{"file_id": fileID, "file_unique_id": fmt.Sprintf("AgAD%d", t.next), "file_size": len(d.File.Content)}
		if strings.HasPrefix(d.File.Type, "image/") {
			small := map[string]any{"file_id": fileID + "-s", "file_unique_id": "s", "width": 90, "height": 90}
			file["width"], file["height"] = 800, 800
			shown["photo"] = []any{small, file}
		} else {
			file["file_name"], file["mime_type"] = d.File.Name, d.File.Type
			shown["document"] = file
		}
	}
	if d.Text != "" {
		shown[words] = d.Text
	}
	if n := slices.IndexFunc(chat.messages, func(m *tgStored) bool { return d.ReplyTo != "" && m.delivered.ID == d.ReplyTo }); n >= 0 {
		shown["reply_to_message"] = chat.messages[n].asJSON
	}
	m := &tgStored{t.next, fromBot, d, shown}
	chat.messages = append(chat.messages, m)
	return m
}

// bring queues a message for getUpdates.
func (t *telegram) bring(m *tgStored) {
	t.updated++
	t.updates = append(t.updates, tgUpdate{t.updated, m.asJSON})
	close(t.news)
	t.news = make(chan struct{})
}

func (t *telegram) repeat(r request) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	_, chat := t.chatOf(r.Thread)
	n := slices.IndexFunc(chat.messages, func(m *tgStored) bool { return m.delivered.ID == r.ID })
	if n < 0 {
		return fmt.Errorf("there is no message %s", r.ID)
	}
	for range r.Times {
		t.bring(chat.messages[n])
	}
	return nil
}

func (t *telegram) echo(request) (Placed, error)                   { return Placed{}, errCannot }
func (t *telegram) receipt(request) error                          { return errCannot }
func (t *telegram) forge(context.Context, request) (forged, error) { return forged{}, errCannot }

func (t *telegram) refuse(r request) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	_, chat := t.chatOf(r.Thread)
	chat.refusal = r.Error
	return nil
}

func (t *telegram) messages(thread string) []Delivered {
	t.lock.Lock()
	defer t.lock.Unlock()
	_, chat := t.chatOf(thread)
	list := []Delivered{}
	for _, m := range chat.messages {
		if m.fromBot {
			list = append(list, m.delivered)
		}
	}
	return list
}

func (t *telegram) protocol() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
		switch {
		case strings.HasPrefix(r.URL.Path, "/file/"):
			t.serveFile(w, r)
		case !ok || token != telegramToken:
			answerTelegram(w, nil, &tgError{code: http.StatusUnauthorized, text: "Unauthorized"})
		default:
			p, err := tgParamsOf(r)
			if err != nil {
				answerTelegram(w, nil, &tgError{code: http.StatusBadRequest, text: "Bad Request: " + err.Error()})
				return
			}
			result, failed := t.call(r.Context(), method, p)
			answerTelegram(w, result, failed)
		}
	})
}

// tgError is why a method is refused.
type tgError struct {
	code  int
	text  string
	after int
}

func badRequest(text string) *tgError {
	return &tgError{code: http.StatusBadRequest, text: "Bad Request: " + text}
}

func answerTelegram(w http.ResponseWriter, result any, failed *tgError) {
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]any{"ok": true, "result": result}
	if failed != nil {
		answer = map[string]any{"ok": false, "error_code": failed.code, "description": failed.text}
		if failed.after > 0 {
			answer["parameters"] = map[string]any{"retry_after": failed.after}
		}
		w.WriteHeader(failed.code)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// tgParams are a call's parameters, and its file.
type tgParams struct {
	values map[string]string
	file   *File
}

func (p *tgParams) number(name string) int64 {
	n, _ := strconv.ParseInt(p.values[name], 10, 64)
	return n
}

// tgParamsOf reads parameters in all the forms that the Bot API takes.
func tgParamsOf(r *http.Request) (*tgParams, error) {
	p := &tgParams{values: map[string]string{}}
	for name, values := range r.URL.Query() {
		p.values[name] = values[0]
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, err
		}
		for name, value := range fields {
			var text string
			if json.Unmarshal(value, &text) != nil {
				text = string(value)
			}
			p.values[name] = text
		}
		return p, nil
	}
	if err := r.ParseMultipartForm(64 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, err
	}
	for name, values := range r.Form {
		p.values[name] = values[0]
	}
	if r.MultipartForm == nil {
		return p, nil
	}
	for name, headers := range r.MultipartForm.File {
		f, err := headers[0].Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			return nil, err
		}
		p.file = &File{headers[0].Filename, name, content}
	}
	return p, nil
}

func (t *telegram) call(ctx context.Context, method string, p *tgParams) (any, *tgError) {
	switch method {
	case "getMe":
		return map[string]any{"id": telegramBot, "is_bot": true, "first_name": "Test", "username": "channel_test_bot"}, nil
	case "getUpdates":
		return t.getUpdates(ctx, p)
	case "getFile":
		return t.getFile(p)
	case "sendMessage", "sendPhoto", "sendDocument":
		var sent any
		var failed *tgError
		t.sendHeld(ctx, t.dice, func() { sent, failed = t.send(method, p) })
		return sent, failed
	case "editMessageText", "editMessageReplyMarkup", "deleteMessage":
		done, failed := t.change(method, p)
		return done, failed
	case "sendChatAction":
		return true, nil
	}
	return nil, &tgError{code: http.StatusNotFound, text: "Not Found"}
}

// getUpdates confirms what is before offset, and waits for what is not.
func (t *telegram) getUpdates(ctx context.Context, p *tgParams) (any, *tgError) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	t.lock.Lock()
	if t.polls != nil {
		t.polls()
	}
	t.polls = end
	offset := p.number("offset")
	t.updates = slices.DeleteFunc(t.updates, func(u tgUpdate) bool { return u.ID < offset })
	t.lock.Unlock()
	over := time.After(time.Duration(p.number("timeout")) * time.Second)
	for {
		t.lock.Lock()
		list, news := slices.Clone(t.updates[:min(len(t.updates), 100)]), t.news
		t.lock.Unlock()
		if len(list) > 0 && ctx.Err() == nil {
			return list, nil
		}
		select {
		case <-news:
		case <-over:
			return []tgUpdate{}, nil
		case <-ctx.Done():
			return nil, &tgError{code: http.StatusConflict, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
	}
}

func (t *telegram) send(method string, p *tgParams) (any, *tgError) {
	t.lock.Lock()
	defer t.lock.Unlock()
	chat := t.chats[p.number("chat_id")]
	field := strings.ToLower(strings.TrimPrefix(method, "send"))
	switch t.sends++; {
	case t.sends%telegramBusy == 0:
		return nil, &tgError{code: http.StatusTooManyRequests, text: "Too Many Requests: retry after 1", after: 1}
	case chat == nil:
		return nil, badRequest("chat not found")
	case chat.refusal != "":
		return nil, &tgError{code: http.StatusForbidden, text: "Forbidden: " + chat.refusal}
	case method == "sendMessage" && strings.TrimSpace(p.values["text"]) == "":
		return nil, badRequest("message text is empty")
	case utf8.RuneCountInString(p.values["text"]) > 4096:
		return nil, badRequest("message is too long")
	case method != "sendMessage" && (p.file == nil || p.file.Type != field):
		return nil, badRequest("there is no " + field + " in the request")
	}
	d := Delivered{Text: p.values["text"] + p.values["caption"], File: p.file}
	if d.File != nil {
		d.File.Type = map[string]string{"photo": "image/jpeg", "document": "application/octet-stream"}[field]
	}
	var reply struct {
		ID int64 `json:"message_id"`
	}
	if given := p.values["reply_parameters"]; given != "" {
		if err := json.Unmarshal([]byte(given), &reply); err != nil {
			return nil, badRequest("can't parse reply parameters JSON object")
		}
		d.ReplyTo = strconv.FormatInt(reply.ID, 10)
	}
	return t.store(p.number("chat_id"), chat, true, d).asJSON, nil
}

func (t *telegram) change(method string, p *tgParams) (any, *tgError) {
	t.lock.Lock()
	defer t.lock.Unlock()
	verb := "edit"
	if method == "deleteMessage" {
		verb = "delete"
	}
	chat := t.chats[p.number("chat_id")]
	if chat == nil {
		return nil, badRequest("chat not found")
	}
	n := slices.IndexFunc(chat.messages, func(m *tgStored) bool { return m.id == p.number("message_id") && !m.delivered.Deleted })
	switch {
	case n < 0:
		return nil, badRequest("message to " + verb + " not found")
	case !chat.messages[n].fromBot && verb == "edit":
		return nil, badRequest("message can't be edited")
	}
	m := chat.messages[n]
	switch {
	case verb == "delete":
		m.delivered.Deleted = true
		return true, nil
	case method == "editMessageText" && m.delivered.File != nil:
		return nil, badRequest("there is no text in the message to edit")
	case method == "editMessageText" && strings.TrimSpace(p.values["text"]) == "":
		return nil, badRequest("message text is empty")
	case method == "editMessageText" && m.delivered.Text != p.values["text"]:
		m.delivered.Text, m.delivered.Edited = p.values["text"], true
		m.asJSON = maps.Clone(m.asJSON) // the other one may be on its way
		m.asJSON["text"], m.asJSON["edit_date"] = m.delivered.Text, t.clock.Now().Unix()
		return m.asJSON, nil
	}
	return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
}

func (t *telegram) getFile(p *tgParams) (any, *tgError) {
	t.lock.Lock()
	defer t.lock.Unlock()
	id := p.values["file_id"]
	f := t.files[id]
	switch {
	case f == nil:
		return nil, badRequest("invalid file_id")
	case len(f.Content) > 20<<20:
		return nil, badRequest("file is too big")
	}
	return map[string]any{"file_id": id, "file_unique_id": "u", "file_size": len(f.Content), "file_path": "documents/" + id}, nil
}

func (t *telegram) serveFile(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+telegramToken+"/documents/")
	t.lock.Lock()
	f := t.files[id]
	t.lock.Unlock()
	if !ok || f == nil {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(f.Content)
}
