package view

import (
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxLevels is how deep filters nest, the outermost included.
	maxLevels = 3
	// maxCriteria is how many criteria a filter has, with all within it.
	maxCriteria = 20
)

// groupsOf are the conditions that a filter's any and not make (IN-3).
func groupsOf(f Filter, p *Plan) []condition {
	var all []condition
	if f.Any != nil {
		groups := make([]condition, len(f.Any))
		for i, within := range f.Any {
			groups[i] = joined(withinOf(within, p), " AND ", true)
		}
		all = append(all, joined(groups, " OR ", false))
	}
	for _, within := range f.Not {
		all = append(all, negated(joined(withinOf(within, p), " AND ", true)))
	}
	return all
}

// withinOf are the conditions of a filter within another: there no index serves
// anything, and what is left out is no condition.
func withinOf(f Filter, p *Plan) []condition {
	var all []condition
	if f.Statuses != nil {
		all = append(all, statusOf.oneOf(f.Statuses))
	}
	if f.Channels != nil {
		all = append(all, kindOf.oneOf(vocab.StoredKinds(f.Channels)))
	}
	if a := f.AssigneesOrNone(); a.given() {
		all = append(all, assigneeCondition(a, p.User))
	}
	switch f.Snoozed {
	case vocab.SnoozedOnly:
		all = append(all, snoozedCondition)
	case vocab.SnoozedExclude:
		all = append(all, negated(snoozedCondition))
	}
	f.Snoozed = ""
	return append(all, conditionsOf(f, p)...)
}

// joined is conditions as one: all of them must hold, or any; whole is what it is of
// none.
func joined(list []condition, by string, whole bool) condition {
	one := condition{
		sql: func(s *store.Statement, postgres bool) string {
			if len(list) == 0 {
				return truth(whole)
			}
			texts := make([]string, len(list))
			for i, c := range list {
				texts[i] = c.sql(s, postgres)
			}
			return "(" + strings.Join(texts, by) + ")"
		},
		match: func(c *ent.Conversation, read func() Position) bool {
			holds := func(one condition) bool { return one.match(c, read) }
			if whole {
				return !slices.ContainsFunc(list, func(one condition) bool { return !holds(one) })
			}
			return slices.ContainsFunc(list, holds)
		},
	}
	for _, c := range list {
		if c.match == nil {
			one.match = nil
		}
		one.mixed = one.mixed || c.mixed
	}
	one.mixed = one.mixed || one.match == nil && len(list) > 1
	return one
}

func truth(holds bool) string {
	if holds {
		return "1 = 1"
	}
	return "1 = 0"
}

// negated is what holds where the condition does not.
func negated(c condition) condition {
	not := condition{sql: func(s *store.Statement, postgres bool) string { return "NOT " + c.sql(s, postgres) }, mixed: c.mixed}
	if c.match != nil {
		not.match = func(row *ent.Conversation, read func() Position) bool { return !c.match(row, read) }
	}
	return not
}

// waitingCondition is whose answer it waits for, by who wrote last (IN-3).
func waitingCondition(on vocab.WaitingOn) condition {
	if on == vocab.WaitingOnTeam {
		return condition{
			sql:   func(*store.Statement, bool) string { return "c.last_incoming_number > c.last_outgoing_number" },
			match: func(c *ent.Conversation, _ func() Position) bool { return c.LastIncomingNumber > c.LastOutgoingNumber },
		}
	}
	return condition{
		sql: func(*store.Statement, bool) string {
			return "(c.last_outgoing_number > 0 AND c.last_outgoing_number >= c.last_incoming_number)"
		},
		match: func(c *ent.Conversation, _ func() Position) bool {
			return c.LastOutgoingNumber > 0 && c.LastOutgoingNumber >= c.LastIncomingNumber
		},
	}
}

// someHas reports whether a filter, or one within it, is as asked.
func (f Filter) someHas(is func(Filter) bool) bool {
	within := func(g Filter) bool { return g.someHas(is) }
	return is(f) || slices.ContainsFunc(f.Any, within) || slices.ContainsFunc(f.Not, within)
}

// NamesMe reports whether what the filter admits depends on who looks.
func (f Filter) NamesMe() bool {
	return f.someHas(func(g Filter) bool { return g.AssigneesOrNone().Me })
}

// readsPositions reports whether it depends on what they have read.
func (f Filter) readsPositions() bool {
	return f.someHas(func(g Filter) bool { return g.Unread != nil })
}

// checkLevels refuses filters within the filter that nest too deep, are too many, or
// ask within for what leads to conversations. Each finds its way in the input.
func (f Filter) checkLevels(level int, path []string) error {
	within := func(g Filter, path []string) error {
		if level == maxLevels {
			return errs.New(errs.Invalid, "A filter may nest %d levels deep, the outermost included.", maxLevels).On(path...)
		}
		for field, given := range map[string]bool{"inboxIds": g.InboxIDs != nil, "contactIds": g.ContactIDs != nil, "text": g.Text != nil} {
			if given {
				return errs.New(errs.Invalid, "%s can only be given at the top level of a filter.", field).On(append(path, field)...)
			}
		}
		if err := g.checkOwn(path); err != nil {
			return err
		}
		return g.checkLevels(level+1, path)
	}
	for _, list := range []struct {
		field   string
		filters []Filter
	}{{"any", f.Any}, {"not", f.Not}} {
		if list.filters != nil && len(list.filters) == 0 {
			return errs.New(errs.Invalid, "%s needs at least one filter.", list.field).On(append(path, list.field)...)
		}
		for i, g := range list.filters {
			if err := within(g, append(slices.Clone(path), list.field, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

// countCriteria counts what is given, with all within. EXCLUDE is what is usual, and
// does not count.
func (f Filter) countCriteria() int {
	n := 0
	for _, given := range []bool{
		f.InboxIDs != nil, f.Statuses != nil, f.Channels != nil, f.AssigneesOrNone().given(), f.ContactIDs != nil, f.Tags != nil,
		f.Priorities != nil, f.OpenedAfter != nil, f.OpenedBefore != nil, f.LastMessageAfter != nil, f.LastMessageBefore != nil,
		f.ActiveAfter != nil, f.ActiveBefore != nil, f.Snoozed != "" && f.Snoozed != vocab.SnoozedExclude, f.Unread != nil, f.Text != nil, f.WaitingOn != nil, f.ChannelTypes != nil, f.ExternalIDs != nil, f.Rating != nil,
	} {
		if given {
			n++
		}
	}
	n += len(f.Properties) + len(f.ContactProperties) + len(f.Annotations)
	for _, g := range slices.Concat(f.Any, f.Not) {
		n += max(1, g.countCriteria())
	}
	return n
}

// given reports whether there is a condition.
func (f AssigneeFilter) given() bool { return f.Me || f.Nobody || len(f.UserIDs)+len(f.TeamIDs) > 0 }
