package modeltext

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email/receive"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/loader"
	"parley/internal/paging"
	"parley/internal/vocab"
)

const (
	// maxMessages is how many messages are looked at, the newest.
	maxMessages = 300
	// usualTokens, minTokens and maxTokens bound a text.
	usualTokens, minTokens, maxTokens = 4000, 200, 100_000
)

// Service renders conversations. It is safe for concurrent use.
type Service struct {
	conversations *conversation.Service
	nodes         *loader.Service
	files         *attachment.Service
	mails         *receive.Service
}

// New returns the use case.
func New(conversations *conversation.Service, nodes *loader.Service, files *attachment.Service, mails *receive.Service) *Service {
	return &Service{conversations, nodes, files, mails}
}

// Options are what a text is to have.
type Options struct {
	MaxTokens    *int // nil: 4,000
	IncludeNotes bool
}

// Texts renders conversations, each with the newest messages that fit (AG-6). The number of
// statements does not grow with the list. INVALID on maxTokens.
func (s *Service) Texts(ctx context.Context, list []*ent.Conversation, o Options) ([]string, error) {
	most := usualTokens
	if o.MaxTokens != nil && *o.MaxTokens != 0 {
		most = *o.MaxTokens
	}
	if most < minTokens || most > maxTokens {
		return nil, errs.New(errs.Invalid, "A text has %d to %d tokens.", minTokens, maxTokens).On("maxTokens")
	}
	last := maxMessages
	pages, err := s.conversations.Messages(ctx, list, paging.PageArgs{Last: &last, Most: maxMessages})
	if err != nil {
		return nil, err
	}
	entries, err := s.entries(ctx, pages, o)
	if err != nil {
		return nil, err
	}
	heads, err := s.heads(ctx, list)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(list))
	for i, c := range list {
		earlier := 0
		if edges := pages[i].Edges; len(edges) > 0 {
			earlier = edges[0].Node.Number - 1
		}
		texts[i] = render(heads[i], entries[c.ID], earlier, most)
	}
	return texts, nil
}

// entries are the messages of pages as they are rendered, by conversation.
func (s *Service) entries(ctx context.Context, pages []*conversation.MessagePage, o Options) (map[string][]entry, error) {
	var messages []*ent.Message
	for _, p := range pages {
		for _, e := range p.Edges {
			if m := e.Node; !m.DeletedAt.IsSet() && (o.IncludeNotes || m.Direction != vocab.Note) {
				messages = append(messages, m)
			}
		}
	}
	refs := make([]loader.Ref, len(messages))
	for i, m := range messages {
		refs[i] = loader.Ref{Kind: m.AuthorKind, ID: m.AuthorID}
	}
	authors, err := s.nodes.Actors(ctx, refs)
	if err != nil {
		return nil, err
	}
	files, err := s.files.Of(ctx, messages)
	if err != nil {
		return nil, err
	}
	headers, err := s.mails.Headers(ctx, messages)
	if err != nil {
		return nil, err
	}
	byConversation := map[string][]entry{}
	for i, m := range messages {
		byConversation[m.ConversationID] = append(byConversation[m.ConversationID], entry{
			number: m.Number, id: m.ID, at: m.CreatedAt.Time(), author: authorText(m, authors[i]), outside: m.Direction == vocab.Incoming, note: m.Direction == vocab.Note,
			text: wordsOf(m), quoted: receive.Quoted(headers[i]) != "", files: filesText(files[i]),
		})
	}
	return byConversation, nil
}

// wordsOf are the words of a message, as its author wrote them, and what stands beside them.
func wordsOf(m *ent.Message) string {
	words := m.Text
	if m.Direction != vocab.Incoming && m.Markdown != "" {
		words = m.Markdown
	}
	for _, q := range m.QuickReplies {
		words += "\n[offered] " + q.Text
	}
	return words
}

func filesText(list []*ent.Attachment) (texts []string) {
	for _, a := range list {
		texts = append(texts, fmt.Sprintf("%s %s, %s, %d bytes", a.ID, a.FileName, a.ContentType, a.Size))
	}
	return texts
}

// authorText names who wrote a message. Names of contacts are data, and stand in the head.
func authorText(m *ent.Message, author any) string {
	switch a := author.(type) {
	case *ent.User:
		return "user " + a.ID + " " + oneLine(vocab.DisplayName("User", a.ID, a.Name))
	case *ent.Bot:
		return "bot " + a.ID + " " + oneLine(a.Name)
	case *ent.Integration:
		return "integration " + a.ID + " " + oneLine(a.Name)
	case *ent.Contact:
		return "contact " + a.ID
	case *ent.Visitor:
		return "visitor " + a.ID
	}
	if m.Direction == vocab.Incoming {
		return "someone outside"
	}
	return "Parley"
}

// heads say what each conversation is.
func (s *Service) heads(ctx context.Context, list []*ent.Conversation) ([]string, error) {
	of := func(get func(*ent.Conversation) string) []string {
		ids := make([]string, len(list))
		for i, c := range list {
			ids[i] = get(c)
		}
		return ids
	}
	names, err := s.nodes.DisplayNames(ctx, list)
	if err != nil {
		return nil, err
	}
	assignees, err := s.nodes.Users(ctx, of(func(c *ent.Conversation) string { return c.AssigneeID }))
	if err != nil {
		return nil, err
	}
	inboxes, err := s.nodes.Inboxes(ctx, of(func(c *ent.Conversation) string { return c.InboxID }))
	if err != nil {
		return nil, err
	}
	tagIDs := make([][]string, len(list))
	for i, c := range list {
		tagIDs[i] = c.Tags
	}
	tags, err := s.nodes.TagLists(ctx, tagIDs)
	if err != nil {
		return nil, err
	}
	heads := make([]string, len(list))
	for i, c := range list {
		heads[i] = headOf(c, names[i], assignees[i], inboxes[i], tags[i])
	}
	return heads, nil
}

func headOf(c *ent.Conversation, name string, assignee *ent.User, in *ent.Inbox, tags []*ent.Tag) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("conversation %s: %s, %s, opened %s", c.ID, c.Kind, c.Status, timeText(c.OpenedAt.Time()))
	if in != nil {
		line("inbox %s %s", in.ID, oneLine(in.Name))
	}
	switch {
	case assignee != nil:
		line("assigned to user %s %s", assignee.ID, oneLine(assignee.Name))
	case c.BotID != "" && c.BotState.InBotsHands():
		line("in the hands of bot %s", c.BotID)
	default:
		line("not assigned to a user")
	}
	if len(tags) > 0 {
		words := make([]string, len(tags))
		for i, t := range tags {
			words[i] = oneLine(t.Name)
		}
		line("tags: %s", strings.Join(words, ", "))
	}
	switch {
	case c.ContactID != "":
		line("contact %s", c.ContactID)
	case c.VisitorID != "":
		line("visitor %s", c.VisitorID)
	}
	line("%sname: %s", dataMark, oneLine(name))
	if c.Subject != "" {
		line("%ssubject: %s", dataMark, oneLine(c.Subject))
	}
	if c.OriginURL != "" {
		line("%spage: %s", dataMark, oneLine(c.OriginURL))
	}
	return b.String()
}
