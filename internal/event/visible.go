package event

import (
	"slices"

	"parley/ent"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Visible reports whether a viewer may see an event: what the fence in storage
// says of the log, for one event that is at hand. Events of inboxes go to their
// members; admins also get what concerns an inbox but no conversation (AC-3);
// read positions are their reader's alone (IN-15). Visitors see none.
func Visible(v *viewer.Viewer, e *ent.Event) bool {
	if v == nil || e.AccountID != v.AccountID || !v.IsStaff() {
		return false
	}
	if v.Kind == viewer.SystemKind {
		return true
	}
	if e.UserID != "" && e.UserID != v.ActorID {
		return false
	}
	return e.InboxID == "" || v.InInbox(e.InboxID) || v.Kind == viewer.Admin && e.ConversationID == ""
}

// authority are the types of events after which somebody may see more, or less.
var authority = []vocab.EventType{
	vocab.MemberAdded, vocab.MemberRemoved, vocab.TeamUpdated, vocab.TeamDeleted, vocab.UserUpdated, vocab.UserDeactivated,
	vocab.InboxCreated, vocab.InboxDeleted, vocab.TokenRevoked,
}

// Authority reports whether an event may change what somebody sees or may do:
// streams ask for their viewer anew before they go past it (AC-11).
func Authority(e *ent.Event) bool { return slices.Contains(authority, e.Type) }
