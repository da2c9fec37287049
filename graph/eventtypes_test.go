package graph_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/conversation"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// DX-5: docs/events.md is what the server answers with.
func TestEventsPage(t *testing.T) {
	t.Parallel()
	page := check.Must(os.ReadFile("../docs/events.md"))(t)
	if string(page) != graph.EventsPage() {
		t.Error("docs/events.md is not up to date: go run ./cmd/parley schema --events > docs/events.md")
	}
}

// eventTypeInfo is what eventTypes answers with.
type eventTypeInfo struct {
	Type, Description, Subject, OtherCause, Sample string
	Mutations, ChangedFields                       []string
}

// DX-5: each type of events is explained: something emits it, its subject is a
// type of the SDL, and its sample is an event as the SDL has it.
func TestEventTypesAreExplained(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		var all struct{ EventTypes []eventTypeInfo }
		lobbyOn(t, d).ask(d.Admin, `{ eventTypes { type description mutations otherCause subject changedFields sample } }`, &all)
		s := schema()
		if len(all.EventTypes) != len(s.Types["EventType"].EnumValues) {
			t.Errorf("%d types are explained, %d exist", len(all.EventTypes), len(s.Types["EventType"].EnumValues))
		}
		for _, e := range all.EventTypes {
			if len(e.Mutations) == 0 && e.OtherCause == "" {
				t.Errorf("%s: nothing emits it", e.Type)
			}
			for of := range strings.SplitSeq(e.Subject, " or ") {
				if of != "" && s.Types[of] == nil {
					t.Errorf("%s: its subject %s is no type", e.Type, of)
				}
			}
			sampleIsOfSchema(t, s, e)
		}
	})
}

func sampleIsOfSchema(t *testing.T, s *gql.Schema, e eventTypeInfo) {
	t.Helper()
	var sample map[string]any
	if err := json.Unmarshal([]byte(e.Sample), &sample); err != nil {
		t.Fatalf("%s: %v", e.Type, err)
	}
	for name := range sample {
		if s.Types["Event"].Fields.ForName(name) == nil {
			t.Errorf("%s: the sample has %s, which Event has not", e.Type, name)
		}
	}
	if (sample["subjectId"] != nil) != (e.Subject != "") || sample["type"] != e.Type {
		t.Errorf("%s: the sample is %s", e.Type, e.Sample)
	}
	changes, _ := sample["changes"].([]any)
	if len(changes) != min(len(e.ChangedFields), 3) {
		t.Errorf("%s: the sample has the changes %v", e.Type, changes)
	}
	for i, c := range changes {
		c := c.(map[string]any)
		def := s.Types[fmt.Sprint(c["__typename"])]
		if def == nil || c["field"] != e.ChangedFields[i] {
			t.Fatalf("%s: the sample has the change %v", e.Type, c)
		}
		delete(c, "__typename")
		for name, v := range c {
			f := def.Fields.ForName(name)
			if f == nil || f.Type.NonNull && v == nil {
				t.Errorf("%s: %s.%s is %v in the sample", e.Type, def.Name, name, v)
				continue
			}
			if enum := s.Types[f.Type.Name()]; enum.Kind == gql.Enum && v != nil && f.Type.Elem == nil && enum.EnumValues.ForName(fmt.Sprint(v)) == nil {
				t.Errorf("%s: %s.%s is %v in the sample", e.Type, def.Name, name, v)
			}
		}
	}
}

// API-11: the page's own selection asks for all changes together, and their edges
// are loaded for all events at once.
func TestTypedChanges(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		l := lobbyOn(t, d)
		c := d.StartChat(0, "Hello").ID
		change := func() {
			for _, to := range d.AgentIDs {
				d.MustAssign(c, to)
			}
			for _, p := range []vocab.Priority{vocab.PriorityHigh, vocab.PriorityNone} {
				check.Must(d.SetPriority(d.Agent(0), conversation.SetConversationPriorityInput{Target: conversation.On(c), Priority: p}))(t)
			}
			check.Must(d.Tag(d.Agent(0), conversation.TagConversationInput{Target: conversation.On(c), Tags: []string{"vip"}}))(t)
			check.Must(d.Untag(d.Agent(0), conversation.UntagConversationInput{Target: conversation.On(c), Tags: []string{"vip"}}))(t)
			d.MustClose(c)
			check.Must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)}))(t)
		}
		_, selection, _ := strings.Cut(graph.EventsPage(), "changes {")
		selection, _, _ = strings.Cut(selection, "\n      }\n")
		document := `{ events(after: 0) { nodes { type changes {` + selection + ` ... on AssigneeChange { fromAssignee { id name } toAssignee { id } }
			... on ContactChange { toContact { id } } ... on TeamChange { toTeam { id } } ... on InboxChange { toInbox { id } }
			... on TagsChange { added { id name } removed { id name } } } } } }`
		change()
		var log struct {
			Events struct {
				Nodes []struct {
					Type    string
					Changes []map[string]any
				}
			}
		}
		few := asked.Of(func() { l.ask(d.Agent(1), document, &log) })
		var got []string
		for _, e := range log.Events.Nodes {
			for _, c := range e.Changes {
				got = append(got, fmt.Sprint(e.Type, " ", c["__typename"]))
			}
		}
		for _, want := range []string{
			"CONVERSATION_ASSIGNED AssigneeChange", "CONVERSATION_UPDATED PriorityChange", "CONVERSATION_TAGGED TagsChange",
			"CONVERSATION_CLOSED StatusChange", "CONVERSATION_REOPENED StatusChange",
		} {
			if !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("no %s among\n%s", want, strings.Join(got, "\n"))
			}
		}
		for _, e := range log.Events.Nodes {
			for _, c := range e.Changes {
				if c["__typename"] == "AssigneeChange" {
					check.Same(t, c["toAssignee"], any(map[string]any{"id": c["toAssigneeId"]}))
				}
			}
		}
		change()
		if more := asked.Of(func() { l.ask(d.Agent(1), document, nil) }); len(more) != len(few) {
			t.Errorf("%d statements for more events, %d for few:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
		bare := asked.Of(func() { l.ask(d.Agent(1), `{ events(after: 0) { nodes { changes { __typename } } } }`, nil) })
		check.Same(t, len(bare), 2)
	})
}
