package event_test

import (
	"reflect"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// API-11: what integrators switch on comes typed; what has no type of its own, and
// what an earlier version recorded in less detail, as names and texts.
func TestChangesByType(t *testing.T) {
	t.Parallel()
	ptr := check.Ptr[string]
	for name, tc := range map[string]struct {
		of   vocab.EventType
		c    vocab.FieldChange
		want event.FieldChange
	}{
		"status":       {vocab.ConversationClosed, vocab.FieldChange{From: ptr("OPEN"), To: ptr("CLOSED")}, &event.StatusChange{FromStatus: vocab.Open, ToStatus: vocab.Closed}},
		"assignee":     {vocab.ConversationAssigned, vocab.FieldChange{To: ptr("user_1")}, &event.AssigneeChange{ToAssigneeID: ptr("user_1")}},
		"assignedTeam": {vocab.ConversationUnassigned, vocab.FieldChange{From: ptr("team_1")}, &event.TeamChange{FromTeamID: ptr("team_1")}},
		"filtered": {vocab.ConversationFiltered, vocab.FieldChange{To: ptr("SPAM,BLOCKED_SENDER")}, &event.FilteredChange{
			FromFiltered: []vocab.FilteredReason{}, ToFiltered: []vocab.FilteredReason{vocab.ReasonSpam, vocab.ReasonBlockedSender},
		}},
		"snoozedUntil": {vocab.ConversationSnoozed, vocab.FieldChange{To: ptr("1970-01-01T00:00:01Z")}, &event.SnoozeChange{ToSnoozedUntil: clock.Micros(1_000_000)}},
		"priority":     {vocab.ConversationUpdated, vocab.FieldChange{From: ptr("NONE"), To: ptr("HIGH")}, &event.PriorityChange{FromPriority: vocab.PriorityNone, ToPriority: vocab.PriorityHigh}},
		"tags":         {vocab.ConversationTagged, vocab.FieldChange{Removed: []string{"vip"}}, &event.TagsChange{AddedIDs: []string{}, RemovedIDs: []string{"vip"}}},
		"contact":      {vocab.ContactLinked, vocab.FieldChange{To: ptr("contact_1")}, &event.ContactChange{ToContactID: ptr("contact_1")}},
		"inbox":        {vocab.ConversationUpdated, vocab.FieldChange{From: ptr("inbox_1"), To: ptr("inbox_2")}, &event.InboxChange{FromInboxID: ptr("inbox_1"), ToInboxID: ptr("inbox_2")}},
		"botState":     {vocab.BotTakenOverEvent, vocab.FieldChange{From: ptr("ACTIVE"), To: ptr("TAKEN_OVER")}, &event.BotStateChange{FromBotState: vocab.BotActive, ToBotState: vocab.BotTakenOver}},
		"delivery":     {vocab.MessageDeliveryChanged, vocab.FieldChange{From: ptr("SENT"), To: ptr("READ")}, &event.DeliveryChange{FromDelivery: vocab.DeliverySent, ToDelivery: vocab.DeliveryRead}},
		"availability": {vocab.UserAvailabilityChanged, vocab.FieldChange{From: ptr("AWAY"), To: ptr("AVAILABLE")}, &event.AvailabilityChange{FromAvailability: vocab.Away, ToAvailability: vocab.Available}},
		"state":        {vocab.ChannelStateChanged, vocab.FieldChange{From: ptr("CONNECTED"), To: ptr("ERROR")}, &event.ChannelStateChange{FromChannelState: vocab.EmailConnected, ToChannelState: vocab.EmailError}},
	} {
		tc.c.Field = name
		e := &ent.Event{Type: tc.of, Changes: []vocab.FieldChange{tc.c}}
		reflect.ValueOf(tc.want).Elem().FieldByName("Field").SetString(name)
		check.Same(t, event.Changes(e), []event.FieldChange{tc.want})
	}
	for name, e := range map[string]*ent.Event{
		"tags":         {Type: vocab.ConversationTagged},
		"status":       {Type: vocab.ConversationClosed},
		"snoozedUntil": {Type: vocab.ConversationSnoozed},
		"state":        {Type: vocab.TaskFinished},
		"availability": {Type: vocab.UserUpdated},
		"name":         {Type: vocab.TeamUpdated},
	} {
		c := vocab.FieldChange{Field: name, To: ptr("?")}
		if name == "tags" {
			c.To = nil
		}
		e.Changes = []vocab.FieldChange{c}
		check.Same(t, event.Changes(e), []event.FieldChange{&event.OtherFieldChange{Field: name, To: c.To}})
	}
}
