package conversation

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ViewCount is how much there is to do in a built-in view of an inbox (IN-15):
// the open conversations that the view shows by default, so without the snoozed
// ones of the common views, and how many of them the viewer has not read.
type ViewCount struct {
	View         vocab.ConversationView
	Open, Unread int
}

// countedViews are the views in the order of the SDL's enum.
var countedViews = []vocab.ConversationView{
	vocab.ViewAll, vocab.ViewMine, vocab.ViewUnassigned, vocab.ViewEmail,
	vocab.ViewChat, vocab.ViewBots, vocab.ViewFiltered, vocab.ViewTrash,
}

// ViewCounts returns the counts of every built-in view of each inbox, in the
// order of the ids, exact and with one statement. It reads the index of open
// conversations alone, however many are closed. Of an inbox that the viewer is
// no member of there are none (AC-3).
func (s *Service) ViewCounts(ctx context.Context, inboxIDs []string) ([][]ViewCount, error) {
	v := viewer.FromContext(ctx)
	byInbox := make(map[string][]ViewCount, len(inboxIDs))
	var mine []string
	for _, inbox := range inboxIDs {
		if v.InInbox(inbox) && byInbox[inbox] == nil {
			mine = append(mine, inbox)
			byInbox[inbox] = noCounts()
		}
	}
	if len(mine) > 0 {
		if err := s.countOpen(ctx, v, mine, byInbox); err != nil {
			return nil, err
		}
	}
	list := make([][]ViewCount, len(inboxIDs))
	for i, inbox := range inboxIDs {
		list[i] = byInbox[inbox]
	}
	return list, nil
}

func noCounts() []ViewCount {
	counts := make([]ViewCount, len(countedViews))
	for i, view := range countedViews {
		counts[i].View = view
	}
	return counts
}

// heap is the open conversations of an inbox that lie in the same views.
type heap struct {
	inbox    string
	folder   vocab.Folder
	kind     vocab.ChannelKind
	assignee string
	bots     bool
}

func (s *Service) countOpen(ctx context.Context, v *viewer.Viewer, inboxes []string, byInbox map[string][]ViewCount) error {
	query := &statement{}
	countSQL(query, v, inboxes)
	return read(ctx, s.store, query.String(), query.args, func(rows entsql.ColumnScanner) error {
		var h heap
		var open, unread int
		if err := rows.Scan(&h.inbox, &h.folder, &h.kind, &h.assignee, &h.bots, &open, &unread); err != nil {
			return err
		}
		counts := byInbox[h.inbox]
		for i, view := range countedViews {
			if h.shows(view, v.ActorID) {
				counts[i].Open += open
				counts[i].Unread += unread
			}
		}
		return nil
	})
}

// countSQL counts by the columns that tell the views apart, in the order of the
// index. What is filtered never counts as unread (IN-9).
func countSQL(s *statement, v *viewer.Viewer, inboxes []string) {
	s.WriteString(`SELECT c.inbox_id, c.folder, c.kind, c.assignee_id, c.in_bots, COUNT(*),
		COUNT(CASE WHEN c.filtered = 0 AND c.last_incoming_number > COALESCE(
			(SELECT r.number FROM read_positions r WHERE r.conversation_id = c.id AND r.user_id = ` + s.arg(v.ActorID) + `), 0) THEN 1 END)
		FROM conversations c WHERE c.account_id = ` + s.arg(v.AccountID) + ` AND c.inbox_id IN (` + list(s, inboxes) + `) AND c.status = 'OPEN'
		GROUP BY c.inbox_id, c.folder, c.kind, c.assignee_id, c.in_bots`)
}

// shows reports whether a view shows the heap by default, as a list's plan does.
func (h heap) shows(view vocab.ConversationView, me string) bool {
	switch view {
	case vocab.ViewBots:
		return h.bots
	case vocab.ViewFiltered:
		return h.folder == vocab.FolderFiltered
	case vocab.ViewTrash:
		return h.folder == vocab.FolderTrash
	}
	if h.folder != vocab.FolderMain {
		return false
	}
	switch view {
	case vocab.ViewMine:
		return h.assignee == me
	case vocab.ViewUnassigned:
		return h.assignee == ""
	case vocab.ViewEmail:
		return h.kind == vocab.Email
	case vocab.ViewChat:
		return h.kind == vocab.Chat
	}
	return true
}
