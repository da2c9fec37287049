package conversation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
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

// condition is a test of one conversation that no index serves.
type condition struct {
	// sql writes the test into a query over conversations c.
	sql func(s *statement, postgres bool) string
	// match is the same test of a row at hand, which the plan's user read up to a
	// number. nil: the row does not tell, the database alone does.
	match func(c *ent.Conversation, read func() int) bool
}

// instantOf is a column that ranges narrow, in SQL and of a row.
type instantOf struct {
	column string
	of     func(*ent.Conversation) clock.Micros
}

var (
	openedAt      = instantOf{"c.opened_at", func(c *ent.Conversation) clock.Micros { return c.OpenedAt }}
	lastMessageAt = instantOf{"c.last_message_at", func(c *ent.Conversation) clock.Micros { return c.LastMessageAt }}
)

// valueOf is a column that lists of values narrow, in SQL and of a row.
type valueOf[T ~string] struct {
	column string
	of     func(*ent.Conversation) T
}

var (
	kindOf     = valueOf[vocab.ChannelKind]{"c.kind", func(c *ent.Conversation) vocab.ChannelKind { return c.Kind }}
	priorityOf = valueOf[vocab.Priority]{"c.priority", func(c *ent.Conversation) vocab.Priority { return c.Priority }}
	contactOf  = valueOf[string]{"c.contact_id", func(c *ent.Conversation) string { return c.ContactID }}
)

// conditionsOf are the conditions that the filter's remaining fields make.
func conditionsOf(f Filter, p *plan) []condition {
	var all []condition
	all = append(all, openedAt.within(f.OpenedAfter, f.OpenedBefore)...)
	all = append(all, lastMessageAt.within(f.LastMessageAfter, f.LastMessageBefore)...)
	if f.ActiveAfter != nil || f.ActiveBefore != nil {
		all = append(all, activeCondition(f))
	}
	if f.Priorities != nil {
		all = append(all, priorityOf.oneOf(f.Priorities))
	}
	if f.Tags != nil {
		all = append(all, tagCondition(f.Tags))
	}
	if f.Unread != nil {
		all = append(all, unreadCondition(p.user, *f.Unread))
	}
	if f.ContactIDs != nil {
		all = append(all, contactOf.oneOf(f.ContactIDs))
	}
	if f.Snoozed == vocab.SnoozedOnly && !p.common {
		all = append(all, snoozedCondition)
	}
	return all
}

// within is a half-open range: after <= column < before (IN-3).
func (i instantOf) within(after, before *clock.Micros) []condition {
	var all []condition
	for n, test := range bounds(i.column, after, before) {
		bound, least := before, false
		if n == 0 && after != nil {
			bound, least = after, true
		}
		all = append(all, condition{test, func(c *ent.Conversation, _ func() int) bool { return i.of(c) >= *bound == least }})
	}
	return all
}

// bounds writes a half-open range of a column; nil: no bound.
func bounds(column string, after, before *clock.Micros) []func(*statement, bool) string {
	var all []func(*statement, bool) string
	if after != nil {
		all = append(all, func(s *statement, _ bool) string { return column + " >= " + s.arg(int64(*after)) })
	}
	if before != nil {
		all = append(all, func(s *statement, _ bool) string { return column + " < " + s.arg(int64(*before)) })
	}
	return all
}

var snoozedCondition = condition{
	func(*statement, bool) string { return "c.snoozed_until > 0" },
	func(c *ent.Conversation, _ func() int) bool { return c.SnoozedUntil.IsSet() },
}

func (v valueOf[T]) oneOf(values []T) condition {
	sql := func(s *statement, _ bool) string {
		if len(values) == 0 {
			return "1 = 0"
		}
		return v.column + " IN (" + list(s, values) + ")"
	}
	return condition{sql, func(c *ent.Conversation, _ func() int) bool { return slices.Contains(values, v.of(c)) }}
}

func activeCondition(f Filter) condition {
	return condition{sql: func(s *statement, postgres bool) string {
		text := "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id"
		for _, bound := range bounds("m.created_at", f.ActiveAfter, f.ActiveBefore) {
			text += " AND " + bound(s, postgres)
		}
		return text + ")"
	}}
}

func tagCondition(tags []string) condition {
	sql := func(s *statement, postgres bool) string {
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
	return condition{sql, func(c *ent.Conversation, _ func() int) bool {
		return slices.ContainsFunc(c.Tags, func(tag string) bool { return slices.Contains(tags, tag) })
	}}
}

// unreadCondition: see Service.Unread.
func unreadCondition(user string, unread bool) condition {
	sql := func(s *statement, _ bool) string {
		text := fmt.Sprintf(`(c.filtered = 0 AND c.last_incoming_number >
			COALESCE((SELECT r.number FROM read_positions r WHERE r.conversation_id = c.id AND r.user_id = %s), 0))`, s.arg(user))
		if unread {
			return text
		}
		return "NOT " + text
	}
	return condition{sql, func(c *ent.Conversation, read func() int) bool { return isUnread(c, read()) == unread }}
}

// isUnread reports whether a conversation that was read up to a number has
// incoming messages to read. What is filtered never counts as unread (IN-9).
func isUnread(c *ent.Conversation, read int) bool {
	return c.Filtered == 0 && c.LastIncomingNumber > read
}

func assigneeCondition(f AssigneeFilter, me string) condition {
	users := slices.Clone(f.UserIDs)
	if f.Me {
		users = append(users, me)
	}
	if f.Nobody {
		users = append(users, "")
	}
	sql := func(s *statement, _ bool) string {
		var any []string
		if len(users) > 0 {
			any = append(any, "c.assignee_id IN ("+list(s, users)+")")
		}
		if len(f.TeamIDs) > 0 {
			any = append(any, "c.assigned_team_id IN ("+list(s, f.TeamIDs)+")")
		}
		return "(" + strings.Join(any, " OR ") + ")"
	}
	return condition{sql, func(c *ent.Conversation, _ func() int) bool {
		return slices.Contains(users, c.AssigneeID) || slices.Contains(f.TeamIDs, c.AssignedTeamID)
	}}
}
