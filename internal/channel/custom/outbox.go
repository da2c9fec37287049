package custom

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/ent/channelmessage"
	"parley/ent/predicate"
	"parley/internal/conversation"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// isWaiting leaves what a connector may get, as the index has it.
func isWaiting(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(channelmessage.FieldState) + " = 'WAITING' AND " + s.C(channelmessage.FieldReady)))
}

// hasLease leaves what a connector has, as the index has it.
func hasLease(s *sql.Selector) { s.Where(sql.ExprP(s.C(channelmessage.FieldLeaseID) + " <> ''")) }

// takeOut gives a connector the message that waits for longest in a channel, but none of
// those that it had for too long; nil: there is none. From then on it may have reached the
// contact (AG-2).
func (s *Service) takeOut(ctx context.Context, channelID, lease string, but map[string]int) (taken *ent.ChannelMessage, err error) {
	wanted := []predicate.ChannelMessage{channelmessage.ChannelID(channelID)}
	for had, attempts := range but {
		wanted = append(wanted, channelmessage.Or(channelmessage.IDNEQ(had), channelmessage.AttemptsNEQ(attempts)))
	}
	ctx = system(ctx)
	waits, err := s.store.Client(ctx).ChannelMessage.Query().Where(wanted...).Modify(isWaiting).Limit(1).IDs(ctx)
	if err != nil || len(waits) == 0 { // most events leave nothing to do: no one writes for them
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		taken = nil
		row, err := tx.Client.ChannelMessage.Query().Where(wanted...).Order(channelmessage.ByQueuedAt(), channelmessage.ByID()).
			Modify(isWaiting, store.ForUpdate).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		row.State, row.LeaseID, row.LeaseUntil, row.Attempts = vocab.OutboundLeased, lease, tx.Now().Add(conversation.OutboundLease), row.Attempts+1
		taken = row
		return tx.Client.ChannelMessage.UpdateOneID(row.ID).SetState(row.State).SetLeaseID(lease).SetLeaseUntil(row.LeaseUntil).SetAttempts(row.Attempts).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// outbound is a message as its connector gets it.
func (s *Service) outbound(ctx context.Context, channel *ent.CustomChannel, row *ent.ChannelMessage) (*OutboundMessage, error) {
	ctx = system(ctx)
	client := s.store.Client(ctx)
	m, err := client.Message.Get(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	c, err := client.Conversation.Get(ctx, row.ConversationID)
	if err != nil {
		return nil, err
	}
	out := &OutboundMessage{
		Message: m, Conversation: c, Action: row.Action, ExternalThreadID: row.ThreadKey, ExternalMessageID: row.ExternalID,
		Attempt: row.Attempts, LeaseUntil: row.LeaseUntil, Attachments: []*ent.Attachment{}, QuickReplies: []vocab.QuickReply{},
	}
	if row.Action == vocab.OutboundDelete {
		return out, nil
	}
	can := channel.Capabilities
	out.Template, out.Text = row.Template, conversation.OutboundText(can, m.Text, m.Cards, m.QuickReplies)
	out.HTML, out.Markdown = richOf(can, m)
	out.cutText(can.MaxTextLength)
	if can.QuickReplies {
		out.QuickReplies = append(out.QuickReplies, m.QuickReplies...)
	}
	if can.Replies && m.ReplyToID != "" {
		answered, err := client.ChannelMessage.Get(ctx, m.ReplyToID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if answered != nil {
			out.ReplyToExternalMessageID = answered.ExternalID
		}
	}
	out.Attachments, err = client.Attachment.Query().Where(entattachment.MessageID(m.ID)).Order(entattachment.ByPosition()).All(ctx)
	return out, err
}

// cutText shortens what is longer than the channel takes: what Parley says by itself, and what was
// queued before it took less. What is shortened loses its markup, which would be cut through.
func (out *OutboundMessage) cutText(most int) {
	isLong := func(text string) bool { return most > 0 && utf8.RuneCountInString(text) > most }
	if isLong(out.Text) {
		out.Text = richtext.Clip(out.Text, most-1)
	} else if out.HTML == nil || !isLong(richtext.Text(*out.HTML)) {
		return
	}
	if out.HTML != nil {
		plain := "<p>" + strings.ReplaceAll(richtext.Escape(out.Text), "\n", "<br>") + "</p>"
		out.HTML = &plain
	}
	if out.Markdown != nil {
		plain := richtext.TextToMarkdown(out.Text)
		out.Markdown = &plain
	}
}

// richOf are a message's HTML and Markdown as they go out, with what stands for cards and
// answers that the channel cannot show; nil: there is none, or the channel takes plain text.
func richOf(can vocab.ChannelCapabilities, m *ent.Message) (html, markdown *string) {
	if !can.RichText {
		return nil, nil
	}
	lines := conversation.OutboundLines(can, m.Cards, m.QuickReplies)
	if m.HTML != "" {
		whole := m.HTML
		for _, line := range lines {
			whole += "<p>" + strings.ReplaceAll(richtext.Escape(line), "\n", "<br>") + "</p>"
		}
		html = &whole
	}
	if text := conversation.MarkdownOf(m); text != "" {
		for _, line := range lines {
			text += "\n\n" + line
		}
		markdown = &text
	}
	return html, markdown
}

// RoundEvery is how often TendOutboxes is to be called.
const RoundEvery = 5 * time.Second

// perRound is how many messages a round gives back at most; the next one takes the rest.
const perRound = 500

// lapsedLeases are also those that rested after an attempt.
const lapsedLeases = `SELECT id, conversation_id, account_id FROM channel_messages WHERE lease_until > 0 AND lease_until <= $1 ORDER BY lease_until LIMIT $2`

// TendOutboxes gives back what connectors have had too long without a sign of life (CC-3).
// The system runs it each RoundEvery.
func (s *Service) TendOutboxes(ctx context.Context) error {
	type lapsed struct{ id, conversation, account string }
	var found []lapsed
	err := store.ForEachRow(ctx, s.store, lapsedLeases, []any{int64(s.store.Now()), perRound}, func(rows sql.ColumnScanner) error {
		var l lapsed
		err := rows.Scan(&l.id, &l.conversation, &l.account)
		found = append(found, l)
		return err
	})
	faults := []error{err}
	for _, l := range found {
		ctx := viewer.NewContext(ctx, viewer.System("custom-channels", l.account))
		faults = append(faults, s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return s.deps.Conversations.ReturnOutbound(ctx, tx, &ent.ChannelMessage{ID: l.id, ConversationID: l.conversation}, func(row *ent.ChannelMessage) bool {
				return row.LeaseUntil.IsSet() && row.LeaseUntil <= tx.Now()
			})
		}))
	}
	return errors.Join(faults...)
}
