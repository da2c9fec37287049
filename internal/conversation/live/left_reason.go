package live

import (
	"parley/ent"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// leftBehind is why a row is not in a window that was read again.
func (w *watch) leftBehind(c *ent.Conversation) vocab.LeftReason {
	if end := w.window.end; end != nil && w.window.before(*end, w.plan.PlaceOf(c)) {
		return vocab.LeftWindow
	}
	return vocab.LeftNoMatch
}

// leftByEvent is why rows are not in a window after an event of a conversation:
// the view shows that one no more, or others came in front.
func leftByEvent(conversationID string, shows bool) func(*ent.Conversation) vocab.LeftReason {
	return func(c *ent.Conversation) vocab.LeftReason {
		if c.ID == conversationID && !shows {
			return vocab.LeftNoMatch
		}
		return vocab.LeftWindow
	}
}

// leftByMoving is why rows are not in the window that a subscriber moved to: they
// lost the inbox, or what the view selects is another.
func leftByMoving(v *viewer.Viewer) func(*ent.Conversation) vocab.LeftReason {
	return func(c *ent.Conversation) vocab.LeftReason {
		if !v.InInbox(c.InboxID) {
			return vocab.LeftAccess
		}
		return vocab.LeftNoMatch
	}
}
