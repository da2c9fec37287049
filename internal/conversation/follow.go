package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// follower is a state that is read from the database once, and then kept by the
// account's log. Its methods run in one goroutine.
type follower interface {
	// begin reads the state, in which everything up to a number of the log is.
	begin(ctx context.Context, sequence int64) error
	// apply goes on by an event.
	apply(ctx context.Context, e *event.Entry) error
	// asked is ready when tend has something to do.
	asked() <-chan struct{}
	tend(ctx context.Context) error
	// lose says that the state cannot be kept: it begins anew.
	lose()
}

// errUnread is what a subscriber gets who has seen nothing yet.
var errUnread = errs.New(errs.Unavailable, "The database cannot be read at the moment. Try again shortly.")

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// follow keeps a follower until ctx ends. What goes wrong is logged once, and
// tried again.
func (l *Live) follow(ctx context.Context, accountID string, f follower) {
	ctx = viewer.NewContext(ctx, viewer.System("live", accountID))
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began, err := l.followOnce(ctx, accountID, f)
		if ctx.Err() != nil {
			return
		}
		if began {
			wait = firstRetry
		}
		if wait == firstRetry {
			slog.WarnContext(ctx, "a live view lost the database; it begins anew as soon as it can", "error", err)
		}
		f.lose()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// followOnce goes along the log until something goes wrong.
func (l *Live) followOnce(ctx context.Context, accountID string, f follower) (began bool, err error) {
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
	if err := f.begin(ctx, r.Position()); err != nil {
		return false, err
	}
	for {
		if err := l.advance(ctx, r, f); err != nil {
			return true, err
		}
	}
}

// advance does what there is to do, or waits for it.
func (l *Live) advance(ctx context.Context, r *event.Reader, f follower) error {
	select {
	case <-f.asked():
		return f.tend(ctx)
	default:
	}
	e, more, err := r.Peek(ctx)
	if err != nil {
		return err
	}
	if e != nil {
		return f.apply(ctx, e)
	}
	select {
	case <-more:
		return nil
	case <-f.asked():
		return f.tend(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conversationOf is the conversation that an event is about; empty: none.
func conversationOf(e *event.Entry) string {
	if e.ConversationID == "" && e.Type == vocab.ConversationPurged {
		return e.SubjectID
	}
	return e.ConversationID
}

type (
	rowKey      struct{}
	positionKey struct{ user string }

	positionsKey struct{}
)

// rowOf is an event's conversation as it is now: loaded once for all who follow
// the event on this node; nil: it is gone.
func (l *Live) rowOf(ctx context.Context, e *event.Entry) (*ent.Conversation, error) {
	return event.Derive(e, rowKey{}, func() (*ent.Conversation, error) {
		// Others wait for it too: that one of them ends does not concern the rest.
		return l.Get(context.WithoutCancel(ctx), conversationOf(e))
	})
}

// readNumberOf is how far a user has read an event's conversation.
func (l *Live) readNumberOf(ctx context.Context, e *event.Entry, userID string) (int, error) {
	return event.Derive(e, positionKey{userID}, func() (int, error) {
		return l.readNumber(context.WithoutCancel(ctx), conversationOf(e), userID)
	})
}

// readNumbersOf is how far each user has read an event's conversation.
func (l *Live) readNumbersOf(ctx context.Context, e *event.Entry) (map[string]int, error) {
	return event.Derive(e, positionsKey{}, func() (map[string]int, error) {
		ctx := context.WithoutCancel(ctx)
		rows, err := l.store.Client(ctx).ReadPosition.Query().Where(readposition.ConversationID(conversationOf(e))).All(ctx)
		if err != nil {
			return nil, err
		}
		numbers := make(map[string]int, len(rows))
		for _, p := range rows {
			numbers[p.UserID] = p.Number
		}
		return numbers, nil
	})
}
