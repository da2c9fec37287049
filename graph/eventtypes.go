package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph/generated"
	"parley/graph/model"
	"parley/internal/vocab"
)

// eventTypes are all types of events, explained: from the SDL, what they mean and
// which mutations emit them, and from the vocabulary the rest.
var eventTypes = sync.OnceValue(func() []*model.EventTypeInfo {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	emitters := emittersOf(schema)
	var list []*model.EventTypeInfo
	for _, v := range schema.Types["EventType"].EnumValues {
		t := vocab.EventType(v.Name)
		list = append(list, &model.EventTypeInfo{
			Type: t, Description: v.Description, Mutations: append([]string{}, emitters[v.Name]...), OtherCause: orNull(t.Cause()), Subject: orNull(t.Subject()),
			ChangedFields: append([]string{}, t.Fields()...), Sample: sampleOf(schema, t),
		})
	}
	return list
})

var (
	emitted   = regexp.MustCompile(`(?s)Emits\s.*`)
	eventName = regexp.MustCompile("`([A-Z_]+)`")
)

// emittersOf finds the mutations that say, each at the end of its description, that
// they emit an event.
func emittersOf(schema *ast.Schema) map[string][]string {
	emitters := map[string][]string{}
	for _, m := range schema.Mutation.Fields {
		for _, found := range eventName.FindAllStringSubmatch(emitted.FindString(m.Description), -1) {
			if !slices.Contains(emitters[found[1]], m.Name) {
				emitters[found[1]] = append(emitters[found[1]], m.Name)
			}
		}
	}
	return emitters
}

// EventsPage is the page docs/events.md.
func EventsPage() string {
	var b strings.Builder
	b.WriteString(eventsIntroduction)
	for _, t := range eventTypes() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", t.Type, t.Description)
		if len(t.Mutations) > 0 {
			fmt.Fprintf(&b, "- Emitted by `%s`.\n", strings.Join(t.Mutations, "`, `"))
		}
		if t.OtherCause != nil {
			fmt.Fprintf(&b, "- Also emitted without a mutation of staff: %s\n", *t.OtherCause)
		}
		if t.Subject != nil {
			fmt.Fprintf(&b, "- `subjectId` names a %s.\n", *t.Subject)
		}
		if len(t.ChangedFields) > 0 {
			fmt.Fprintf(&b, "- `changes` are about `%s`.\n", strings.Join(t.ChangedFields, "`, `"))
		}
		fmt.Fprintf(&b, "\n```json\n%s\n```\n", t.Sample)
	}
	return b.String()
}

const eventsIntroduction = `# The types of events

The query ` + "`events`" + ` reads the account's event log, and the subscription of the same name follows it; both give the same events with the
same cursor. [live.md](live.md) says what clients may rely on. The query ` + "`eventTypes`" + ` answers with what is on this page, which is made
from the same source: ` + "`parley schema --events`" + ` prints it.

An event has ids, enums, numbers and times. Of what is personal or long (texts, names of people, addresses) it only has the field's name.
An event of a conversation may also have other fields of it that changed with it. More types of events and of changes will come: clients
must expect those that they do not know.

The samples are answers to this selection; an edge to what is gone, or out of sight, is null:

` + "```graphql" + `
{
  events(after: 4710, first: 1) {
    nodes {
      sequence type occurredAt actor { __typename } inboxId conversation { id } message { id } subjectId revision
      changes {
        __typename
        ... on StatusChange { field fromStatus toStatus }
        ... on AssigneeChange { field fromAssigneeId toAssigneeId }
        ... on TeamChange { field fromTeamId toTeamId }
        ... on FilteredChange { field fromFiltered toFiltered }
        ... on SnoozeChange { field fromSnoozedUntil toSnoozedUntil }
        ... on PriorityChange { field fromPriority toPriority }
        ... on TagsChange { field addedIds removedIds }
        ... on ContactChange { field fromContactId toContactId }
        ... on InboxChange { field fromInboxId toInboxId }
        ... on BotStateChange { field fromBotState toBotState }
        ... on DeliveryChange { field fromDelivery toDelivery }
        ... on AvailabilityChange { field fromAvailability toAvailability }
        ... on ChannelStateChange { field fromChannelState toChannelState }
        ... on OtherFieldChange { field from to }
      }
    }
  }
}
` + "```" + `
`
