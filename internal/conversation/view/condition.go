package view

import (
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/store"
)

// condition is a test of one conversation that no index serves.
type condition struct {
	// sql writes the test into a query over conversations c.
	sql func(s *store.Statement, postgres bool) string
	// match is the same test of a row at hand, which the plan's user read up to a
	// number. nil: the row does not say, the database alone does.
	match func(c *ent.Conversation, read func() Position) bool
	// mixed: match is nil, though the row says a part of it: any change of the row may
	// change what the database answers.
	mixed bool
}

// instantOf is a column that ranges narrow, in SQL and of a row.
type instantOf struct {
	column string
	of     func(*ent.Conversation) clock.Micros
}

// valueOf is a column that lists of values narrow, in SQL and of a row.
type valueOf[T ~string] struct {
	column string
	of     func(*ent.Conversation) T
}

// within is a half-open range: after <= column < before (IN-3).
func (i instantOf) within(after, before *clock.Micros) []condition {
	var all []condition
	for n, test := range bounds(i.column, after, before) {
		bound, least := before, false
		if n == 0 && after != nil {
			bound, least = after, true
		}
		all = append(all, condition{sql: test, match: func(c *ent.Conversation, _ func() Position) bool { return i.of(c) >= *bound == least }})
	}
	return all
}

// bounds writes a half-open range of a column; nil: no bound.
func bounds(column string, after, before *clock.Micros) []func(*store.Statement, bool) string {
	var all []func(*store.Statement, bool) string
	if after != nil {
		all = append(all, func(s *store.Statement, _ bool) string { return column + " >= " + s.Arg(int64(*after)) })
	}
	if before != nil {
		all = append(all, func(s *store.Statement, _ bool) string { return column + " < " + s.Arg(int64(*before)) })
	}
	return all
}

var snoozedCondition = condition{
	sql:   func(*store.Statement, bool) string { return "c.snoozed_until > 0" },
	match: func(c *ent.Conversation, _ func() Position) bool { return c.SnoozedUntil.IsSet() },
}

func (v valueOf[T]) oneOf(values []T) condition {
	sql := func(s *store.Statement, _ bool) string {
		if len(values) == 0 {
			return "1 = 0"
		}
		return v.column + " IN (" + store.List(s, values) + ")"
	}
	return condition{sql: sql, match: func(c *ent.Conversation, _ func() Position) bool { return slices.Contains(values, v.of(c)) }}
}

// externalCondition: what has no external id is never among those that are wanted, also
// where the condition is denied.
func externalCondition(ids []string) condition {
	sql := func(s *store.Statement, _ bool) string {
		if len(ids) == 0 {
			return "1 = 0"
		}
		return "(c.external_id IS NOT NULL AND c.external_id IN (" + store.List(s, ids) + "))"
	}
	return condition{sql: sql, match: func(c *ent.Conversation, _ func() Position) bool {
		return c.ExternalID != nil && slices.Contains(ids, *c.ExternalID)
	}}
}

// ratingCondition is that the contact's last rating is one of the scores; 0: they gave none.
func ratingCondition(scores []int) condition {
	sql := func(s *store.Statement, _ bool) string {
		if len(scores) == 0 {
			return "1 = 0"
		}
		return "c.rating IN (" + scoreList(s, scores) + ")"
	}
	return condition{sql: sql, match: func(c *ent.Conversation, _ func() Position) bool { return slices.Contains(scores, c.Rating) }}
}

func scoreList(s *store.Statement, scores []int) string {
	marks := make([]string, len(scores))
	for i, score := range scores {
		marks[i] = s.Arg(score)
	}
	return strings.Join(marks, ", ")
}

func activeCondition(f Filter) condition {
	return condition{sql: func(s *store.Statement, postgres bool) string {
		text := "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id"
		for _, bound := range bounds("m.created_at", f.ActiveAfter, f.ActiveBefore) {
			text += " AND " + bound(s, postgres)
		}
		return text + ")"
	}}
}

// tagCondition is that a conversation has one of the tags, by the ids that it may have
// for them.
func tagCondition(tags []string) condition {
	sql := func(s *store.Statement, postgres bool) string {
		if len(tags) == 0 {
			return "1 = 0"
		}
		if !postgres {
			return "EXISTS (SELECT 1 FROM json_each(c.tags) WHERE value IN (" + store.List(s, tags) + "))"
		}
		return "jsonb_exists_any(c.tags, ARRAY[" + store.List(s, tags) + "]::text[])"
	}
	return condition{sql: sql, match: func(c *ent.Conversation, _ func() Position) bool {
		return slices.ContainsFunc(c.Tags, func(tag string) bool { return slices.Contains(tags, tag) })
	}}
}

// unreadCondition: see Service.Unread.
func unreadCondition(user string, unread bool) condition {
	sql := func(s *store.Statement, _ bool) string {
		text := unreadSQL(s.Arg(user))
		if unread {
			return text
		}
		return "NOT " + text
	}
	return condition{sql: sql, match: func(c *ent.Conversation, read func() Position) bool { return isUnread(c, read()) == unread }}
}

func assigneeCondition(f AssigneeFilter, me string) condition {
	users := slices.Clone(f.UserIDs)
	if f.Me {
		users = append(users, me)
	}
	if f.Nobody {
		users = append(users, "")
	}
	sql := func(s *store.Statement, _ bool) string {
		var any []string
		if len(users) > 0 {
			any = append(any, "c.assignee_id IN ("+store.List(s, users)+")")
		}
		if len(f.TeamIDs) > 0 {
			any = append(any, "c.assigned_team_id IN ("+store.List(s, f.TeamIDs)+")")
		}
		return "(" + strings.Join(any, " OR ") + ")"
	}
	return condition{sql: sql, match: func(c *ent.Conversation, _ func() Position) bool {
		return slices.Contains(users, c.AssigneeID) || slices.Contains(f.TeamIDs, c.AssignedTeamID)
	}}
}
