package graph

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/ent"
	"parley/graph/generated"
	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// jsonObject is a JSON object, which is written in the order of its names.
type jsonObject map[string]any

// eventSample is an event as the log answers with it.
type eventSample struct {
	ID           string          `json:"id,omitempty"`
	Sequence     int             `json:"sequence"`
	Type         vocab.EventType `json:"type"`
	OccurredAt   string          `json:"occurredAt"`
	Actor        jsonObject      `json:"actor"`
	InboxID      *string         `json:"inboxId"`
	Conversation jsonObject      `json:"conversation"`
	Message      jsonObject      `json:"message"`
	SubjectID    *string         `json:"subjectId"`
	Revision     int             `json:"revision"`
	Changes      []jsonObject    `json:"changes"`
}

// prefixes are the prefixes of ids by the SDL's types that events have as subjects.
var prefixes = map[string]string{
	"Account": id.Account, "IdentityProvider": id.IdentityProvider, "OauthApp": id.OauthApp, "Session": id.UserSession, "AgentRun": id.AgentRun, "Annotation": id.Annotation, "Proposal": id.Proposal, "ApiToken": id.APIToken, "Channel": id.Channel, "Consent": id.Consent, "Contact": id.Contact,
	"Company": id.Company, "ContactList": id.ContactList, "ContactSubscriptionType": id.SubscriptionType, "Conversation": id.Conversation, "Deal": id.Deal, "Engagement": id.Engagement, "Inbox": id.Inbox, "Pipeline": id.Pipeline,
	"PersonalMailbox": id.PersonalMailbox, "Property": id.Property, "Quote": id.Quote, "SavedView": id.SavedView, "Tag": id.Tag, "TargetedMessage": id.TargetedMessage, "Task": id.Task, "Team": id.Team,
	"Ticket": id.Ticket, "User": id.User,
}

// sampleID is an id of a kind, the same each time.
func sampleID(prefix string) string { return prefix + "_01kg8xq4ntf5za9m1c7p3w2vde" }

// inInbox are the subjects that are in an inbox.
var inInbox = []string{"Inbox", "Channel", "TargetedMessage", "User or Team"}

// sampleOf is an event of a type as the log answers with it.
func sampleOf(schema *ast.Schema, t vocab.EventType) string { return sampleEvent(schema, t).text() }

// EventSample is the sample of a type as the log answers to webhook.LoggedFields, an event
// of its own each time; "": there is no such type.
func EventSample(name string) string {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	if schema.Types["EventType"].EnumValues.ForName(name) == nil {
		return ""
	}
	sample := sampleEvent(schema, vocab.EventType(name))
	sample.ID = id.New(id.Event)
	sample.Actor["id"], sample.Actor["role"] = sampleID(id.User), string(viewer.Agent)
	return sample.text()
}

func (s *eventSample) text() string {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // texts and numbers can be written
	}
	return string(text)
}

func sampleEvent(schema *ast.Schema, t vocab.EventType) *eventSample {
	sample := &eventSample{
		Sequence: 4711, Type: t, OccurredAt: "2026-01-31T09:30:00Z", Actor: jsonObject{"__typename": "User"}, Changes: sampleChanges(schema, t),
	}
	if t.AboutConversation() && t != vocab.ConversationPurged {
		sample.Conversation, sample.Revision = jsonObject{"id": sampleID(id.Conversation)}, 3
	}
	if t.Message() != "" {
		sample.Message = jsonObject{"id": sampleID(id.Message)}
	}
	if of, _, _ := strings.Cut(t.Subject(), " or "); of != "" {
		sample.SubjectID = orNull(sampleID(prefixes[of]))
	}
	if t.AboutConversation() || slices.Contains(inInbox, t.Subject()) {
		sample.InboxID = orNull(sampleID(id.Inbox))
	}
	return sample
}

// sampleChanges are changes of the fields that a type's events are about, the
// first of them.
func sampleChanges(schema *ast.Schema, t vocab.EventType) []jsonObject {
	e := &ent.Event{Type: t}
	for _, field := range t.Fields()[:min(len(t.Fields()), 3)] {
		c := vocab.FieldChange{Field: field}
		if sample, ok := sampleValues[field]; ok {
			c = sample
			c.Field = field
		}
		if field == "status" && t.Status() == vocab.Open {
			c.From, c.To = c.To, c.From
		}
		e.Changes = append(e.Changes, c)
	}
	list := []jsonObject{}
	for _, c := range event.Changes(e) {
		list = append(list, changeObject(schema, c))
	}
	return list
}

func changed(from, to string) vocab.FieldChange {
	return vocab.FieldChange{From: orNull(from), To: orNull(to)}
}

// sampleValues are changes of fields whose values events have.
var sampleValues = map[string]vocab.FieldChange{
	"status":       changed(string(vocab.Open), string(vocab.Closed)),
	"assignee":     changed("", sampleID(id.User)),
	"assignedTeam": changed(sampleID(id.Team), ""),
	"filtered":     changed("", string(vocab.ReasonSpam)),
	"snoozedUntil": changed("", "2026-02-02T08:00:00Z"),
	"deletedAt":    changed("", "2026-01-31T09:30:00Z"),
	"priority":     changed(string(vocab.PriorityNone), string(vocab.PriorityHigh)),
	"tags":         {Added: []string{sampleID(id.Tag)}},
	"properties":   {Added: []string{sampleID(id.Property)}},
	"color":        changed("", "#2457d6"),
	"archivedAt":   changed("", "2026-01-31T09:30:00Z"),
	"mergedInto":   changed("", sampleID(id.Tag)),
	"contact":      changed("", sampleID(id.Contact)),
	"botState":     changed(string(vocab.BotActive), string(vocab.BotTakenOver)),
	"turn":         changed("1", "2"),
	"delivery":     changed(string(vocab.DeliverySent), string(vocab.DeliveryRead)),
	"availability": changed(string(vocab.Away), string(vocab.Available)),
	"readNumber":   changed("", "7"),
	"rule":         changed("", "0"),
	"reason":       changed("", "NOT_A_MEMBER"),
	"list":         changed("", sampleID(id.ContactList)),
	"members":      changed("", sampleID(id.User)),
	"onBehalfOf":   changed("", sampleID(id.User)),
	"role":         changed("", string(viewer.Agent)),
}

// changeObject is a change as the API answers with it, without its edges.
func changeObject(schema *ast.Schema, c event.FieldChange) jsonObject {
	row := reflect.ValueOf(c).Elem()
	o := jsonObject{"__typename": row.Type().Name()}
	for _, f := range schema.Types[row.Type().Name()].Fields {
		if schema.Types[f.Type.Name()].Kind == ast.Object || strings.HasPrefix(f.Name, "__") {
			continue
		}
		v := row.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, f.Name) }).Interface()
		if at, ok := v.(clock.Micros); ok {
			v = orNull(at.String())
		}
		o[f.Name] = v
	}
	return o
}
