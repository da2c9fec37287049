package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// pageSize is how many rows a list shows.
const pageSize = 50

var listBudget = budget{ratio: 0.25, p99: 10 * time.Millisecond}

const listQuery = `query List($inbox: ID!, $view: ConversationView!) {
  conversations(inboxId: $inbox, view: {builtIn: $view}, first: 50) {
    edges { cursor node { id subject preview kind status openedAt lastMessageAt unread contact { id name } assignee { id name } } }
    pageInfo { hasNextPage endCursor }
  }
}`

// view is a view of an inbox, and the seeks of its index: each is an equality on
// all columns but the order's.
type view struct {
	name  string
	seeks []string
}

var views = []view{
	{"ALL", []string{
		"folder = 'MAIN' AND kind = 'CHAT' AND status = 'OPEN'", "folder = 'MAIN' AND kind = 'CHAT' AND status = 'CLOSED'",
		"folder = 'MAIN' AND kind = 'EMAIL' AND status = 'OPEN'", "folder = 'MAIN' AND kind = 'EMAIL' AND status = 'CLOSED'",
	}},
	{"UNASSIGNED", []string{
		"folder = 'MAIN' AND assignee_id = '' AND status = 'OPEN'", "folder = 'MAIN' AND assignee_id = '' AND status = 'CLOSED'",
	}},
	{"ASSIGNED_TO_ME", []string{
		"folder = 'MAIN' AND assignee_id = '{user}' AND status = 'OPEN'", "folder = 'MAIN' AND assignee_id = '{user}' AND status = 'CLOSED'",
	}},
}

// lists are the first rows of some views.
func (b *bed) lists(ctx context.Context, l load) ([]*operation, error) {
	var list []*operation
	for _, v := range views {
		o, err := b.listOperation(ctx, l, v)
		if err != nil {
			return nil, fmt.Errorf("view %s: %w", v.name, err)
		}
		list = append(list, o)
	}
	return list, nil
}

func (b *bed) listOperation(ctx context.Context, l load, v view) (*operation, error) {
	body, err := request(listQuery, map[string]any{"inbox": b.inbox, "view": v.name})
	if err != nil {
		return nil, err
	}
	db, err := b.floors.reader(l.clients)
	if err != nil {
		return nil, err
	}
	page, err := b.indexedPage(ctx, db, v)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	answer, err := b.page(ctx, db, v.answerSQL(b.floors.server != ""), 12)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &operation{
		name: "list " + v.name, budget: listBudget,
		parley: func(ctx context.Context, caller int) error {
			answer, err := b.client.post(ctx, caller, b.token, body)
			if err != nil {
				return err
			}
			return checkAnswer(answer, `"cursor":`, pageSize)
		},
		floors: []floor{{"indexed page", page}, {"same answer, one statement", answer}},
		close:  db.Close,
	}, nil
}

// indexedPage reads rows in one seek of the view's index, with nothing from
// other tables: the least that a list can cost, though not yet an answer. It
// takes the view's first seek that has a full page.
func (b *bed) indexedPage(ctx context.Context, db *sql.DB, v view) (page work, err error) {
	for _, seek := range v.seeks {
		page, err = b.page(ctx, db, fmt.Sprintf(`SELECT id, subject, preview, kind, status, opened_at, activity_at, contact_id, assignee_id
			FROM conversations WHERE inbox_id = '{inbox}' AND %s ORDER BY activity_at DESC, id DESC LIMIT %d`, seek, pageSize), 9)
		if err == nil {
			return page, nil
		}
	}
	return nil, err
}

// answerSQL reads all that the answer shows. PostgreSQL merges seeks that are
// limited, SQLite those that are not.
func (v view) answerSQL(postgres bool) string {
	most := fmt.Sprintf(" ORDER BY activity_at DESC, id DESC LIMIT %d", pageSize+1)
	seeks := make([]string, len(v.seeks))
	for i, seek := range v.seeks {
		seeks[i] = "SELECT id, activity_at FROM conversations WHERE inbox_id = '{inbox}' AND " + seek
		if postgres {
			seeks[i] = "(" + seeks[i] + most + ")"
		}
	}
	return fmt.Sprintf(`SELECT c.id, c.subject, c.preview, c.kind, c.status, c.opened_at, c.activity_at,
			c.contact_id, COALESCE(t.name, ''), c.assignee_id, COALESCE(u.name, ''), c.last_incoming_number > COALESCE(r.number, 0)
		FROM (%s%s) p
		JOIN conversations c ON c.id = p.id
		LEFT JOIN contacts t ON t.id = c.contact_id
		LEFT JOIN users u ON u.id = c.assignee_id
		LEFT JOIN read_positions r ON r.conversation_id = c.id AND r.user_id = '{user}'
		ORDER BY c.activity_at DESC, c.id DESC`, strings.Join(seeks, " UNION ALL "), most)
}

// page is a query for rows of so many columns. The ids stand in its text: the
// drivers keep the statement prepared, and SQLite plans it once, which it does
// not do for some statements with parameters. It fails where there is no full
// page.
func (b *bed) page(ctx context.Context, db *sql.DB, query string, columns int) (work, error) {
	query = strings.NewReplacer("{inbox}", b.inbox, "{user}", b.user).Replace(query)
	read := func(ctx context.Context, _ int) error {
		n, err := readAll(ctx, db, query, columns)
		if err == nil && n < pageSize {
			err = fmt.Errorf("the floor found %d rows, not %d", n, pageSize)
		}
		return err
	}
	return read, read(ctx, 0)
}

// readAll reads all columns of all rows, as text and numbers, and counts them.
func readAll(ctx context.Context, db *sql.DB, query string, columns int) (n int, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values, into := make([]any, columns), make([]any, columns)
	for i := range into {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
