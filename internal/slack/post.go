package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"
	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// post is what a thread shows, or what someone wrote there.
type post struct {
	id, messageID, attachmentID, line, slackUser, ts, fileID, digest, mark, marked, edited string
	position, version, triedAt, attempts                                                   int64
	fromSlack                                                                              bool
	// had is the digest when it was read: one that was written meanwhile stays.
	had string
}

// mostTries is how often a file is tried: it is not to hold up its thread for ever.
const mostTries = 20

func isLater(err error) bool {
	var put later
	return errors.As(err, &put)
}

const postColumns = "id, message_id, attachment_id, line, slack_user, ts, file_id, digest, mark, marked, edited, position, version, tried_at, attempts, from_slack"

func (p *post) scan(rows entsql.ColumnScanner) error {
	err := rows.Scan(&p.id, &p.messageID, &p.attachmentID, &p.line, &p.slackUser, &p.ts, &p.fileID, &p.digest, &p.mark, &p.marked, &p.edited, &p.position, &p.version, &p.triedAt, &p.attempts, &p.fromSlack)
	p.had = p.digest
	return err
}

func (p *post) attempt() attempt {
	return attempt{table: "slack_posts", id: p.id, triedAt: clock.Micros(p.triedAt)}
}

// duePosts are those of the thread that are to be looked at, in their order.
func (w *work) duePosts(ctx context.Context) (list []*post, err error) {
	err = store.ForEachRow(ctx, w.store, "SELECT "+postColumns+" FROM slack_posts WHERE thread_id = $1 AND due ORDER BY attachment_id <> '' AND attempts > 0, position, id LIMIT "+strconv.Itoa(mostPosts), []any{w.row.id},
		func(rows entsql.ColumnScanner) error {
			p := &post{}
			list = append(list, p)
			return p.scan(rows)
		})
	return list, err
}

// tendPost shows what a post is about. What Slack does not take, now or later, is given up.
func (w *work) tendPost(ctx context.Context, p *post) error {
	var err error
	switch {
	case p.attachmentID != "":
		err = w.tendFile(ctx, p)
	case p.line != "":
		err = w.tendLine(ctx, p)
	case p.fromSlack:
		err = w.tendMark(ctx, p)
	default:
		err = w.tendMessage(ctx, p)
	}
	if err != nil && faultOf(err) == faultRefused {
		w.log.WarnContext(ctx, "Slack does not take a post", "post", p.id, "error", err)
		err = nil
		if !p.fromSlack { // that is what someone's words said
			p.digest = "refused"
		}
	}
	if err != nil && p.attachmentID != "" && p.attempts >= mostTries && faultOf(err) == faultUnknown && !isLater(err) {
		w.log.WarnContext(ctx, "a file could not be shown in Slack", "post", p.id, "error", err)
		p.digest, err = "refused", nil
	}
	if err != nil {
		if !isLater(err) && ctx.Err() == nil {
			err = errors.Join(err, w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET attempts = attempts + 1 WHERE id = $1", p.id))
		}
		return err
	}
	return w.within(ctx, w.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		kept, err := tx.Exec(ctx, `UPDATE slack_posts SET ts = $1, file_id = $2, digest = CASE WHEN digest = $3 THEN $4 ELSE digest END, marked = $5,
			tried_at = 0, attempts = 0, due = (version <> $6) WHERE id = $7`, p.ts, p.fileID, p.had, p.digest, p.marked, p.version, p.id)
		if err != nil || kept > 0 || p.fromSlack {
			return err
		}
		return w.leavePost(ctx, tx, p.ts, p.fileID)
	})
}

func (w *work) here() place { return place{slackID: w.channel.SlackID, threadTS: w.row.ts} }

// showText posts a text, or edits it if it is there and says something else.
func (w *work) showText(ctx context.Context, p *post, text string) (err error) {
	sum := sha256.Sum256([]byte(text))
	digest := hex.EncodeToString(sum[:])
	switch {
	case p.ts == "":
		p.ts, err = w.postOnce(ctx, p.attempt(), w.here(), api.MsgOptionText(text, false))
	case p.digest != digest:
		err = w.call(ctx, "chat.update", func(ctx context.Context) error {
			_, _, _, err := w.api.UpdateMessageContext(ctx, w.channel.SlackID, p.ts, api.MsgOptionText(text, false))
			return err
		})
		if faultOf(err) == faultGone && err != nil {
			err = nil // someone deleted it there
		}
	}
	if err == nil {
		p.digest = digest
	}
	return err
}

// tendMessage shows a message, and then its files.
func (w *work) tendMessage(ctx context.Context, p *post) error {
	m, err := w.store.Client(ctx).Message.Get(ctx, p.messageID)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	if m.DeletedAt.IsSet() {
		return w.takeBack(ctx, p)
	}
	text, err := w.textOf(ctx, m)
	if err != nil {
		return err
	}
	if err := w.showText(ctx, p, text); err != nil {
		return err
	}
	return w.noteFiles(ctx, p, m)
}

// takeBack deletes a post, and the files of its message.
func (w *work) takeBack(ctx context.Context, p *post) error {
	if p.ts == "" && p.triedAt > 0 { // it may be there
		ts, err := w.lookFor(ctx, w.api, p.attempt(), w.here())
		if err != nil {
			return err
		}
		p.ts = ts
	}
	if p.ts != "" && p.digest != "deleted" {
		err := w.call(ctx, "chat.delete", func(ctx context.Context) error {
			_, _, err := w.api.DeleteMessageContext(ctx, w.channel.SlackID, p.ts)
			return err
		})
		if err != nil && faultOf(err) != faultGone {
			return err
		}
	}
	p.digest = "deleted"
	return w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET due = TRUE, version = version + 1 WHERE thread_id = $1 AND message_id = $2 AND message_id <> '' AND attachment_id <> ''", w.row.id, p.messageID)
}

// textOf is what a message says in Slack, and who says it.
func (w *work) textOf(ctx context.Context, m *ent.Message) (string, error) {
	by, err := w.author(ctx, m)
	if err != nil {
		return "", err
	}
	before, after := "*"+by+"*\n", ""
	switch m.Direction {
	case vocab.Note:
		before = ":memo: *" + by + "* (note)\n"
	case vocab.SystemMessage:
		before = ""
	case vocab.Outgoing:
		before = "*" + by + "* → contact\n"
		if m.Delivery == vocab.DeliveryFailed {
			after = "\n:warning: Not delivered" + reasonOf(m)
		}
	}
	most := maxPost - lengthOf(before) - lengthOf(after)
	said := shown(m, most)
	for _, card := range m.Cards {
		title := "▸ " + oneLine(card.Title, 200)
		if said != "" {
			title = "\n" + title
		}
		if lengthOf(said)+lengthOf(title) > most {
			break
		}
		said += title
	}
	if said == "" {
		said = "_(no text)_"
	}
	return before + said + after, nil
}

// reasonOf is why a message was not delivered, if that is known.
func reasonOf(m *ent.Message) string {
	if m.DeliveryError == "" {
		return "."
	}
	return ": " + oneLine(m.DeliveryError, 300)
}

// author is what whoever wrote a message is called.
func (w *work) author(ctx context.Context, m *ent.Message) (string, error) {
	if m.Direction == vocab.Incoming {
		who, err := w.nodes.DisplayNames(ctx, []*ent.Conversation{w.c})
		if err != nil {
			return "", err
		}
		return oneLine(who[0], 100), nil
	}
	return w.actor(ctx, m.AuthorKind, m.AuthorID)
}

// actor is what whoever did something is called.
func (w *work) actor(ctx context.Context, kind viewer.Kind, actorID string) (string, error) {
	found, err := w.nodes.Actors(ctx, []loader.Ref{{Kind: kind, ID: actorID}})
	if err != nil {
		return "", err
	}
	switch a := found[0].(type) {
	case *ent.User:
		return oneLine(a.Name, 100), nil
	case *ent.Integration:
		return oneLine(a.Name, 100), nil
	case *ent.Bot:
		return oneLine(a.Name, 100), nil
	}
	return "Parley", nil
}

// tendLine posts a line of Parley's own.
func (w *work) tendLine(ctx context.Context, p *post) error {
	var l line
	if err := json.Unmarshal([]byte(p.line), &l); err != nil {
		return nil //nolint:nilerr // no line of ours
	}
	text, err := w.lineText(ctx, l)
	if err != nil || text == "" {
		return err
	}
	return w.showText(ctx, p, text)
}

func (w *work) lineText(ctx context.Context, l line) (string, error) {
	by, err := w.actor(ctx, l.ActorKind, l.Actor)
	if err != nil {
		return "", err
	}
	switch l.Kind {
	case lineRefused:
		return ":warning: " + escape(l.Why), nil
	case lineFailed, lineEdited:
		m, err := w.store.Client(ctx).Message.Get(ctx, l.Message)
		if err != nil {
			return "", ent.MaskNotFound(err)
		}
		if l.Kind == lineFailed {
			return ":warning: Not delivered" + reasonOf(m), nil
		}
		if m.DeletedAt.IsSet() {
			return ":wastebasket: The message was deleted in Parley.", nil
		}
		return ":pencil2: Edited in Parley:\n" + shown(m, maxPost-100), nil
	case string(vocab.ConversationAssigned):
		to, err := w.names(ctx, l)
		return "_" + by + " assigned it to " + to + "._", err
	case string(vocab.ConversationUnassigned):
		return "_" + by + " unassigned it._", nil
	case string(vocab.ConversationClosed):
		return "_" + by + " closed it._", nil
	case string(vocab.ConversationReopened):
		return "_" + by + " opened it again._", nil
	}
	return "", nil
}

// names are whom a conversation was assigned to.
func (w *work) names(ctx context.Context, l line) (string, error) {
	users, err := w.nodes.Users(ctx, []string{l.User})
	if err != nil {
		return "", err
	}
	teams, err := w.nodes.Teams(ctx, []string{l.Team})
	if err != nil {
		return "", err
	}
	switch {
	case users[0] != nil && l.User == l.Actor:
		return "themselves", nil
	case users[0] != nil:
		return oneLine(users[0].Name, 100), nil
	case teams[0] != nil:
		return "the team " + oneLine(teams[0].Name, 100), nil
	}
	return "someone", nil
}

// addLine has a thread show a line after all that it shows.
func addLine(ctx context.Context, tx *store.Tx, t *threadRow, l line) error {
	last, err := tx.Number(ctx, "SELECT COALESCE(MAX(position), 0) FROM slack_posts WHERE thread_id = $1", t.id)
	if err != nil {
		return err
	}
	return notePost(ctx, tx, t, last, "", l.encode())
}

// noteFiles has the thread show the files of a message that it does not show yet.
func (w *work) noteFiles(ctx context.Context, p *post, m *ent.Message) error {
	lists, err := w.files.Of(ctx, []*ent.Message{m})
	if err != nil || len(lists[0]) == 0 {
		return err
	}
	return w.within(ctx, w.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		for _, a := range lists[0] {
			_, err := tx.Exec(ctx, `INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, message_id, attachment_id, due, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9) ON CONFLICT (thread_id, message_id, attachment_id) WHERE message_id <> '' DO NOTHING`,
				id.New("slackpost"), w.row.accountID, w.row.inboxID, w.row.conversationID, w.row.id, p.position, m.ID, a.ID, int64(tx.Now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
