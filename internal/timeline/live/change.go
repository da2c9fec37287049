package live

import (
	"parley/ent"
	"parley/internal/paging"
	"parley/internal/timeline"
)

// ContactTimelineUpdate is a change of a live timeline: *ContactTimelineSnapshot or
// *ContactTimelineChanges.
type ContactTimelineUpdate interface{ isContactTimelineUpdate() }

// ContactTimelineSnapshot is a timeline as it is. Sequence is the number of the log up to which
// it has what happened.
type ContactTimelineSnapshot struct {
	Sequence int64
	Timeline *timeline.Page
}

// ContactTimelineChanges is all that one event did to a timeline.
type ContactTimelineChanges struct {
	Sequence int64
	Changes  []ContactTimelineChange
}

func (*ContactTimelineSnapshot) isContactTimelineUpdate() {}
func (*ContactTimelineChanges) isContactTimelineUpdate()  {}

// ContactTimelineChange is what became of one row, which is known by its cursor:
// *TimelineEntered, *TimelineChanged or *TimelineLeft.
type ContactTimelineChange interface{ isContactTimelineChange() }

// TimelineEntered is a row that is new in the window.
type TimelineEntered struct {
	Cursor string
	Entry  *timeline.Entry
}

// TimelineChanged is a row of the window of which the item changed.
type TimelineChanged struct {
	Cursor string
	Entry  *timeline.Entry
}

// TimelineLeft is a row that is not in the window any longer.
type TimelineLeft struct{ Cursor string }

func (*TimelineEntered) isContactTimelineChange() {}
func (*TimelineChanged) isContactTimelineChange() {}
func (*TimelineLeft) isContactTimelineChange()    {}

type edges = []*paging.Edge[*timeline.Entry]

// difference is what makes the rows after of those before.
func difference(before, after edges) []ContactTimelineChange {
	were, are := map[string]*timeline.Entry{}, map[string]bool{}
	for _, e := range before {
		were[e.Cursor] = e.Node
	}
	for _, e := range after {
		are[e.Cursor] = true
	}
	var changes []ContactTimelineChange
	for _, e := range before {
		if !are[e.Cursor] {
			changes = append(changes, &TimelineLeft{e.Cursor})
		}
	}
	for _, e := range after {
		switch was := were[e.Cursor]; {
		case was == nil:
			changes = append(changes, &TimelineEntered{e.Cursor, e.Node})
		case stateOf(was) != stateOf(e.Node):
			changes = append(changes, &TimelineChanged{e.Cursor, e.Node})
		}
	}
	return changes
}

// stateOf is what differs of an entry after each change of its item. It can be compared.
func stateOf(e *timeline.Entry) any {
	switch item := e.Item.(type) {
	case *ent.Conversation:
		return item.Revision
	case *ent.Ticket:
		return item.Revision
	case *ent.Deal:
		return item.Revision
	case *ent.Engagement:
		return item.Revision
	case *ent.Quote:
		return [3]int{item.Revision, item.ViewCount, item.ProgramCount}
	case *ent.ConsentRecord:
		return item.WithdrawnAt
	case *ent.LibraryOpening:
		return [2]int64{int64(item.Seconds), int64(item.DownloadedAt)}
	case *timeline.ListChange:
		if item.List != nil {
			return item.List.String()
		}
	}
	return nil
}

// idsOf are the objects that a row shows.
func idsOf(e *timeline.Entry) []string {
	switch item := e.Item.(type) {
	case *ent.Conversation:
		return []string{item.ID}
	case *ent.Ticket:
		return []string{item.ID}
	case *ent.Deal:
		return []string{item.ID}
	case *ent.Engagement:
		return []string{item.ID}
	case *ent.Quote:
		return []string{item.ID}
	case *ent.ConsentRecord:
		return []string{item.ID}
	case *ent.LibraryOpening:
		return []string{item.ShareID}
	case *timeline.ListChange:
		if item.List != nil {
			return []string{item.List.ID}
		}
	}
	return nil
}
