package targeting

import (
	"context"

	"parley/ent"
	"parley/ent/targetedmessagecount"
	"parley/ent/targetedmessageview"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Saw notes that a visitor was shown a message, or opened it, which is to be
// shown it, too. Each counts once a visitor (TM-10).
func Saw(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage, visitorID string, kind vocab.WidgetViewKind) error {
	now := int64(tx.Now())
	shown, err := tx.Exec(ctx, `INSERT INTO targeted_message_views (id, account_id, inbox_id, visitor_id, targeted_message_id, shown_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (visitor_id, targeted_message_id) DO NOTHING`,
		id.New("view"), m.AccountID, m.InboxID, visitorID, m.ID, now)
	if err != nil {
		return err
	}
	opened := int64(0)
	if kind == vocab.ViewOpened {
		opened, err = tx.Exec(ctx, `UPDATE targeted_message_views SET opened_at = $1
			WHERE visitor_id = $2 AND targeted_message_id = $3 AND account_id = $4 AND opened_at = 0`, now, visitorID, m.ID, m.AccountID)
		if err != nil {
			return err
		}
	}
	if shown+opened == 0 {
		return nil
	}
	return Count(ctx, tx, m, Tally{Shown: int(shown), Opened: int(opened)})
}

// WasShown reports whether the visitor was ever shown the message, which counts
// only while it is on.
func WasShown(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage, visitorID string) (bool, error) {
	return tx.Client.TargetedMessageView.Query().
		Where(targetedmessageview.VisitorID(visitorID), targetedmessageview.TargetedMessageID(m.ID)).Exist(ctx)
}

// Tally is what a targeted message did (TM-10): to how many visitors it was
// shown, how many opened it, the chats that they began and the addresses that
// they gave.
type Tally struct{ Shown, Opened, Chats, Emails int }

// Count adds to a message's counts. It is one of the last acts of a
// transaction: others wait for it.
func Count(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage, t Tally) error {
	if t == (Tally{}) {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO targeted_message_counts (id, account_id, inbox_id, shown, opened, chats, emails)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET
		shown = targeted_message_counts.shown + excluded.shown, opened = targeted_message_counts.opened + excluded.opened,
		chats = targeted_message_counts.chats + excluded.chats, emails = targeted_message_counts.emails + excluded.emails`,
		m.ID, m.AccountID, m.InboxID, t.Shown, t.Opened, t.Chats, t.Emails)
	return err
}

// Counts returns what each message did, with one query.
func (s *Service) Counts(ctx context.Context, messages []*ent.TargetedMessage) ([]*Tally, error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	found, err := s.store.Client(ctx).TargetedMessageCount.Query().Where(targetedmessagecount.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]*Tally{}
	for _, c := range found {
		byID[c.ID] = &Tally{c.Shown, c.Opened, c.Chats, c.Emails}
	}
	tallies := make([]*Tally, len(messages))
	for i, m := range messages {
		if tallies[i] = byID[m.ID]; tallies[i] == nil {
			tallies[i] = &Tally{}
		}
	}
	return tallies, nil
}
