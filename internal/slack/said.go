package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// noteMark begins what is not for the contact.
	noteMark = "//"
	// placedWithin is how long an event waits for the thread, or the message, that it is about.
	placedWithin = 10 * time.Minute
	// placedAgain is how long it rests between at first.
	placedAgain = 2 * time.Second
	// handledWithin is how long an event is tried that could not be handled.
	handledWithin = 24 * time.Hour
	// mostFiles is how many files of one message are taken.
	mostFiles = 20
)

// errWait says that what an event is about is not there yet.
var errWait = errors.New("what it is about is not there yet")

// refusal is why something that someone did in Slack was not done, in words for them.
type refusal string

// Error says why.
func (e refusal) Error() string { return string(e) }

// tendSaid handles what was said in a thread, one after the other.
func (r *runner) tendSaid(ctx context.Context, slackID, threadTS string) error {
	for ctx.Err() == nil {
		e, err := r.firstSaid(ctx, slackID, threadTS)
		if err != nil || e == nil {
			return err
		}
		if err := r.finish(ctx, e, r.handleSaid(ctx, e)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

const eventColumns = "id, team_id, slack_id, thread_ts, about_ts, kind, body, message_id, received_at, due_at, attempts"

func (e *storedEvent) scan(rows entsql.ColumnScanner) error {
	return rows.Scan(&e.id, &e.teamID, &e.slackID, &e.threadTS, &e.aboutTS, &e.kind, &e.body, &e.messageID, &e.receivedAt, &e.dueAt, &e.attempts)
}

// firstSaid is the first event of a thread that is due: they come in any order. What failed
// holds up what was written after it.
func (r *runner) firstSaid(ctx context.Context, slackID, threadTS string) (*storedEvent, error) {
	now := r.store.Now()
	e, err := r.findSaid(ctx, "team_id = $1 AND slack_id = $2 AND thread_ts = $3 AND due_at > 0 AND (due_at <= $4 OR attempts > 0) ORDER BY about_ts, received_at, id", r.teamID, slackID, threadTS, int64(now))
	if err == nil && e != nil && e.dueAt > int64(now) {
		return nil, later{clock.Micros(e.dueAt)}
	}
	return e, err
}

func (r *runner) findSaid(ctx context.Context, where string, args ...any) (e *storedEvent, err error) {
	err = store.ForEachRow(ctx, r.store, "SELECT "+eventColumns+" FROM slack_events WHERE "+where+" LIMIT 1", args, func(rows entsql.ColumnScanner) error {
		e = &storedEvent{}
		return e.scan(rows)
	})
	return e, err
}

// finish notes what became of an event. Of one that is done only the id stays.
func (r *runner) finish(ctx context.Context, e *storedEvent, err error) error {
	var put later
	age := time.Duration(int64(r.store.Now())-e.receivedAt) * time.Microsecond
	set := func(assign string, args ...any) error {
		return r.store.WithTx(everywhere(ctx), func(ctx context.Context, tx *store.Tx) error {
			if err := r.lease.Check(ctx, tx); err != nil {
				return err
			}
			args = append(args, e.id)
			_, err := tx.Exec(ctx, "UPDATE slack_events SET "+assign+fmt.Sprintf(" WHERE id = $%d", len(args)), args...)
			return err
		})
	}
	switch {
	case err == nil, errors.Is(err, errWait) && age > e.waits(), ctx.Err() == nil && !errors.As(err, &put) && age > handledWithin:
		if err != nil {
			r.log.WarnContext(ctx, "what was said in Slack was given up", "event", e.id, "error", err)
		}
		return set("due_at = 0, body = ''")
	case ctx.Err() != nil, errors.As(err, &put):
		return err
	case errors.Is(err, errWait):
		return set("due_at = $1", int64(r.store.Now().Add(max(placedAgain, age/20))))
	}
	r.log.WarnContext(ctx, "what was said in Slack could not be handled yet", "event", e.id, "error", err)
	return set("attempts = attempts + 1, due_at = $1", int64(r.store.Now().Add(pauseAfter(e.attempts))))
}

// waits is how long an event waits for what it is about. An edit waits as long as what it edits is
// tried: else the contact would get what was written before. A deletion that has waited is
// regarded still (takeReply).
func (e *storedEvent) waits() time.Duration {
	if e.kind == kindChanged {
		return handledWithin + placedWithin
	}
	return placedWithin
}

// handleSaid handles an event.
func (r *runner) handleSaid(ctx context.Context, e *storedEvent) error {
	switch e.kind {
	case kindReply, kindChanged, kindDeleted, kindAction:
	default:
		return r.handleChannel(ctx, e)
	}
	h, err := r.openSaid(ctx, e)
	if err != nil || h == nil {
		return err
	}
	ctx = asSystem(ctx, h.row.accountID)
	switch e.kind {
	case kindReply:
		err = h.takeReply(ctx)
	case kindChanged:
		err = h.takeChange(ctx)
	case kindDeleted:
		err = h.takeDeletion(ctx)
	case kindAction:
		return h.takeAction(ctx)
	}
	var why refusal
	if errors.As(err, &why) {
		return h.refuse(ctx, string(why))
	}
	if err != nil && faultOf(err) == faultRevoked {
		return errors.Join(err, r.revoke(ctx, h.workspace, sentenceOf(err)))
	}
	return err
}

// hearing is an event that is being handled, with what it takes.
type hearing struct {
	*work
	event *storedEvent
	happening
	action action
}

// openSaid loads the thread that an event is about; nil: it does not matter. errWait: the
// thread may become known.
func (r *runner) openSaid(ctx context.Context, e *storedEvent) (*hearing, error) {
	h := &hearing{work: &work{runner: r}, event: e}
	err := store.ForEachRow(ctx, r.store, "SELECT "+threadColumns+" FROM slack_threads WHERE team_id = $1 AND slack_id = $2 AND ts = $3", []any{e.teamID, e.slackID, e.threadTS}, func(rows entsql.ColumnScanner) error {
		h.row = &threadRow{}
		return h.row.scan(rows)
	})
	if err != nil {
		return nil, err
	}
	if h.row == nil {
		may, err := r.isOfThread(ctx, e.teamID, e.slackID, e.threadTS)
		if err == nil && may {
			err = errWait
		}
		return nil, err
	}
	inside := asSystem(ctx, h.row.accountID)
	client := r.store.Client(inside)
	if h.channel, err = client.SlackChannel.Get(inside, h.row.channelID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if h.workspace, err = client.SlackWorkspace.Get(inside, h.channel.WorkspaceID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if h.c, err = client.Conversation.Get(inside, h.row.conversationID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if h.api, err = r.clientOf(h.workspace); err != nil {
		return nil, err
	}
	if e.kind == kindAction {
		return h, json.Unmarshal([]byte(e.body), &h.action)
	}
	var env envelope
	if err := json.Unmarshal([]byte(e.body), &env); err != nil {
		return nil, err
	}
	if env.Shared { // what strangers may have written is not sent
		return nil, r.share(ctx, h.channel)
	}
	if h.channel.State == vocab.SlackChannelShared {
		return nil, nil
	}
	return h, json.Unmarshal(env.Event, &h.happening)
}

// speaker is who wrote something, and as whom it is sent.
type speaker struct {
	*person
	viewer *viewer.Viewer
	// user: they are a user who may answer.
	user bool
}

// speaker finds out as whom something that someone wrote is sent: as the user with their
// address, if that one is a member of the inbox, and otherwise as the workspace's integration.
func (h *hearing) speaker(ctx context.Context, slackUser string) (*speaker, error) {
	p, err := h.person(ctx, h.api, slackUser)
	if err != nil {
		return nil, err
	}
	v, err := h.userOf(ctx, h.row.accountID, p)
	if err != nil {
		return nil, err
	}
	if v != nil && v.InInbox(h.row.inboxID) {
		return &speaker{p, v, true}, nil
	}
	if v, err = h.integrationViewer(ctx); err != nil {
		return nil, err
	}
	return &speaker{p, v, false}, nil
}

// content is what someone wrote, as what it is sent.
type content struct {
	written
	note bool
}

// contentOf reads what someone wrote: a note if it begins with the mark, they are no user who
// may answer, or the channel has it so.
func (h *hearing) contentOf(ctx context.Context, by *speaker, what *said) (content, error) {
	if !by.viewer.InInbox(h.row.inboxID) {
		return content{}, refusal("Not kept: an admin took the inbox from the integration that writes what people say who are not its members.")
	}
	called := names{}
	for _, who := range mentioned(what.Text) {
		p, err := h.person(ctx, h.api, who)
		if err != nil {
			return content{}, err
		}
		called[who] = p.name
	}
	text := strings.TrimSpace(what.Text)
	inner, marked := strings.CutPrefix(text, noteMark)
	if marked {
		text = strings.TrimSpace(inner)
	}
	c := content{readMrkdwn(text, called, emojiIn(what.Blocks, text)), marked || !by.user || h.channel.ThreadReplies == vocab.SlackNote}
	if !by.user {
		name := by.name + " (Slack): "
		if c.markdown != "" {
			c.markdown = strings.NewReplacer("*", "\\*", "_", "\\_", "[", "\\[", "`", "\\`").Replace(name) + c.markdown
		} else {
			c.text = name + c.text
		}
	}
	return c, nil
}

// claim notes that a message is what someone wrote, and returns the id that it has: the same,
// whenever it is handled again.
func (h *hearing) claim(ctx context.Context) (p *post, err error) {
	err = h.within(ctx, h.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		last, err := tx.Number(ctx, "SELECT COALESCE(MAX(position), 0) FROM slack_posts WHERE thread_id = $1", h.row.id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, message_id, from_slack, slack_user, ts, due, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $9, FALSE, $10) ON CONFLICT (thread_id, ts) WHERE ts <> '' DO NOTHING`,
			id.New("slackpost"), h.row.accountID, h.row.inboxID, h.row.conversationID, h.row.id, last, h.event.messageID, h.User, h.event.aboutTS, int64(tx.Now()))
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.postAt(ctx, h.event.aboutTS)
}

// postAt is what is known of a post of the thread; nil: nothing.
func (h *hearing) postAt(ctx context.Context, ts string) (p *post, err error) {
	err = store.ForEachRow(ctx, h.store, "SELECT "+postColumns+" FROM slack_posts WHERE thread_id = $1 AND ts = $2 AND ts <> ''", []any{h.row.id, ts}, func(rows entsql.ColumnScanner) error {
		p = &post{}
		return p.scan(rows)
	})
	return p, err
}

// takeReply sends what someone wrote, once.
func (h *hearing) takeReply(ctx context.Context) error {
	gone, err := h.findSaid(ctx, "team_id = $1 AND slack_id = $2 AND about_ts = $3 AND kind = 'deleted'", h.teamID, h.event.slackID, h.event.aboutTS)
	if err != nil || gone != nil { // they took it back before it was sent
		return err
	}
	what := &h.happening.said
	changed, err := h.lastChange(ctx)
	if err != nil {
		return err
	}
	if changed != nil {
		what.Text, what.Blocks = changed.Text, changed.Blocks
	}
	by, err := h.speaker(ctx, h.User)
	if err != nil || by.bot {
		return err
	}
	p, err := h.claim(ctx)
	if err != nil || p == nil || !p.fromSlack {
		return err
	}
	there, err := h.store.Client(ctx).Message.Query().Where(entmessage.ID(p.messageID)).Exist(ctx)
	if err != nil {
		return err
	}
	if there { // it was sent before its outcome was noted
		return h.noteSent(ctx, p)
	}
	says, err := h.contentOf(ctx, by, what)
	if err != nil {
		return err
	}
	files, err := h.takeFiles(ctx, by, p, what.Files)
	if err != nil {
		return err
	}
	if changed != nil {
		if err := h.execWithin(ctx, h.row.accountID, "UPDATE slack_posts SET edited = $1 WHERE id = $2", changed.Edited.TS, p.id); err != nil {
			return err
		}
	}
	in := conversation.SendMessageInput{Target: conversation.On(h.c.ID), ID: &p.messageID, Note: says.note, AttachmentIDs: files}
	if says.markdown != "" {
		in.Markdown = &says.markdown
	} else if says.text != "" || len(files) == 0 {
		in.Text = &says.text
	}
	if _, _, err := h.conversations.SendMessage(viewer.NewContext(ctx, by.viewer), in); err != nil {
		return asRefusal("Not sent: ", err)
	}
	return h.noteSent(ctx, p)
}

// noteSent has what someone wrote be marked with what became of it.
func (h *hearing) noteSent(ctx context.Context, p *post) error {
	m, err := h.store.Client(ctx).Message.Get(ctx, p.messageID)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	return h.within(ctx, h.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE slack_posts SET digest = $1, due = TRUE, version = version + 1 WHERE id = $2", saidDigest(m), p.id); err != nil {
			return err
		}
		h.wakeAfter(tx, h.teamID)
		return touch(ctx, tx, "id = ", h.row.id)
	})
}

// refuse says in the thread why something was not done, and marks what it was about.
func (h *hearing) refuse(ctx context.Context, why string) error {
	return h.within(ctx, h.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		// Handled again, it says so once.
		said, err := tx.Exec(ctx, "UPDATE slack_events SET due_at = 0, body = '' WHERE id = $1 AND due_at > 0", h.event.id)
		if err != nil || said == 0 {
			return err
		}
		if h.event.kind == kindReply {
			_, err := tx.Exec(ctx, "UPDATE slack_posts SET due = TRUE, version = version + 1 WHERE thread_id = $1 AND ts = $2 AND ts <> '' AND from_slack", h.row.id, h.event.aboutTS)
			if err != nil {
				return err
			}
		}
		if err := addLine(ctx, tx, h.row, line{Kind: lineRefused, Why: why}); err != nil {
			return err
		}
		h.wakeAfter(tx, h.teamID)
		return touch(ctx, tx, "id = ", h.row.id)
	})
}

// asRefusal says a fault of the API's to whoever did something in Slack; other errors stay.
func asRefusal(what string, err error) error {
	fault := errs.Of(err)
	if fault == nil || fault.Code == errs.Unavailable || fault.Code == errs.Internal {
		return err
	}
	switch fault.Code {
	case errs.ConversationClosed:
		return refusal(what + "the chat is closed. Press Open first.")
	case errs.SenderBlocked:
		return refusal(what + "the contact is blocked.")
	case errs.ChannelNotConnected:
		return refusal(what + "the conversation's channel is not connected.")
	}
	return refusal(what + errs.Clip(fault.Message))
}
