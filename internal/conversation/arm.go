package conversation

import "parley/internal/vocab"

// arm is one seek in an index of conversations: every column before the
// order's key has one value.
type arm struct {
	inbox    string
	folder   vocab.Folder
	kind     vocab.ChannelKind
	status   vocab.ConversationStatus
	assignee *string
	bots     bool
}

// arms are the combinations of the plan's columns, in the columns of the index
// that serves them: by assignee where the plan names assignees, Bots by its own,
// else by kind. A kind that its index does not have becomes a condition.
func (p *plan) arms() []arm {
	var all []arm
	for _, inbox := range p.inboxes {
		for _, status := range p.statuses {
			all = append(all, p.armsIn(inbox, status)...)
		}
	}
	return all
}

func (p *plan) armsIn(inbox string, status vocab.ConversationStatus) []arm {
	if p.bots {
		return []arm{{inbox: inbox, status: status, bots: true}}
	}
	var all []arm
	for _, folder := range p.folders {
		if p.assignees == nil {
			for _, kind := range p.kinds {
				all = append(all, arm{inbox: inbox, status: status, folder: folder, kind: kind})
			}
			continue
		}
		for i := range p.assignees {
			all = append(all, arm{inbox: inbox, status: status, folder: folder, assignee: &p.assignees[i]})
		}
	}
	return all
}

// where writes the arm's seek.
func (a arm) where(s *statement) string {
	text := "c.inbox_id = " + s.arg(a.inbox) + " AND c.status = " + s.arg(string(a.status))
	switch {
	case a.bots:
		return text + " AND c.in_bots"
	case a.assignee != nil:
		return text + " AND c.folder = " + s.arg(string(a.folder)) + " AND c.assignee_id = " + s.arg(*a.assignee)
	}
	return text + " AND c.folder = " + s.arg(string(a.folder)) + " AND c.kind = " + s.arg(string(a.kind))
}
