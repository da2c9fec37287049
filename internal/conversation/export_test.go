package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Index makes texts of a conversation findable.
func Index(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string, texts ...string) error {
	return begin(tx, c).index(ctx, messageID, texts...)
}

// LimitWalks has a query of a list test at most so many rows and have so many
// arms, so that few rows make short pages and several queries.
func (s *Service) LimitWalks(rows, arms int) { s.limits.rows, s.limits.arms = rows, arms }

// LimitCounts has lists count up to n.
func (s *Service) LimitCounts(n int) { s.limits.count = n }

// LimitSpare has live views know so many rows behind their windows.
func (s *Service) LimitSpare(n int) { s.limits.spare = n }

// ListSQL returns the statement that finds the places of a page.
func (s *Service) ListSQL(ctx context.Context, sel Selection, args relay.PageArgs) (string, []any, error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return "", nil, err
	}
	if sel, err = s.resolve(ctx, sel); err != nil {
		return "", nil, err
	}
	p, err := sel.plan(ctx)
	if err != nil {
		return "", nil, err
	}
	w := walk{plan: p, backward: page.Backward(), limit: page.Limit() + 1, limits: s.limits}
	if key, given, err := page.Key(p.fingerprint, p.desc, id.Conversation); err != nil {
		return "", nil, err
	} else if given {
		w.from = &key
	}
	query := &statement{}
	switch {
	case w.driven():
		err = w.driveSQL(ctx, s.store, query)
	case len(p.conditions) == 0:
		w.seekSQL(query, p.arms(), s.store.Postgres())
	default:
		w.siftSQL(query, p.arms(), s.store.Postgres())
	}
	return query.String(), query.args, err
}

// SearchSQL returns the statement that finds the first documents of a query,
// with its arguments as the driver gets them.
func (s *Service) SearchSQL(ctx context.Context, query string) (string, []any, error) {
	words, err := search.Parse(query)
	if err != nil {
		return "", nil, err
	}
	p, err := Selection{}.plan(ctx)
	if err != nil {
		return "", nil, err
	}
	text := &statement{}
	err = s.searchSQL(ctx, text, words, p, 0, 21)
	return text.String(), planned(s.store, text.args), err
}

// Sweeps are the queries of the system's rounds over all accounts.
var Sweeps = []string{dueBotChats, overdueTrash, dueSnoozes}

// Matches reports whether the plan of a selection shows a row, asking the
// database only for what the row does not tell.
func (s *Service) Matches(ctx context.Context, sel Selection, c *ent.Conversation) (bool, error) {
	sel, err := s.resolve(ctx, sel)
	if err != nil {
		return false, err
	}
	p, err := sel.plan(ctx)
	if err != nil {
		return false, err
	}
	var failed error
	read := func() int {
		number, err := s.readNumber(ctx, c.ID, p.user)
		failed = err
		return number
	}
	if !p.admits(c, read) || failed != nil {
		return false, failed
	}
	if !p.asksMore() {
		return true, nil
	}
	return s.finds(ctx, p, c.ID)
}

// CountSQL returns the statement that counts the views of inboxes.
func CountSQL(ctx context.Context, inboxIDs []string) (string, []any) {
	query := &statement{}
	countSQL(query, viewer.FromContext(ctx), inboxIDs)
	return query.String(), query.args
}

// Until returns what a stream has to tell, until it has told everything up to a
// number of the log.
func (s *ViewStream) Until(ctx context.Context, sequence int64) ([]ViewUpdate, error) {
	var told []ViewUpdate
	for {
		update, wait, err := s.advance(ctx)
		if err != nil {
			return told, err
		}
		if update != nil {
			told = append(told, update)
		}
		if update != nil || wait == nil {
			continue
		}
		_, _, position, unreached := s.watch.reaching(sequence)
		if unreached == nil && s.shown && s.carried == nil && position == s.next {
			return told, nil
		}
		select {
		case <-wait:
		case <-unreached:
		case <-s.changed:
		case <-ctx.Done():
			return told, context.Cause(ctx)
		}
	}
}

// Watches is how many watches have members.
func (l *Live) Watches() int {
	l.watches.mu.Lock()
	defer l.watches.mu.Unlock()
	return len(l.watches.byKey)
}

// Wait returns when nothing follows the log any more.
func (l *Live) Wait() { l.running.Wait() }

// Behind is how many steps a watch remembers for sure.
const Behind = remembered

// Until returns the counts once everything up to a number of the log is counted.
func (s *CountsStream) Until(ctx context.Context, sequence int64) (*Counts, error) {
	for {
		counts, wait, err := s.advance(ctx)
		if err != nil {
			return nil, err
		}
		if counts != nil {
			continue
		}
		reached, counted := s.board.reached(sequence, s.reader)
		if counted && s.told != nil {
			return s.told, nil
		}
		select {
		case <-wait:
		case <-reached:
		case <-s.changed:
			s.checked = -1
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (b *board) reached(sequence int64, r *reader) (wait <-chan struct{}, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.awaited == nil {
		b.awaited = make(chan struct{})
	}
	return b.awaited, !b.failed && b.sequence >= sequence && r.shown != nil
}
