package visitor

import (
	"context"
	"time"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/emailchannel"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// missedWithin is how old a reply may be to be mailed still: after a long
	// standstill no one gets last week's.
	missedWithin = 24 * time.Hour
	// maxMissed is how many messages a notice has at most, the last ones.
	maxMissed = 20
	// maxNotices is how many notices an address gets within noticesWithin: more
	// would be a loop, or someone's joke (RFC 3834).
	maxNotices    = 4
	noticesWithin = time.Hour
)

// missedReplies finds the chats with replies from people that wait longer than
// the delay and were not mailed, whose visitor has an address and was not on
// the site during the delay. There is one notice within the delay. Filtered
// chats, those in the trash and blocked senders get none (IN-9, IN-10).
const missedReplies = `SELECT DISTINCT c.account_id, c.id FROM messages m
	JOIN conversations c ON c.id = m.conversation_id JOIN visitors v ON v.id = c.visitor_id
	WHERE m.direction = 'OUTGOING' AND m.delivery = 'SENT' AND m.created_at > $1 AND m.created_at <= $2
	AND m.deleted_at = 0 AND m.author_kind <> 'BOT' AND m.visible_number > c.visitor_read_number
	AND c.kind = 'CHAT' AND c.filtered = 0 AND c.deleted_at = 0 AND v.email <> '' AND v.last_seen_at <= $2
	AND NOT EXISTS (SELECT 1 FROM visitor_links l WHERE l.conversation_id = c.id AND (l.mailed_number >= m.visible_number OR l.created_at > $2))
	AND NOT EXISTS (SELECT 1 FROM blocks b WHERE (b.channel_id = c.channel_id OR b.all_channels AND b.inbox_id = c.inbox_id)
		AND (b.ends_at = 0 OR b.ends_at > $3) AND (b.sender = c.visitor_id OR v.identity IS NOT NULL AND b.sender = c.contact_id))`

// MailMissed mails replies to visitors who left before they came (CH-6). The
// system runs it often.
func (s *Service) MailMissed(ctx context.Context) error {
	if s.options.MissedAfter == 0 {
		return nil
	}
	type missed struct{ account, conversation string }
	var found []missed
	since, until := s.missedBetween(s.store.Now())
	rows, err := s.store.Query(ctx, missedReplies+" LIMIT 1000", since, until, int64(s.store.Now()))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m missed
		if err := rows.Scan(&m.account, &m.conversation); err != nil {
			return err
		}
		found = append(found, m)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_ = rows.Close() // SQLite may have but few readers
	for _, m := range found {
		if err := s.mailOne(ctx, m.account, m.conversation); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) missedBetween(now clock.Micros) (since, until int64) {
	return int64(now.Add(-missedWithin - s.options.MissedAfter)), int64(now.Add(-s.options.MissedAfter))
}

// mailOne posts a conversation's notice, unless that changed in the meantime.
func (s *Service) mailOne(ctx context.Context, accountID, conversationID string) error {
	ctx = viewer.NewContext(ctx, viewer.System("missed-replies", accountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Query().Where(entconversation.ID(conversationID)).Modify(store.ForUpdate).Only(ctx)
		if err != nil {
			if ent.IsNotFound(err) {
				return nil
			}
			return err
		}
		since, until := s.missedBetween(tx.Now())
		still, err := s.store.Strings(ctx, "SELECT id FROM ("+missedReplies+" AND c.id = $4) missed", since, until, int64(s.store.Now()), c.ID)
		if err != nil || len(still) == 0 {
			return err
		}
		return s.mailMissedReplies(ctx, tx, c)
	})
}

func (s *Service) mailMissedReplies(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	me, err := tx.Client.Visitor.Get(ctx, c.VisitorID)
	if err != nil {
		return err
	}
	if enough, err := s.HasEnough(ctx, me); err != nil || enough {
		return err
	}
	if withdrawn, err := hasWithdrawn(ctx, tx.Client, me); err != nil || withdrawn {
		return err // nothing more is sent (TM-8)
	}
	messages, err := s.unmailedMessages(ctx, tx, c)
	if err != nil || len(messages) == 0 {
		return err
	}
	last := messages[len(messages)-1]
	back, err := s.WayBack(ctx, tx, c, me, last.VisibleNumber, last.ID)
	if err != nil {
		return err
	}
	l := missedNotice{Link: back.Link, Once: back.Once, Answerable: back.Answerable()}
	if l.head, err = headFor(ctx, tx, me); err != nil {
		return err
	}
	if l.Messages, err = s.loadReplies(ctx, l.head, messages); err != nil {
		return err
	}
	written, err := l.compose(me.Email)
	if err != nil {
		return err
	}
	back.Address(&written)
	written.About = aboutVisitor(me)
	mail.Post(tx, written)
	return nil
}

// unmailedMessages returns what the visitor has not read and no notice had, oldest
// first: never notes, nor what a bot said.
func (s *Service) unmailedMessages(ctx context.Context, tx *store.Tx, c *ent.Conversation) ([]*ent.Message, error) {
	mailed, err := s.store.Numbers(ctx, "SELECT COALESCE(MAX(mailed_number), 0) FROM visitor_links WHERE conversation_id = $1", c.ID)
	if err != nil {
		return nil, err
	}
	list, err := tx.Client.Message.Query().Where(
		entmessage.ConversationID(c.ID), entmessage.DirectionEQ(vocab.Outgoing), entmessage.DeletedAt(0),
		entmessage.AuthorKindNEQ(viewer.Bot), entmessage.VisibleNumberGT(max(c.VisitorReadNumber, int(mailed[0]))),
	).Order(entmessage.ByNumber()).All(ctx)
	return list[max(0, len(list)-maxMissed):], err
}

// mailboxOf is the e-mail channel that a letter is from, and to which it is answered: the
// inbox's first connected one; nil: there is none.
func (s *Service) mailboxOf(ctx context.Context, tx *store.Tx, c *ent.Conversation) (*ent.EmailChannel, error) {
	if s.options.Threads == nil {
		return nil, nil
	}
	channel, err := tx.Client.EmailChannel.Query().Where(emailchannel.InboxID(c.InboxID), emailchannel.StateEQ(vocab.EmailConnected)).
		Order(emailchannel.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return channel, err
}
