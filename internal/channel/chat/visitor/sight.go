package visitor

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/ent/readposition"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// readReceipt shows the visitor that the team has read what they wrote, once, without
// who it was: read positions are private to their users (IN-15). It is the last
// message that was seen; those before it are seen, too. nil: nothing is new.
func (s *Stream) readReceipt(ctx context.Context, e *event.Entry) (Change, error) {
	number := readNumber(e)
	if number <= s.seen {
		return nil, nil
	}
	change, err := event.Derive(e, sightKey{}, func() (*MessageChange, error) { return s.live.lastOwn(ctx, e, number) })
	if err != nil {
		return nil, err
	}
	was := s.seen
	s.seen = number
	if change == nil || change.Message.Number <= was {
		return nil, nil
	}
	return change, nil
}

type sightKey struct{}

// readNumber is how far someone has read by an event; 0: it does not say.
func readNumber(e *event.Entry) int {
	for _, c := range e.Changes {
		if c.Field == "readNumber" && c.To != nil {
			number, err := strconv.Atoi(*c.To)
			if err != nil {
				return 0
			}
			return number
		}
	}
	return 0
}

// lastOwn returns the visitor's last message up to a number; nil: none.
func (l *Live) lastOwn(ctx context.Context, e *event.Entry, number int) (*MessageChange, error) {
	ctx = viewer.NewContext(context.WithoutCancel(ctx), viewer.System("live", e.AccountID))
	m, err := l.store.Client(ctx).Message.Query().Where(
		entmessage.ConversationID(e.ConversationID), entmessage.NumberLTE(number),
		entmessage.DirectionEQ(vocab.Incoming), entmessage.DeletedAt(0),
	).Order(entmessage.ByNumber(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &MessageChange{Sequence: e.Sequence, Kind: vocab.ChangeChanged, Message: m}, nil
}

// seenUpTo returns the number up to which someone of the team has read.
func (l *Live) seenUpTo(ctx context.Context, c *ent.Conversation) (int, error) {
	ctx = viewer.NewContext(ctx, viewer.System("live", c.AccountID))
	last, err := l.store.Client(ctx).ReadPosition.Query().Where(readposition.ConversationID(c.ID)).
		Order(readposition.ByNumber(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return last.Number, nil
}
