package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
)

// userError returns the code and field of the first userError of a mutation's only payload.
func userError(got answer) (code, field string) {
	for _, payload := range got.Data {
		code = text(payload, "userErrors", 0, "code")
		path, _ := at(payload, "userErrors", 0, "field").([]any)
		return code, strings.Trim(strings.ReplaceAll(fmt.Sprint(path), " ", "."), "[]")
	}
	return "", ""
}

const sendMutation = `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id html text } userErrors { code message field } } }`

// What is wrong with an input is told by code and field, and nothing is done.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		before := a.head()
		assign := `mutation($in: AssignConversationInput!) { assignConversation(input: $in) { conversation { id } userErrors { code message field } } }`
		for name, c := range map[string]struct {
			mutation    string
			in          map[string]any
			code, field string
		}{
			"unknown conversation":     {sendMutation, input("conversationId", "conversation_01k9zzzzzzzzzzzzzzzzzzzzzz", "text", "x"), "NOT_FOUND", "conversationId"},
			"id of another type":       {sendMutation, input("conversationId", channel.inboxID, "text", "x"), "NOT_FOUND", "conversationId"},
			"no id at all":             {sendMutation, input("conversationId", "1 OR 1=1", "text", "x"), "NOT_FOUND", "conversationId"},
			"empty text":               {sendMutation, input("conversationId", chat.conversationID, "text", " \n "), "REQUIRED", "text"},
			"no text":                  {sendMutation, input("conversationId", chat.conversationID), "REQUIRED", "text"},
			"1 MB text":                {sendMutation, input("conversationId", chat.conversationID, "text", strings.Repeat("x", 1<<20)), "TOO_LONG", "text"},
			"HTML of nothing":          {sendMutation, input("conversationId", chat.conversationID, "html", "<script>alert(1)</script>"), "REQUIRED", "text"},
			"mention of a stranger":    {sendMutation, input("conversationId", chat.conversationID, "text", "x", "note", true, "mentionUserIds", []string{"user_01k9zzzzzzzzzzzzzzzzzzzzzz"}), "NOT_A_MEMBER", "mentionUserIds.0"},
			"assignee unknown":         {assign, input("conversationId", chat.conversationID, "userId", "user_01k9zzzzzzzzzzzzzzzzzzzzzz"), "NOT_FOUND", "userId"},
			"assignee of another type": {assign, input("conversationId", chat.conversationID, "userId", channel.inboxID), "NOT_FOUND", "userId"},
			"neither user nor team":    {assign, input("conversationId", chat.conversationID), "REQUIRED", "userId"},
			"stale revision":           {assign, input("conversationId", chat.conversationID, "userId", a.me(), "expectedRevision", 99), "CONFLICT", "expectedRevision"},
			"second chat channel":      {`mutation($in: CreateChatChannelInput!) { createChatChannel(input: $in) { chatChannel { id } userErrors { code message field } } }`, input("inboxId", channel.inboxID), "ALREADY_EXISTS", "inboxId"},
			"wrong name":               {`mutation($in: DeleteInboxInput!) { deleteInbox(input: $in) { deletedInboxId userErrors { code message field } } }`, input("inboxId", channel.inboxID, "confirmName", "support"), "CONFIRMATION_MISMATCH", "confirmName"},
			"key too long":             {sendMutation, input("conversationId", chat.conversationID, "text", "x", "idempotencyKey", strings.Repeat("k", 256)), "INVALID", "idempotencyKey"},
		} {
			got := a.ask(adminToken, c.mutation, c.in)
			if code, field := userError(got); code != c.code || field != c.field {
				t.Errorf("%s: %s on %q, want %s on %q (%v)", name, code, field, c.code, c.field, got)
			}
		}
		if after := a.head(); after != before {
			t.Errorf("the log grew from %d to %d", before, after)
		}
	})
}

// me returns the admin's id.
func (a *api) me() string {
	a.t.Helper()
	return text(a.do(adminToken, `{ viewer { actor { ... on User { id } } } }`, nil), "viewer", "actor", "id")
}

// HTML is kept without its scripts, and gives the text.
func TestHTMLIsSanitised(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		got := a.do(adminToken, sendMutation, input("conversationId", chat.conversationID,
			"html", `<p onclick="x()">We <b>do</b>.</p><script>alert(1)</script><a href="javascript:x()">here</a>`))
		html := text(got, "sendMessage", "message", "html")
		for _, evil := range []string{"script", "onclick", "javascript"} {
			if strings.Contains(html, evil) {
				t.Errorf("%q has %q", html, evil)
			}
		}
		if said := text(got, "sendMessage", "message", "text"); !strings.Contains(said, "We do.") {
			t.Errorf("the text is %q", said)
		}
	})
}

// Requests that are no GraphQL, or that ask too much, get a code and a clear message.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		for i := range 3 {
			channel.chat(fmt.Sprintf("Hello %d", i))
		}
		page := a.do(adminToken, `{ conversations(first: 1) { pageInfo { endCursor } } }`, nil)
		cursor := text(page, "conversations", "pageInfo", "endCursor")
		for name, c := range map[string]struct {
			query     string
			variables map[string]any
			code      string
		}{
			"first too large":          {`{ conversations(first: 100000) { edges { cursor } } }`, nil, "INVALID"},
			"first zero":               {`{ conversations(first: 0) { edges { cursor } } }`, nil, "INVALID"},
			"cursor of another order":  {`query($c: String) { conversations(first: 1, after: $c, orderBy: OPENED_ASC) { edges { cursor } } }`, map[string]any{"c": cursor}, "BAD_USER_INPUT"},
			"cursor of another view":   {`query($c: String) { conversations(first: 1, after: $c, view: {builtIn: CHAT}) { edges { cursor } } }`, map[string]any{"c": cursor}, "BAD_USER_INPUT"},
			"no cursor":                {`{ conversations(first: 1, after: "zzz") { edges { cursor } } }`, nil, "BAD_USER_INPUT"},
			"foreign inbox":            {`{ conversations(inboxId: "inbox_01k9zzzzzzzzzzzzzzzzzzzzzz") { edges { cursor } } }`, nil, "NOT_FOUND"},
			"unknown field":            {`{ secrets }`, nil, "BAD_USER_INPUT"},
			"wrong enum":               {`{ conversations(view: {builtIn: EVERYTHING}) { edges { cursor } } }`, nil, "BAD_USER_INPUT"},
			"wrong time":               {`{ conversations(filter: {openedAfter: "yesterday"}) { edges { cursor } } }`, nil, "BAD_USER_INPUT"},
			"too deep":                 {`{ inboxes { nodes { chatChannel { inbox { chatChannel { inbox { chatChannel { inbox { chatChannel { inbox { chatChannel { inbox { chatChannel { inbox { chatChannel { inbox { id } } } } } } } } } } } } } } } } }`, nil, "COMPLEXITY_LIMIT"},
			"too much":                 {`{ conversations(first: 100) { edges { node { messages(first: 100) { edges { node { id text } } } } } } }`, nil, "COMPLEXITY_LIMIT"},
			"sequence beyond the head": {`{ events(after: 4000000) { scannedTo } }`, nil, "INVALID"},
		} {
			got := a.ask(adminToken, c.query, c.variables)
			if len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != c.code || got.Errors[0].Message == "" {
				t.Errorf("%s: %+v, want %s", name, got, c.code)
			}
		}
		for name, body := range map[string]string{"malformed JSON": `{"query": `, "invalid UTF-8": "{\"query\": \"{ viewer \xff { kind } }\"}", "a list": `[{"query": "{ viewer { kind } }"}]`} {
			if got := a.post(adminToken, "application/json", []byte(body)); got.Status != http.StatusBadRequest || len(got.Errors) == 0 {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := a.post(adminToken, "application/json", bytes.Repeat([]byte(" "), 5<<20)); got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("5 MB: status %d", got.Status)
		}
	})
}

// Tokens that do not hold are refused at once, and none is taken from an address (AC-9, AC-12).
func TestBadTokens(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		create := `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token apiToken { id } userErrors { code message field } } }`
		made := a.do(adminToken, create, input("name", "Reader", "userId", a.me(), "scopes", []string{"conversations:read", "account:read"}))
		token, tokenID := text(made, "createApiToken", "token"), text(made, "createApiToken", "apiToken", "id")
		if got := a.ask(token, `{ viewer { kind } }`, nil); text(got.Data, "viewer", "kind") != "ADMIN" {
			t.Errorf("the token is no admin's: %+v", got)
		}
		if got := a.ask(token, `mutation { createInbox(input: {name: "X"}) { inbox { id } } }`, nil); len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "FORBIDDEN" {
			t.Errorf("a reader made an inbox: %+v", got)
		}
		a.do(adminToken, `mutation($in: RevokeApiTokenInput!) { revokeApiToken(input: $in) { userErrors { code } } }`, input("apiTokenId", tokenID))
		for name, bad := range map[string]string{"revoked": token, "unknown": "parley_0123456789012345678901234567890123456789012", "garbage": "x"} {
			if got := a.ask(bad, `{ viewer { kind } }`, nil); got.Status != http.StatusUnauthorized || len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "UNAUTHENTICATED" {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if code, field := userError(a.ask(adminToken, create, input("name", "Old", "userId", a.me(), "scopes", []string{"*"}, "expiresAt", "2020-01-01T00:00:00Z"))); code != "INVALID" || field != "expiresAt" {
			t.Errorf("a token of the past: %s on %s", code, field)
		}
		response, err := http.Get(a.url + "/graphql?query=%7Bviewer%7Bkind%7D%7D&token=" + adminToken) //nolint:noctx // a plain request
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("a token in the address: status %d", response.StatusCode)
		}
		if got := a.ask("", `{ conversations { edges { cursor } } }`, nil); len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "UNAUTHENTICATED" {
			t.Errorf("without a token: %+v", got)
		}
	})
}

// Of many who close or assign at once each gets an answer, and the history has
// one closing (pitfall 10).
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		me := a.me()
		var group sync.WaitGroup
		for i := range 32 {
			group.Go(func() {
				mutation, in := `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { code } } }`, input("conversationId", chat.conversationID)
				if i%2 == 0 {
					mutation, in = `mutation($in: AssignConversationInput!) { assignConversation(input: $in) { userErrors { code } } }`, input("conversationId", chat.conversationID, "userId", me)
				}
				got := a.ask(adminToken, mutation, in)
				if code, _ := userError(got); len(got.Errors) > 0 || code != "" {
					t.Errorf("%+v", got)
				}
			})
		}
		group.Wait()
		if closed, assigned := a.logged("CONVERSATION_CLOSED"), a.logged("CONVERSATION_ASSIGNED"); closed != 1 || assigned != 1 {
			t.Errorf("%d closings and %d assignments in the log", closed, assigned)
		}
	})
}

// API-27, API-15: a name that is as long as a request may be is not given back whole.
func TestUnknownNamesAreClipped(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		got := a.ask(adminToken, sendMutation, input(strings.Repeat("x", 3_900_000), "y"))
		if len(got.Errors) != 1 {
			t.Fatalf("%d errors", len(got.Errors))
		}
		if shown := fmt.Sprint(got.Errors); len(shown) > 2000 || !strings.Contains(shown, "xxx") {
			t.Errorf("%d bytes come back: %.300s", len(shown), shown)
		}
	})
}
