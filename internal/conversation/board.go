package conversation

import (
	"context"
	"slices"
	"strconv"
	"sync"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent/schema"
	"parley/internal/event"
	"parley/internal/vocab"
)

// board keeps the counts of one inbox's views for those who watch them. It has a
// card of each open conversation, however many are closed, and of each watching
// user what they have not read.
type board struct {
	live      *Live
	accountID string
	inboxID   string
	members   int // guarded by the registry
	cancel    context.CancelFunc
	wanted    chan struct{} // somebody new watches

	// cards and what users have not read are the follower's alone.
	cards map[string]card

	mu        sync.Mutex
	users     map[string]*reader
	failed    bool  // it could not be read
	sequence  int64 // everything up to here is counted
	authority int64 // the last event after which somebody may not watch any more
	awaited   chan struct{}
}

// begin reads the open conversations, and what the users have read of them.
func (b *board) begin(ctx context.Context, sequence int64) error {
	cards := map[string]card{}
	err := read(ctx, b.live.store, `SELECT id, folder, kind, assignee_id, in_bots, filtered <> 0, last_incoming_number, revision
		FROM conversations WHERE account_id = $1 AND inbox_id = $2 AND status = 'OPEN'`, []any{b.accountID, b.inboxID},
		func(rows entsql.ColumnScanner) error {
			var conversationID string
			var c card
			err := rows.Scan(&conversationID, &c.folder, &c.kind, &c.assignee, &c.bots, &c.filtered, &c.incoming, &c.revision)
			cards[conversationID] = c
			return err
		})
	if err != nil {
		return err
	}
	b.cards = cards
	b.mu.Lock()
	b.sequence, b.failed = sequence, false
	b.mu.Unlock()
	return b.tend(ctx)
}

func (b *board) asked() <-chan struct{} { return b.wanted }

// tend counts for users who are new.
func (b *board) tend(ctx context.Context) error {
	for _, r := range b.all() {
		if r.loaded {
			continue
		}
		if err := b.load(ctx, r); err != nil {
			return err
		}
	}
	b.show()
	return nil
}

func (b *board) all() []*reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*reader, 0, len(b.users))
	for _, r := range b.users {
		list = append(list, r)
	}
	return list
}

// load counts everything for a user.
func (b *board) load(ctx context.Context, r *reader) error {
	positions := map[string]int{}
	err := read(ctx, b.live.store, `SELECT c.id, r.number FROM conversations c JOIN read_positions r ON r.conversation_id = c.id AND r.user_id = $1
		WHERE c.account_id = $2 AND c.inbox_id = $3 AND c.status = 'OPEN'`, []any{r.userID, b.accountID, b.inboxID},
		func(rows entsql.ColumnScanner) error {
			var conversationID string
			var number int
			err := rows.Scan(&conversationID, &number)
			positions[conversationID] = number
			return err
		})
	if err != nil {
		return err
	}
	r.unread, r.tally, r.loaded = map[string]bool{}, tally{}, true
	for conversationID, c := range b.cards {
		unread := c.unreadAt(positions[conversationID])
		r.mark(conversationID, unread)
		r.count(c, unread, 1)
	}
	return nil
}

// lose drops what is counted until it can be read anew.
func (b *board) lose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = true
	for _, r := range b.users {
		r.loaded = false
		r.wake()
	}
}

// apply goes on by an event.
func (b *board) apply(ctx context.Context, e *event.Entry) error {
	var err error
	switch {
	case conversationOf(e) == "" || e.InboxID != b.inboxID || e.Type == vocab.MessageDeliveryChanged:
	case e.Type == vocab.ConversationRead:
		b.read(e)
	default:
		err = b.follow(ctx, e)
	}
	if err != nil {
		return err
	}
	b.show()
	b.reach(e)
	return nil
}

// read takes in how far a user has read now.
func (b *board) read(e *event.Entry) {
	i := slices.IndexFunc(e.Changes, func(c schema.FieldChange) bool { return c.Field == "readNumber" && c.To != nil })
	c, open := b.cards[e.ConversationID]
	if i < 0 || !open {
		return
	}
	number, err := strconv.Atoi(*e.Changes[i].To)
	if err != nil {
		return
	}
	for _, r := range b.all() {
		if r.userID == e.UserID && r.loaded {
			r.count(c, r.unread[e.ConversationID], -1)
			r.mark(e.ConversationID, c.unreadAt(number))
			r.count(c, r.unread[e.ConversationID], 1)
		}
	}
}

// follow takes in what became of an event's conversation.
func (b *board) follow(ctx context.Context, e *event.Entry) error {
	row, err := b.live.rowOf(ctx, e)
	if err != nil {
		return err
	}
	conversationID := conversationOf(e)
	old, had := b.cards[conversationID]
	if row != nil && had && row.Revision <= old.revision {
		return nil
	}
	has := row != nil && row.Status == vocab.Open
	if !has && !had {
		return nil
	}
	var card card
	var positions map[string]int
	if has {
		card = cardOf(row)
		if !had || card.incoming != old.incoming || card.filtered != old.filtered {
			if positions, err = b.live.readNumbersOf(ctx, e); err != nil {
				return err
			}
		}
	}
	b.replace(conversationID, old, had, card, has, positions)
	return nil
}

// replace takes one card away and puts another in its place, for each user.
// Without positions what is unread stays so.
func (b *board) replace(conversationID string, old card, had bool, card card, has bool, positions map[string]int) {
	if has {
		b.cards[conversationID] = card
	} else {
		delete(b.cards, conversationID)
	}
	for _, r := range b.all() {
		if !r.loaded {
			continue
		}
		if had {
			r.count(old, r.unread[conversationID], -1)
		}
		if !has {
			delete(r.unread, conversationID)
			continue
		}
		if positions != nil {
			r.mark(conversationID, card.unreadAt(positions[r.userID]))
		}
		r.count(card, r.unread[conversationID], 1)
	}
}

// show has users see what is counted for them, where it is new to them. Those
// who see the same share it.
func (b *board) show() {
	b.mu.Lock()
	defer b.mu.Unlock()
	made := map[tally]*Counts{}
	for _, r := range b.users {
		if !r.loaded || r.shown != nil && r.tally == tallyOf(r.shown) {
			continue
		}
		counts := made[r.tally]
		if counts == nil {
			counts = r.tally.counts()
			made[r.tally] = counts
		}
		r.shown = counts
		r.wake()
	}
}

// reach says that an event is counted.
func (b *board) reach(e *event.Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sequence = e.Sequence
	if event.Authority(e.Event) && e.Type != vocab.ContactLinked {
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
