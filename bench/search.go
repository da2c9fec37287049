package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/search"
)

// A rare word stands in rareHits messages. There are rareWords of them, so that
// no request is like the last one.
const (
	rareWords = 20
	rareHits  = 10
)

// searchLimit is how many hits a search asks for.
const searchLimit = 20

var searchBudget = budget{ratio: 0.3, perSecond: 1000}

const searchQuery = `query Search($words: String!) {
  searchConversations(query: $words, first: 20) {
    edges { node { excerpt message { id } conversation { id subject } } }
    pageInfo { hasNextPage endCursor }
  }
}`

func rareWord(i int) string { return fmt.Sprintf("quokka%cfern", 'a'+i) }

// plantWords sends the messages that have the rare words.
func (b *bed) plantWords(ctx context.Context) error {
	for i := range rareWords * rareHits {
		text := "Thank you for waiting. Your order left our warehouse with the carrier " + rareWord(i%rareWords) + " and should arrive by Friday noon."
		body, err := b.message(b.chats[i%len(b.chats)], text)
		if err != nil {
			return err
		}
		if err := b.send(ctx, 0, body); err != nil {
			return err
		}
	}
	return nil
}

// searches is the search of a rare word.
func (b *bed) searches(_ context.Context, l load) ([]*operation, error) {
	bodies, words := make([][]byte, rareWords), make([]search.Query, rareWords)
	for i := range bodies {
		var err error
		if bodies[i], err = request(searchQuery, map[string]any{"words": rareWord(i)}); err != nil {
			return nil, err
		}
		if words[i], err = search.Parse(rareWord(i)); err != nil {
			return nil, err
		}
	}
	db, err := b.floors.reader(l.clients)
	if err != nil {
		return nil, err
	}
	parley, raw := turns(l.clients, rareWords), turns(l.clients, rareWords)
	return []*operation{{
		name: "search, rare word", budget: searchBudget,
		parley: func(ctx context.Context, caller int) error {
			answer, err := b.client.post(ctx, caller, b.token, bodies[parley(caller)])
			if err != nil {
				return err
			}
			return checkAnswer(answer, `"excerpt":`, rareHits)
		},
		floors: []floor{{"full-text query", func(ctx context.Context, caller int) error { return b.match(ctx, db, words[raw(caller)]) }}},
		close:  db.Close,
	}}, nil
}

// match is the bare full-text query. PostgreSQL plans it for its very word, and
// by the words' index: it takes a rare word for a common one, and would walk
// all documents from the newest on (OFFSET 0 keeps it from that).
func (b *bed) match(ctx context.Context, db *sql.DB, words search.Query) error {
	query := "SELECT docid FROM search_index WHERE terms MATCH $1 ORDER BY docid DESC"
	args := []any{words.FTS4(b.number)}
	if b.floors.server != "" {
		query = "SELECT id FROM (SELECT id FROM search_documents WHERE terms @@ $1::text::tsquery OFFSET 0) found ORDER BY id DESC"
		args = []any{pgx.QueryExecModeExec, words.TSQuery(b.number)}
	}
	found, err := numbers(ctx, db, fmt.Sprintf("%s LIMIT %d", query, searchLimit), args...)
	if err == nil && len(found) != rareHits {
		err = fmt.Errorf("the floor found %d messages, not %d", len(found), rareHits)
	}
	return err
}

func numbers(ctx context.Context, db *sql.DB, query string, args ...any) ([]int64, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// turns returns what each caller takes next of n things, going round; callers
// begin at different ones.
func turns(callers, n int) func(caller int) int {
	next := make([]int, callers)
	for caller := range next {
		next[caller] = caller * n / callers
	}
	return func(caller int) int {
		taken := next[caller]
		next[caller] = (taken + 1) % n
		return taken
	}
}
