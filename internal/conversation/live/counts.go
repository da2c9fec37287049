package live

import (
	"context"
	"slices"
	"strconv"
	"sync"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/vocab"
)

// openRows keeps the counts of one inbox's views for those who watch them. It has a
// row of each open conversation, however many are closed, and of each watching
// user what they have not read.
type openRows struct {
	live      *Service
	accountID string
	inboxID   string
	members   int // guarded by the registry
	cancel    context.CancelFunc
	wanted    chan struct{} // someone new watches

	// rows and what users have not read are the follower's alone.
	rows map[string]openRow

	mu        sync.Mutex
	users     map[string]*reader
	failed    bool  // it could not be read
	sequence  int64 // everything up to here is counted
	authority int64 // the last event after which someone may not watch any longer
	awaited   chan struct{}
}

// loadState reads the open conversations, and what the users have read of them.
func (b *openRows) loadState(ctx context.Context, sequence int64) error {
	open := map[string]openRow{}
	err := store.ForEachRow(ctx, b.live.store, `SELECT id, folder, kind, assignee_id, in_bots, filtered <> 0 OR deleted_at <> 0, last_incoming_number, woken_revision, revision
		FROM conversations WHERE account_id = $1 AND inbox_id = $2 AND status = 'OPEN'`, []any{b.accountID, b.inboxID},
		func(rows entsql.ColumnScanner) error {
			var conversationID string
			var c openRow
			err := rows.Scan(&conversationID, &c.Folder, &c.Kind, &c.Assignee, &c.Bots, &c.hidden, &c.incoming, &c.woken, &c.revision)
			open[conversationID] = c
			return err
		})
	if err != nil {
		return err
	}
	b.rows = open
	b.mu.Lock()
	b.sequence, b.failed = sequence, false
	b.mu.Unlock()
	return b.serveRequests(ctx)
}

func (b *openRows) name() string { return "counts of inbox " + b.inboxID }

func (b *openRows) readerRequests() <-chan struct{} { return b.wanted }

// serveRequests counts for users who are new.
func (b *openRows) serveRequests(ctx context.Context) error {
	for _, r := range b.allReaders() {
		if r.loaded {
			continue
		}
		if err := b.loadReader(ctx, r); err != nil {
			return err
		}
	}
	b.showCounts()
	return nil
}

func (b *openRows) allReaders() []*reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*reader, 0, len(b.users))
	for _, r := range b.users {
		list = append(list, r)
	}
	return list
}

// loadReader counts everything for a user.
func (b *openRows) loadReader(ctx context.Context, r *reader) error {
	positions := map[string]view.Position{}
	err := store.ForEachRow(ctx, b.live.store, `SELECT c.id, r.number, r.revision FROM conversations c JOIN read_positions r ON r.conversation_id = c.id AND r.user_id = $1
		WHERE c.account_id = $2 AND c.inbox_id = $3 AND c.status = 'OPEN'`, []any{r.userID, b.accountID, b.inboxID},
		func(rows entsql.ColumnScanner) error {
			var conversationID string
			var position view.Position
			err := rows.Scan(&conversationID, &position.Number, &position.Revision)
			positions[conversationID] = position
			return err
		})
	if err != nil {
		return err
	}
	r.unread, r.totals, r.loaded = map[string]bool{}, viewTotals{}, true
	for conversationID, c := range b.rows {
		unread := c.unreadAt(positions[conversationID])
		r.markUnread(conversationID, unread)
		r.countRow(c, unread, 1)
	}
	return nil
}

// dropState drops what is counted until it can be read again.
func (b *openRows) dropState() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = true
	for _, r := range b.users {
		r.loaded = false
		r.wake()
	}
}

// applyEvent goes on by an event.
func (b *openRows) applyEvent(ctx context.Context, e *event.Entry) error {
	var err error
	switch {
	case e.AboutConversation() == "" || e.InboxID != b.inboxID || !e.Type.MovesCounts():
	case e.Type == vocab.ConversationRead:
		b.applyRead(e)
	default:
		err = b.followConversation(ctx, e)
	}
	if err != nil {
		return err
	}
	b.showCounts()
	b.recordReached(e)
	return nil
}

// applyRead takes in how far a user has read now.
func (b *openRows) applyRead(e *event.Entry) {
	i := slices.IndexFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "readNumber" && c.To != nil })
	c, open := b.rows[e.ConversationID]
	if i < 0 || !open {
		return
	}
	number, err := strconv.Atoi(*e.Changes[i].To)
	if err != nil {
		return
	}
	for _, r := range b.allReaders() {
		if r.userID == e.UserID && r.loaded {
			r.countRow(c, r.unread[e.ConversationID], -1)
			r.markUnread(e.ConversationID, c.unreadAt(view.Position{Number: number, Revision: e.Revision}))
			r.countRow(c, r.unread[e.ConversationID], 1)
		}
	}
}

// followConversation takes in what became of an event's conversation.
func (b *openRows) followConversation(ctx context.Context, e *event.Entry) error {
	c, err := b.live.rowOf(ctx, e)
	if err != nil {
		return err
	}
	conversationID := e.AboutConversation()
	old, had := b.rows[conversationID]
	if c != nil && had && c.Revision <= old.revision {
		return nil
	}
	has := c != nil && c.Status == vocab.Open
	if !has && !had {
		return nil
	}
	var row openRow
	var positions map[string]view.Position
	if has {
		row = openRowOf(c)
		if !had || row.incoming != old.incoming || row.hidden != old.hidden || row.woken != old.woken {
			if positions, err = b.live.positionsOf(ctx, e); err != nil {
				return err
			}
		}
	}
	b.replaceRow(conversationID, old, had, row, has, positions)
	return nil
}

// replaceRow takes one row away and puts another in its place, for each user.
// Without positions what is unread stays so.
func (b *openRows) replaceRow(conversationID string, old openRow, had bool, row openRow, has bool, positions map[string]view.Position) {
	if has {
		b.rows[conversationID] = row
	} else {
		delete(b.rows, conversationID)
	}
	for _, r := range b.allReaders() {
		if !r.loaded {
			continue
		}
		if had {
			r.countRow(old, r.unread[conversationID], -1)
		}
		if !has {
			delete(r.unread, conversationID)
			continue
		}
		if positions != nil {
			r.markUnread(conversationID, row.unreadAt(positions[r.userID]))
		}
		r.countRow(row, r.unread[conversationID], 1)
	}
}

// showCounts has users see what is counted for them, where it is new to them. Those
// who see the same share it.
func (b *openRows) showCounts() {
	b.mu.Lock()
	defer b.mu.Unlock()
	made := map[viewTotals]*Counts{}
	var changed []*reader
	for _, r := range b.users {
		switch {
		case !r.loaded:
		case r.shown != nil && r.totals == totalsOf(r.shown):
			made[r.totals] = r.shown
		default:
			changed = append(changed, r)
		}
	}
	for _, r := range changed {
		counts := made[r.totals]
		if counts == nil {
			counts = r.totals.toCounts(b.inboxID)
			made[r.totals] = counts
		}
		r.shown = counts
		r.wake()
	}
}

// recordReached says that an event is counted.
func (b *openRows) recordReached(e *event.Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sequence = e.Sequence
	if e.Type.ChangesAuthority() {
		b.authority = e.Sequence
		for _, r := range b.users {
			r.wake()
		}
	}
	if b.awaited != nil {
		close(b.awaited)
		b.awaited = nil
	}
}
