package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/richtext"
)

// tagsOfWords is the number of the migration that makes tags of the words that
// conversations, saved views and events had before tags were objects (IN-31). It is
// written in Go because SQLite folds the case of ASCII letters only. It never changes,
// as the others do not.
const tagsOfWords = 25

// taggedEvents are the events whose changes have tags.
const taggedEvents = "type = 'CONVERSATION_TAGGED'"

// wordKey is a word of an account as it is compared, whatever its case.
type wordKey struct{ account, folded string }

// tagMaking makes tags of words within the migration's transaction.
type tagMaking struct {
	tx       *sql.Tx
	postgres bool
	// ids are the tags that were made.
	ids map[wordKey]string
	now int64
}

// makeTagsOfWords returns the migration of a dialect. Each word that a conversation has
// becomes a tag, spelled as most of them spell it; then those that only saved views or
// the log still name. All of them name the tags by ids from then on.
func makeTagsOfWords(postgres bool) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		m := &tagMaking{tx: tx, postgres: postgres, ids: map[wordKey]string{}, now: int64(clock.Of(clock.System{}.Now()))}
		for _, step := range []func(context.Context) error{m.ofConversations, m.ofViews, m.ofEvents} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("make tags of words: %w", err)
			}
		}
		return nil
	}
}

// tagOf returns the id of a word's tag, which is made with its first use.
func (m *tagMaking) tagOf(ctx context.Context, account, word string) (string, error) {
	key := wordKey{account, richtext.Caseless(strings.Join(strings.Fields(word), " "))}
	if made := m.ids[key]; made != "" {
		return made, nil
	}
	tagID := id.New(id.Tag)
	_, err := m.tx.ExecContext(ctx, "INSERT INTO tags (id, account_id, name, folded, created_at) VALUES ($1, $2, $3, $4, $5)",
		tagID, account, word, key.folded, m.now)
	m.ids[key] = tagID
	return tagID, err
}

// idsOf returns the ids of words' tags, each once.
func (m *tagMaking) idsOf(ctx context.Context, account string, words []string) ([]string, error) {
	var ids []string
	for _, word := range words {
		tagID, err := m.tagOf(ctx, account, word)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, tagID) {
			ids = append(ids, tagID)
		}
	}
	return ids, nil
}

// ofConversations gives conversations tags in place of words, with one statement:
// there may be millions.
func (m *tagMaking) ofConversations(ctx context.Context) error {
	words := `SELECT c.account_id, e.value, COUNT(*) FROM conversations c, json_each(c.tags) e
		WHERE c.tags <> '[]' GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`
	rewrite := `UPDATE conversations SET tags = (SELECT json_group_array(tag_id) FROM (SELECT DISTINCT w.tag_id FROM json_each(conversations.tags) e
		JOIN words_of_tags w ON w.account_id = conversations.account_id AND w.word = e.value ORDER BY w.tag_id)) WHERE tags <> '[]'`
	text := "TEXT"
	if m.postgres {
		words = `SELECT c.account_id, e.value COLLATE "C", COUNT(*) FROM conversations c, jsonb_array_elements_text(c.tags) e
			WHERE c.tags <> '[]' GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`
		rewrite = `UPDATE conversations c SET tags = (SELECT COALESCE(jsonb_agg(tag_id), '[]') FROM (SELECT DISTINCT w.tag_id FROM jsonb_array_elements_text(c.tags) e
			JOIN words_of_tags w ON w.account_id = c.account_id AND w.word = e.value ORDER BY w.tag_id) t) WHERE tags <> '[]'`
		text = `text COLLATE "C"`
	}
	found, err := m.readRows(ctx, words, 3)
	if err != nil {
		return err
	}
	if err := m.exec(ctx, fmt.Sprintf("CREATE TABLE words_of_tags (account_id %[1]s NOT NULL, word %[1]s NOT NULL, tag_id %[1]s NOT NULL, PRIMARY KEY (account_id, word))", text)); err != nil {
		return err
	}
	for _, row := range found {
		tagID, err := m.tagOf(ctx, row[0], row[1])
		if err != nil {
			return err
		}
		if err := m.exec(ctx, "INSERT INTO words_of_tags (account_id, word, tag_id) VALUES ($1, $2, $3)", row[0], row[1], tagID); err != nil {
			return err
		}
	}
	if err := m.exec(ctx, rewrite); err != nil {
		return err
	}
	return m.exec(ctx, "DROP TABLE words_of_tags")
}

// ofViews has the filters of saved views name tags, with all filters within them.
func (m *tagMaking) ofViews(ctx context.Context) error {
	found, err := m.readRows(ctx, "SELECT account_id, id, filter FROM saved_views ORDER BY id", 3)
	if err != nil {
		return err
	}
	for _, row := range found {
		var filter map[string]any
		decoder := json.NewDecoder(strings.NewReader(row[2]))
		decoder.UseNumber() // times are large
		if err := decoder.Decode(&filter); err != nil {
			return err
		}
		changed, err := m.inFilter(ctx, row[0], filter)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		text, err := json.Marshal(filter)
		if err != nil {
			return err
		}
		if err := m.exec(ctx, "UPDATE saved_views SET filter = $1 WHERE id = $2", string(text), row[1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *tagMaking) inFilter(ctx context.Context, account string, filter map[string]any) (changed bool, err error) {
	if words, ok := filter["Tags"].([]any); ok && len(words) > 0 {
		var list []string
		for _, word := range words {
			list = append(list, fmt.Sprint(word))
		}
		if filter["Tags"], err = m.idsOf(ctx, account, list); err != nil {
			return false, err
		}
		changed = true
	}
	for _, field := range []string{"Any", "Not"} {
		within, _ := filter[field].([]any)
		for _, one := range within {
			if f, ok := one.(map[string]any); ok {
				also, err := m.inFilter(ctx, account, f)
				if err != nil {
					return false, err
				}
				changed = changed || also
			}
		}
	}
	return changed, nil
}

// ofEvents has the log name tags, so that what happened long ago shows them.
func (m *tagMaking) ofEvents(ctx context.Context) error {
	const page = 1000
	for last := ""; ; {
		found, err := m.readRows(ctx, fmt.Sprintf("SELECT account_id, id, changes FROM events WHERE id > $1 AND "+taggedEvents+" ORDER BY id LIMIT %d", page), 3, last)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, row := range found {
			if err := m.inEvent(ctx, row[0], row[1], row[2]); err != nil {
				return err
			}
			last = row[1]
		}
	}
}

func (m *tagMaking) inEvent(ctx context.Context, account, eventID, text string) error {
	var changes []map[string]any
	if err := json.Unmarshal([]byte(text), &changes); err != nil {
		return err
	}
	for _, change := range changes {
		for _, field := range []string{"added", "removed"} {
			words, _ := change[field].([]any)
			if change["field"] != "tags" || len(words) == 0 {
				continue
			}
			var list []string
			for _, word := range words {
				list = append(list, fmt.Sprint(word))
			}
			ids, err := m.idsOf(ctx, account, list)
			if err != nil {
				return err
			}
			change[field] = ids
		}
	}
	changed, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	return m.exec(ctx, "UPDATE events SET changes = $1 WHERE id = $2", string(changed), eventID)
}

func (m *tagMaking) exec(ctx context.Context, statement string, args ...any) error {
	_, err := m.tx.ExecContext(ctx, statement, args...)
	return err
}

// readRows reads rows of n texts, before anything else is done: SQLite has one
// connection here.
func (m *tagMaking) readRows(ctx context.Context, query string, n int, args ...any) (list [][]string, err error) {
	rows, err := m.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, places := make([]string, n), make([]any, n)
		for i := range row {
			places[i] = &row[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}
