package live

import (
	"parley/ent"
	"parley/internal/conversation/view"
)

// openRow is what counts of an open conversation.
type openRow struct {
	view.CountBucket
	hidden   bool // filtered, or in Trash
	incoming int
	woken    int
	revision int
}

func openRowOf(c *ent.Conversation) openRow {
	return openRow{view.CountBucket{Folder: c.Folder, Kind: c.Kind, Assignee: c.AssigneeID, Bots: c.InBots}, c.Filtered != 0 || c.DeletedAt.IsSet(), c.LastIncomingNumber, c.WokenRevision, c.Revision}
}

// unreadAt reports whether one who read so far has something to read.
func (c openRow) unreadAt(read view.Position) bool {
	return !c.hidden && read.Misses(c.incoming, c.woken)
}

// Counts are the counts of an inbox's views, in the order of the SDL's enum.
type Counts struct{ Views []*view.ViewCount }

// viewTotals is the same, to be counted on and compared.
type viewTotals [len(view.CountedViews)]view.ViewCount

// reader is a user who watches the counts of an inbox.
type reader struct {
	userID  string
	members int
	loaded  bool
	unread  map[string]bool
	totals  viewTotals
	shown   *Counts
	changed chan struct{}
}

// countRow adds a row to what the user has, or takes it away.
func (r *reader) countRow(c openRow, unread bool, by int) {
	for i, shown := range view.CountedViews {
		if c.Shows(shown, r.userID) {
			r.totals[i].Open += by
			if unread {
				r.totals[i].Unread += by
			}
		}
	}
}

// wake wakes those who wait. The caller holds the lock of the rows.
func (r *reader) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// markUnread remembers whether a conversation is unread.
func (r *reader) markUnread(conversationID string, unread bool) {
	if unread {
		r.unread[conversationID] = true
	} else {
		delete(r.unread, conversationID)
	}
}

func (t viewTotals) toCounts(inboxID string) *Counts {
	views := make([]*view.ViewCount, len(t))
	for i, shown := range view.CountedViews {
		views[i] = &view.ViewCount{InboxID: inboxID, View: shown, Open: t[i].Open, Unread: t[i].Unread}
	}
	return &Counts{Views: views}
}

// totalsOf is what counts were made of.
func totalsOf(c *Counts) viewTotals {
	var t viewTotals
	for i, v := range c.Views {
		t[i].Open, t[i].Unread = v.Open, v.Unread
	}
	return t
}
