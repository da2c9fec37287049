package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"parley/ent"
	"parley/ent/slackchannel"
	"parley/ent/slackworkspace"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// takeAction does what someone pressed, as the user that they are.
func (h *hearing) takeAction(ctx context.Context) error {
	if h.age() > actionLife {
		return h.answerPress(ctx, "That was not done, since it could not be done at once: look at the conversation, and press again.")
	}
	by, err := h.speaker(ctx, h.action.User.ID)
	if err != nil {
		return err
	}
	if !by.user {
		return h.answerPress(ctx, "You are not a member of the conversation's inbox in Parley, or your address there is another one than in Slack.")
	}
	as, target := viewer.NewContext(ctx, by.viewer), conversation.On(h.c.ID)
	switch h.action.Actions[0].ActionID {
	case actionAssign:
		_, err = h.conversations.Assign(as, conversation.AssignConversationInput{Target: target, Assignment: conversation.Assignment{UserID: opt.Of(by.viewer.ActorID)}})
	case actionClose:
		_, err = h.conversations.Close(as, conversation.CloseConversationInput{Target: target})
	case actionOpen:
		_, err = h.conversations.Reopen(as, conversation.ReopenConversationInput{Target: target})
	}
	var why refusal
	if err = asRefusal("That was not done: ", err); errors.As(err, &why) {
		return h.answerPress(ctx, string(why))
	}
	return err
}

// answerPress says something to whoever pressed a button, and to no one else. It is tried once.
func (h *hearing) answerPress(ctx context.Context, text string) error {
	if !h.isSlacks(h.action.ResponseURL) {
		return nil
	}
	body, err := json.Marshal(map[string]any{"response_type": "ephemeral", "replace_original": false, "text": escape(text)})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.action.ResponseURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := h.client.Do(request)
	if err != nil {
		h.log.InfoContext(ctx, "someone who pressed a button in Slack did not get an answer", "error", err)
		return nil
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<10))
	return response.Body.Close()
}

// handleChannel handles what became of a channel, or of the app.
func (r *runner) handleChannel(ctx context.Context, e *storedEvent) error {
	everywhere := everywhere(ctx)
	client := r.store.Client(everywhere)
	if e.kind == "app_uninstalled" || e.kind == "tokens_revoked" {
		list, err := client.SlackWorkspace.Query().Where(slackworkspace.TeamID(e.teamID)).All(everywhere)
		for _, w := range list {
			if w.ConnectedAt > 0 && int64(w.ConnectedAt) > e.receivedAt { // it was connected again since
				continue
			}
			err = errors.Join(err, r.revoke(ctx, w, "The app was removed from the workspace: connect it again."))
		}
		return err
	}
	list, err := client.SlackChannel.Query().Where(slackchannel.TeamID(e.teamID), slackchannel.SlackID(e.slackID)).All(everywhere)
	if err != nil {
		return err
	}
	var env envelope
	var h happening
	if json.Unmarshal([]byte(e.body), &env) != nil || json.Unmarshal(env.Event, &h) != nil {
		return nil
	}
	for _, c := range list {
		if err := r.changeChannel(ctx, c, &h); err != nil {
			return err
		}
	}
	return nil
}

// share notes that others read a channel: nothing is posted there, and once it is connected again
// Slack is asked first.
func (r *runner) share(ctx context.Context, c *ent.SlackChannel) error {
	r.mu.Lock()
	delete(r.checked, c.SlackID)
	r.mu.Unlock()
	return r.stopChannel(ctx, c, vocab.SlackChannelShared, "The channel is shared with another company, which would read notes.")
}

func (r *runner) changeChannel(ctx context.Context, c *ent.SlackChannel, h *happening) error {
	switch h.Type {
	case "channel_shared":
		return r.share(ctx, c)
	case "channel_archive", "group_archive":
		return r.stopChannel(ctx, c, vocab.SlackChannelUnreachable, "The channel is archived.")
	case "channel_deleted", "group_deleted":
		return r.stopChannel(ctx, c, vocab.SlackChannelUnreachable, "The channel was deleted in Slack.")
	case "channel_unarchive", "group_unarchive":
		if c.State != vocab.SlackChannelUnreachable {
			return nil
		}
		return r.changeRow(ctx, c, func(after *ent.SlackChannel) { after.State, after.Problem = vocab.SlackChannelConnected, "" })
	case "channel_rename", "group_rename":
		_, name := h.channelID()
		if name == "" {
			return nil
		}
		return r.changeRow(ctx, c, func(after *ent.SlackChannel) { after.Name = errs.Clip(name) })
	}
	return nil
}

// changeRow changes a channel, and has its threads go on if it is connected.
func (s *Service) changeRow(ctx context.Context, c *ent.SlackChannel, apply func(*ent.SlackChannel)) error {
	return s.store.WithTx(asSystem(ctx, c.AccountID), func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Client.SlackChannel.Query().Where(slackchannel.ID(c.ID)).Modify(store.ForUpdate).Only(ctx)
		if err != nil {
			return ent.MaskNotFound(err)
		}
		after := *before
		apply(&after)
		if err := saveChannel(ctx, tx, before, &after); err != nil || after.State != vocab.SlackChannelConnected {
			return err
		}
		s.wakeAfter(tx, c.TeamID)
		return unpark(ctx, tx, "channel_id", c.ID)
	})
}
