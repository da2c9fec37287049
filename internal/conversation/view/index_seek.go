package view

import (
	"parley/internal/store"
	"parley/internal/vocab"
)

// indexSeek is one seek in an index of conversations: every column before the
// order's key has one value.
type indexSeek struct {
	inbox    string
	folder   vocab.Folder
	kind     vocab.ChannelKind
	status   vocab.ConversationStatus
	assignee *string
	bots     bool
}

// indexSeeks are the combinations of the plan's columns, in the columns of the index
// that serves them: by assignee where the plan names assignees, Bots by its own,
// else by kind. A kind that its index does not have becomes a condition.
func (p *Plan) indexSeeks() []indexSeek {
	var all []indexSeek
	for _, inbox := range p.Inboxes {
		for _, status := range p.statuses {
			all = append(all, p.indexSeeksIn(inbox, status)...)
		}
	}
	return all
}

func (p *Plan) indexSeeksIn(inbox string, status vocab.ConversationStatus) []indexSeek {
	if p.bots {
		return []indexSeek{{inbox: inbox, status: status, bots: true}}
	}
	var all []indexSeek
	for _, folder := range p.folders {
		if p.assignees == nil {
			for _, kind := range p.kinds {
				all = append(all, indexSeek{inbox: inbox, status: status, folder: folder, kind: kind})
			}
			continue
		}
		for i := range p.assignees {
			all = append(all, indexSeek{inbox: inbox, status: status, folder: folder, assignee: &p.assignees[i]})
		}
	}
	return all
}

// writeWhere writes the seek.
func (a indexSeek) writeWhere(s *store.Statement) string {
	text := "c.inbox_id = " + s.Arg(a.inbox) + " AND c.status = " + s.Arg(string(a.status))
	switch {
	case a.bots:
		return text + " AND c.in_bots"
	case a.assignee != nil:
		return text + " AND c.folder = " + s.Arg(string(a.folder)) + " AND c.assignee_id = " + s.Arg(*a.assignee)
	}
	return text + " AND c.folder = " + s.Arg(string(a.folder)) + " AND c.kind = " + s.Arg(string(a.kind))
}
