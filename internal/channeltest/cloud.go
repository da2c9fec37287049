package channeltest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/internal/clock"
)

const (
	cloudToken, cloudSecret = "cloud-token", "cloud-app-secret"
	cloudVerify, cloudPhone = "cloud-verify-token", "106540352242922"
	// cloudBusy is how many messages are taken before one is not.
	cloudBusy = 60
)

// cloud is a double of a cloud API like WhatsApp's: it calls the connector's webhook, and
// takes messages at /{version}/{phone number id}/messages.
type cloud struct {
	clock   clock.Clock
	dice    *dice
	webhook string // the connector's
	listen  string
	client  *http.Client

	gate

	lock  sync.Mutex
	last  int
	queue []*cloudChange  // what is to be brought
	lanes map[string]bool // those of which one is being brought
	chats map[string]*cloudChat
	names map[string]string
	media map[string]*File
	sends int
}

type cloudChat struct {
	sent    []Delivered // what the contact got
	callers map[string]string
	written map[string]any // what the contact wrote, by its id
	refusal string
}

func newCloud(ctx context.Context, c clock.Clock, chance *rand.Rand) (*cloud, error) {
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return &cloud{
		clock: c, dice: &dice{chance: chance}, listen: listen, webhook: "http://" + listen + "/webhook", client: &http.Client{Timeout: 30 * time.Second},
		lanes: map[string]bool{}, chats: map[string]*cloudChat{}, names: map[string]string{}, media: map[string]*File{},
	}, nil
}

func (c *cloud) describe(address string) Description {
	return Description{
		Name: "whatsapp", Does: []string{doesRepeat, doesEcho, doesReceipt, doesRefuse, doesFiles, doesForge, doesHold},
		Capabilities: map[string]any{
			"maxTextLength": 4096, "replies": true, "attachmentTypes": []string{"*/*"}, "maxAttachmentBytes": 16 << 20, "readReceipts": true,
			"replyWindowSeconds": 86400, "templates": true,
		},
		// The double says at once what it took: a second without a word is long.
		Environment: map[string]string{
			"CLOUD_API": address + "/v21.0", "CLOUD_TOKEN": cloudToken, "CLOUD_APP_SECRET": cloudSecret, "CLOUD_VERIFY_TOKEN": cloudVerify, "CLOUD_PHONE_ID": cloudPhone,
			"LISTEN": c.listen, "CLOUD_HOLD": "1s", "CLOUD_HOLD_OLD": "2s",
		},
	}
}

// chatOf returns the chat of a thread, by the check's name or the phone number; c.lock is held.
func (c *cloud) chatOf(thread string) (phone string, chat *cloudChat) {
	if chat := c.chats[thread]; chat != nil {
		return thread, chat
	}
	phone, known := c.names[thread]
	if !known {
		phone = strconv.Itoa(16315550000 + len(c.names))
		c.names[thread], c.chats[phone] = phone, &cloudChat{callers: map[string]string{}, written: map[string]any{}}
	}
	return phone, c.chats[phone]
}

// newID is an id of a message; c.lock is held.
func (c *cloud) newID() string {
	c.last++
	return fmt.Sprintf("wamid.HBgNNTUxNjk5MjMxODIyMhUCABEYEjgxQkVFRDVB%013dA0AA=", c.last) // as long as real ones
}

func (c *cloud) stamp() string { return strconv.FormatInt(c.clock.Now().Unix(), 10) }

func (c *cloud) write(in Incoming) (Placed, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	phone, chat := c.chatOf(in.Thread)
	messageID := c.newID()
	m := map[string]any{"from": phone, "id": messageID, "timestamp": c.stamp(), "type": "text", "text": map[string]any{"body": in.Text}}
	if in.ReplyTo != "" {
		m["context"] = map[string]any{"from": "15550783881", "id": in.ReplyTo}
	}
	if in.File != nil {
		kind := "document"
		if in.File.Type == "image/jpeg" || in.File.Type == "image/png" {
			kind = "image"
		}
		mediaID := strconv.Itoa(2000000 + c.last)
		c.media[mediaID] = in.File
		file := map[string]any{"id": mediaID, "mime_type": in.File.Type, "caption": in.Text}
		if kind == "document" {
			file["filename"] = in.File.Name
		}
		delete(m, "text")
		m["type"], m[kind] = kind, file
	}
	chat.written[messageID] = m
	c.bring(phone, "messages", c.incoming(phone, m))
	c.bringOthers(phone)
	return Placed{phone, messageID}, nil
}

func (c *cloud) incoming(phone string, m any) map[string]any {
	return map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Contact"}, "wa_id": phone}}, "messages": []any{m}}
}

func (c *cloud) repeat(r request) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	phone, chat := c.chatOf(r.Thread)
	m := chat.written[r.ID]
	if m == nil {
		return fmt.Errorf("there is no message %s", r.ID)
	}
	for range r.Times {
		c.bring(phone, "messages", c.incoming(phone, m))
	}
	return nil
}

// echo is what the business writes in its app beside the API.
func (c *cloud) echo(r request) (Placed, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	phone, _ := c.chatOf(r.Thread)
	messageID := r.ID
	if messageID == "" {
		messageID = c.newID()
	}
	c.bring(phone, "smb_message_echoes", map[string]any{"message_echoes": []any{
		map[string]any{"from": "15550783881", "to": phone, "id": messageID, "timestamp": c.stamp(), "type": "text", "text": map[string]any{"body": r.Text}},
	}})
	return Placed{phone, messageID}, nil
}

func (c *cloud) receipt(r request) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.status(r.Thread, r.ID, r.Error, strings.ToLower(r.State))
	return nil
}

// status queues what became of a message, in one call; c.lock is held.
func (c *cloud) status(thread, messageID, why string, states ...string) {
	phone, chat := c.chatOf(thread)
	var list []any
	for _, state := range states {
		s := map[string]any{"id": messageID, "status": state, "timestamp": c.stamp(), "recipient_id": phone}
		if data := chat.callers[messageID]; data != "" {
			s["biz_opaque_callback_data"] = data
		}
		if state == "failed" {
			s["errors"] = []any{map[string]any{"code": 131026, "title": "Message undeliverable", "message": "Message undeliverable", "error_data": map[string]any{"details": why}}}
		}
		list = append(list, s)
	}
	c.bring("", "messages", map[string]any{"statuses": list})
}

// arrives queues the states of a message that a contact got. From the fourth one on the
// contact's phone is there: then they come in any order, at once or apart; c.lock is held.
func (c *cloud) arrives(thread, messageID string, nth int) {
	if nth <= 3 {
		c.status(thread, messageID, "", "sent")
		return
	}
	switch c.dice.below(5) {
	case 0:
		c.status(thread, messageID, "", "sent")
	case 1:
		c.status(thread, messageID, "", "sent", "delivered")
	case 2:
		c.status(thread, messageID, "", "delivered", "sent")
	case 3:
		c.status(thread, messageID, "", "read", "played")
	default:
		c.status(thread, messageID, "", "delivered")
		c.status(thread, messageID, "", "pending", "sent")
	}
}

func (c *cloud) refuse(r request) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	_, chat := c.chatOf(r.Thread)
	chat.refusal = r.Error
	return nil
}

// forge calls the connector with a wrong signature, and with none.
func (c *cloud) forge(ctx context.Context, r request) (forged, error) {
	c.lock.Lock()
	phone, _ := c.chatOf(r.Thread)
	m := map[string]any{"from": phone, "id": c.newID(), "timestamp": c.stamp(), "type": "text", "text": map[string]any{"body": r.Text}}
	c.lock.Unlock()
	body := notification(&cloudChange{field: "messages", value: c.incoming(phone, m)})
	status, err := c.call(ctx, body, "")
	if err != nil || status == http.StatusOK {
		return forged{status}, err
	}
	status, err = c.call(ctx, body, "sha256="+strings.Repeat("0", 64))
	return forged{status}, err
}

func (c *cloud) messages(thread string) []Delivered {
	c.lock.Lock()
	defer c.lock.Unlock()
	_, chat := c.chatOf(thread)
	return append([]Delivered{}, chat.sent...)
}

func (c *cloud) protocol() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/"+cloudPhone+"/messages", c.takeMessage)
	mux.HandleFunc("POST /{version}/"+cloudPhone+"/media", c.takeMedia)
	mux.HandleFunc("GET /{version}/{media}", c.describeMedia)
	mux.HandleFunc("GET /download/{media}", func(w http.ResponseWriter, r *http.Request) {
		if f := c.medium(r.PathValue("media")); f != nil {
			w.Header().Set("Content-Type", f.Type)
			_, _ = w.Write(f.Content)
			return
		}
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+cloudToken {
			answerCloud(w, http.StatusUnauthorized, 190, "Invalid OAuth access token - Cannot parse access token", "")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// answerCloud refuses a call.
func answerCloud(w http.ResponseWriter, status, code int, text, details string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"message": fmt.Sprintf("(#%d) %s", code, text), "type": "OAuthException", "code": code, "fbtrace_id": "A-channel-test",
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": details},
	}})
}

func (c *cloud) medium(mediaID string) *File {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.media[mediaID]
}

// cloudMedia is a file of a message.
type cloudMedia struct{ ID, Link, Caption, Filename string }

// cloudMessage is what the API takes.
type cloudMessage struct {
	Product string `json:"messaging_product"`
	To      string
	Type    string
	Text    *struct{ Body string }
	Context *struct {
		MessageID string `json:"message_id"`
	}
	Template *struct {
		Name       string
		Language   struct{ Code string }
		Components []struct {
			Type       string
			Parameters []struct{ Type, Text string }
		}
	}
	Image, Document, Audio, Video *cloudMedia
	Opaque                        string `json:"biz_opaque_callback_data"`
}

// delivered is the message as the contact gets it; a text: why it is refused.
func (c *cloud) delivered(m *cloudMessage) (d Delivered, refused string) {
	if m.Context != nil {
		d.ReplyTo = m.Context.MessageID
	}
	for _, f := range []*cloudMedia{m.Image, m.Document, m.Audio, m.Video} {
		if f == nil {
			continue
		}
		stored := c.media[f.ID]
		if stored == nil {
			return d, "The media id does not exist"
		}
		if f == m.Image && stored.Type != "image/jpeg" && stored.Type != "image/png" {
			return d, "An image is JPEG or PNG"
		}
		d.File, d.Text = &File{f.Filename, stored.Type, stored.Content}, f.Caption
		return d, ""
	}
	switch {
	case m.Type == "text" && m.Text != nil && m.Text.Body != "":
		d.Text = m.Text.Body
	case m.Type == "template" && m.Template != nil && m.Template.Name != "":
		d.Template = &Template{Name: m.Template.Name, Language: m.Template.Language.Code, Parameters: []string{}}
		for _, component := range m.Template.Components {
			for _, p := range component.Parameters {
				d.Template.Parameters = append(d.Template.Parameters, p.Text)
			}
		}
	default:
		return d, "The message has neither text, nor template, nor media of its type"
	}
	return d, ""
}

func (c *cloud) takeMessage(w http.ResponseWriter, r *http.Request) {
	var m cloudMessage
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Product != "whatsapp" {
		answerCloud(w, http.StatusBadRequest, 100, "Invalid parameter", "messaging_product is whatsapp")
		return
	}
	var messageID string
	var busy int
	var refused string
	c.sendHeld(r.Context(), c.dice, func() { messageID, busy, refused = c.keepMessage(&m) })
	switch {
	case busy != 0:
		a := cloudBusyAnswers[busy%len(cloudBusyAnswers)]
		answerCloud(w, a.status, a.code, a.text, "")
	case refused != "":
		answerCloud(w, http.StatusBadRequest, 131009, "Parameter value is not valid", refused)
	default:
		answerJSON(w, map[string]any{
			"messaging_product": "whatsapp", "contacts": []any{map[string]any{"input": m.To, "wa_id": m.To}}, "messages": []any{map[string]any{"id": messageID}},
		}, nil)
	}
}

// cloudBusyAnswers are what an API that takes nothing says: not by the HTTP status.
var cloudBusyAnswers = []struct {
	status, code int
	text         string
}{
	{http.StatusTooManyRequests, 130429, "Rate limit hit"},
	{http.StatusBadRequest, 131056, "(Business Account, Consumer Account) pair rate limit hit"},
	{http.StatusBadRequest, 1, "API Unknown"},
	{http.StatusInternalServerError, 131000, "Something went wrong"},
}

// keepMessage takes a message, and queues what becomes of it. One that it has no time for
// has a number.
func (c *cloud) keepMessage(m *cloudMessage) (messageID string, busy int, refused string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.sends++; c.sends%cloudBusy == 0 {
		return "", c.sends / cloudBusy, ""
	}
	chat := c.chats[strings.TrimPrefix(m.To, "+")]
	if chat == nil {
		return "", 0, "Recipient phone number not in allowed list"
	}
	d, refused := c.delivered(m)
	if refused != "" {
		return "", 0, refused
	}
	messageID = c.newID()
	chat.callers[messageID] = m.Opaque
	if chat.refusal != "" { // the real one accepts it, too, and says later that it failed
		c.status(m.To, messageID, chat.refusal, "failed")
		return messageID, 0, ""
	}
	d.ID = messageID
	chat.sent = append(chat.sent, d)
	c.arrives(m.To, messageID, len(chat.sent))
	return messageID, 0, ""
}

func (c *cloud) takeMedia(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file")
	if err != nil || r.FormValue("messaging_product") != "whatsapp" {
		answerCloud(w, http.StatusBadRequest, 100, "Invalid parameter", "file and messaging_product are required")
		return
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(file)
	if err != nil {
		answerCloud(w, http.StatusBadRequest, 131053, "Media upload error", err.Error())
		return
	}
	c.lock.Lock()
	c.last++
	mediaID := strconv.Itoa(4000000 + c.last)
	c.media[mediaID] = &File{header.Filename, r.FormValue("type"), content}
	c.lock.Unlock()
	answerJSON(w, map[string]string{"id": mediaID}, nil)
}

func (c *cloud) describeMedia(w http.ResponseWriter, r *http.Request) {
	f := c.medium(r.PathValue("media"))
	if f == nil {
		answerCloud(w, http.StatusBadRequest, 100, "Unsupported get request", "There is no such object")
		return
	}
	sum := sha256.Sum256(f.Content)
	answerJSON(w, map[string]any{
		"messaging_product": "whatsapp", "url": "http://" + r.Host + "/download/" + r.PathValue("media"), "mime_type": f.Type,
		"sha256": hex.EncodeToString(sum[:]), "file_size": len(f.Content), "id": r.PathValue("media"),
	}, nil)
}
