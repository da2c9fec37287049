package library

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxAsked is how many words of a question are looked for.
	maxAsked = 12
	// maxFound is how many articles a search finds at most.
	maxFound = 50
	// maxSearched is the most characters of a question.
	maxSearched = 200
)

// ArticleHit is an article in a list, or one that was found.
type ArticleHit struct {
	ID, Slug, Title, Category, Language, Excerpt string
	Audience                                     vocab.ArticleAudience
	UpdatedAt                                    clock.Micros
	categoryKey, titleKey                        string
	variants                                     []articleVariant
}

// readIn has a list show an article in the first of some languages that it is there in, else in its
// own.
func (h *ArticleHit) readIn(wanted ...string) {
	tags := []string{h.Language}
	for _, v := range h.variants {
		tags = append(tags, v.Language)
	}
	if at := pickLanguage(tags, wanted...); at > 0 {
		v := h.variants[at-1]
		h.Language, h.Title, h.Excerpt = v.Language, v.Title, v.Excerpt
	}
}

// ArticleSearch is what is looked for in published articles.
type ArticleSearch struct {
	// Query has words, each of which begins a word of the title, category or text.
	Query string
	// Audiences are those whose articles the reader may see.
	Audiences []vocab.ArticleAudience
	// Language is a BCP 47 tag, in which articles are there and shown; "": any.
	Language string
	// Languages are those of the reader, who gets articles in the first one that they are there in.
	Languages []string
	// First is how many are wanted; 0, and more than there can be: 50.
	First int
}

// SearchArticles finds published articles of the viewer's account by words, the best first:
// words of titles count most (CO-11, AG-8). Where no article has all words, those are found
// that have most of what the query asks for, see telling. A query without words finds
// nothing. TOO_LONG on query.
func (s *Service) SearchArticles(ctx context.Context, a ArticleSearch) ([]ArticleHit, error) {
	if n := len([]rune(a.Query)); n > maxSearched {
		return nil, errs.Exceeds(maxSearched, "The text has %d characters; at most %d are allowed.", n, maxSearched).On("query")
	}
	words := search.Terms(maxAsked, a.Query)
	if len(words) == 0 || len(a.Audiences) == 0 {
		return nil, nil
	}
	account := viewer.FromContext(ctx).AccountID
	q := &store.Statement{}
	a.write(q, account, words)
	hits, err := s.readHits(ctx, q)
	if some := telling(words); err == nil && len(hits) == 0 && len(some) > 0 && (len(words) > 1 || search.Singular(some[0]) != some[0]) {
		q = &store.Statement{}
		a.writeAny(q, account, some)
		hits, err = s.readHits(ctx, q)
	}
	for i := range hits {
		hits[i].readIn(append([]string{a.Language}, a.Languages...)...)
	}
	return hits, err
}

// write writes the search: for each word the articles that have it, by the index of words,
// and of these articles those that have all of them.
func (a ArticleSearch) write(q *store.Statement, account string, words []string) {
	var scores, joins []string
	for i, word := range words {
		w := "w" + strconv.Itoa(i)
		scores = append(scores, w+".score")
		joins = append(joins, " JOIN (SELECT article_id, MAX(weight) AS score FROM article_words WHERE account_id = "+q.Arg(account)+
			" AND word >= "+q.Arg(word)+" AND word < "+q.Arg(word+"\U0010ffff")+" GROUP BY article_id) "+w+" ON "+w+".article_id = a.id")
	}
	q.WriteString("SELECT " + hitColumns + " FROM articles a" + strings.Join(joins, ""))
	a.writeRest(q, account, strings.Join(scores, " + ")+" DESC")
}

// telling are the words of a question that say what it asks for: not those of every question.
func telling(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), search.IsCommon)
}

// shortWord is up to how many letters a word is looked for as it is: the beginnings of
// others say too little.
const shortWord = 3

// writeAny writes the search for articles that have a third of the words or more: those
// with most of them first.
func (a ArticleSearch) writeAny(q *store.Statement, account string, words []string) {
	each := make([]string, len(words))
	for i, word := range words {
		from := search.Singular(word)
		upTo := from + "\U0010ffff"
		if utf8.RuneCountInString(word) <= shortWord {
			upTo = from + "\x01"
		}
		each[i] = "SELECT article_id, MAX(weight) AS score FROM article_words WHERE account_id = " + q.Arg(account) + " AND word >= " + q.Arg(from) +
			" AND word < " + q.Arg(upTo) + " GROUP BY article_id"
	}
	q.WriteString("SELECT " + hitColumns + " FROM articles a JOIN (SELECT article_id, COUNT(*) AS found, SUM(score) AS score FROM (" + strings.Join(each, " UNION ALL ") +
		") one GROUP BY article_id HAVING COUNT(*) >= " + strconv.Itoa((len(words)+2)/3) + ") w ON w.article_id = a.id")
	a.writeRest(q, account, "w.found DESC, w.score DESC")
}

// writeRest writes which of the articles are found, and in which order.
func (a ArticleSearch) writeRest(q *store.Statement, account, order string) {
	q.WriteString(" WHERE a.account_id = " + q.Arg(account) + " AND a.listed = true AND a.audience IN (" + store.List(q, a.Audiences) + ")")
	if a.Language != "" {
		q.WriteString(" AND a.languages LIKE " + q.Arg("% "+a.Language+" %"))
	}
	first := a.First
	if first <= 0 || first > maxFound {
		first = maxFound
	}
	q.WriteString(" ORDER BY " + order + ", a.title_key, a.id LIMIT " + strconv.Itoa(first))
}

const hitColumns = "a.id, a.slug, a.title, a.category, a.language, a.excerpt, a.audience, a.updated_at, a.variants, a.category_key, a.title_key"

func (s *Service) readHits(ctx context.Context, q *store.Statement) (hits []ArticleHit, err error) {
	err = store.ForEachRow(ctx, s.store, q.String(), q.Args, func(rows entsql.ColumnScanner) error {
		var h ArticleHit
		var variants []byte
		if err := rows.Scan(&h.ID, &h.Slug, &h.Title, &h.Category, &h.Language, &h.Excerpt, &h.Audience, &h.UpdatedAt, &variants, &h.categoryKey, &h.titleKey); err != nil {
			return err
		}
		err := json.Unmarshal(variants, &h.variants)
		hits = append(hits, h)
		return err
	})
	return hits, err
}

// listSQL writes the published articles of some audiences by category and title, behind one.
func listSQL(q *store.Statement, account string, audiences []vocab.ArticleAudience, after *ArticleHit, most int) {
	q.WriteString("SELECT " + hitColumns + " FROM articles a WHERE a.account_id = " + q.Arg(account) + " AND a.listed = true AND a.audience IN (" + store.List(q, audiences) + ")")
	if after != nil {
		q.WriteString(" AND (a.category_key, a.title_key, a.id) > (" + q.Arg(after.categoryKey) + ", " + q.Arg(after.titleKey) + ", " + q.Arg(after.ID) + ")")
	}
	q.WriteString(" ORDER BY a.category_key, a.title_key, a.id LIMIT " + strconv.Itoa(most))
}

// Article is an article as its readers get it.
type Article struct {
	Slug            string
	Audience        vocab.ArticleAudience
	State           vocab.ArticleState
	URL             *string
	HelpfulCount    int
	NotHelpfulCount int
}

// ArticlesOf are the articles among items; nil: it is none.
func (s *Service) ArticlesOf(ctx context.Context, items []*ent.LibraryItem) ([]*Article, error) {
	list := make([]*Article, len(items))
	at := map[string]int{}
	var ids []string
	for i, item := range items {
		if a := item.Content.Article; a != nil {
			list[i] = &Article{Slug: a.Slug, Audience: a.Audience, State: a.State}
			ids, at[item.ID] = append(ids, item.ID), i
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	k, err := s.KnowledgeBase(ctx)
	if err != nil {
		return nil, err
	}
	q := &store.Statement{}
	q.WriteString("SELECT id, helpful, not_helpful, listed FROM articles WHERE account_id = " + q.Arg(viewer.FromContext(ctx).AccountID) + " AND id IN (" + store.List(q, ids) + ")")
	err = store.ForEachRow(ctx, s.store, q.String(), q.Args, func(rows entsql.ColumnScanner) error {
		var itemID string
		var helpful, not int
		var listed bool
		if err := rows.Scan(&itemID, &helpful, &not, &listed); err != nil {
			return err
		}
		a := list[at[itemID]]
		a.HelpfulCount, a.NotHelpfulCount = helpful, not
		if listed && a.Audience != vocab.ArticleStaff && k != nil {
			page := k.pageOf(a.Slug)
			a.URL = &page
		}
		return nil
	})
	return list, err
}
