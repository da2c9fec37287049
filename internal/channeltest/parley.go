package channeltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
)

// parley is the server, over its public API, as an admin.
type parley struct {
	url, token string
	// channel is what is tested, and connect the token of its connector.
	inbox, channel, connect string
}

// refusal is a user error.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.code + ": " + r.text }

// codeOf returns the code of a user error; "": it is none.
func codeOf(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return ""
}

// runOperation runs an operation, and reads its one field into out.
func (p *parley) runOperation(ctx context.Context, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	return p.exchange(ctx, "application/json", bytes.NewReader(body), out)
}

// do runs a mutation of one input.
func (p *parley) do(ctx context.Context, mutation, inputType, selection string, in map[string]any, out any) error {
	return p.runOperation(ctx, fmt.Sprintf("mutation($in: %s!) { %s(input: $in) { %s userErrors { code message } } }", inputType, mutation, selection), map[string]any{"in": in}, out)
}

func (p *parley) exchange(ctx context.Context, contentType string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/graphql", body)
	if err != nil {
		return fmt.Errorf("the address of Parley: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("the server answers %d, %.100q", response.StatusCode, text)
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("the server: %s", answer.Errors[0].Message)
	}
	for _, data := range answer.Data {
		var faults struct {
			UserErrors []struct{ Code, Message string }
		}
		if err := json.Unmarshal(data, &faults); err == nil && len(faults.UserErrors) > 0 {
			return &refusal{faults.UserErrors[0].Code, faults.UserErrors[0].Message}
		}
		if out != nil {
			return json.Unmarshal(data, out)
		}
	}
	return nil
}

// makeChannel makes an inbox with a channel of the medium's capabilities.
func (p *parley) makeChannel(ctx context.Context, medium Description, mark string) error {
	var who struct{ Actor struct{ ID string } }
	if err := p.runOperation(ctx, `{ viewer { actor { ... on User { id } } } }`, nil, &who); err != nil {
		return err
	}
	if who.Actor.ID == "" {
		return errors.New("the token is none of a user: want one of an admin")
	}
	var inbox struct{ Inbox struct{ ID string } }
	if err := p.do(ctx, "createInbox", "CreateInboxInput", "inbox { id }", map[string]any{"name": "Channel test " + mark, "userIds": []string{who.Actor.ID}}, &inbox); err != nil {
		return err
	}
	var made struct {
		CustomChannel struct{ ID string }
		Token         string
	}
	p.inbox = inbox.Inbox.ID
	err := p.do(ctx, "createCustomChannel", "CreateCustomChannelInput", "customChannel { id } token",
		map[string]any{"inboxId": p.inbox, "type": medium.Name, "name": "Channel test " + mark, "capabilities": medium.Capabilities}, &made)
	p.channel, p.connect = made.CustomChannel.ID, made.Token
	return err
}

// message is a message as the team sees it.
type message struct {
	ID, Text, Direction, Delivery, ExternalID string
	DeliveryError                             string
	DeletedAt                                 *time.Time
	ReplyTo                                   *struct{ ID string }
	Attachments                               []struct{ FileName, URL string }
}

const messageFields = `id text direction delivery deliveryError externalId deletedAt replyTo { id } attachments { fileName url }`

// conversation returns the conversation of a thread, by the medium's name for it; "": there
// is none yet.
func (p *parley) conversation(ctx context.Context, thread string) (id string, err error) {
	var found struct{ Nodes []struct{ ID string } }
	err = p.runOperation(ctx, `query($inbox: ID!, $thread: String!) { conversations(inboxId: $inbox, first: 2, filter: {externalIds: [$thread]}) { nodes { id } } }`,
		map[string]any{"inbox": p.inbox, "thread": thread}, &found)
	switch {
	case err != nil || len(found.Nodes) == 0:
		return "", err
	case len(found.Nodes) > 1:
		return "", fmt.Errorf("the thread %s has more than one conversation", thread)
	}
	return found.Nodes[0].ID, nil
}

// messages are those of a conversation, in their order.
func (p *parley) messages(ctx context.Context, conversationID string) (all []message, err error) {
	if conversationID == "" {
		return nil, nil
	}
	for after := any(nil); ; {
		var page struct {
			Messages struct {
				Nodes    []message
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		err := p.runOperation(ctx, `query($id: ID!, $after: String) { conversation(id: $id) { messages(first: 100, after: $after) { nodes { `+messageFields+` } pageInfo { hasNextPage endCursor } } } }`,
			map[string]any{"id": conversationID, "after": after}, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Messages.Nodes...)
		if after = page.Messages.PageInfo.EndCursor; !page.Messages.PageInfo.HasNextPage {
			return all, nil
		}
	}
}

// send has the team write. more are further fields of the input.
func (p *parley) send(ctx context.Context, conversationID, text string, more map[string]any) (messageID string, err error) {
	sum := sha256.Sum256([]byte(conversationID + text))
	in := map[string]any{"conversationId": conversationID, "text": text, "idempotencyKey": hex.EncodeToString(sum[:])}
	for field, value := range more {
		in[field] = value
	}
	var sent struct{ Message struct{ ID string } }
	err = p.do(ctx, "sendMessage", "SendMessageInput", "message { id }", in, &sent)
	return sent.Message.ID, err
}

// message returns one message.
func (p *parley) message(ctx context.Context, id string) (m message, err error) {
	err = p.runOperation(ctx, `query($id: ID!) { node(id: $id) { ... on Message { `+messageFields+` } } }`, map[string]any{"id": id}, &m)
	return m, err
}

// upload stores a file for a conversation.
func (p *parley) upload(ctx context.Context, conversationID string, f *File) (attachmentID string, err error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	operations, err := json.Marshal(map[string]any{
		"query":     `mutation($in: UploadAttachmentInput!) { uploadAttachment(input: $in) { attachment { id } userErrors { code message } } }`,
		"variables": map[string]any{"in": map[string]any{"to": map[string]any{"conversationId": conversationID}, "file": nil}},
	})
	err = errors.Join(err, form.WriteField("operations", string(operations)), form.WriteField("map", `{"0": ["variables.in.file"]}`))
	part, failed := form.CreateFormFile("0", f.Name)
	if err = errors.Join(err, failed); err != nil {
		return "", err
	}
	_, err = part.Write(f.Content)
	if err = errors.Join(err, form.Close()); err != nil {
		return "", err
	}
	var made struct{ Attachment struct{ ID string } }
	err = p.exchange(ctx, form.FormDataContentType(), &body, &made)
	return made.Attachment.ID, err
}

// download gets a file of a message.
func (p *parley) download(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("a file of Parley's answers %s", response.Status)
	}
	return io.ReadAll(response.Body)
}

// origin is an address without a slash at its end.
func origin(address string) string { return strings.TrimSuffix(address, "/") }
