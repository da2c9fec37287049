package live

import (
	"parley/ent"
	"parley/internal/crm"
	"parley/internal/paging"
)

// TicketViewUpdate is a change of a live list: *TicketViewSnapshot or *TicketViewChanges.
type TicketViewUpdate interface{ isTicketViewUpdate() }

// TicketViewSnapshot is a list as it is. Sequence is the number of the log up to which it
// has what happened.
type TicketViewSnapshot struct {
	Sequence int64
	Tickets  *crm.TicketPage
}

// TicketViewChanges is all that one event did to a list.
type TicketViewChanges struct {
	Sequence int64
	Changes  []TicketViewChange
}

func (*TicketViewSnapshot) isTicketViewUpdate() {}
func (*TicketViewChanges) isTicketViewUpdate()  {}

// TicketViewChange is what became of one row: *TicketEntered, *TicketChanged or
// *TicketLeft.
type TicketViewChange interface{ isTicketViewChange() }

// TicketEntered is a row that is new in the window.
type TicketEntered struct {
	Cursor string
	Ticket *ent.Ticket
}

// TicketChanged is a row of the window that changed, and perhaps moved.
type TicketChanged struct {
	Cursor string
	Ticket *ent.Ticket
}

// TicketLeft is a row that is not in the window any longer.
type TicketLeft struct{ TicketID string }

func (*TicketEntered) isTicketViewChange() {}
func (*TicketChanged) isTicketViewChange() {}
func (*TicketLeft) isTicketViewChange()    {}

type edges = []*paging.Edge[*ent.Ticket]

// difference is what makes the rows after of those before.
func difference(before, after edges) []TicketViewChange {
	were, are := map[string]*paging.Edge[*ent.Ticket]{}, map[string]bool{}
	for _, e := range before {
		were[e.Node.ID] = e
	}
	for _, e := range after {
		are[e.Node.ID] = true
	}
	var changes []TicketViewChange
	for _, e := range before {
		if !are[e.Node.ID] {
			changes = append(changes, &TicketLeft{e.Node.ID})
		}
	}
	for _, e := range after {
		switch was := were[e.Node.ID]; {
		case was == nil:
			changes = append(changes, &TicketEntered{e.Cursor, e.Node})
		case was.Node.Revision != e.Node.Revision || was.Cursor != e.Cursor:
			changes = append(changes, &TicketChanged{e.Cursor, e.Node})
		}
	}
	return changes
}
