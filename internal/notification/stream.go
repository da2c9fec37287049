package notification

import (
	"context"
	"fmt"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent/notification"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// pause is how long a stream waits before it reads again.
	pause = 500 * time.Millisecond
	// lookEvery is how often it looks for what the bus did not report.
	lookEvery = 15 * time.Second
	// mostAtOnce is how many changes are reported at once: the latest. Who has more was
	// away for long, and loads the list.
	mostAtOnce = 100
)

// Change is a notification that came or changed, or only how many are not read.
type Change struct {
	Sequence int64
	// NotificationID is "" if it is only the count.
	NotificationID string
	UnreadCount    int
}

// Stream is a user's notifications, live. It is for one goroutine.
type Stream struct {
	service  *Service
	live     viewer.Live
	userID   string
	position int64
	wake     chan struct{}
	stop     func()
	read     time.Time // when it last read, by the clock of timers
	pending  []*Change
	count    int // the last that was reported
}

// Open returns the caller's notifications as they change, first only how many are not read,
// then with after those that changed since. INVALID for a number that does not exist yet.
func (s *Service) Open(ctx context.Context, after *int64) (*Stream, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	st := &Stream{service: s, live: viewer.LiveFrom(ctx), userID: v.ActorID, wake: make(chan struct{}, 1)}
	if st.stop, err = s.bus.Listen(subjectOf(v.ActorID), func([]byte) {
		select {
		case st.wake <- struct{}{}:
		default:
		}
	}); err != nil {
		return nil, fmt.Errorf("subscribe to notifications: %w", err)
	}
	if err = st.beginStream(ctx, v, after); err != nil {
		st.stop()
		return nil, err
	}
	return st, nil
}

func (st *Stream) beginStream(ctx context.Context, v *viewer.Viewer, after *int64) error {
	head, err := st.service.headOf(ctx, v)
	if err != nil {
		return err
	}
	count, err := st.service.CountUnread(ctx)
	if err != nil {
		return err
	}
	st.position = head
	if after != nil {
		if *after < 0 || *after > head {
			return errs.New(errs.Invalid, "The sequence %d does not exist yet: the last one is %d.", *after, head).On("after")
		}
		st.position = *after
		st.wake <- struct{}{}
	}
	st.pending, st.count = []*Change{{Sequence: st.position, UnreadCount: count}}, count
	return nil
}

// headOf is the sequence of the last change of a user's notifications.
func (s *Service) headOf(ctx context.Context, v *viewer.Viewer) (head int64, err error) {
	err = store.ForEachRow(ctx, s.store, "SELECT sequence FROM notification_states WHERE user_id = $1 AND account_id = $2", []any{v.ActorID, v.AccountID},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&head) })
	return head, err
}

// Close ends the stream.
func (st *Stream) Close() { st.stop() }

// Next waits for the next change. An error ends the stream: ctx's cause, or one of the
// user's token.
func (st *Stream) Next(ctx context.Context) (*Change, error) {
	for len(st.pending) == 0 {
		if err := st.await(ctx); err != nil {
			return nil, err
		}
		v, err := st.live.At(ctx, 0)
		if err != nil {
			return nil, err
		}
		if err := st.find(viewer.NewContext(ctx, v), v); err != nil {
			return nil, err
		}
	}
	next := st.pending[0]
	st.pending = st.pending[1:]
	return next, nil
}

// await waits until there may be something, and for a pause after the last time.
func (st *Stream) await(ctx context.Context) error {
	look := time.NewTimer(lookEvery)
	defer look.Stop()
	select {
	case <-st.wake:
	case <-look.C:
	case <-st.live.Changed():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	calm := time.NewTimer(pause - min(pause, clock.System{}.Now().Sub(st.read)))
	defer calm.Stop()
	select {
	case <-calm.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// find reads what changed since the stream's position.
func (st *Stream) find(ctx context.Context, v *viewer.Viewer) error {
	st.read = clock.System{}.Now()
	head, err := st.service.headOf(ctx, v)
	if err != nil {
		return err
	}
	if head == st.position {
		return st.recount(ctx)
	}
	changed, err := st.service.store.Client(ctx).Notification.Query().
		Where(notification.UserID(st.userID), notification.Shown(true), notification.SequenceGT(st.position), notification.SequenceLTE(head)).
		Order(notification.BySequence(entsql.OrderDesc()), notification.ByID(entsql.OrderDesc())).Limit(mostAtOnce).All(ctx)
	if err != nil {
		return err
	}
	count, err := st.service.CountUnread(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(changed)
	for i, n := range changed {
		sequence := n.Sequence
		if i+1 < len(changed) && changed[i+1].Sequence == sequence {
			sequence-- // so that who is cut off before the last of them gets it again
		}
		st.pending = append(st.pending, &Change{sequence, n.ID, count})
	}
	if len(changed) == 0 { // they are out of the user's sight
		st.pending = append(st.pending, &Change{Sequence: head, UnreadCount: count})
	}
	st.position, st.count = head, count
	return nil
}

// recount reports how many are not read if that changed without a notification: the user
// got an inbox, or lost it.
func (st *Stream) recount(ctx context.Context) error {
	count, err := st.service.CountUnread(ctx)
	if err == nil && count != st.count {
		st.pending, st.count = append(st.pending, &Change{Sequence: st.position, UnreadCount: count}), count
	}
	return err
}
