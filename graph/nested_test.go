package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"parley/ent"
	"parley/graph"
	"parley/graph/subscription"
	"parley/internal/clock"
	"parley/internal/conversation/live"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// nest is an inbox with so many conversations that lists within lists are long:
// written by people, visitors, contacts, bots and integrations, with files.
type nest struct {
	*mailroom
	asked *testkit.Statements
	ids   []string
}

const (
	nestConversations = 50
	nestMessages      = 22
)

func eachNest(t *testing.T, test func(n *nest)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		n := &nest{mailroom: mailroomOn(t, db.Open(t, clock.System{}, asked.Trace)), asked: asked}
		n.Write(n.System, n.fill)
		test(n)
	})
}

func (n *nest) fill(ctx context.Context, tx *store.Tx) error {
	bot, integration := id.New(id.Bot), id.New(id.Integration)
	if err := tx.Client.Bot.Create().SetID(bot).SetName("Bot").SetCreatedAt(1).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.Integration.Create().SetID(integration).SetName("Shop").SetInboxIds([]string{}).SetCreatedAt(1).Exec(ctx); err != nil {
		return err
	}
	authors := []struct {
		kind viewer.Kind
		id   string
	}{
		{viewer.Visitor, n.VisitorIDs[0]}, {viewer.Agent, n.AgentIDs[0]}, {viewer.Visitor, n.ContactID}, {viewer.Bot, bot}, {viewer.Integration, integration},
		{viewer.SystemKind, "bulk"}, {viewer.Admin, n.AdminID},
	}
	for i := range nestConversations {
		c := id.New(id.Conversation)
		n.ids = append(n.ids, c)
		if err := tx.Client.Conversation.Create().SetID(c).SetInboxID(n.InboxIDs[0]).SetChannelID(n.ChannelIDs[0]).SetKind(vocab.Chat).
			SetVisitorID(n.VisitorIDs[i%2]).SetContactID(n.ContactID).SetAssigneeID(n.AgentIDs[0]).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).
			SetOpenedAt(1).SetLastMessageAt(clock.Micros(1000 + i)).SetActivityAt(1).SetVisitorActiveAt(1).SetLastNumber(nestMessages - i%3).
			SetTags([]string{}).Exec(ctx); err != nil {
			return err
		}
		var messages []*ent.MessageCreate
		var files []*ent.AttachmentCreate
		for number := 1; number <= nestMessages-i%3; number++ {
			m, by := id.New(id.Message), authors[(i+number)%len(authors)]
			tx.Append(ctx, store.Event{Type: vocab.MessageCreated, InboxID: n.InboxIDs[0], ConversationID: c, MessageID: m})
			messages = append(messages, tx.Client.Message.Create().SetID(m).SetInboxID(n.InboxIDs[0]).SetConversationID(c).SetNumber(number).
				SetVisibleNumber(number).SetDirection(vocab.Outgoing).SetAuthorKind(by.kind).SetAuthorID(by.id).
				SetText(fmt.Sprintf("%d of %d", number, i)).SetDelivery(vocab.DeliverySent).SetCreatedAt(clock.Micros(number)))
			if number%5 == 0 {
				file := id.New(id.Attachment)
				files = append(files, tx.Client.Attachment.Create().SetID(file).SetInboxID(n.InboxIDs[0]).SetConversationID(c).SetMessageID(m).
					SetUploaderKind(viewer.Agent).SetUploaderID(n.AgentIDs[0]).SetFileName("a.txt").SetContentType("text/plain").SetSize(1).
					SetHash("1").SetBlobKey(file).SetScan(vocab.ScanNone).SetCreatedAt(1))
			}
		}
		if err := tx.Client.Message.CreateBulk(messages...).Exec(ctx); err != nil {
			return err
		}
		if err := tx.Client.Attachment.CreateBulk(files...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// costs runs a document, which must answer without errors as it does when each
// object is loaded by itself, and refuses more than so many statements.
func (n *nest) costs(most int, document string) string {
	n.t.Helper()
	var got string
	statements := n.asked.Of(func() { got = n.as(n.Agent(0), document, nil) })
	if strings.Contains(got, `"errors"`) {
		n.t.Fatalf("%s\n%.2000s", document, got)
	}
	if len(statements) > most {
		n.t.Errorf("%s\ntakes %d statements, at most %d are allowed:\n%.20000s", document, len(statements), most, strings.Join(statements, "\n"))
	}
	if alone := n.askOf(n.Agent(0), n.single, document, nil); tokenless(alone) != tokenless(got) {
		n.t.Errorf("%s\nanswers\n%.3000s\nobject by object\n%.3000s", document, got, alone)
	}
	return got
}

// tokenless is an answer without what is new in each: the tokens of files.
func tokenless(answer string) string { return fileTokens.ReplaceAllString(answer, "token=") }

// API-16: lists within lists take as many statements as one: what 50 conversations
// show with their last messages, authors and files is read at once.
func TestNestedListsAreReadAtOnce(t *testing.T) {
	t.Parallel()
	eachNest(t, func(n *nest) {
		const row = `text author { __typename ... on User { name } ... on Contact { name } ... on Visitor { id } ... on Bot { name } ... on Integration { name } ... on SystemActor { name } } attachments { fileName url }`
		inbox := fmt.Sprintf("inboxId: %q, view: {builtIn: ALL}, first: 50", n.InboxIDs[0])
		got := n.costs(8, fmt.Sprintf(`{ conversations(%s) { nodes { messages(last: 20) { totalCount pageInfo { hasPreviousPage } nodes { %s } } } } }`, inbox, row))
		if strings.Count(got, `"text"`) < 48*20 || strings.Count(got, `"url"`) < 48*4 {
			t.Errorf("too little came: %.1000s", got)
		}
		for document, most := range map[string]int{
			`{ conversations(%s) { edges { node { messages(first: 3) { edges { cursor node { %s } } } } } } }`:                         8,
			`{ conversations(%s) { nodes { entries(last: 20) { nodes { ... on Message { %s } ... on Event { type } } } } } }`:          9,
			`{ conversations(%s) { nodes { messages(first: 2) { nodes { conversation { messages(last: 2) { nodes { %s } } } } } } } }`: 10,
		} {
			n.costs(most, fmt.Sprintf(document, inbox, row))
		}
		for document, most := range map[string]int{
			`{ inboxes { nodes { name members { nodes { name teams { nodes { name } } } } } } }`:                                                                                              3,
			`{ inboxes { nodes { people { nodes { user { name } connected openChats openConversations } } } } }`:                                                                              3,
			`{ teams { nodes { members { nodes { teams { nodes { name } } } } } } }`:                                                                                                          3,
			`{ conversations(first: 50) { nodes { tickets(first: 3) { nodes { conversation { participants { nodes { address } } } } } routingDecisions { nodes { assignee { name } } } } } }`: 5,
		} {
			n.costs(most, document)
		}
	})
}

// API-16, API-4: a cursor of one conversation's list is a place in that of each
// other: the pages walk through all of them, in both directions.
func TestNestedListsArePaged(t *testing.T) {
	t.Parallel()
	eachNest(t, func(n *nest) {
		for _, field := range []string{"messages", "entries"} {
			var walked []string
			cursor := ""
			for _, way := range []struct{ size, from, end string }{{"first: 7", "after", "endCursor"}, {"last: 7", "before", "startCursor"}} {
				for cursor = ""; len(walked) < 100; {
					var answer struct {
						Conversations struct {
							Nodes []struct {
								List struct {
									Nodes    []struct{ Text string }
									PageInfo struct {
										EndCursor, StartCursor       string
										HasNextPage, HasPreviousPage bool
									}
								}
							}
						}
					}
					got := n.as(n.Agent(0), fmt.Sprintf(`{ conversations(inboxId: %q, view: {builtIn: ALL}, first: 50) { nodes { list: %s(%s, %s: %q) { nodes { ... on Message { text } } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } } } }`,
						n.InboxIDs[0], field, way.size, way.from, cursor), &answer)
					if strings.Contains(got, `"errors"`) || len(answer.Conversations.Nodes) != 50 {
						t.Fatalf("%.1000s", got)
					}
					list := answer.Conversations.Nodes[len(answer.Conversations.Nodes)-3].List
					for _, m := range list.Nodes {
						walked = append(walked, m.Text)
					}
					if cursor = list.PageInfo.EndCursor; way.from == "before" {
						cursor = list.PageInfo.StartCursor
					}
					if cursor == "" || way.from == "after" && !list.PageInfo.HasNextPage || way.from == "before" && !list.PageInfo.HasPreviousPage {
						break
					}
				}
			}
			if len(walked) != 2*len(unrepeated(walked)) || len(walked) < 2*(nestMessages-2) {
				t.Errorf("%s: walked over %q", field, walked)
			}
		}
	})
}

func unrepeated(list []string) map[string]bool {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return seen
}

// API-16: the rows of a live view are answered as those of a page are.
func TestNestedListsOfLiveViews(t *testing.T) {
	t.Parallel()
	eachNest(t, func(n *nest) {
		quiet := slog.New(slog.DiscardHandler)
		services := n.services
		services.Feed = event.NewFeed(n.Store, silentBus{}, quiet)
		ctx, cancel := context.WithCancel(n.Agent(0))
		var running sync.WaitGroup
		running.Go(func() { services.Feed.Run(ctx) })
		services.LiveConversations = live.New(n.Store, services.Feed, quiet)
		defer running.Wait()
		defer cancel()
		defer services.LiveConversations.Close()
		schema, err := graph.Schema(services)
		n.ok(err)
		inner := executor.New(schema)
		inner.Use(graph.Batches{})
		shared := subscription.Share(inner)
		const rows = `nodes { id messages(last: 20) { nodes { text author { ... on User { name } } attachments { fileName } } } }`
		ctx = graphql.StartOperationTrace(ctx)
		opCtx, faults := shared.CreateOperationContext(ctx, &graphql.RawParams{Query: fmt.Sprintf(
			`subscription { conversationView(inboxId: %q, view: {builtIn: ALL}, first: 50) { ... on ViewSnapshot { conversations { %s } } } }`, n.InboxIDs[0], rows)})
		if faults != nil {
			t.Fatal(faults)
		}
		answer, streaming := shared.DispatchOperation(ctx, opCtx)
		var got string
		statements := n.asked.Of(func() { got = string(answer(streaming).Data) })
		reads := 0
		for _, s := range statements {
			if strings.Contains(s, "list_parent") || strings.Contains(s, "attachments") || strings.Contains(s, "users") {
				reads++
			}
		}
		if reads > 3 {
			t.Errorf("%d statements for the messages of a live view's rows:\n%.9000s", reads, strings.Join(statements, "\n"))
		}
		page := n.as(n.Agent(0), fmt.Sprintf(`{ conversations(inboxId: %q, view: {builtIn: ALL}, first: 50) { %s } }`, n.InboxIDs[0], rows), nil)
		if want := strings.TrimSuffix(strings.TrimPrefix(page, `{"data":{"conversations":`), "}}"); !strings.Contains(got, want) || len(want) < 1000 {
			t.Errorf("the live view answers\n%.2000s\nthe page\n%.2000s", got, want)
		}
	})
}

// API-5, API-16: objects by their ids are read with one statement for each type,
// and stand where their ids stand.
func TestNodesAreReadAtOnce(t *testing.T) {
	t.Parallel()
	eachNest(t, func(n *nest) {
		others := []string{n.AgentIDs[0], n.InboxIDs[1], "x", n.ids[0], n.InboxIDs[0], id.New(id.Task), n.VisitorIDs[0], n.AgentIDs[0], id.New(id.Message)}
		ids := slices.Concat(n.ids, others)
		document := fmt.Sprintf(`{ nodes(ids: ["%s"]) { __typename id } }`, strings.Join(ids, `", "`))
		got := n.costs(6, document)
		var want []string
		for _, nodeID := range ids {
			alone := n.as(n.Agent(0), fmt.Sprintf(`{ node(id: %q) { __typename id } }`, nodeID), nil)
			want = append(want, strings.TrimSuffix(strings.TrimPrefix(alone, `{"data":{"node":`), "}}"))
		}
		if all := `{"data":{"nodes":[` + strings.Join(want, ",") + `]}}`; got != all || strings.Count(got, "null") != 4 {
			t.Errorf("nodes answers\n%s\neach node\n%s", got, all)
		}
		var entities []string
		for _, nodeID := range ids {
			entities = append(entities, fmt.Sprintf(`{__typename: "Conversation", id: %q}`, nodeID))
		}
		if got := n.costs(6, `{ _entities(representations: [`+strings.Join(entities, ", ")+`]) { ... on Conversation { id } } }`); strings.Count(got, "null") != len(others)-1 {
			t.Errorf("_entities answers %s", got)
		}
	})
}
