package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"parley/internal/clock"
)

// upload sends a file with a mutation, as the GraphQL multipart request
// specification has it.
func (a *api) upload(token, mutation, fileName, content string, in map[string]any) answer {
	a.t.Helper()
	in["file"] = nil
	operations, err := json.Marshal(map[string]any{"query": mutation, "variables": map[string]any{"in": in}})
	if err != nil {
		a.t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err = errors.Join(form.WriteField("operations", string(operations)), form.WriteField("map", `{"0": ["variables.in.file"]}`))
	part, err2 := form.CreateFormFile("0", fileName)
	if err = errors.Join(err, err2); err != nil {
		a.t.Fatal(err)
	}
	_, err = part.Write([]byte(content))
	if err = errors.Join(err, form.Close()); err != nil {
		a.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/graphql", &body)
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	got := answer{Status: response.StatusCode}
	if err = errors.Join(err, json.Unmarshal(raw, &got)); err != nil {
		a.t.Fatalf("status %d, %v: %.300s", response.StatusCode, err, raw)
	}
	return got
}

const (
	staffUpload   = `mutation($in: UploadAttachmentInput!) { uploadAttachment(input: $in) { attachment { id fileName contentType size } userErrors { code field } } }`
	visitorUpload = `mutation($in: UploadVisitorAttachmentInput!) { uploadVisitorAttachment(input: $in) { attachment { id fileName contentType size } userErrors { code field } } }`
)

// CH-7, IN-14: files go both ways in a chat, also without a word; each side gets
// the other's by an address of its own, and no one sends what someone else
// uploaded.
func TestFilesBothWays(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk, stranger := c.chat("I send you the receipt"), c.chat("Hello")
		mine := text(a.upload(talk.visitor, visitorUpload, "receipt.txt", "1 EUR", map[string]any{"conversationId": talk.conversationID}).Data,
			"uploadVisitorAttachment", "attachment", "id")
		const send = `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { message { attachments { fileName } } userErrors { code field } } }`
		stolen := a.ask(stranger.visitor, send, input("conversationId", stranger.conversationID, "text", "Mine", "attachmentIds", []string{mine}))
		if problem := at(stolen.Data, "sendVisitorMessage", "userErrors", 0); text(problem, "code") != "NOT_FOUND" || text(problem, "field", 0) != "attachmentIds" {
			t.Errorf("another visitor sends the file: %+v", stolen)
		}
		a.do(talk.visitor, send, input("conversationId", talk.conversationID, "text", "", "attachmentIds", []string{mine}))
		seen := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages { edges { node { text attachments { url } } } } } }`, map[string]any{"id": talk.conversationID})
		last := at(seen, "conversation", "messages", "edges", 1, "node")
		if got := a.fetch(text(last, "attachments", 0, "url")); got != "1 EUR" || text(last, "text") != "" {
			t.Errorf("the team gets %q with %v", got, last)
		}

		theirs := text(a.upload(adminToken, staffUpload, "terms.txt", "Be kind", map[string]any{"to": map[string]any{"conversationId": talk.conversationID}}).Data,
			"uploadAttachment", "attachment", "id")
		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID, "attachmentIds", []string{theirs}))
		got := a.do(talk.visitor, `query($id: ID!) { visitorConversation(id: $id) { messages(last: 1) { edges { node { attachments { fileName url } } } } } }`,
			map[string]any{"id": talk.conversationID})
		file := at(got, "visitorConversation", "messages", "edges", 0, "node", "attachments", 0)
		if text(file, "fileName") != "terms.txt" || a.fetch(text(file, "url")) != "Be kind" {
			t.Errorf("the visitor gets %v", got)
		}
	})
}

// CH-7: a file that is too large, empty, or that a computer would run is refused;
// so is an upload without a session.
func TestUploadsRefused(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		talk := a.channel().chat("Hello")
		in := func() map[string]any { return map[string]any{"conversationId": talk.conversationID} }
		if got := a.upload(talk.visitor, visitorUpload, "run.exe", "MZ\x90\x00", in()); text(got.Data, "uploadVisitorAttachment", "userErrors", 0, "code") != "INVALID" {
			t.Errorf("a program: %+v", got)
		}
		if got := a.upload(adminToken, staffUpload, "empty.txt", "", map[string]any{"to": in()}); text(got.Data, "uploadAttachment", "userErrors", 0, "code") != "INVALID" {
			t.Errorf("an empty file: %+v", got)
		}
		if got := a.upload(adminToken, staffUpload, "large.txt", strings.Repeat("x", 1<<20+1), map[string]any{"to": in()}); text(got.Data, "uploadAttachment", "userErrors", 0, "code") != "TOO_LONG" {
			t.Errorf("a large file: %d %+v", got.Status, got)
		}
		if got := a.upload(talk.visitor, visitorUpload, "large.txt", strings.Repeat("x", 1<<20+1), in()); got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("a visitor's large file: %d %+v", got.Status, got)
		}
		if got := a.upload("", visitorUpload, "a.txt", "x", in()); len(got.Errors) == 0 || got.Data["uploadVisitorAttachment"] != nil {
			t.Errorf("without a session: %+v", got)
		}
	})
}

// IB-3: with its inbox a forwarding address is unknown at once, and free for
// another one; its files are gone.
func TestInboxWithMailDeleted(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.mailbox("support@shop.example")
		m.forward("ada@example.com", question)
		first := at(m.conversations("ALL", 1)[0], "messages", "edges", 0, "node")
		file, raw := text(first, "attachments", 0, "url"), text(first, "email", "rawUrl")
		a.fetch(file)
		a.do(adminToken, `mutation($in: DeleteInboxInput!) { deleteInbox(input: $in) { userErrors { message } } }`, input("inboxId", m.inboxID, "confirmName", "Mail"))
		err := smtp.SendMail(a.smtp, nil, "ada@example.com", []string{m.forwarding}, []byte("Subject: x\r\n\r\nx"))
		if err == nil || !strings.HasPrefix(err.Error(), "550") {
			t.Errorf("its forwarding address answers %v", err)
		}
		for _, address := range []string{file, raw} {
			a.until("its files are gone", func() bool { return a.gone(address) })
		}
		if again := a.mailbox("support@shop.example"); again.forwarding == m.forwarding {
			t.Errorf("another inbox gets the same forwarding address %s", m.forwarding)
		}
	})
}

// gone reports whether an address has nothing.
func (a *api) gone(address string) bool {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusNotFound
}
