package visitor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/visitor"
	"parley/internal/errs"
	"parley/internal/paging"
)

// own are the first of a visitor's conversations.
func (w *world) own(ctx context.Context) ([]*ent.Conversation, error) {
	page, err := w.Conversations(ctx, paging.PageArgs{})
	if err != nil {
		return nil, err
	}
	return page.Nodes(), nil
}

// CH-6: a visitor's conversations are listed page by page, latest message first, in
// both directions; no one else's are among them.
func TestConversationsInPages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me, other := w.as(w.start("", "")), w.as(w.start("", ""))
		var want []string
		for range 5 {
			want = append(want, w.startChat(me, "q").ID)
		}
		foreign := w.startChat(other, "not mine")
		w.send(me, want[1], "again")
		want = []string{want[1], want[4], want[3], want[2], want[0]}
		page := func(args paging.PageArgs) *paging.Connection[*ent.Conversation] {
			w.t.Helper()
			p, err := w.Conversations(me, args)
			w.ok(err)
			return p
		}
		var forward, back []string
		for after := (*string)(nil); ; {
			p := page(paging.PageArgs{First: new(2), After: after})
			for _, e := range p.Edges {
				forward = append(forward, e.Node.ID)
			}
			if after = p.PageInfo.EndCursor; !p.PageInfo.HasNextPage {
				break
			}
		}
		for before := (*string)(nil); ; {
			p := page(paging.PageArgs{Last: new(2), Before: before})
			for _, e := range slices.Backward(p.Edges) {
				back = append(back, e.Node.ID)
			}
			if before = p.PageInfo.StartCursor; !p.PageInfo.HasPreviousPage {
				break
			}
		}
		slices.Reverse(back)
		if diff := cmp.Diff([][]string{want, want}, [][]string{forward, back}); diff != "" || slices.Contains(forward, foreign.ID) {
			w.t.Error(diff)
		}
		theirs, err := w.Conversations(other, paging.PageArgs{First: new(1)})
		w.ok(err)
		_, err = w.Conversations(me, paging.PageArgs{First: new(1), After: theirs.PageInfo.EndCursor})
		if !errs.Is(err, errs.BadUserInput) {
			w.t.Errorf("another visitor's cursor: %v", err)
		}
	})
}

// A conversation is never without a title: its subject, who has it, the channel.
func TestTitles(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q")
		assigned, named := *c, *c
		assigned.AssigneeID, named.Subject = w.AgentIDs[0], "My order"
		titles, err := w.Titles(me, []*ent.Conversation{&named, &assigned, c})
		w.ok(err)
		if titles[0] != "My order" || titles[1] == "" || titles[2] == "" || titles[1] == titles[2] {
			w.t.Errorf("got %q", titles)
		}
	})
}

// API-20: a visitor's cursor shows no number of the log, and is good for its
// conversation only.
func TestVisitorCursor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		l, _ := w.live()
		me := w.as(w.start("", ""))
		c, other := w.startChat(me, "q1"), w.startChat(me, "other")
		begin := w.head()
		w.send(me, c.ID, "q2")
		cursor, err := w.Cursor(c.ID, begin)
		w.ok(err)
		s, err := l.Watch(me, c.ID, &cursor)
		w.ok(err)
		defer s.Close()
		if m := w.next(s).(*visitor.MessageChange); m.Message.Text != "q2" {
			w.t.Errorf("%+v", m)
		}
		foreign, err := w.Cursor(other.ID, begin)
		w.ok(err)
		for _, wrong := range []string{foreign, "", "0", cursor + "x", cursor[:len(cursor)-2]} {
			_, err := l.Watch(me, c.ID, &wrong)
			var e *errs.Error
			if !errors.As(err, &e) || e.Code != errs.Invalid {
				w.t.Errorf("%q: %v", wrong, err)
			}
		}
	})
}

// The list runs on an index, in its order. SQLite shows its plan whatever the
// size of a table; PostgreSQL has the same index.
func TestListOfConversationsUsesItsIndex(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		if w.Store.Postgres() {
			return
		}
		rows, err := w.Store.Query(w.System, `EXPLAIN QUERY PLAN SELECT * FROM conversations WHERE account_id = $1 AND visitor_id = $2 AND deleted_at = 0
			AND (last_message_at, id) < ($3, $4) ORDER BY last_message_at DESC, id DESC LIMIT 51`, w.AccountID, "visitor_x", 1, "conversation_x")
		w.ok(err)
		defer func() { _ = rows.Close() }()
		plan := ""
		for rows.Next() {
			var number, parent, unused int
			var step string
			w.ok(rows.Scan(&number, &parent, &unused, &step))
			plan += step + "\n"
		}
		if !strings.Contains(plan, "conversations_visitor_last_message") || strings.Contains(plan, "TEMP") {
			w.t.Error(plan)
		}
	})
}
