package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"parley/internal/clock"
)

// LoggedFields are what the API is asked of an event, so that a body can be made of the answer.
const LoggedFields = `id sequence type occurredAt
	actor { __typename ... on User { id role } ... on Integration { id } ... on Bot { id } ... on Contact { id } ... on Visitor { id } ... on SystemActor { name } }
	inboxId conversation { id } message { id } subjectId revision
	changes {
		... on StatusChange { field fromStatus toStatus }
		... on AssigneeChange { field fromAssigneeId toAssigneeId }
		... on TeamChange { field fromTeamId toTeamId }
		... on FilteredChange { field fromFiltered toFiltered }
		... on SnoozeChange { field fromSnoozedUntil toSnoozedUntil }
		... on PriorityChange { field fromPriority toPriority }
		... on TagsChange { field addedIds removedIds }
		... on PropertiesChange { field setIds clearedIds }
		... on ContactChange { field fromContactId toContactId }
		... on InboxChange { field fromInboxId toInboxId }
		... on BotStateChange { field fromBotState toBotState }
		... on DeliveryChange { field fromDelivery toDelivery }
		... on AvailabilityChange { field fromAvailability toAvailability }
		... on ChannelStateChange { field fromChannelState toChannelState }
		... on StageChange { field fromStageId toStageId }
		... on OtherFieldChange { field from to }
	}`

// Logged is an event as the API answers with it.
type Logged struct {
	ID         string
	Sequence   int64
	Type       string
	OccurredAt time.Time
	Actor      struct {
		Type string `json:"__typename"`
		ID   string
		Role string
		Name string
	}
	InboxID      *string
	Conversation *struct{ ID string }
	Message      *struct{ ID string }
	SubjectID    *string
	Revision     int
	Changes      []map[string]any
}

// ConversationID is the conversation that it is about; "": none.
func (l *Logged) ConversationID() string {
	if l.Conversation == nil {
		return ""
	}
	return l.Conversation.ID
}

// Body is what a webhook carries of the event, in version 1 and without a document. Of a
// user it has the role of now, and what the caller cannot see is null.
func (l *Logged) Body() ([]byte, error) {
	e := &eventV1{
		ID: l.ID, Sequence: l.Sequence, Type: l.Type, OccurredAt: stamp(clock.Of(l.OccurredAt)), Actor: l.actor(),
		InboxID: l.InboxID, ConversationID: orNull(l.ConversationID()), SubjectID: l.SubjectID, Changes: make([]changeV1, len(l.Changes)),
	}
	if l.Message != nil {
		e.MessageID = &l.Message.ID
	}
	if l.Conversation != nil && l.Revision > 0 {
		e.Revision = &l.Revision
	}
	for i, c := range l.Changes {
		e.Changes[i] = changeOf(c)
	}
	b := body{Type: l.Type, Timestamp: e.OccurredAt, Data: data{Sequence: l.Sequence, Event: e}}
	return b.encode()
}

func (l *Logged) actor() actorV1 {
	a := actorV1{Kind: strings.ToUpper(l.Actor.Type), ID: orNull(l.Actor.ID)}
	switch l.Actor.Type {
	case "User":
		a.Kind = l.Actor.Role
	case "Contact":
		a.Kind = "VISITOR"
	case "SystemActor":
		a = actorV1{Kind: "SYSTEM", ID: orNull(l.Actor.Name)}
	}
	return a
}

// changeOf reads a typed change. Those that have no type of their own are as they were logged.
func changeOf(typed map[string]any) (c changeV1) {
	for name, value := range typed {
		switch {
		case name == "field":
			c.Field, _ = value.(string)
		case name == "addedIds", name == "setIds":
			c.Added = texts(value)
		case name == "removedIds", name == "clearedIds":
			c.Removed = texts(value)
		case strings.HasPrefix(name, "from"):
			c.From = textOf(value)
		case strings.HasPrefix(name, "to"):
			c.To = textOf(value)
		}
	}
	return c
}

// textOf is a value as the log has it: a set with commas between, nil if it is empty.
func textOf(value any) *string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return orNull(strings.Join(texts(v), ","))
	}
	text := fmt.Sprint(value)
	return &text
}

// texts are the texts of a list.
func texts(value any) []string {
	var list []string
	if all, ok := value.([]any); ok {
		for _, one := range all {
			list = append(list, fmt.Sprint(one))
		}
	}
	return list
}

// UnmarshalLogged reads an answer to LoggedFields.
func UnmarshalLogged(text []byte) (*Logged, error) {
	var l Logged
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("an event cannot be read: %w", err)
	}
	return &l, nil
}
