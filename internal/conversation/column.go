package conversation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// column is a column of a conversation that changes. field is its name in the
// SDL, under which an event has the change; empty: no event has it.
// The values of personal columns never enter an event; of one that is a set, the
// event has what was added and removed.
type column struct {
	name     string
	field    string
	personal bool
	value    func(*ent.Conversation) any
	set      func(*ent.Conversation) []string
}

var columns = []column{
	{name: "folder", value: func(c *ent.Conversation) any { return string(c.Folder) }},
	{name: "status", field: "status", value: func(c *ent.Conversation) any { return string(c.Status) }},
	{name: "contact_id", field: "contact", value: func(c *ent.Conversation) any { return c.ContactID }},
	{name: "channel_id", field: "channel", value: func(c *ent.Conversation) any { return c.ChannelID }},
	{name: "sender_key", value: func(c *ent.Conversation) any { return c.SenderKey }},
	{name: "contact_by_hand", value: func(c *ent.Conversation) any { return c.ContactByHand }},
	{name: "visitor_id", value: func(c *ent.Conversation) any { return c.VisitorID }},
	{name: "assignee_id", field: "assignee", value: func(c *ent.Conversation) any { return c.AssigneeID }},
	{name: "assigned_team_id", field: "assignedTeam", value: func(c *ent.Conversation) any { return c.AssignedTeamID }},
	{name: "subject", field: "subject", personal: true, value: func(c *ent.Conversation) any { return c.Subject }},
	{name: "preview", value: func(c *ent.Conversation) any { return c.Preview }},
	{name: "last_message_at", value: func(c *ent.Conversation) any { return c.LastMessageAt }},
	{name: "activity_at", value: func(c *ent.Conversation) any { return c.ActivityAt }},
	{name: "waiting_since", value: func(c *ent.Conversation) any { return c.WaitingSince }},
	{name: "closed_at", value: func(c *ent.Conversation) any { return c.ClosedAt }},
	{name: "filtered", field: "filtered", value: func(c *ent.Conversation) any { return c.Filtered }},
	{name: "deleted_at", field: "deletedAt", value: func(c *ent.Conversation) any { return c.DeletedAt }},
	{name: "bot_state", field: "botState", value: func(c *ent.Conversation) any { return string(c.BotState) }},
	{name: "routing_source", value: func(c *ent.Conversation) any { return c.RoutingSource }},
	{name: "turn", value: func(c *ent.Conversation) any { return c.Turn }},
	{name: "ever_assigned", value: func(c *ent.Conversation) any { return c.EverAssigned }},
	{name: "in_bots", value: func(c *ent.Conversation) any { return c.InBots }},
	{name: "visitor_active_at", value: func(c *ent.Conversation) any { return c.VisitorActiveAt }},
	{name: "priority", field: "priority", value: func(c *ent.Conversation) any { return string(c.Priority) }},
	{name: "tags", field: "tags", value: func(c *ent.Conversation) any { return tagsJSON(c.Tags) }, set: func(c *ent.Conversation) []string { return c.Tags }},
	{name: "snoozed_until", field: "snoozedUntil", value: func(c *ent.Conversation) any { return c.SnoozedUntil }},
	{name: "woken_revision", value: func(c *ent.Conversation) any { return c.WokenRevision }},
	{name: "last_number", value: func(c *ent.Conversation) any { return c.LastNumber }},
	{name: "last_visible_number", value: func(c *ent.Conversation) any { return c.LastVisibleNumber }},
	{name: "last_incoming_number", value: func(c *ent.Conversation) any { return c.LastIncomingNumber }},
	{name: "last_outgoing_number", value: func(c *ent.Conversation) any { return c.LastOutgoingNumber }},
	{name: "first_responded_at", field: "firstRespondedAt", value: func(c *ent.Conversation) any { return c.FirstRespondedAt }},
	{name: "first_responded_by", value: func(c *ent.Conversation) any { return c.FirstRespondedBy }},
	{name: "first_response_seconds", value: func(c *ent.Conversation) any { return c.FirstResponseSeconds }},
	{name: "first_response_business_seconds", value: func(c *ent.Conversation) any { return c.FirstResponseBusinessSeconds }},
	{name: "reopen_count", value: func(c *ent.Conversation) any { return c.ReopenCount }},
	{name: "resolved_by", value: func(c *ent.Conversation) any { return c.ResolvedBy }},
	{name: "closed_by", value: func(c *ent.Conversation) any { return string(c.ClosedBy) }},
	{name: "auto_assigned_at", value: func(c *ent.Conversation) any { return c.AutoAssignedAt }},
	{name: "no_answer_count", value: func(c *ent.Conversation) any { return c.NoAnswerCount }},
	{name: "priority_rank", value: func(c *ent.Conversation) any { return c.PriorityRank }},
	{name: "awaits_offer", value: func(c *ent.Conversation) any { return c.AwaitsOffer }},
	{name: "reassigned_message_number", value: func(c *ent.Conversation) any { return c.ReassignedMessageNumber }},
	{name: "external_id", field: "externalId", value: externalIDOf},
	{name: "rating", value: func(c *ent.Conversation) any { return c.Rating }}, // RATING_GIVEN says it
	{name: "visitor_read_number", value: func(c *ent.Conversation) any { return c.VisitorReadNumber }},
}

// tagsJSON writes ids of tags the way the database keeps them, which also compares.
func tagsJSON(tags []string) string {
	if len(tags) == 0 {
		return "[]"
	}
	text, err := json.Marshal(tags)
	if err != nil {
		panic(err) // strings can be written
	}
	return string(text)
}

// differences returns the columns in which two states of a conversation differ.
func differences(before, after *ent.Conversation) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.value(before) == c.value(after) })
}

// fieldChange is how the column differs, the way events do.
func (c column) fieldChange(before, after *ent.Conversation) vocab.FieldChange {
	switch {
	case c.personal:
		return vocab.FieldChange{Field: c.field}
	case c.set != nil:
		return vocab.FieldChange{Field: c.field, Added: without(c.set(after), c.set(before)), Removed: without(c.set(before), c.set(after))}
	}
	return vocab.FieldChange{Field: c.field, From: text(c.value(before)), To: text(c.value(after))}
}

// without are the values of one set that another does not have.
func without(set, other []string) []string {
	return slices.DeleteFunc(slices.Clone(set), func(s string) bool { return slices.Contains(other, s) })
}

// eventOf returns which of the events has the column's change: one whose type is
// about the field, else the first.
func (c column) eventOf(events []store.Event) int {
	return max(0, slices.IndexFunc(events, func(e store.Event) bool { return e.Type.HasField(c.field) }))
}

// text writes a value as an event has it; nothing set: null.
func text(v any) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s = v
	case clock.Micros:
		s = v.String()
	case vocab.FilteredReasons:
		s = reasonsText(v)
	default:
		s = fmt.Sprint(v)
	}
	if s == "" {
		return nil
	}
	return &s
}

// reasonsText writes a set of reasons with commas between.
func reasonsText(set vocab.FilteredReasons) string {
	names := []string{}
	for _, r := range set.List() {
		names = append(names, string(r))
	}
	return strings.Join(names, ",")
}

// updateSQL returns the statement that writes the columns of after, and raises
// the revision to after's.
func updateSQL(after *ent.Conversation, diff []column) (string, []any) {
	var b strings.Builder
	args := []any{after.Revision}
	b.WriteString("UPDATE conversations SET revision = $1")
	for _, c := range diff {
		args = append(args, plain(c.value(after)))
		b.WriteString(", " + c.name + " = $" + strconv.Itoa(len(args)))
	}
	args = append(args, after.ID, after.AccountID)
	fmt.Fprintf(&b, " WHERE id = $%d AND account_id = $%d", len(args)-1, len(args))
	return b.String(), args
}

// plain returns v as the database drivers know it.
func plain(v any) any {
	switch v := v.(type) {
	case clock.Micros:
		return int64(v)
	case vocab.FilteredReasons:
		return int64(v)
	}
	return v
}
