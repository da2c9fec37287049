package graph_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"parley/graph"
)

// API-16: the default limits admit 50 conversations with their last 20 messages,
// with author and attachments.
func TestDefaultLimitsAdmitAnInbox(t *testing.T) {
	t.Parallel()
	es, err := graph.Schema(graph.Services{})
	if err != nil {
		t.Fatal(err)
	}
	limits := graph.DefaultLimits()
	exec := executor.New(es)
	exec.Use(graph.Depth(limits.Depth))
	exec.Use(graph.Complexity(limits.Complexity))
	const document = `{ conversations(first: 50) { edges { cursor node { id status preview unread contact { id email } assignee { id name }
		messages(last: 20) { edges { cursor node { id number text createdAt
			author { __typename ... on User { id name } ... on Contact { id email } } attachments { id url } } } } } } } }`
	_, faults := exec.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: document})
	if len(faults) > 0 {
		t.Error(faults)
	}
}
