package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
)

// subscriber follows a part of the log, or a view, and is cut off now and then.
type subscriber struct {
	name      string
	cluster   *cluster
	token     string
	query     string
	variables map[string]any
	// expected asks what a fresh query shows.
	expected func(*api) []string
	// take adds a result to what was got.
	take func(s *subscriber, result map[string]any)

	mu    sync.Mutex
	after float64 // the last sequence
	got   []string
	want  []string
	reads int
	cuts  int
	known bool // what is wanted
	done  chan struct{}
}

const messageTypes = "MESSAGE_CREATED, MESSAGE_UPDATED, MESSAGE_DELETED"

// subscribers makes all kinds of them.
func (c *cluster) subscribers(s *scene, from int) []*subscriber {
	list := make([]*subscriber, tortureSubscribers)
	for i := range list {
		who := s.readers[i%len(s.readers)]
		switch i % 10 {
		case 0, 1:
			list[i] = c.view(who, i)
		case 2, 3:
			list[i] = c.thread(s, who, from)
		case 4:
			list[i] = c.log(who, from, "types: [MESSAGE_CREATED, CONVERSATION_CLOSED]")
		case 5:
			list[i] = c.log(who, from, fmt.Sprintf("inboxIds: [%q]", s.channels[0].inboxID))
		default:
			list[i] = c.log(who, from, "")
		}
		list[i].name = fmt.Sprintf("subscriber %d (%s)", i, list[i].name)
		list[i].cluster, list[i].done = c, make(chan struct{})
		list[i].after = float64(from)
	}
	return list
}

// log follows events.
func (c *cluster) log(who reader, from int, filter string) *subscriber {
	return &subscriber{
		name: "events " + filter, token: who.token,
		query: "subscription($after: Sequence!) { events(after: $after " + filter + ") { sequence id type } }",
		take: func(s *subscriber, result map[string]any) {
			s.got = append(s.got, text(result, "events", "id"))
			s.after, _ = at(result, "events", "sequence").(float64)
		},
		expected: func(a *api) []string {
			return a.log(who.token, from, filter, func(e any) string { return text(e, "id") })
		},
	}
}

// thread follows one conversation's messages.
func (c *cluster) thread(s *scene, who reader, from int) *subscriber {
	mine := s.chats[:6]
	if len(who.inboxes) == 2 {
		mine = s.chats[6:18]
	}
	conversation := mine[rand.IntN(len(mine))].conversationID
	return &subscriber{
		name: "messages", token: who.token, variables: map[string]any{"id": conversation},
		query: "subscription($id: ID!, $after: Sequence!) { messages(conversationId: $id, after: $after) { sequence kind message { id conversation { id } } } }",
		take: func(s *subscriber, result map[string]any) {
			s.after, _ = at(result, "messages", "sequence").(float64)
			s.got = append(s.got, fmt.Sprintf("%.0f %s", s.after, text(result, "messages", "message", "id")))
		},
		expected: func(a *api) []string {
			return a.log(who.token, from, "types: ["+messageTypes+"]", func(e any) string {
				if text(e, "conversation", "id") != conversation {
					return ""
				}
				sequence, _ := at(e, "sequence").(float64)
				return fmt.Sprintf("%.0f %s", sequence, text(e, "message", "id"))
			})
		},
	}
}

// log reads the log from a number to its end, as lines; empty ones are left out.
func (a *api) log(token string, from int, filter string, line func(e any) string) []string {
	lines, after := []string{}, any(from)
	for {
		data := a.do(token, "query($after: Sequence!) { events(after: $after "+filter+") { scannedTo pageInfo { hasNextPage } edges { node { id sequence type conversation { id } message { id } } } } }",
			map[string]any{"after": after})
		edges, _ := at(data, "events", "edges").([]any)
		for _, e := range edges {
			if l := line(at(e, "node")); l != "" {
				lines = append(lines, l)
			}
		}
		if more, _ := at(data, "events", "pageInfo", "hasNextPage").(bool); !more {
			return lines
		}
		after = at(data, "events", "scannedTo")
	}
}

var tortureViews = []string{
	`view: {builtIn: ALL}, first: 10`, `view: {builtIn: UNASSIGNED}, first: 5`, `view: {builtIn: CHAT}, orderBy: LONGEST_WAITING, first: 8`, `view: {builtIn: FILTERED}, first: 3`,
	`view: {builtIn: ALL}, filter: {statuses: [CLOSED]}, first: 7`, `view: {builtIn: ALL}, filter: {text: "hello"}, first: 6`, `view: {builtIn: TRASH}, first: 20`,
	`view: {builtIn: ALL}, orderBy: OPENED_ASC, first: 4`, `inboxId: %q, view: {builtIn: ALL}, first: 12`, `view: {builtIn: ASSIGNED_TO_ME}, first: 5`,
}

const rowFields = "id revision status preview"

// view follows the window of a view.
func (c *cluster) view(who reader, i int) *subscriber {
	arguments := tortureViews[i%len(tortureViews)]
	if i%10 == 1 {
		arguments = tortureViews[i/10%len(tortureViews)]
	}
	if strings.Contains(arguments, "%q") {
		arguments = fmt.Sprintf(arguments, who.inboxes[0])
	}
	rows := map[string]viewRow{}
	return &subscriber{
		name: "view " + arguments, token: who.token,
		query: "subscription { conversationView(" + arguments + ") { __typename ... on ViewSnapshot { conversations { edges { cursor node { " + rowFields + ` } } } }
			... on ViewChanges { changes { __typename ... on ConversationEntered { cursor conversation { ` + rowFields + ` } }
				... on ConversationChanged { cursor conversation { ` + rowFields + " } } ... on ConversationLeft { conversationId } } } } }",
		take: func(s *subscriber, result map[string]any) {
			applyView(rows, result)
			s.got = linesOf(rows)
		},
		expected: func(a *api) []string {
			data := a.do(who.token, "{ conversations("+arguments+") { edges { cursor node { "+rowFields+" } } } }", nil)
			fresh := map[string]viewRow{}
			readRows(fresh, at(data, "conversations"))
			return linesOf(fresh)
		},
	}
}

type viewRow struct {
	cursor, line string
	revision     float64
}

func readRows(rows map[string]viewRow, connection any) {
	edges, _ := at(connection, "edges").([]any)
	for _, e := range edges {
		putRow(rows, text(e, "cursor"), at(e, "node"))
	}
}

// putRow keeps a row, unless a newer one is held.
func putRow(rows map[string]viewRow, cursor string, row any) {
	id := text(row, "id")
	revision, _ := at(row, "revision").(float64)
	if held, ok := rows[id]; !ok || revision >= held.revision {
		rows[id] = viewRow{cursor, fmt.Sprint(row), revision}
	}
}

// applyView is what a client does with an update.
func applyView(rows map[string]viewRow, result map[string]any) {
	update := at(result, "conversationView")
	switch text(update, "__typename") {
	case "ViewSnapshot":
		clear(rows)
		readRows(rows, at(update, "conversations"))
	case "ViewChanges":
		changes, _ := at(update, "changes").([]any)
		for _, change := range changes {
			if text(change, "__typename") == "ConversationLeft" {
				delete(rows, text(change, "conversationId"))
			} else {
				putRow(rows, text(change, "cursor"), at(change, "conversation"))
			}
		}
	}
}

// linesOf are the rows in the order of their cursors.
func linesOf(rows map[string]viewRow) []string {
	sorted := make([]viewRow, 0, len(rows))
	for _, r := range rows {
		sorted = append(sorted, r)
	}
	slices.SortFunc(sorted, func(a, b viewRow) int { return strings.Compare(a.cursor, b.cursor) })
	lines := make([]string, len(sorted))
	for i, r := range sorted {
		lines[i] = r.line
	}
	return lines
}

// run subscribes until ctx ends, and is cut off at random moments.
func (s *subscriber) run(ctx context.Context) {
	for ctx.Err() == nil {
		life, cut := context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(4*time.Second))))
		s.follow(life)
		cut()
		s.mu.Lock()
		s.cuts++
		s.mu.Unlock()
	}
}

// follow reads results until the connection ends.
func (s *subscriber) follow(ctx context.Context) {
	variables := map[string]any{"after": s.position()}
	for name, v := range s.variables {
		variables[name] = v
	}
	if strings.HasPrefix(s.query, "subscription {") {
		variables = nil
	}
	conn, err := open(ctx, s.cluster.url(), s.token, s.query, variables)
	if err != nil {
		_ = pause(ctx, 20*time.Millisecond)
		return
	}
	defer conn.cut()
	for {
		var result map[string]any
		if err := conn.next(ctx, &result); err != nil {
			if strings.HasPrefix(err.Error(), "error") {
				s.cluster.t.Errorf("%s: %v", s.name, err)
			}
			return
		}
		s.note(result)
	}
}

func (s *subscriber) position() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.after
}

func (s *subscriber) note(result map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	s.take(s, result)
	s.check()
}

// expect says that nothing more will happen.
func (s *subscriber) expect(a *api) {
	want := s.expected(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want, s.known = want, true
	s.check()
}

// check tells once that all is there.
func (s *subscriber) check() {
	if !s.known || !slices.Equal(s.got, s.want) {
		return
	}
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// state tells what is wrong.
func (s *subscriber) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("after %v, (-want +got)\n%.3000s", s.after, cmp.Diff(s.want, s.got))
}

func (s *subscriber) cutOff() int { return s.cuts }
func (s *subscriber) read() int   { return s.reads }
