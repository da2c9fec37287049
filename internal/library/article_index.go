package library

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/richtext"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxWords is how many different words of an article are found.
	maxWords = 5_000
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
	listed := a.State == vocab.ArticlePublished && !item.ArchivedAt.IsSet()
	_, err := tx.Exec(ctx, `INSERT INTO articles (id, account_id, slug, title, title_key, category, category_key, language, audience, listed, excerpt, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, title_key = excluded.title_key, category = excluded.category,
			category_key = excluded.category_key, language = excluded.language, audience = excluded.audience, listed = excluded.listed, excerpt = excluded.excerpt,
			updated_at = excluded.updated_at`,
		item.ID, item.AccountID, a.Slug, item.Name, item.NameKey, item.Folder, richtext.Caseless(item.Folder), item.Content.Language, string(a.Audience), listed,
		excerpt(item.Content.Markdown), int64(item.UpdatedAt))
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

func writeWords(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	weights := map[string]int{}
	var words []string
	for _, of := range []struct {
		text   string
		weight int
	}{{item.Name, inTitle}, {item.Folder, inCategory}, {richtext.Text(richtext.FromMarkdown(item.Content.Markdown)), inText}} {
		for _, word := range search.Terms(maxWords, of.text) {
			if weights[word] == 0 && len(words) < maxWords {
				words = append(words, word)
				weights[word] = of.weight
			}
		}
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
