package view

import (
	"context"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/viewer"
)

// Unread reports for each conversation whether the viewer has incoming messages
// to read, with one query; only users have. What is filtered never counts as unread (IN-9).
func (s *Service) Unread(ctx context.Context, list []*ent.Conversation) ([]bool, error) {
	v := viewer.FromContext(ctx)
	if !v.IsUser() {
		return make([]bool, len(list)), nil
	}
	positions, err := s.store.Client(ctx).ReadPosition.Query().
		Where(readposition.UserID(v.ActorID), readposition.ConversationIDIn(stringIDs(list)...)).
		Select(readposition.FieldConversationID, readposition.FieldNumber, readposition.FieldRevision).All(ctx)
	if err != nil {
		return nil, err
	}
	read := make(map[string]Position, len(positions))
	for _, p := range positions {
		read[p.ConversationID] = PositionOf(p)
	}
	unread := make([]bool, len(list))
	for i, c := range list {
		unread[i] = isUnread(c, read[c.ID])
	}
	return unread, nil
}

// Position is how far a user has read a conversation: up to a message's number, and
// at which revision last. Zero: not at all.
type Position struct{ Number, Revision int }

// PositionOf is a stored position.
func PositionOf(p *ent.ReadPosition) Position { return Position{p.Number, p.Revision} }

// isUnread reports whether one who read a conversation so far has incoming messages
// to read, or has not seen it since it came back from snooze (IN-18). What is
// filtered never counts as unread (IN-9), nor what is in Trash (IN-34).
func isUnread(c *ent.Conversation, read Position) bool {
	return c.Filtered == 0 && !c.DeletedAt.IsSet() && read.Misses(c.LastIncomingNumber, c.WokenRevision)
}

// IsUnread is isUnread; see there.
func IsUnread(c *ent.Conversation, read Position) bool { return isUnread(c, read) }

// Misses reports whether a conversation has something new for one who read so far:
// a later incoming message, or it woke later.
func (p Position) Misses(lastIncoming, wokenRevision int) bool {
	return lastIncoming > p.Number || wokenRevision > p.Revision
}

// unreadSQL is isUnread of conversations c, for a user who is an argument. Few
// conversations ever woke: for the others no second position is looked up.
func unreadSQL(user string) string {
	position := func(column string) string {
		return "COALESCE((SELECT r." + column + " FROM read_positions r WHERE r.conversation_id = c.id AND r.user_id = " + user + "), 0)"
	}
	return "(c.filtered = 0 AND c.deleted_at = 0 AND (c.last_incoming_number > " + position("number") +
		" OR c.woken_revision > 0 AND c.woken_revision > " + position("revision") + "))"
}
