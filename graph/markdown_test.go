package graph_test

import (
	"fmt"
	"testing"
)

// IN-14: every message has Markdown, whatever it was written in; what is sent as
// Markdown goes out by mail as HTML and text.
func TestMessagesHaveMarkdown(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		id := m.comes(m.connect(""), question)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, markdown: "It is **here**:\n1. x"}) {
			message { text html markdown email { subject } } userErrors { code } } }`, id),
			`{"data":{"sendMessage":{"message":{"text":"It is here:\n\n1. x","html":"\u003cp\u003eIt is \u003cstrong\u003ehere\u003c/strong\u003e:\u003c/p\u003e\n\u003col\u003e\n\u003cli\u003ex\u003c/li\u003e\n\u003c/ol\u003e",`+
				`"markdown":"It is **here**:\n1. x","email":{"subject":"Re: Where is my parcel?"}},"userErrors":[]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, markdown: "a", html: "b"}) { message { id } userErrors { code message field } } }`, id),
			`{"data":{"sendMessage":{"message":null,"userErrors":[{"code":"INVALID","message":"Pass markdown, from which text and HTML are made, or text and html; markdown and html were given.","field":["markdown"]}]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, note: true, text: "a_b *c*"}) { message { markdown revisions { nodes { markdown } } } userErrors { code } } }`, id),
			`{"data":{"sendMessage":{"message":{"markdown":"a_b \\*c\\*","revisions":{"nodes":[]}},"userErrors":[]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages(first: 1) { edges { node { markdown attachments { contentId } } } } } }`, id),
			`{"data":{"conversation":{"messages":{"edges":[{"node":{"markdown":"Hello ![](cid:logo)","attachments":[{"contentId":"logo"},{"contentId":null}]}}]}}}}`)
	})
}
