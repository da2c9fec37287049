package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
)

// followChat follows a visitor's chat, and returns when that runs: it has told of a
// further message, "Is it in stock?".
func (a *api) followChat(talk chat, selection string) *socket {
	a.t.Helper()
	begun := a.do(talk.visitor, `query($id: ID!) { visitorConversation(id: $id) { cursor } }`, map[string]any{"id": talk.conversationID})
	a.do(talk.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
		input("conversationId", talk.conversationID, "text", "Is it in stock?"))
	s := a.listen(talk.visitor, `subscription($id: ID!, $after: String) { visitorConversation(conversationId: $id, after: $after) { __typename `+selection+` } }`,
		map[string]any{"id": talk.conversationID, "after": at(begun, "visitorConversation", "cursor")})
	a.hear(s)
	return s
}

// CH-6, CH-8: who wrote a chat before its address was proved sees live that it goes on
// elsewhere, and then what it was; the code that is mailed lets this browser go on.
func TestProofOverAPI(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Is it in stock?")
		id := map[string]any{"id": talk.conversationID}
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { visitor { emailVerified identified } userErrors { message } } }`,
			input("email", "dora@example.net"))
		s := a.followChat(talk, "... on VisitorConversationContinued { conversation { id continuedElsewhere preview } }")
		a.do(talk.visitor, `mutation { requestVisitorEmailCode(input: {}) { visitor { email } userErrors { message } } }`, nil)
		plain, _ := a.parts(a.letter())
		_, code, _ := strings.Cut(plain, ": ")
		code, _, _ = strings.Cut(code, "\r\n")
		const prove = `mutation($in: ProveVisitorEmailInput!) { proveVisitorEmail(input: $in) { token visitor { identified emailVerified email } userErrors { code field } } }`
		wrong := a.ask(talk.visitor, prove, input("code", "no code"))
		if got := fmt.Sprint(at(wrong.Data, "proveVisitorEmail", "userErrors")); got != "[map[code:INVALID field:[code]]]" {
			t.Errorf("a wrong code: %v", wrong)
		}
		proved := a.do(talk.visitor, prove, input("code", code))
		if got := fmt.Sprint(at(proved, "proveVisitorEmail", "visitor")); got != "map[email:dora@example.net emailVerified:true identified:true]" {
			t.Errorf("the proved visitor: %s", got)
		}
		if got := fmt.Sprint(at(a.hear(s), "visitorConversation")); got !=
			"map[__typename:VisitorConversationContinued conversation:map[continuedElsewhere:true id:"+talk.conversationID+" preview:Is it in stock?]]" {
			t.Errorf("live: %s", got)
		}
		a.reply(talk.conversationID, "For the proved one")
		const read = `query($id: ID!) { visitorConversation(id: $id) { continuedElsewhere unread preview messages { nodes { text } } }
			node(id: $id) { ... on VisitorConversation { preview } } visitorConversations { nodes { preview } } }`
		before := fmt.Sprint(a.do(talk.visitor, read, id))
		if strings.Contains(before, "proved one") || strings.Count(before, "Is it in stock?") != 5 || !strings.Contains(before, "continuedElsewhere:true") {
			t.Errorf("the old tab: %s", before)
		}
		after := fmt.Sprint(a.do(text(proved, "proveVisitorEmail", "token"), read, id))
		if strings.Count(after, "For the proved one") != 4 || !strings.Contains(after, "continuedElsewhere:false") {
			t.Errorf("the proved one: %s", after)
		}
		refused := a.ask(talk.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { code } } }`,
			input("conversationId", talk.conversationID, "text", "In their name"))
		if code := at(refused.Data, "sendVisitorMessage", "userErrors", 0, "code"); code != "PROOF_REQUIRED" {
			t.Errorf("writing on: %v", refused)
		}
	})
}

// CH-8: sessions are listed; whoever ends one ends its token and its sockets, the
// visitor their own, staff all of a visitor's.
func TestSessionsEndOverAPI(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		talk := a.channel().chat("Hello")
		bystander := a.channelNamed("Other").chat("Hello")
		me := text(a.do(talk.visitor, `{ viewer { visitor { id } } }`, nil), "viewer", "visitor", "id")
		s, other := a.followChat(talk, ""), a.followChat(bystander, "")
		a.do(talk.visitor, `mutation { endVisitorSession(input: {}) { visitor { id } userErrors { message } } }`, nil)
		if err := s.next(t.Context(), nil); code(err) != "UNAUTHENTICATED" && !strings.Contains(fmt.Sprint(err), "4403") && !strings.Contains(fmt.Sprint(err), "4401") {
			t.Errorf("the socket ends with %v", err)
		}
		if got := a.ask(talk.visitor, `{ visitorConversations { nodes { id } } }`, nil); !strings.Contains(fmt.Sprint(got), "UNAUTHENTICATED") {
			t.Errorf("the token still holds: %v", got)
		}
		list := a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on Visitor { sessions(first: 5) { nodes { proof endedAt } } } } }`, map[string]any{"id": me})
		if at(list, "node", "sessions", "nodes", 0, "proof") != "NONE" || at(list, "node", "sessions", "nodes", 0, "endedAt") == nil {
			t.Errorf("listed as %v", list)
		}
		they := text(a.do(bystander.visitor, `{ viewer { visitor { id } } }`, nil), "viewer", "visitor", "id")
		a.reply(bystander.conversationID, "the other's socket is open still")
		if got := fmt.Sprint(at(a.hear(other), "visitorConversation")); got != "map[__typename:VisitorMessageChange]" {
			t.Errorf("the bystander hears %s", got)
		}
		a.do(adminToken, `mutation($in: EndVisitorSessionInput!) { endVisitorSession(input: $in) { visitor { id } userErrors { message } } }`, input("visitorId", they))
		if err := other.next(context.Background(), nil); err == nil {
			t.Error("the socket goes on after staff ended its session")
		}
		log := a.do(adminToken, `{ events(after: 0, types: [VISITOR_SESSION_ENDED]) { nodes { actor { __typename } subjectId } } }`, nil)
		want := []any{
			map[string]any{"actor": map[string]any{"__typename": "Visitor"}, "subjectId": me},
			map[string]any{"actor": map[string]any{"__typename": "User"}, "subjectId": they},
		}
		if diff := cmp.Diff(want, at(log, "events", "nodes")); diff != "" {
			t.Error(diff)
		}
	})
}
