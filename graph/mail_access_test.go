package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// AC-3: of an inbox's mail, no one sees anything who is no member: not the admin
// who connected its channel, and no visitor of its chats. A ticket is everyone's,
// the conversation that it was made for is not.
func TestMailIsForMembers(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		channel := m.connectTo(m.InboxIDs[1], m.preset(``))
		chat := m.comes(channel, question)
		var mail struct {
			Conversation struct {
				Tickets  struct{ Nodes []struct{ ID string } }
				Messages struct {
					Edges []struct {
						Node struct {
							ID          string
							Attachments []struct{ ID, URL string }
							Email       struct{ RawURL string }
						}
					}
				}
			}
		}
		m.as(m.Agent(1), fmt.Sprintf(`{ conversation(id: %q) { tickets { nodes { id } } messages { edges { node { id attachments { id url } email { rawUrl } } } } } }`, chat), &mail)
		message, ticket := mail.Conversation.Messages.Edges[0].Node, mail.Conversation.Tickets.Nodes[0].ID
		nodes := fmt.Sprintf(`{ nodes(ids: [%q, %q, %q]) { __typename } ticket: node(id: %q) { ... on Ticket { stage { name } contact { email } conversation { id } } } }`,
			chat, message.ID, message.Attachments[0].ID, ticket)
		hidden := `{"data":{"nodes":[null,null,null],"ticket":null}}`
		for name, who := range map[string]context.Context{"admin": m.Admin, "agent": m.Agent(0)} {
			m.wants(who, nodes, hidden)
			for _, document := range []string{
				`{ conversation(id: %q) { id } }`,
				`mutation { sendMessage(input: {conversationId: %q, text: "x"}) { message { id } userErrors { code } } }`,
				`{ routingPreview(input: {conversation: {conversationId: %q}}) { rule } }`,
			} {
				if got := m.as(who, fmt.Sprintf(document, chat), nil); strings.Contains(got, `"id"`) || strings.Contains(got, `"rule"`) || strings.Contains(got, `"userErrors":[]`) {
					t.Errorf("the %s gets %s", name, got)
				}
			}
			for _, document := range []string{
				`mutation { retryMessage(input: {messageId: %q}) { userErrors { code } } }`,
				`mutation { undoSend(input: {messageId: %q}) { userErrors { code } } }`,
			} {
				if got := m.as(who, fmt.Sprintf(document, message.ID), nil); !strings.Contains(got, `{"code":"NOT_FOUND"}`) {
					t.Errorf("the %s gets %s", name, got)
				}
			}
			if got := m.as(who, fmt.Sprintf(`mutation { startEmailConversation(input: {channelId: %q, to: ["eve@example.net"], subject: "x", text: "x"}) { userErrors { code } } }`, channel), nil); !strings.Contains(got, `{"code":"NOT_FOUND"}`) {
				t.Errorf("the %s writes: %s", name, got)
			}
		}
		if got := m.as(m.Admin, fmt.Sprintf(`{ simulateInboundEmail(input: {channelId: %q, raw: "Subject: x\r\n\r\n"}) { threadReason } }`, channel), nil); !strings.Contains(got, `"NOT_A_MEMBER"`) {
			t.Errorf("an admin simulates: %s", got)
		}
		m.wants(m.Agent(0), fmt.Sprintf(`{ node(id: %q) { id } }`, channel), `{"data":{"node":null}}`)
		m.wants(m.Visitor(2), nodes, `{"data":{"nodes":[null,null,null],"ticket":null}}`)
	})
}

// AC-3, CH-7: the address of a file, or of raw mail, opens it to who got it, while
// they are a member; the address of one opens no other.
func TestAddressesOfMailEnd(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		chat := m.comes(m.connect(""), question)
		var mail struct {
			Conversation struct {
				Messages struct {
					Edges []struct {
						Node struct {
							Attachments []struct{ URL string }
							Email       struct{ RawURL string }
						}
					}
				}
			}
		}
		m.as(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { edges { node { attachments { url } email { rawUrl } } } } } }`, chat), &mail)
		message := mail.Conversation.Messages.Edges[0].Node
		file, fileToken := address(message.Attachments[0].URL)
		raw, rawToken := address(message.Email.RawURL)
		opens := func(id, token string) bool {
			f, err := m.files.Download(t.Context(), id, token)
			if err == nil {
				m.ok(f.Close())
			}
			return err == nil
		}
		if !opens(file, fileToken) || !opens(raw, rawToken) || opens(raw, fileToken) || opens(file, rawToken) {
			t.Error("each address opens its own file alone")
		}
		m.as(m.Admin, fmt.Sprintf(`mutation { updateInboxMembers(input: {inboxId: %q, removeUserIds: [%q]}) { userErrors { message } } }`, m.InboxIDs[0], m.AgentIDs[0]), nil)
		if opens(file, fileToken) || opens(raw, rawToken) {
			t.Error("who is no member any more reads on")
		}
	})
}

// address splits the address of a file into its id and token.
func address(url string) (id, token string) {
	before, token, _ := strings.Cut(url, "?token=")
	return strings.Split(strings.TrimPrefix(before, "https://parley.example.com/files/"), "/")[0], token
}
