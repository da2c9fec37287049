package conversation

import (
	"parley/ent"
)

// card is what counts of an open conversation.
type card struct {
	heap
	filtered bool
	incoming int
	revision int
}

func cardOf(c *ent.Conversation) card {
	return card{heap{"", c.Folder, c.Kind, c.AssigneeID, c.InBots}, c.Filtered != 0, c.LastIncomingNumber, c.Revision}
}

// unreadAt reports whether one who read up to a number has something to read.
func (c card) unreadAt(read int) bool { return !c.filtered && c.incoming > read }

// Counts are the counts of an inbox's views, in the order of the SDL's enum.
type Counts struct{ Views []*ViewCount }

// tally is the same, to be counted on and compared.
type tally [8]ViewCount

// reader is a user who watches a board.
type reader struct {
	userID  string
	members int
	loaded  bool
	unread  map[string]bool
	tally   tally
	shown   *Counts
	changed chan struct{}
}

// count adds a card to what the user has, or takes it away.
func (r *reader) count(c card, unread bool, by int) {
	for i, view := range countedViews {
		if c.shows(view, r.userID) {
			r.tally[i].Open += by
			if unread {
				r.tally[i].Unread += by
			}
		}
	}
}

// wake tells those who wait. The caller holds the board's lock.
func (r *reader) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// mark remembers whether a conversation is unread.
func (r *reader) mark(conversationID string, unread bool) {
	if unread {
		r.unread[conversationID] = true
	} else {
		delete(r.unread, conversationID)
	}
}

func (t tally) counts() *Counts {
	views := make([]*ViewCount, len(t))
	for i, view := range countedViews {
		views[i] = &ViewCount{View: view, Open: t[i].Open, Unread: t[i].Unread}
	}
	return &Counts{Views: views}
}

// tallyOf is what counts were made of.
func tallyOf(c *Counts) tally {
	var t tally
	for i, v := range c.Views {
		t[i].Open, t[i].Unread = v.Open, v.Unread
	}
	return t
}
