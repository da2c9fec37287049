package main

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"

	"parley/internal/clock"
)

// removing removes a channel and returns the codes of its errors.
func (a *api) removing(channelID, name string) string {
	a.t.Helper()
	return a.codes(adminToken, `removeChannel`, `RemoveChannelInput`, "channelId", channelID, "confirmName", name)
}

// codes calls a mutation and returns the codes of its userErrors.
func (a *api) codes(token, mutation, inputType string, pairs ...any) string {
	a.t.Helper()
	done := a.ask(token, `mutation($in: `+inputType+`!) { `+mutation+`(input: $in) { userErrors { code } } }`, input(pairs...))
	if len(done.Errors) > 0 {
		a.t.Fatalf("%s: %v", mutation, done.Errors)
	}
	list, _ := at(done.Data, mutation, "userErrors").([]any)
	var codes []string
	for _, e := range list {
		codes = append(codes, text(e.(map[string]any), "code"))
	}
	return strings.Join(codes, " ")
}

// IB-6: a chat channel is removed: its key answers like an unknown one, its targeted
// messages and its visitors' open streams end, its conversations stay, and a second one can be made.
func TestRemoveChatChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channelNamed("Shop")
		chat := site.chat("Hello")
		open := a.followChat(chat, "")
		if got := a.removing(site.channelID, "Shopp"); got != "CONFIRMATION_MISMATCH" {
			t.Errorf("a wrong name gives %q", got)
		}
		if got := a.removing(site.channelID, "Shop"); got != "" {
			t.Fatal(got)
		}
		if err := open.next(t.Context(), nil); code(err) != "UNAUTHENTICATED" && !strings.Contains(fmt.Sprint(err), "4403") && !strings.Contains(fmt.Sprint(err), "4401") {
			t.Errorf("the visitor's socket ends with %v", err)
		}
		if got := a.removing(site.channelID, "Shop"); got != "NOT_FOUND" {
			t.Errorf("removed twice: %q", got)
		}
		const widget = `query($key: String!) { widget(channelKey: $key, pageUrl: "https://shop.example/") { title } }`
		gone, unknown := a.ask("", widget, map[string]any{"key": site.key}), a.ask("", widget, map[string]any{"key": "unknown"})
		if got, want := fmt.Sprint(gone.Errors), strings.ReplaceAll(fmt.Sprint(unknown.Errors), "unknown", site.key); got != want || len(gone.Errors) == 0 {
			t.Errorf("the key answers %s, an unknown one %s", got, want)
		}
		if late := a.ask(chat.visitor, `{ visitorConversations { nodes { id } } }`, nil); !strings.Contains(fmt.Sprint(late.Errors), "UNAUTHENTICATED") {
			t.Errorf("the visitor still gets %v", late)
		}
		kept := a.do(adminToken, `query($id: ID!, $message: ID!, $inbox: ID!) {
			conversation(id: $id) { status channel { id name removedAt } } node(id: $message) { id } inbox(id: $inbox) { chatChannel { id } } }`,
			map[string]any{"id": chat.conversationID, "message": site.shown, "inbox": site.inboxID})
		if at(kept, "conversation", "channel", "removedAt") == nil || kept["node"] != nil || at(kept, "inbox", "chatChannel") != nil {
			t.Errorf("after the removal: %v", kept)
		}
		send := func() string {
			return a.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", chat.conversationID, "text", "Hi")
		}
		if got := send(); got != "CHANNEL_NOT_CONNECTED" {
			t.Errorf("an answer gives %q", got)
		}
		made := a.do(adminToken, `mutation($in: CreateChatChannelInput!) { createChatChannel(input: $in) { chatChannel { id name } userErrors { message } } }`,
			input("inboxId", site.inboxID))
		second := text(made, "createChatChannel", "chatChannel", "id")
		if got := a.codes(adminToken, "setConversationChannel", "SetConversationChannelInput", "conversationId", chat.conversationID, "channelId", second); got != "" {
			t.Error(got)
		}
		if got := send(); got != "" {
			t.Errorf("in the second channel: %q", got)
		}
	})
}

// IB-6: an e-mail channel's address can be changed, and the old one goes on receiving; when
// it is removed, its address is free and forwarded mail gets 550.
func TestRemoveEmailChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.mailbox("old@example.com")
		changed := a.do(adminToken, `mutation($in: UpdateEmailChannelInput!) { updateEmailChannel(input: $in) { emailChannel { address aliases name } userErrors { message } } }`,
			input("channelId", m.channelID, "address", "New@example.com"))
		if got := at(changed, "updateEmailChannel", "emailChannel"); text(got.(map[string]any), "address") != "new@example.com" ||
			text(got.(map[string]any), "name") != "new@example.com" || at(got, "aliases", 0) != "old@example.com" {
			t.Errorf("got %v", changed)
		}
		m.forward("eve@example.net", "From: Eve <eve@example.net>\nTo: old@example.com\nSubject: Hello\nMessage-ID: <1@example.net>\n\nHello\n")
		conversation := text(m.conversations("ALL", 1)[0].(map[string]any), "id")
		if got := a.removing(m.channelID, "old@example.com"); got != "CONFIRMATION_MISMATCH" {
			t.Errorf("a wrong name gives %q", got)
		}
		if got := a.removing(m.channelID, "new@example.com"); got != "" {
			t.Fatal(got)
		}
		if err := smtp.SendMail(m.smtp, nil, "eve@example.net", []string{m.forwarding}, []byte("Subject: late\r\n\r\nlate\r\n")); err == nil || !strings.HasPrefix(err.Error(), "550") {
			t.Errorf("forwarded mail got %v, want 550", err)
		}
		send := func() string {
			return a.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", conversation, "text", "Hi")
		}
		if got := send(); got != "CHANNEL_NOT_CONNECTED" {
			t.Errorf("an answer gives %q", got)
		}
		for _, mutation := range []string{"disconnect", "update"} {
			if got := a.codes(adminToken, mutation+"EmailChannel", strings.ToUpper(mutation[:1])+mutation[1:]+"EmailChannelInput", "channelId", m.channelID); got != "NOT_FOUND" {
				t.Errorf("%s: %q", mutation, got)
			}
		}
		data := a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id } userErrors { field message } } }`,
			input("inboxId", m.inboxID, "provider", "FORWARDING", "address", "new@example.com", "acceptTerms", true))
		second := text(data, "beginEmailChannel", "emailChannel", "id")
		if got := a.codes(adminToken, "setConversationChannel", "SetConversationChannelInput", "conversationId", conversation, "channelId", second); got != "" {
			t.Error(got)
		}
		if got := send(); got != "" {
			t.Errorf("in the second channel: %q", got)
		}
	})
}
