package view

import (
	"parley/ent"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// Filter narrows a list of conversations. All given conditions must hold;
// within a list, any. Ranges are half-open: after <= t < before (IN-3).
// Snoozed is EXCLUDE if empty.
type Filter struct {
	InboxIDs   []string
	Statuses   []vocab.ConversationStatus
	Channels   []vocab.ChannelKind
	Assignees  *AssigneeFilter
	ContactIDs []string
	// Tags are ids and names of tags.
	Tags              []string
	Priorities        []vocab.Priority
	OpenedAfter       *clock.Micros
	OpenedBefore      *clock.Micros
	LastMessageAfter  *clock.Micros
	LastMessageBefore *clock.Micros
	ActiveAfter       *clock.Micros
	ActiveBefore      *clock.Micros
	Snoozed           vocab.SnoozedFilter
	Unread            *bool
	Text              *string
	// WaitingOn is whose answer it waits for.
	WaitingOn *vocab.WaitingOn
	// ChannelTypes are what custom channels call themselves.
	ChannelTypes []string
	ExternalIDs  []string
	// Rating are the scores that the contact gave last; 0: none (CO-5).
	Rating []int
	// Properties and ContactProperties are conditions on what the conversation and its
	// contact have of defined properties (CR-11).
	Properties        []vocab.PropertyCondition `json:",omitempty"`
	ContactProperties []vocab.PropertyCondition `json:",omitempty"`
	// Annotations are conditions on what was noted of the conversation and its messages (AG-4).
	Annotations []vocab.AnnotationCondition `json:",omitempty"`
	// Checked are the tests of those conditions; a selection that is resolved has them.
	Checked []propertyTest `json:"-"`
	// Any and Not are filters within: what they leave out is no condition.
	Any []Filter
	Not []Filter
}

// AssigneeFilter is the SDL's AssigneeFilter. Any of these; none given: no
// condition.
type AssigneeFilter struct {
	Me      bool
	Nobody  bool
	UserIDs []string
	TeamIDs []string
}

// tested are the columns that orders and conditions read.
const tested = "c.id, c.activity_at, c.last_message_at, c.opened_at, c.waiting_since, c.kind, c.contact_id, c.assignee_id, c.assigned_team_id, c.priority, c.tags, c.filtered, c.deleted_at, c.snoozed_until, c.last_incoming_number, c.woken_revision, c.last_outgoing_number, c.status, c.channel_type, c.external_id, c.priority_rank, c.rating"

// The columns that fields of the filter narrow, in SQL and of a row.
var (
	openedAt      = instantOf{"c.opened_at", func(c *ent.Conversation) clock.Micros { return c.OpenedAt }}
	lastMessageAt = instantOf{"c.last_message_at", func(c *ent.Conversation) clock.Micros { return c.LastMessageAt }}

	kindOf     = valueOf[vocab.ChannelKind]{"c.kind", func(c *ent.Conversation) vocab.ChannelKind { return c.Kind }}
	priorityOf = valueOf[vocab.Priority]{"c.priority", func(c *ent.Conversation) vocab.Priority { return c.Priority }}
	statusOf   = valueOf[vocab.ConversationStatus]{"c.status", func(c *ent.Conversation) vocab.ConversationStatus { return c.Status }}
	typeOf     = valueOf[string]{"c.channel_type", func(c *ent.Conversation) string { return c.ChannelType }}
	contactOf  = valueOf[string]{"c.contact_id", func(c *ent.Conversation) string { return c.ContactID }}
)

// conditionsOf are the conditions that the filter's remaining fields make.
func conditionsOf(f Filter, p *Plan) []condition {
	var all []condition
	all = append(all, openedAt.within(f.OpenedAfter, f.OpenedBefore)...)
	all = append(all, lastMessageAt.within(f.LastMessageAfter, f.LastMessageBefore)...)
	if f.ActiveAfter != nil || f.ActiveBefore != nil {
		all = append(all, activeCondition(f))
	}
	if f.WaitingOn != nil {
		all = append(all, waitingCondition(*f.WaitingOn))
	}
	if f.ExternalIDs != nil {
		all = append(all, externalCondition(f.ExternalIDs))
	}
	if f.Rating != nil {
		all = append(all, ratingCondition(f.Rating))
	}
	if f.ChannelTypes != nil {
		all = append(all, typeOf.oneOf(f.ChannelTypes))
	}
	if f.Priorities != nil {
		all = append(all, priorityOf.oneOf(f.Priorities))
	}
	if f.Tags != nil {
		all = append(all, tagCondition(p.idsOf(f.Tags)))
	}
	if f.Unread != nil {
		all = append(all, unreadCondition(p.User, *f.Unread))
	}
	if f.ContactIDs != nil {
		all = append(all, contactOf.oneOf(f.ContactIDs))
	}
	for _, a := range f.Annotations {
		all = append(all, annotationCondition(a))
	}
	for _, t := range f.Checked {
		all = append(all, t.condition())
	}
	if f.Snoozed == vocab.SnoozedOnly && !p.common {
		all = append(all, snoozedCondition)
	}
	return append(all, groupsOf(f, p)...)
}
