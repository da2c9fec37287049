package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Marks on what was written in Slack: what became of it.
const (
	markSent    = "white_check_mark"
	markFailed  = "warning"
	markNote    = "memo"
	markDeleted = "wastebasket"
)

// tendMark marks what someone wrote in Slack with what became of it (NT-2).
func (w *work) tendMark(ctx context.Context, p *post) error {
	m, err := w.store.Client(ctx).Message.Get(ctx, p.messageID)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	want := markFailed // it became none
	if m != nil {
		want = markOf(m)
	}
	if want == "" {
		want = p.mark
	}
	if err := w.noteMark(ctx, p, m, want); err != nil {
		return err
	}
	return w.showMark(ctx, p)
}

// noteMark notes the mark that someone's words are to have, with the lines that say why, at once:
// however often the mark has to be tried, they are posted once.
func (w *work) noteMark(ctx context.Context, p *post, m *ent.Message, want string) error {
	var lines []line
	digest := p.digest
	if m != nil && want == markFailed && p.mark != markFailed {
		lines = append(lines, line{Kind: lineFailed, Message: m.ID})
	}
	if m != nil && digest != "" && digest != saidDigest(m) {
		lines = append(lines, line{Kind: lineEdited, Message: m.ID})
		digest = saidDigest(m)
	}
	if want == p.mark && digest == p.digest {
		return nil
	}
	return w.within(ctx, w.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		noted, err := tx.Exec(ctx, "UPDATE slack_posts SET mark = $1, digest = $2 WHERE id = $3 AND digest = $4", want, digest, p.id, p.digest)
		if err != nil {
			return err
		}
		if noted == 0 { // it was edited in Slack meanwhile
			return errs.New(errs.Unavailable, "what was written is another by now")
		}
		for _, l := range lines {
			if err := addLine(ctx, tx, w.row, l); err != nil {
				return err
			}
		}
		p.mark, p.digest, p.had = want, digest, digest
		return nil
	})
}

// showMark brings the reaction that shows the mark up to date.
func (w *work) showMark(ctx context.Context, p *post) error {
	if p.marked == p.mark {
		return nil
	}
	item := api.NewRefToMessage(w.channel.SlackID, p.ts)
	if p.marked != "" {
		err := w.call(ctx, "reactions.remove", func(ctx context.Context) error { return w.api.RemoveReactionContext(ctx, p.marked, item) })
		if f := faultOf(err); err != nil && f != faultDone && f != faultGone {
			return err
		}
	}
	err := w.call(ctx, "reactions.add", func(ctx context.Context) error { return w.api.AddReactionContext(ctx, p.mark, item) })
	if f := faultOf(err); err != nil && f != faultDone && f != faultGone {
		return err
	}
	p.marked = p.mark
	return nil
}

// markOf is the mark of what a message became; "": none yet.
func markOf(m *ent.Message) string {
	switch {
	case m.DeletedAt.IsSet():
		return markDeleted
	case m.Direction == vocab.Note:
		return markNote
	case m.Delivery == vocab.DeliveryFailed, m.Delivery == vocab.DeliveryCanceled:
		return markFailed
	case m.Delivery == vocab.DeliveryQueued:
		return ""
	}
	return markSent
}

// saidDigest tells whether a message says something else than before.
func saidDigest(m *ent.Message) string {
	sum := sha256.Sum256([]byte(m.Text + "\x00" + m.HTML))
	return hex.EncodeToString(sum[:])
}
