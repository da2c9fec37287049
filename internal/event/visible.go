package event

import (
	"parley/ent"
	"parley/internal/viewer"
)

// Visible reports whether a viewer may see an event: what the fence in storage
// says of the log, for one event that is at hand. Events of inboxes go to their
// members; admins also get what concerns an inbox but no conversation (AC-3);
// read positions are their reader's alone (IN-15), and users' own mailboxes are
// their owner's and admins' (AC-10). Visitors see none.
func Visible(v *viewer.Viewer, e *ent.Event) bool {
	if v == nil || e.AccountID != v.AccountID || !v.IsStaff() {
		return false
	}
	if v.Kind == viewer.SystemKind {
		return true
	}
	if e.UserID != "" && e.UserID != v.ActorID && !(v.Kind == viewer.Admin && e.Type.ReachesAdmins()) {
		return false
	}
	return e.InboxID == "" || v.InInbox(e.InboxID) || v.Kind == viewer.Admin && e.ConversationID == ""
}
