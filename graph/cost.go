package graph

import (
	"bytes"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"parley/graph/generated"
	"parley/internal/conversation"
	"parley/internal/vocab"
)

// pageSize is how many rows a page is charged for: what is asked for, else the
// field's default.
func pageSize(byDefault int, sizes ...*int) int {
	for _, n := range sizes {
		if n != nil {
			return min(max(*n, 1), 100)
		}
	}
	return byDefault
}

// price charges lists for their rows: one for each field of each row. Lists
// that are not paged are charged as ten rows.
func price(c *generated.ComplexityRoot) {
	const unpaged = 10
	c.Query.Conversations = func(child int, _ *string, _ *vocab.ConversationView, _ *string, _ *conversation.Filter, _ *vocab.ConversationOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Subscription.ConversationView = func(child int, _ *string, _ *vocab.ConversationView, _ *string, _ *conversation.Filter, _ *vocab.ConversationOrder, first *int) int {
		return 1 + child*pageSize(50, first)
	}
	c.Query.SearchConversations = func(child int, _ string, _ *conversation.Filter, first *int, _ *string) int {
		return 1 + child*pageSize(20, first)
	}
	c.Query.Contacts = func(child int, _ *string, first *int, _ *string) int { return 1 + child*pageSize(50, first) }
	c.Query.Events = func(child int, _ int64, first *int, _ []vocab.EventType, _ []string) int {
		return 1 + child*pageSize(100, first)
	}
	c.Query.Nodes = func(child int, ids []string) int { return 1 + child*max(len(ids), 1) }
	c.Query.Users = func(child int, _ *bool) int { return 1 + child*unpaged }
	c.Query.SavedViews = func(child int, _ *string) int { return 1 + child*unpaged }
	c.Query.VisitorConversations = func(child int) int { return 1 + child*unpaged }
	c.Conversation.Messages = func(child int, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Conversation.Timeline = func(child int, first *int, _ *string) int { return 1 + child*pageSize(50, first) }
	c.Visitor.PageViews = func(child int, first *int) int { return 1 + child*pageSize(20, first) }
	c.Contact.PageViews = func(child int, first *int) int { return 1 + child*pageSize(20, first) }
	c.VisitorConversation.Messages = func(child int, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Subscription.ViewCounts = func(child int, _ string) int { return 1 + child*unpaged }
	c.Subscription.ConversationPresence = func(child int, _ string, _ *bool) int { return 1 + child*unpaged }
	for _, list := range []*func(int) int{
		&c.Query.Inboxes, &c.Query.Teams, &c.Query.APITokens, &c.Inbox.Users, &c.Inbox.Teams, &c.Inbox.Members, &c.Inbox.ViewCounts,
		&c.User.Teams, &c.Team.Members, &c.Integration.Inboxes, &c.ChatChannel.TargetedMessages, &c.Message.Revisions, &c.Message.Mentions,
		&c.Message.Attachments, &c.VisitorMessage.Attachments, &c.Inbox.EmailChannels, &c.User.PersonalMailboxes,
		&c.Conversation.Participants, &c.Conversation.Tickets,
	} {
		*list = func(child int) int { return 1 + child*unpaged }
	}
}

func printSDL(schema *ast.Schema) string {
	var b bytes.Buffer
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
	return b.String()
}
