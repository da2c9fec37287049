package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// messageIn is the message that an event changed.
func messageIn(body string) *said {
	var env envelope
	var h happening
	if json.Unmarshal([]byte(body), &env) != nil || json.Unmarshal(env.Event, &h) != nil {
		return nil
	}
	return h.Message
}

// takeChange edits the message that someone's words became, as they edit these.
func (h *hearing) takeChange(ctx context.Context) error {
	p, m, err := h.messageOf(ctx)
	if err != nil || m == nil {
		return err
	}
	what := h.Message
	if what.User != p.slackUser || !isNewer(what.Edited.TS, p.edited) {
		return nil
	}
	last, err := h.lastChange(ctx)
	if err != nil || last != nil && isNewer(last.Edited.TS, what.Edited.TS) {
		return err // it edits what that one edits again
	}
	by, err := h.speaker(ctx, what.User)
	if err != nil {
		return err
	}
	says, err := h.contentOf(ctx, by, what)
	if err != nil {
		return err
	}
	if says.note != (m.Direction == vocab.Note) {
		return refusal("The edit was not taken: what was sent cannot become a note, nor a note an answer.")
	}
	in := conversation.EditMessageInput{MessageID: m.ID}
	if says.markdown != "" {
		in.Markdown = &says.markdown
	} else {
		if says.text == m.Text {
			return h.execWithin(ctx, h.row.accountID, "UPDATE slack_posts SET edited = $1 WHERE id = $2", what.Edited.TS, p.id)
		}
		in.Text = &says.text
	}
	// Until it is known what it says then, no difference is an edit in Parley.
	if err := h.noteDigest(ctx, p, ""); err != nil {
		return err
	}
	changed, err := h.conversations.EditMessage(viewer.NewContext(ctx, by.viewer), in)
	if err != nil {
		return h.unchanged(ctx, p, m, asRefusal("The edit was not taken, and the contact has what was written before: ", err))
	}
	return h.execWithin(ctx, h.row.accountID, "UPDATE slack_posts SET digest = $1, edited = $2 WHERE id = $3", saidDigest(changed), what.Edited.TS, p.id)
}

// messageOf is the post that an event is about, and the message that it became; nil: it became
// none. errWait: it may still.
func (h *hearing) messageOf(ctx context.Context) (*post, *ent.Message, error) {
	p, err := h.postAt(ctx, h.event.aboutTS)
	if err != nil {
		return nil, nil, err
	}
	if p == nil {
		return nil, nil, errWait
	}
	if !p.fromSlack {
		return nil, nil, nil
	}
	m, err := h.store.Client(ctx).Message.Get(ctx, p.messageID)
	if ent.IsNotFound(err) {
		waits, err := h.findSaid(ctx, "team_id = $1 AND slack_id = $2 AND about_ts = $3 AND kind = 'reply' AND due_at > 0", h.teamID, h.event.slackID, h.event.aboutTS)
		if err == nil && waits != nil {
			err = errWait
		}
		return nil, nil, err
	}
	return p, m, err
}

// takeDeletion deletes the message that someone's words became, where that is possible.
func (h *hearing) takeDeletion(ctx context.Context) error {
	p, m, err := h.messageOf(ctx)
	if errors.Is(err, errWait) {
		// Its words came never, or come later: then they are not sent (takeReply).
		return errWait
	}
	if err != nil || m == nil || m.DeletedAt.IsSet() {
		return err
	}
	if h.isLateDeletion() {
		return refusal("The message was deleted here long after it was written. Slack does not say by whom, so it stays in the conversation: delete it in Parley.")
	}
	by, err := h.speaker(ctx, h.Previous.User)
	if err != nil {
		return err
	}
	if err := h.noteDigest(ctx, p, ""); err != nil { // what is deleted here was not deleted in Parley
		return err
	}
	if _, err := h.conversations.DeleteMessage(viewer.NewContext(ctx, by.viewer), conversation.DeleteMessageInput{MessageID: m.ID}); err != nil {
		return h.unchanged(ctx, p, m, asRefusal("The message was deleted here, but not for the contact: ", err))
	}
	return nil
}

// lastChange is the newest edit that is still to be taken over of what an event is about; nil:
// there is none. Edits come in any order.
func (h *hearing) lastChange(ctx context.Context) (last *said, err error) {
	bodies, err := h.store.Strings(ctx, "SELECT body FROM slack_events WHERE team_id = $1 AND slack_id = $2 AND about_ts = $3 AND kind = 'changed' AND due_at > 0", h.teamID, h.event.slackID, h.event.aboutTS)
	if err != nil {
		return nil, err
	}
	for _, body := range bodies {
		if m := messageIn(body); m != nil && m.Edited != nil && (last == nil || isNewer(m.Edited.TS, last.Edited.TS)) {
			last = m
		}
	}
	return last, nil
}

// isNewer compares two times as Slack writes them.
func isNewer(ts, than string) bool {
	seconds, _, _ := strings.Cut(ts, ".")
	before, _, _ := strings.Cut(than, ".")
	if len(seconds) != len(before) {
		return len(seconds) > len(before)
	}
	return ts > than
}

// noteDigest notes what someone's words say by now; "": that is about to change.
func (h *hearing) noteDigest(ctx context.Context, p *post, digest string) error {
	return h.execWithin(ctx, h.row.accountID, "UPDATE slack_posts SET digest = $1 WHERE id = $2", digest, p.id)
}

// unchanged notes that a message says what it said, if a change of it was refused.
func (h *hearing) unchanged(ctx context.Context, p *post, m *ent.Message, err error) error {
	var why refusal
	if errors.As(err, &why) {
		return errors.Join(err, h.noteDigest(ctx, p, saidDigest(m)))
	}
	return err
}
