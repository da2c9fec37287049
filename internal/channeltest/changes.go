package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

func changesMessages(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, words := range []string{"To be edited", "To be deleted"} {
		messageID, err := t.parley.send(ctx, th.conversation, words, nil)
		if err != nil {
			return "", err
		}
		if _, err := t.becomes(ctx, messageID, "SENT"); err != nil {
			return "", err
		}
		ids = append(ids, messageID)
	}
	before, err := t.medium.messages(ctx, th.name)
	if err != nil {
		return "", err
	}
	if t.medium.can("attachmentTypes") {
		several, err := t.sendSeveral(ctx, th)
		if err != nil {
			return "", err
		}
		ids = append(ids, several)
	}
	if err := t.parley.do(ctx, "editMessage", "EditMessageInput", "message { id }", map[string]any{"messageId": ids[0], "text": "Edited"}, nil); err != nil {
		return "", err
	}
	for _, messageID := range ids[1:] {
		if err := t.parley.do(ctx, "deleteMessage", "DeleteMessageInput", "message { id }", map[string]any{"messageId": messageID}, nil); err != nil {
			return "", err
		}
	}
	after, err := t.outgoing(ctx, th, "Edited")
	if n := slices.IndexFunc(after, func(m Delivered) bool { return !m.Deleted }); err == nil && after[n].ID != before[0].ID {
		err = errors.New("instead of an edit the contact got another message")
	}
	return "", err
}

// sendSeveral sends a text with two files, and waits until it is SENT.
func (t *test) sendSeveral(ctx context.Context, th *thread) (messageID string, err error) {
	var ids []string
	for _, f := range testFiles()[:2] {
		uploaded, err := t.parley.upload(ctx, th.conversation, f)
		if err != nil {
			return "", err
		}
		ids = append(ids, uploaded)
	}
	if messageID, err = t.parley.send(ctx, th.conversation, "To be deleted with its files", map[string]any{"attachmentIds": ids}); err != nil {
		return "", err
	}
	_, err = t.becomes(ctx, messageID, "SENT")
	return messageID, err
}

func heedsWindow(ctx context.Context, t *test) (_ string, err error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	narrow := map[string]any{}
	for name, value := range t.medium.says.Capabilities {
		narrow[name] = value
	}
	narrow["replyWindowSeconds"] = 1
	set := func(capabilities map[string]any) error {
		return t.parley.do(ctx, "updateCustomChannel", "UpdateCustomChannelInput", "customChannel { id }", map[string]any{"channelId": t.parley.channel, "capabilities": capabilities}, nil)
	}
	if err := set(narrow); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, set(t.medium.says.Capabilities)) }()
	select {
	case <-time.After(1100 * time.Millisecond):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if _, err := t.parley.send(ctx, th.conversation, "Too late", nil); codeOf(err) != "REPLY_WINDOW_CLOSED" {
		return "", fmt.Errorf("an answer past the window gives %q, want REPLY_WINDOW_CLOSED", codeOf(err))
	}
	_, err = t.parley.send(ctx, th.conversation, "Come back, Ann", map[string]any{"template": map[string]any{"name": "come_back", "language": "en", "parameters": []string{"Ann"}}})
	if err != nil {
		return "", err
	}
	err = t.until(ctx, func() error {
		got, err := t.medium.messages(ctx, th.name)
		switch {
		case err != nil:
			return err
		case len(got) != 1:
			return fmt.Errorf("the contact got %d messages, want the template", len(got))
		case got[0].Template == nil || got[0].Template.Name != "come_back" || got[0].Template.Language != "en" || fmt.Sprint(got[0].Template.Parameters) != "[Ann]":
			return fmt.Errorf("the template arrived as %+v", got[0].Template)
		}
		return nil
	})
	return "", err
}
