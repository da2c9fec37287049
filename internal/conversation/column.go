package conversation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// column is a column of a conversation that changes. field is its name in the
// SDL, under which an event tells the change; empty: events do not tell it.
// The values of personal columns never enter an event. told are the types of
// events that tell the change, where one of them is emitted.
type column struct {
	name     string
	field    string
	personal bool
	value    func(*ent.Conversation) any
	told     []vocab.EventType
}

var (
	tellStatus   = []vocab.EventType{vocab.ConversationClosed, vocab.ConversationReopened}
	tellContact  = []vocab.EventType{vocab.ContactLinked, vocab.ContactUnlinked}
	tellAssignee = []vocab.EventType{vocab.ConversationAssigned, vocab.ConversationUnassigned}
	tellFiltered = []vocab.EventType{vocab.ConversationFiltered, vocab.ConversationUnfiltered, vocab.ConversationUpdated}
	tellDeleted  = []vocab.EventType{vocab.ConversationDeleted, vocab.ConversationRestored}
	tellBot      = []vocab.EventType{vocab.BotHandedOffEvent, vocab.BotTakenOverEvent}
	tellSnooze   = []vocab.EventType{vocab.ConversationSnoozed, vocab.ConversationUnsnoozed}
	tellTags     = []vocab.EventType{vocab.ConversationTagged}
)

var columns = []column{
	{name: "folder", value: func(c *ent.Conversation) any { return string(c.Folder) }},
	{name: "status", field: "status", value: func(c *ent.Conversation) any { return string(c.Status) }, told: tellStatus},
	{name: "contact_id", field: "contact", value: func(c *ent.Conversation) any { return c.ContactID }, told: tellContact},
	{name: "visitor_id", value: func(c *ent.Conversation) any { return c.VisitorID }},
	{name: "assignee_id", field: "assignee", value: func(c *ent.Conversation) any { return c.AssigneeID }, told: tellAssignee},
	{name: "assigned_team_id", field: "assignedTeam", value: func(c *ent.Conversation) any { return c.AssignedTeamID }, told: tellAssignee},
	{name: "subject", field: "subject", personal: true, value: func(c *ent.Conversation) any { return c.Subject }},
	{name: "preview", value: func(c *ent.Conversation) any { return c.Preview }},
	{name: "last_message_at", value: func(c *ent.Conversation) any { return c.LastMessageAt }},
	{name: "waiting_since", value: func(c *ent.Conversation) any { return c.WaitingSince }},
	{name: "closed_at", value: func(c *ent.Conversation) any { return c.ClosedAt }},
	{name: "filtered", field: "filtered", value: func(c *ent.Conversation) any { return c.Filtered }, told: tellFiltered},
	{name: "deleted_at", field: "deletedAt", value: func(c *ent.Conversation) any { return c.DeletedAt }, told: tellDeleted},
	{name: "bot_state", field: "botState", value: func(c *ent.Conversation) any { return string(c.BotState) }, told: tellBot},
	{name: "ever_assigned", value: func(c *ent.Conversation) any { return c.EverAssigned }},
	{name: "in_bots", value: func(c *ent.Conversation) any { return c.InBots }},
	{name: "visitor_active_at", value: func(c *ent.Conversation) any { return c.VisitorActiveAt }},
	{name: "priority", field: "priority", value: func(c *ent.Conversation) any { return string(c.Priority) }},
	{name: "tags", field: "tags", personal: true, value: func(c *ent.Conversation) any { return tagsJSON(c.Tags) }, told: tellTags},
	{name: "snoozed_until", field: "snoozedUntil", value: func(c *ent.Conversation) any { return c.SnoozedUntil }, told: tellSnooze},
	{name: "last_number", value: func(c *ent.Conversation) any { return c.LastNumber }},
	{name: "last_visible_number", value: func(c *ent.Conversation) any { return c.LastVisibleNumber }},
	{name: "last_incoming_number", value: func(c *ent.Conversation) any { return c.LastIncomingNumber }},
	{name: "awaits_offer", value: func(c *ent.Conversation) any { return c.AwaitsOffer }},
	{name: "reassigned_message_number", value: func(c *ent.Conversation) any { return c.ReassignedMessageNumber }},
	{name: "visitor_read_number", value: func(c *ent.Conversation) any { return c.VisitorReadNumber }},
}

// tagsJSON writes tags the way the database keeps them, which also compares.
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

// change tells how the column differs, the way events do.
func (c column) change(before, after *ent.Conversation) schema.FieldChange {
	if c.personal {
		return schema.FieldChange{Field: c.field}
	}
	return schema.FieldChange{Field: c.field, From: text(c.value(before)), To: text(c.value(after))}
}

// teller returns which of the events tells the column's change: one whose type
// says so, else the first.
func (c column) teller(events []store.Event) int {
	return max(0, slices.IndexFunc(events, func(e store.Event) bool { return slices.Contains(c.told, e.Type) }))
}

// text writes a value as an event has it; nothing set: null.
func text(v any) *string {
	var s string
	switch v := v.(type) {
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
