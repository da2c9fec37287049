package conversation

import (
	"fmt"
	"strconv"
	"strings"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// statement builds a hand-written query with numbered arguments.
type statement struct {
	strings.Builder
	args []any
}

// arg adds an argument and returns its placeholder.
func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// list adds arguments and returns their placeholders with commas between.
func list[T ~string](s *statement, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = s.arg(string(v))
	}
	return strings.Join(marks, ", ")
}

// condition is a test of one conversation that no index serves. It writes
// itself into a query over conversations c.
type condition func(s *statement, postgres bool) string

// conditionsOf are the conditions that the filter's remaining fields make.
func conditionsOf(f Filter, p *plan) []condition {
	var all []condition
	ranges := []struct {
		column        string
		after, before *clock.Micros
	}{{"c.opened_at", f.OpenedAfter, f.OpenedBefore}, {"c.last_message_at", f.LastMessageAfter, f.LastMessageBefore}}
	for _, r := range ranges {
		all = append(all, bounds(r.column, r.after, r.before)...)
	}
	if f.ActiveAfter != nil || f.ActiveBefore != nil {
		all = append(all, activeCondition(f))
	}
	if f.Priorities != nil {
		all = append(all, oneOf("c.priority", f.Priorities))
	}
	if f.Tags != nil {
		all = append(all, tagCondition(f.Tags))
	}
	if f.Unread != nil {
		all = append(all, unreadCondition(p.user, *f.Unread))
	}
	if f.ContactIDs != nil {
		all = append(all, oneOf("c.contact_id", f.ContactIDs))
	}
	if p.folders == nil || p.folders[0] == vocab.FolderFiltered || p.folders[0] == vocab.FolderTrash {
		if f.Snoozed == vocab.SnoozedOnly {
			all = append(all, func(*statement, bool) string { return "c.snoozed_until > 0" })
		}
	}
	return all
}

// bounds is a half-open range: after <= column < before (IN-3).
func bounds(column string, after, before *clock.Micros) []condition {
	var all []condition
	if after != nil {
		all = append(all, func(s *statement, _ bool) string { return column + " >= " + s.arg(int64(*after)) })
	}
	if before != nil {
		all = append(all, func(s *statement, _ bool) string { return column + " < " + s.arg(int64(*before)) })
	}
	return all
}

func oneOf[T ~string](column string, values []T) condition {
	return func(s *statement, _ bool) string {
		if len(values) == 0 {
			return "1 = 0"
		}
		return column + " IN (" + list(s, values) + ")"
	}
}

func activeCondition(f Filter) condition {
	return func(s *statement, postgres bool) string {
		text := "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id"
		for _, bound := range bounds("m.created_at", f.ActiveAfter, f.ActiveBefore) {
			text += " AND " + bound(s, postgres)
		}
		return text + ")"
	}
}

func tagCondition(tags []string) condition {
	return func(s *statement, postgres bool) string {
		if len(tags) == 0 {
			return "1 = 0"
		}
		if !postgres {
			return "EXISTS (SELECT 1 FROM json_each(c.tags) WHERE value IN (" + list(s, tags) + "))"
		}
		any := make([]string, len(tags))
		for i, tag := range tags {
			any[i] = "jsonb_exists(c.tags, " + s.arg(tag) + ")"
		}
		return "(" + strings.Join(any, " OR ") + ")"
	}
}

// unreadCondition: see Service.Unread.
func unreadCondition(user string, unread bool) condition {
	return func(s *statement, _ bool) string {
		text := fmt.Sprintf(`(c.filtered = 0 AND c.last_incoming_number >
			COALESCE((SELECT r.number FROM read_positions r WHERE r.conversation_id = c.id AND r.user_id = %s), 0))`, s.arg(user))
		if unread {
			return text
		}
		return "NOT " + text
	}
}

func assigneeCondition(f AssigneeFilter, me string) condition {
	return func(s *statement, _ bool) string {
		var any []string
		users := f.UserIDs
		if f.Me {
			users = append([]string{me}, users...)
		}
		if f.Nobody {
			users = append([]string{""}, users...)
		}
		if len(users) > 0 {
			any = append(any, "c.assignee_id IN ("+list(s, users)+")")
		}
		if len(f.TeamIDs) > 0 {
			any = append(any, "c.assigned_team_id IN ("+list(s, f.TeamIDs)+")")
		}
		return "(" + strings.Join(any, " OR ") + ")"
	}
}
