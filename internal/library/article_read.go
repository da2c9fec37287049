package library

import (
	"context"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	entshare "parley/ent/libraryshare"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// pageOfArticles is how many articles a page of a knowledge base lists.
	pageOfArticles = 200
	// maxKey bounds what is looked up.
	maxKey = 64
)

// Reader is who reads a knowledge base: everyone, or, by the token of a link that the team
// sent, one whom it knows.
type Reader struct {
	Token string
	Visit Visit
	// Languages are those that they read, the one that they like best first.
	Languages []string
}

// BasePage is a page of a knowledge base: all of its articles, or what was looked for.
type BasePage struct {
	*KnowledgeBase
	Articles []ArticleHit
	// More: others follow behind the last one.
	More bool
}

// ArticlePage is the page of an article.
type ArticlePage struct {
	*KnowledgeBase
	Article ArticleHit
	// HTML is sanitised.
	HTML string
	// Languages are all that it is there in, if there are several.
	Languages []string
}

// noPage is NOT_FOUND: there is no such page for the reader.
func noPage() error { return errs.New(errs.NotFound, "There is no such page.") }

// openBase finds a knowledge base, and returns a context in which its account is read, and the
// audiences that the reader belongs to.
func (s *Service) openBase(ctx context.Context, key string, r Reader) (context.Context, *KnowledgeBase, []vocab.ArticleAudience, error) {
	if !nameable(key, maxKey) {
		return nil, nil, nil, noPage()
	}
	k, err := s.base(viewer.NewContext(ctx, viewer.Everywhere("library")), "key = $1", key)
	if err != nil {
		return nil, nil, nil, err
	}
	if k == nil {
		return nil, nil, nil, noPage()
	}
	ctx = viewer.NewContext(ctx, viewer.System("library", k.accountID))
	audiences := []vocab.ArticleAudience{vocab.ArticlePublic}
	known, err := s.shareOf(ctx, r.Token)
	if err == nil && known != nil {
		audiences = append(audiences, vocab.ArticleContacts)
	}
	return ctx, k, audiences, err
}

// shareOf is the link of the context's account that has a token, by which an article was sent,
// and that was not revoked; nil: none. Links of documents are passed on, and expire: they
// admit to nothing else.
func (s *Service) shareOf(ctx context.Context, token string) (*ent.LibraryShare, error) {
	if !nameable(token, mostToken) {
		return nil, nil
	}
	client := s.store.Client(ctx)
	share, err := client.LibraryShare.Query().Where(entshare.Token(token), entshare.RevokedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	article, err := client.LibraryItem.Query().Where(entitem.ID(share.ItemID), entitem.KindEQ(vocab.ArticleItem)).Exist(ctx)
	if err != nil || !article {
		return nil, err
	}
	return share, nil
}

// ReadBase returns a page of a knowledge base: with a query what it finds, else all articles
// by category and title, behind the one with a slug. NOT_FOUND; TOO_LONG on query.
func (s *Service) ReadBase(ctx context.Context, key string, r Reader, query, after string) (*BasePage, error) {
	ctx, k, audiences, err := s.openBase(ctx, key, r)
	if err != nil {
		return nil, err
	}
	p := &BasePage{KnowledgeBase: k}
	if !richtext.Blank(query) {
		p.Articles, err = s.SearchArticles(ctx, ArticleSearch{Query: query, Audiences: audiences, Languages: r.Languages})
		return p, err
	}
	var behind *ArticleHit
	if after != "" {
		if behind, err = s.articleAt(ctx, k, audiences, after); err != nil {
			return nil, err
		}
		if behind == nil {
			return nil, noPage()
		}
	}
	q := &store.Statement{}
	listSQL(q, k.accountID, audiences, behind, pageOfArticles+1)
	if p.Articles, err = s.readHits(ctx, q); len(p.Articles) > pageOfArticles {
		p.Articles, p.More = p.Articles[:pageOfArticles], true
	}
	for i := range p.Articles {
		p.Articles[i].readIn(r.Languages...)
	}
	return p, err
}

// articleAt is the published article that has a slug, or had it; nil: none that the reader
// may see.
func (s *Service) articleAt(ctx context.Context, k *KnowledgeBase, audiences []vocab.ArticleAudience, slug string) (*ArticleHit, error) {
	if !nameable(slug, 4*MaxSlug) {
		return nil, nil
	}
	q := &store.Statement{}
	q.WriteString("SELECT " + hitColumns + " FROM article_slugs s JOIN articles a ON a.id = s.article_id WHERE s.account_id = " + q.Arg(k.accountID) + " AND s.slug = " + q.Arg(slug) +
		" AND a.account_id = " + q.Arg(k.accountID) + " AND a.listed = true AND a.audience IN (" + store.List(q, audiences) + ")")
	hits, err := s.readHits(ctx, q)
	if err != nil || len(hits) == 0 {
		return nil, err
	}
	return &hits[0], nil
}

// ReadArticle returns the page of an article. Its slug differs from the one that was asked
// for if it had that one before. Who reads it by the link of a card is counted as having
// opened that (CO-8). NOT_FOUND also for what the reader may not see.
func (s *Service) ReadArticle(ctx context.Context, key, slug string, r Reader) (*ArticlePage, error) {
	ctx, k, audiences, err := s.openBase(ctx, key, r)
	if err != nil {
		return nil, err
	}
	hit, err := s.articleAt(ctx, k, audiences, slug)
	if err != nil {
		return nil, err
	}
	if hit == nil {
		return nil, noPage()
	}
	p := &ArticlePage{KnowledgeBase: k, Article: *hit}
	if hit.Slug != slug { // the reader is led on
		return p, nil
	}
	item, err := s.store.Client(ctx).LibraryItem.Query().Where(entitem.ID(hit.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, noPage()
	}
	if err != nil {
		return nil, err
	}
	all := saidIn(item)
	tags := languagesOf(all)
	said := all[pickLanguage(tags, r.Languages...)]
	p.Article.Title, p.Article.Language, p.Article.Excerpt = said.Name, said.Language, excerpt(said.Markdown)
	if len(tags) > 1 {
		p.Languages = tags
	}
	p.HTML = withPictures(richtext.FromMarkdown(said.Markdown), func(fileID string) string { return k.pictureOf(slug, fileID, r.Token) })
	return p, s.countReading(ctx, item.ID, r)
}

func (s *Service) countReading(ctx context.Context, itemID string, r Reader) error {
	share, err := s.shareOf(ctx, r.Token)
	if err != nil || share == nil || share.ItemID != itemID || !r.Visit.byPerson(share, s.store.Now()) {
		return err
	}
	return s.countClick(ctx, share)
}

// RateArticle counts whether an article helped its reader. NOT_FOUND as ReadArticle.
func (s *Service) RateArticle(ctx context.Context, key, slug string, r Reader, helped bool) error {
	ctx, k, audiences, err := s.openBase(ctx, key, r)
	if err != nil {
		return err
	}
	hit, err := s.articleAt(ctx, k, audiences, slug)
	if err != nil {
		return err
	}
	if hit == nil {
		return noPage()
	}
	column := "not_helpful"
	if helped {
		column = "helpful"
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE articles SET "+column+" = "+column+" + 1 WHERE id = $1 AND account_id = $2", hit.ID, k.accountID)
		return err
	})
}

// maxMapped is how many pages a map for search engines has.
const maxMapped = 5_000

// MapBase returns the public articles of a knowledge base that search engines may list.
// NOT_FOUND: they may not.
func (s *Service) MapBase(ctx context.Context, key string) (*BasePage, error) {
	ctx, k, _, err := s.openBase(ctx, key, Reader{})
	if err != nil {
		return nil, err
	}
	if !k.Indexed {
		return nil, noPage()
	}
	q := &store.Statement{}
	listSQL(q, k.accountID, []vocab.ArticleAudience{vocab.ArticlePublic}, nil, maxMapped)
	p := &BasePage{KnowledgeBase: k}
	p.Articles, err = s.readHits(ctx, q)
	return p, err
}
