package clientcache_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/graph/clientcache"
)

func shop() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Input: `
type Query { book(id: ID!): Book  books(query: String, first: Int, after: String): BookConnection!  owner: Owner!  shelf(id: ID!): Shelf }
type Mutation { sell(id: ID!): SellPayload! }
type SellPayload { book: Book  errors: [Price!]! }
type Book implements Thing { id: ID!  prices: [Price!]!  parts: [String!]!  similar(first: Int, after: String): BookConnection! }
type Price { amount: Int!  notes: [Note!]! }
type Note { text: String! }
type Shelf implements Thing { id: ID! }
interface Thing { id: ID! }
union Owner = Shelf | Note
type BookConnection { nodes: [Book!]!  pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! }
`})
}

// API-23: what Apollo Client's cache needs to know.
func TestApollo(t *testing.T) {
	t.Parallel()
	var types map[string][]string
	if err := json.Unmarshal([]byte(clientcache.PossibleTypes(shop())), &types); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"Owner": {"Note", "Shelf"}, "Thing": {"Book", "Shelf"}}, types); diff != "" {
		t.Error(diff)
	}
	_, policies, _ := strings.Cut(clientcache.TypePolicies(shop()), "export const typePolicies = ")
	want := `{
  Query: {
    fields: {
      book: byId("Book"),
      books: pages("query"),
      shelf: byId("Shelf"),
    },
  },
  Book: {
    fields: {
      prices: whole,
      similar: pages(),
    },
  },
  BookConnection: {
    ...part,
    fields: {
      nodes: whole,
    },
  },
  Note: part,
  PageInfo: part,
  Price: {
    ...part,
    fields: {
      notes: whole,
    },
  },
  SellPayload: part,
};
`
	if diff := cmp.Diff(want, policies); diff != "" {
		t.Error(diff)
	}
}

// API-23: what urql's graphcache needs to know.
func TestGraphcache(t *testing.T) {
	t.Parallel()
	text := clientcache.GraphcacheKeys(shop())
	for _, want := range []string{
		"  Note: () => null,\n  PageInfo: () => null,\n  Price: () => null,\n",
		"  Query: { books: relayPagination() },\n  Book: { similar: relayPagination() },\n",
		`{"name":"prices","args":[],"type":{"kind":"NON_NULL","ofType":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":{"kind":"OBJECT","name":"Price"}}}}}`,
		`{"kind":"UNION","name":"Owner","possibleTypes":[{"kind":"OBJECT","name":"Note"},{"kind":"OBJECT","name":"Shelf"}]}`,
		`{"name":"book","args":[{"name":"id","args":[],"type":{"kind":"SCALAR","name":"Any"}}],"type":{"kind":"OBJECT","name":"Book"}}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "  Book: () => null") {
		t.Error("a book has a key")
	}
}

// API-23: an object that may stand in several lists is an entry of its own.
func TestWhatChangesHasAKey(t *testing.T) {
	t.Parallel()
	schema := graph.PublicSchema()
	for _, name := range []string{"Viewer", "ViewCount", "Presence", "PageView", "MessageRevision", "RoutingDecision", "Event"} {
		if f := schema.Types[name].Fields.ForName("id"); f == nil || f.Type.String() != "ID!" {
			t.Errorf("%s has no id: ID!", name)
		}
	}
}
