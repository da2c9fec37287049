package main

import (
	"bytes"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"
)

// CH-6: an answer by mail to a notice comes in through the SMTP listener, joins the chat as
// its visitor's message, reopens it, and is shown as by e-mail.
func TestNoticeIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	eachAPIWith(t, func(s *serverSettings) { s.MissedReplyDelay = time.Second }, func(a *api) {
		c := a.channel()
		talk := c.chat("Is it in stock?")
		made := a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id forwardingAddress } userErrors { message } } }`,
			input("inboxId", c.inboxID, "provider", "FORWARDING", "address", "support@shop.example", "acceptTerms", true))
		m := &mailbox{a, c.inboxID, text(made, "beginEmailChannel", "emailChannel", "id"), text(made, "beginEmailChannel", "emailChannel", "forwardingAddress")}
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "dora@example.net"))
		a.reply(talk.conversationID, "It is.")
		raw, err := os.ReadFile(a.letter())
		if err != nil {
			a.t.Fatal(err)
		}
		letter, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			a.t.Fatal(err)
		}
		if from := letter.Header.Get("From"); !strings.Contains(from, "support@shop.example") {
			a.t.Errorf("it is from %q, not from the inbox's mailbox", from)
		}
		if to := letter.Header.Get("Reply-To"); !strings.Contains(to, "support@shop.example") {
			a.t.Errorf("it is answered to %q", to)
		}
		if page := a.url + "/chat/" + c.key + "#parley-link="; !strings.Contains(string(raw), "/chat/"+c.key+"#parley-link=") {
			a.t.Errorf("it does not lead to %s:\n%s", page, raw)
		}
		a.do(adminToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }`, input("conversationId", talk.conversationID))
		follow := a.listen(talk.visitor, `subscription($id: ID!) { visitorConversation(conversationId: $id) { ... on VisitorMessageChange { message { byEmail } } } }`,
			map[string]any{"id": talk.conversationID})
		m.forward("dora@example.net", "From: Dora <dora@example.net>\nTo: support@shop.example\nSubject: Re: New reply\nMessage-ID: <answer@example.net>\n"+
			"Date: Mon, 16 Nov 2026 10:00:00 +0000\nIn-Reply-To: "+letter.Header.Get("Message-Id")+"\nReferences: "+letter.Header.Get("References")+
			"\n\nThen I take two.\n\nOn Mon, 16 Nov 2026 at 09:30, Support wrote:\n> It is.\n")
		for heard := false; !heard; { // the status comes as well
			heard = at(a.hear(follow), "visitorConversation", "message", "byEmail") == true
		}
		seen := a.do(talk.visitor, `query($id: ID!) { visitorConversation(id: $id) { status messages { nodes { direction byEmail text } } } }`, map[string]any{"id": talk.conversationID})
		last := at(seen, "visitorConversation", "messages", "nodes", 2)
		if text(seen, "visitorConversation", "status") != "OPEN" || at(last, "byEmail") != true || text(last, "text") != "Then I take two." || text(last, "direction") != "INCOMING" ||
			at(seen, "visitorConversation", "messages", "nodes", 0, "byEmail") != false {
			a.t.Errorf("the visitor sees %v", seen)
		}
		team := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { status channel { kind } messages(last: 1) { nodes { text author { __typename } email { subject } } } } }`,
			map[string]any{"id": talk.conversationID})
		if text(team, "conversation", "status") != "OPEN" || text(team, "conversation", "channel", "kind") != "CHAT" ||
			text(team, "conversation", "messages", "nodes", 0, "email", "subject") != "Re: New reply" || text(team, "conversation", "messages", "nodes", 0, "author", "__typename") != "Contact" {
			a.t.Errorf("the team sees %v", team)
		}
	})
}
