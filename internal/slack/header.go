package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	api "github.com/slack-go/slack"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// maxFirst is how many characters of the first message the first post has.
const maxFirst = 300

// Buttons of the first post.
const (
	actionAssign = "parley_assign"
	actionClose  = "parley_close"
	actionOpen   = "parley_open"
)

// header is the first post of a thread.
type header struct {
	text   string
	blocks []api.Block
}

func (h *header) options() []api.MsgOption {
	return []api.MsgOption{api.MsgOptionText(h.text, false), api.MsgOptionBlocks(h.blocks...)}
}

// withoutBlocks has a post be its text only.
var withoutBlocks = api.MsgOptionBlocks()

// refusesBlocks reports whether Slack refuses how a post is laid out, and not the post.
func refusesBlocks(err error) bool {
	return isCode(err, "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments")
}

func (h *header) digest() string {
	raw, err := json.Marshal(h.blocks)
	if err != nil {
		raw = []byte(h.text)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// header says who writes, where and what, who has the conversation, and how it is (NT-2).
func (w *work) header(ctx context.Context) (*header, error) {
	who, err := w.nodes.DisplayNames(ctx, []*ent.Conversation{w.c})
	if err != nil {
		return nil, err
	}
	boxes, err := w.nodes.Inboxes(ctx, []string{w.c.InboxID})
	if err != nil {
		return nil, err
	}
	box := "an inbox"
	if boxes[0] != nil {
		box = boxes[0].Name
	}
	by, err := w.channelName(ctx)
	if err != nil {
		return nil, err
	}
	about, err := w.about(ctx)
	if err != nil {
		return nil, err
	}
	assignee, err := w.assignee(ctx)
	if err != nil {
		return nil, err
	}
	first := "*" + oneLine(who[0], 100) + "* · " + oneLine(box, 100) + " · " + oneLine(by, 150)
	if about != "" {
		first += "\n> " + about
	}
	facts := []*api.TextBlockObject{markup("*Status*\n" + w.status()), markup("*Assignee*\n" + assignee)}
	if page := w.page(); page != "" {
		facts = append(facts, markup("*Page*\n"+page))
	}
	h := &header{text: oneLine(who[0], 100) + " · " + oneLine(box, 100) + ": " + strings.TrimSpace(about)}
	h.blocks = append(h.blocks, api.NewSectionBlock(markup(first), nil, nil), api.NewSectionBlock(nil, facts, nil))
	if link := w.conversationURL(w.c.ID); link != "" {
		h.blocks = append(h.blocks, api.NewContextBlock("", markup("<"+strings.NewReplacer("|", "%7C", ">", "%3E", "&", "&amp;").Replace(link)+"|Open in Parley>")))
	}
	if !w.c.DeletedAt.IsSet() {
		h.blocks = append(h.blocks, api.NewActionBlock("parley", w.buttons()...))
	}
	return h, nil
}

func markup(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, text, false, true)
}

func (w *work) buttons() []api.BlockElement {
	button := func(action, label string) api.BlockElement {
		return api.NewButtonBlockElement(action, w.c.ID, api.NewTextBlockObject(api.PlainTextType, label, false, false))
	}
	if w.c.Status == vocab.Closed {
		return []api.BlockElement{button(actionAssign, "Assign to me"), button(actionOpen, "Open")}
	}
	return []api.BlockElement{button(actionAssign, "Assign to me"), button(actionClose, "Close")}
}

// status is how the conversation is, in words.
func (w *work) status() string {
	switch {
	case w.c.DeletedAt.IsSet():
		return "In the trash"
	case w.c.Filtered != 0:
		return "Filtered"
	case w.c.Status == vocab.Closed:
		return "Closed"
	case w.c.SnoozedUntil.IsSet():
		return "Snoozed"
	case w.c.WaitingSince != 0 && w.c.WaitingSince != clock.Never:
		return "Open, waits for an answer"
	}
	return "Open"
}

// assignee is who has the conversation, and whether they are there.
func (w *work) assignee(ctx context.Context) (string, error) {
	users, err := w.nodes.Users(ctx, []string{w.c.AssigneeID})
	if err != nil {
		return "", err
	}
	teams, err := w.nodes.Teams(ctx, []string{w.c.AssignedTeamID})
	if err != nil {
		return "", err
	}
	var parts []string
	if u := users[0]; u != nil {
		there := " (available)"
		if u.Availability != vocab.Available {
			there = " (away)"
		}
		parts = append(parts, oneLine(u.Name, 100)+there)
	}
	if t := teams[0]; t != nil {
		parts = append(parts, oneLine(t.Name, 100))
	}
	if len(parts) == 0 {
		return "None", nil
	}
	return strings.Join(parts, ", "), nil
}

// channelName is by what the contact writes.
func (w *work) channelName(ctx context.Context) (string, error) {
	found, err := w.nodes.AnyChannels(ctx, []string{w.c.ChannelID})
	if err != nil {
		return "", err
	}
	switch c := found[0].(type) {
	case *ent.EmailChannel:
		return "E-mail " + c.Address, nil
	case *ent.CustomChannel:
		return c.Name, nil
	}
	if w.c.Kind == vocab.Email {
		return "E-mail", nil
	}
	return "Chat", nil
}

// about is the subject, or what the contact wrote first.
func (w *work) about(ctx context.Context) (string, error) {
	if w.c.Subject != "" {
		return oneLine(w.c.Subject, maxFirst), nil
	}
	m, err := w.store.Client(ctx).Message.Query().Where(entmessage.ConversationID(w.c.ID), entmessage.DirectionEQ(vocab.Incoming)).Order(entmessage.ByNumber()).First(ctx)
	if err != nil {
		return "", ent.MaskNotFound(err)
	}
	return oneLine(m.Text, maxFirst), nil
}

// maxAddress is the most characters of an address in a link: a field of Slack's has at most 2000.
const maxAddress = 1_500

// inLink escapes an address that stands in a link.
var inLink = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;", " ", "%20")

// page is where the visitor began to write; "": that is not known. Of a long address the query is
// left out.
func (w *work) page() string {
	address := w.c.OriginURL
	if address == "" || !strings.HasPrefix(address, "http") {
		return ""
	}
	label := strings.ReplaceAll(oneLine(address, 100), "|", "¦")
	if lengthOf(inLink.Replace(address)) > maxAddress {
		address, _, _ = strings.Cut(address, "#")
		address, _, _ = strings.Cut(address, "?")
	}
	if lengthOf(inLink.Replace(address)) > maxAddress {
		return label
	}
	return "<" + inLink.Replace(address) + "|" + label + ">"
}
