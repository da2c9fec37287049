package library

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/richtext"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxWords is how many different words of a text are found, maxAllWords of an article in all
	// its languages.
	maxWords    = 5_000
	maxAllWords = 25_000
	// The weights of words.
	inTitle, inCategory, inText = 10, 4, 1
	// wordsAtOnce are written by one statement.
	wordsAtOnce = 200
)

// indexArticle writes what makes an article be read and found, after it was created or
// changed: its page, its slug beside those that it had, and its words. The counts of
// opinions stay.
func indexArticle(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	a := item.Content.Article
	if item.Kind != vocab.ArticleItem || a == nil {
		return nil
	}
	if err := ensureKnowledgeBase(ctx, tx); err != nil {
		return err
	}
	tags, others, err := listedIn(item)
	if err != nil {
		return err
	}
	listed := a.State == vocab.ArticlePublished && !item.ArchivedAt.IsSet()
	_, err = tx.Exec(ctx, `INSERT INTO articles (id, account_id, slug, title, title_key, category, category_key, language, audience, listed, excerpt, updated_at, languages, variants)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, title_key = excluded.title_key, category = excluded.category,
			category_key = excluded.category_key, language = excluded.language, audience = excluded.audience, listed = excluded.listed, excerpt = excluded.excerpt,
			updated_at = excluded.updated_at, languages = excluded.languages, variants = excluded.variants`,
		item.ID, item.AccountID, a.Slug, item.Name, item.NameKey, item.Folder, richtext.Caseless(item.Folder), item.Content.Language, string(a.Audience), listed,
		excerpt(item.Content.Markdown), int64(item.UpdatedAt), tags, string(others))
	if err != nil {
		return fmt.Errorf("index article: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO article_slugs (account_id, slug, article_id) VALUES ($1, $2, $3)
		ON CONFLICT (account_id, slug) DO UPDATE SET article_id = excluded.article_id`, item.AccountID, a.Slug, item.ID)
	if err != nil {
		return fmt.Errorf("keep slug: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM article_words WHERE article_id = $1 AND account_id || '' = $2", item.ID, item.AccountID); err != nil {
		return fmt.Errorf("forget words: %w", err)
	}
	if !listed {
		return nil
	}
	return writeWords(ctx, tx, item)
}

// articleVariant is what lists show of an article in another language.
type articleVariant struct {
	Language string `json:"language"`
	Title    string `json:"title"`
	Excerpt  string `json:"excerpt"`
}

// listedIn are the languages of an article, each between spaces, and what lists show of the
// others than the first.
func listedIn(item *ent.LibraryItem) (tags string, others []byte, err error) {
	list := []articleVariant{}
	for i, v := range saidIn(item) {
		if v.Language != "" {
			tags += " " + v.Language + " "
		}
		if i > 0 {
			list = append(list, articleVariant{v.Language, v.Name, excerpt(v.Markdown)})
		}
	}
	others, err = json.Marshal(list)
	return tags, others, err
}

func writeWords(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	weights := map[string]int{}
	var words []string
	take := func(text string, weight int) {
		for _, word := range search.Terms(maxWords, text) {
			if weights[word] == 0 && len(words) < maxAllWords {
				words = append(words, word)
			}
			if len(words) <= maxAllWords {
				weights[word] = max(weights[word], weight)
			}
		}
	}
	all := saidIn(item)
	for _, v := range all {
		take(v.Name, inTitle)
	}
	take(item.Folder, inCategory)
	for _, v := range all {
		take(richtext.Text(richtext.FromMarkdown(v.Markdown)), inText)
	}
	for len(words) > 0 {
		n := min(wordsAtOnce, len(words))
		s := &store.Statement{}
		rows := make([]string, n)
		for i, word := range words[:n] {
			rows[i] = "(" + s.Arg(item.AccountID) + ", " + s.Arg(word) + ", " + s.Arg(item.ID) + ", " + s.Arg(weights[word]) + ")"
		}
		s.WriteString("INSERT INTO article_words (account_id, word, article_id, weight) VALUES " + strings.Join(rows, ", "))
		if _, err := tx.Exec(ctx, s.String(), s.Args...); err != nil {
			return fmt.Errorf("index words: %w", err)
		}
		words = words[n:]
	}
	return nil
}

// forgetArticle removes an article from its pages, with its slugs.
func forgetArticle(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	if item.Kind != vocab.ArticleItem {
		return nil
	}
	for _, statement := range []string{
		"DELETE FROM article_words WHERE article_id = $1 AND account_id || '' = $2",
		"DELETE FROM article_slugs WHERE article_id = $1 AND account_id || '' = $2",
		"DELETE FROM articles WHERE id = $1 AND account_id = $2",
	} {
		if _, err := tx.Exec(ctx, statement, item.ID, item.AccountID); err != nil {
			return fmt.Errorf("forget article: %w", err)
		}
	}
	return nil
}
