package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/viewer"
)

// API-12, IN-14: by their ids, visitors find themselves, their conversations and what
// they see of the messages in them, as visitors see them; notes, deleted messages,
// what belongs to others and what there is not are null alike. Staff find the same
// ids as staff see them.
func TestNodeAsVisitorsSeeIt(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		me := viewer.FromContext(s.me).ActorID
		type row struct {
			ID, Text, Direction string
			DeletedAt           *string
		}
		var team struct {
			Data struct {
				Conversation struct{ Messages struct{ Nodes []row } }
			}
		}
		answer := s.run(s.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { nodes { id text direction deletedAt } } } }`, s.chat.ID))
		s.ok(json.Unmarshal([]byte(answer), &team))
		var seen, hidden []string
		for _, m := range team.Data.Conversation.Messages.Nodes {
			if m.Direction == "NOTE" || m.DeletedAt != nil {
				hidden = append(hidden, m.ID)
			} else {
				seen = append(seen, m.ID)
			}
		}
		if len(seen) < 3 || len(hidden) != 2 {
			t.Fatalf("seen %q, hidden %q of %s", seen, hidden, answer)
		}
		node := func(ctx context.Context, nodeID, selection string) string {
			return strings.TrimSpace(s.run(ctx, fmt.Sprintf(`{ node(id: %q) { __typename %s } }`, nodeID, selection)))
		}
		for name, c := range map[string]struct {
			ctx             context.Context
			id, fields, has string
		}{
			"oneself":              {s.me, me, "id", `{"data":{"node":{"__typename":"Visitor","id":"` + me + `"}}}`},
			"one's conversation":   {s.me, s.chat.ID, "... on VisitorConversation { status unread assignee { name } messages { nodes { text } } }", `{"data":{"node":{"__typename":"VisitorConversation","status":"OPEN","unread":2,`},
			"one's message":        {s.me, seen[0], "... on VisitorMessage { number text attachments { id } replyTo { id } seen }", `{"data":{"node":{"__typename":"VisitorMessage","number":1,"text":"question"`},
			"an agent's message":   {s.me, seen[1], "... on VisitorMessage { text authorName attachments { fileName } }", `{"data":{"node":{"__typename":"VisitorMessage","text":"offer","authorName":"Ben Agent","attachments":[{"fileName":"offer.txt"}]}}}`},
			"not as staff sees it": {s.me, s.chat.ID, "id", `{"data":{"node":{"__typename":"VisitorConversation","id":"` + s.chat.ID + `"}}}`},
			"staff's conversation": {s.Agent(0), s.chat.ID, "... on Conversation { status } ... on VisitorConversation { unread }", `{"data":{"node":{"__typename":"Conversation","status":"OPEN"}}}`},
			"staff's message":      {s.Agent(0), hidden[0], "... on VisitorMessage { number }", `{"data":{"node":{"__typename":"Message"}}}`},
		} {
			if got := node(c.ctx, c.id, c.fields); !strings.HasPrefix(got, c.has) || strings.Contains(got, marker) {
				t.Errorf("%s: got %s, want %s", name, got, c.has)
			}
		}
		for _, other := range append(hidden, s.ConversationIDs[0], s.ConversationIDs[2], s.VisitorIDs[0], id.New(id.Conversation), id.New(id.Message), id.New(id.Visitor),
			s.AgentIDs[0], s.ContactID, s.InboxIDs[0], "conversation_x", "x", "") {
			if got := node(s.me, other, "id"); got != `{"data":{"node":null}}` {
				t.Errorf("node(id: %q): got %s", other, got)
			}
		}
		session, err := s.services.Visitors.StartSession(t.Context(), visitor.StartVisitorSessionInput{ChannelKey: s.key})
		s.ok(err)
		stranger, err := s.services.Visitors.Authenticate(t.Context(), session.Token)
		s.ok(err)
		for _, mine := range append(seen, s.chat.ID, me) {
			if got := node(viewer.NewContext(t.Context(), stranger), mine, "id"); got != `{"data":{"node":null}}` {
				t.Errorf("another visitor's node(id: %q): got %s", mine, got)
			}
		}
		if got, want := strings.TrimSpace(s.run(s.me, fmt.Sprintf(`{ nodes(ids: [%q, %q, %q, %q]) { __typename } }`, seen[2], hidden[0], s.chat.ID, me))),
			`{"data":{"nodes":[{"__typename":"VisitorMessage"},null,{"__typename":"VisitorConversation"},{"__typename":"Visitor"}]}}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		_, err = s.services.Conversations.Delete(s.Agent(0), conversation.DeleteConversationInput{Target: conversation.On(s.chat.ID)})
		s.ok(err)
		for _, gone := range []string{s.chat.ID, seen[0]} {
			if got := node(s.me, gone, "id"); got != `{"data":{"node":null}}` {
				t.Errorf("in the trash: node(id: %q): got %s", gone, got)
			}
		}
	})
}
