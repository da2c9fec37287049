package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/viewer"
)

// follower is a state that is read from the database once, and then kept by the
// account's log. Its methods run in one goroutine.
type follower interface {
	// name says in the log what the state is of.
	name() string
	// loadState reads the state, in which everything up to a number of the log is.
	loadState(ctx context.Context, sequence int64) error
	// applyEvent goes on by an event.
	applyEvent(ctx context.Context, e *event.Entry) error
	// readerRequests is ready when tend has something to do.
	readerRequests() <-chan struct{}
	serveRequests(ctx context.Context) error
	// dropState says that the state cannot be kept: it begins again.
	dropState()
}

// errUnread is what a subscriber gets who has seen nothing yet.
var errUnread = errs.New(errs.Unavailable, "The database cannot be read at the moment. Try again shortly.")

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// followLog keeps a follower until ctx ends. What goes wrong is logged once, and
// tried again.
func (l *Service) followLog(ctx context.Context, accountID string, f follower) {
	ctx = viewer.NewContext(ctx, viewer.System("live", accountID))
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began, err := l.followOnce(ctx, accountID, f)
		err = fmt.Errorf("%s of account %s: %w", f.name(), accountID, err)
		if ctx.Err() != nil {
			return
		}
		if began {
			wait = firstRetry
		}
		if wait == firstRetry {
			l.log.WarnContext(ctx, "a live view lost the database; it starts again as soon as possible", "error", err)
		}
		f.dropState()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// followOnce goes along the log until something goes wrong.
func (l *Service) followOnce(ctx context.Context, accountID string, f follower) (began bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("panic: %v", p))
		}
	}()
	r, err := l.feed.Follow(ctx, event.Topic{AccountID: accountID}, nil)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if err := f.loadState(ctx, r.Position()); err != nil {
		return false, err
	}
	for {
		if err := l.advanceFollower(ctx, r, f); err != nil {
			return true, err
		}
	}
}

// advanceFollower does what there is to do, or waits for it.
func (l *Service) advanceFollower(ctx context.Context, r *event.Reader, f follower) error {
	select {
	case <-f.readerRequests():
		return f.serveRequests(ctx)
	default:
	}
	e, more, err := r.Peek(ctx)
	if err != nil {
		return err
	}
	if e != nil {
		return f.applyEvent(ctx, e)
	}
	select {
	case <-more:
		return nil
	case <-f.readerRequests():
		return f.serveRequests(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

type (
	rowKey      struct{}
	positionKey struct{ user string }

	positionsKey struct{}
)

// rowOf is an event's conversation as it is now: loaded once for all who follow
// the event on this node; nil: it is gone.
func (l *Service) rowOf(ctx context.Context, e *event.Entry) (*ent.Conversation, error) {
	return event.Derive(e, rowKey{}, func() (*ent.Conversation, error) {
		// Others wait for it too: that one of them ends does not concern the rest.
		return l.views.Get(context.WithoutCancel(ctx), e.AboutConversation())
	})
}

// positionOf is how far a user has read an event's conversation.
func (l *Service) positionOf(ctx context.Context, e *event.Entry, userID string) (view.Position, error) {
	return event.Derive(e, positionKey{userID}, func() (view.Position, error) {
		return l.views.PositionIn(context.WithoutCancel(ctx), e.AboutConversation(), userID)
	})
}

// positionsOf is how far each user has read an event's conversation.
func (l *Service) positionsOf(ctx context.Context, e *event.Entry) (map[string]view.Position, error) {
	return event.Derive(e, positionsKey{}, func() (map[string]view.Position, error) {
		ctx := context.WithoutCancel(ctx)
		rows, err := l.store.Client(ctx).ReadPosition.Query().Where(readposition.ConversationID(e.AboutConversation())).All(ctx)
		if err != nil {
			return nil, err
		}
		positions := make(map[string]view.Position, len(rows))
		for _, p := range rows {
			positions[p.UserID] = view.PositionOf(p)
		}
		return positions, nil
	})
}
