package conversation

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// settledInbox is an inbox whose settings are not those of a new one.
type settledInbox struct {
	id, account string
	settings    vocab.InboxSettings
}

// settledInboxes are the inboxes of every account with settings of their own.
func (s *Service) settledInboxes(ctx context.Context) ([]settledInbox, error) {
	var found []settledInbox
	err := store.ForEachRow(ctx, s.store, `SELECT id, account_id, CAST(settings AS TEXT) FROM inboxes
		WHERE deleted_at = 0 AND CAST(settings AS TEXT) <> '{}'`, nil, func(rows entsql.ColumnScanner) error {
		var i settledInbox
		var settings []byte
		if err := rows.Scan(&i.id, &i.account, &settings); err != nil {
			return err
		}
		found = append(found, i)
		return decodeSettings(settings, &found[len(found)-1].settings)
	})
	return found, err
}

// PassOn routes open chats again whose visitor waits and whose assignee has been gone
// for as long as their inbox says, once for each message of the visitor (AC-15). The
// system runs it each minute.
func (s *Service) PassOn(ctx context.Context) error {
	inboxes, err := s.settledInboxes(ctx)
	if err != nil {
		return err
	}
	for _, i := range inboxes {
		if i.settings.PassOnAfter == 0 {
			continue
		}
		gone := s.store.Now().Add(-time.Duration(i.settings.PassOnAfter) * time.Minute)
		ids, err := s.abandoned(ctx, i, gone)
		if err != nil {
			return err
		}
		for _, conversationID := range ids {
			err := s.changeAsSystem(byRouting(ctx, i.account), conversationID, func(ctx context.Context, ch *change) error { return ch.passOn(ctx, gone) })
			if ignorePurged(err) != nil {
				return err
			}
		}
	}
	return nil
}

// abandoned are an inbox's chats whose visitor waits and whose assignee is gone.
func (s *Service) abandoned(ctx context.Context, i settledInbox, gone clock.Micros) ([]string, error) {
	st := &store.Statement{}
	live := vocab.KindsThat(func(a vocab.Abilities) bool { return a.OnlyToAvailable })
	st.WriteString("SELECT c.id FROM conversations c JOIN users u ON u.id = c.assignee_id WHERE c.inbox_id = " + st.Arg(i.id) +
		" AND c.folder = 'MAIN' AND c.kind IN (" + store.List(st, live) + ") AND c.status = 'OPEN' AND c.waiting_since < " + st.Arg(int64(clock.Never)) +
		" AND c.last_incoming_number > c.reassigned_message_number")
	at := st.Arg(int64(gone))
	st.WriteString(" AND u.connected_at <= " + at + " AND u.answered_at <= " + at + " AND u.last_seen_at <= " + at + " ORDER BY c.waiting_since LIMIT 500")
	return s.store.Strings(ctx, st.String(), st.Args...)
}

// passOn routes the chat among the others, if its assignee is gone still.
func (ch *change) passOn(ctx context.Context, gone clock.Micros) error {
	c := ch.c
	if c.AssigneeID == "" || c.WaitingSince == clock.Never || c.LastIncomingNumber <= c.ReassignedMessageNumber || !routable(c) || c.SnoozedUntil.IsSet() {
		return nil
	}
	owner, err := ch.tx.Client.User.Get(ctx, c.AssigneeID)
	if err != nil || max(owner.ConnectedAt, owner.AnsweredAt, owner.LastSeenAt) > gone {
		return ignoreGone(err)
	}
	c.ReassignedMessageNumber = c.LastIncomingNumber
	return ch.reroute(ctx, vocab.RoutedOwnerGone, vocab.SkipNotConnected)
}
