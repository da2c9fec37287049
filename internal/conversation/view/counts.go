package view

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ViewCount is how much there is to do in a built-in view of an inbox (IN-15):
// the open conversations that the view shows by default, so without the snoozed
// ones of the common views, and how many of them the viewer has not read.
type ViewCount struct {
	InboxID string
	// View is the built-in view; "": it is a saved one.
	View        vocab.ConversationView
	SavedViewID string
	Open        int
	Unread      int
	// Unknown: there are too many to count.
	Unknown bool
}

// ID names the view, and where it is built in its inbox, for clients' caches.
func (c *ViewCount) ID() string {
	if c.SavedViewID != "" {
		return c.SavedViewID
	}
	return c.InboxID + ":" + string(c.View)
}

// CountedViews are the views in the order of the SDL's enum.
var CountedViews = [...]vocab.ConversationView{
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
			byInbox[inbox] = noCounts(inbox)
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

func noCounts(inboxID string) []ViewCount {
	counts := make([]ViewCount, len(CountedViews))
	for i, view := range CountedViews {
		counts[i].InboxID, counts[i].View = inboxID, view
	}
	return counts
}

// CountBucket is the open conversations of an inbox that lie in the same views.
type CountBucket struct {
	inbox    string
	Folder   vocab.Folder
	Kind     vocab.ChannelKind
	Assignee string
	Bots     bool
}

func (s *Service) countOpen(ctx context.Context, v *viewer.Viewer, inboxes []string, byInbox map[string][]ViewCount) error {
	query := &store.Statement{}
	countSQL(query, v, inboxes)
	return store.ForEachRow(ctx, s.store, query.String(), query.Args, func(rows entsql.ColumnScanner) error {
		var h CountBucket
		var open, unread int
		if err := rows.Scan(&h.inbox, &h.Folder, &h.Kind, &h.Assignee, &h.Bots, &open, &unread); err != nil {
			return err
		}
		if !v.IsUser() {
			unread = 0
		}
		counts := byInbox[h.inbox]
		for i, view := range CountedViews {
			if h.Shows(view, v.ActorID) {
				counts[i].Open += open
				counts[i].Unread += unread
			}
		}
		return nil
	})
}

// countSQL counts by the columns that separate the views, in the order of the
// index. What is filtered never counts as unread (IN-9).
func countSQL(s *store.Statement, v *viewer.Viewer, inboxes []string) {
	s.WriteString(`SELECT c.inbox_id, c.folder, c.kind, c.assignee_id, c.in_bots, COUNT(*),
		COUNT(CASE WHEN ` + unreadSQL(s.Arg(v.ActorID)) + ` THEN 1 END)
		FROM conversations c WHERE c.account_id = ` + s.Arg(v.AccountID) + ` AND c.inbox_id IN (` + store.List(s, inboxes) + `) AND c.status = 'OPEN'
		GROUP BY c.inbox_id, c.folder, c.kind, c.assignee_id, c.in_bots`)
}

// Shows reports whether a view shows snoozed conversations by default, as a
// list's plan does.
func (h CountBucket) Shows(view vocab.ConversationView, me string) bool {
	switch view {
	case vocab.ViewBots:
		return h.Bots
	case vocab.ViewFiltered:
		return h.Folder == vocab.FolderFiltered
	case vocab.ViewTrash:
		return h.Folder == vocab.FolderTrash
	}
	if h.Folder != vocab.FolderMain {
		return false
	}
	switch view {
	case vocab.ViewMine:
		return h.Assignee == me
	case vocab.ViewUnassigned:
		return h.Assignee == ""
	}
	return view.ShowsKind(h.Kind)
}
