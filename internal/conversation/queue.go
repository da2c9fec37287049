package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Queue is who waits in an inbox unassigned and is connected, the longest waiting
// first (IN-23).
type Queue struct {
	// Shown: the inbox shows visitors their place.
	Shown  bool
	places []place
}

// mostQueued is how many of those who wait are counted.
const mostQueued = 1_000

// ReadQueue reads an inbox's queue; nothing of one that does not show it.
func (s *Service) ReadQueue(ctx context.Context, inboxID string) (*Queue, error) {
	inbox, err := s.store.Client(ctx).Inbox.Get(ctx, inboxID)
	if err != nil || !inbox.Settings.ShowQueuePosition {
		return &Queue{}, ignoreGone(err)
	}
	q, st := &Queue{Shown: true}, &store.Statement{}
	live := vocab.KindsThat(func(a vocab.Abilities) bool { return a.OnlyToAvailable })
	st.WriteString("SELECT c.waiting_since, c.id FROM conversations c JOIN visitors v ON v.id = c.visitor_id WHERE c.inbox_id = " + st.Arg(inboxID) +
		" AND c.folder = 'MAIN' AND c.assignee_id = '' AND c.status = 'OPEN' AND c.kind IN (" + store.List(st, live) + ") AND c.waiting_since < " +
		st.Arg(int64(clock.Never)) + " AND v.last_seen_at >= " + st.Arg(int64(s.store.Now().Add(-connectedFor))) +
		" ORDER BY c.waiting_since, c.id LIMIT " + st.Arg(mostQueued))
	rows, err := s.store.Query(ctx, st.String(), st.Args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.since, &p.id); err != nil {
			return nil, err
		}
		q.places = append(q.places, p)
	}
	return q, rows.Err()
}

// PositionOf is a conversation's place, from 1; nil: it does not wait unassigned, or
// the inbox does not show it. Its own visitor counts as connected.
func (q *Queue) PositionOf(c *ent.Conversation) *int {
	if !q.Shown || !WaitsUnassigned(c) {
		return nil
	}
	ahead := 1
	for _, p := range q.places {
		if p.since < c.WaitingSince || p.since == c.WaitingSince && p.id < c.ID {
			ahead++
		}
	}
	return &ahead
}

// WaitsUnassigned reports whether a conversation's visitor waits for someone to take it.
func WaitsUnassigned(c *ent.Conversation) bool {
	return c.AssigneeID == "" && c.WaitingSince != clock.Never && routable(c) && !c.SnoozedUntil.IsSet() && c.Kind.Abilities().OnlyToAvailable
}

func ignoreGone(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}
