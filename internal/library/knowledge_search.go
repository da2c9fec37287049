package library

import (
	"context"
	"slices"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// usualFound is how many articles searchKnowledge finds unless asked otherwise.
const usualFound = 10

// KnowledgeQuery is what searchKnowledge looks for.
type KnowledgeQuery struct {
	Query     string
	Audiences []vocab.ArticleAudience // nil: all that the caller may read
	Language  string                  // "": any
	First     *int
}

// KnowledgeHit is an article that was found, with its text.
type KnowledgeHit struct {
	ArticleHit
	Markdown string
	URL      *string // nil: it has no page that everyone may read
}

// SearchKnowledge finds published articles by words, the best first, with their texts
// (AG-8). Visitors find those for everyone; of those for staff the viewer finds what they
// may use. TOO_LONG on query, INVALID on first and audiences.
func (s *Service) SearchKnowledge(ctx context.Context, q KnowledgeQuery) ([]*KnowledgeHit, error) {
	a, err := q.search(viewer.FromContext(ctx))
	if err != nil {
		return nil, err
	}
	found, err := s.SearchArticles(ctx, a)
	if err != nil {
		return nil, err
	}
	hits := []*KnowledgeHit{}
	if len(found) == 0 {
		return hits, nil
	}
	items, err := s.readable(ctx, found)
	if err != nil {
		return nil, err
	}
	k, err := s.KnowledgeBase(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		item := items[f.ID]
		if item == nil {
			continue
		}
		all := saidIn(item)
		hit := &KnowledgeHit{ArticleHit: f, Markdown: all[pickLanguage(languagesOf(all), f.Language)].Markdown}
		if k != nil && f.Audience == vocab.ArticlePublic {
			page := k.pageOf(f.Slug)
			hit.URL = &page
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

func (q KnowledgeQuery) search(v *viewer.Viewer) (ArticleSearch, error) {
	a := ArticleSearch{Query: q.Query, Audiences: q.Audiences, Language: q.Language, First: usualFound}
	if q.First != nil && *q.First != 0 {
		a.First = *q.First
	}
	may := []vocab.ArticleAudience{vocab.ArticlePublic, vocab.ArticleContacts, vocab.ArticleStaff}
	if !v.IsStaff() {
		may = may[:1]
	}
	if a.Audiences == nil {
		a.Audiences = may
	}
	switch {
	case a.First < 1 || a.First > maxFound:
		return a, errs.New(errs.Invalid, "A search finds 1 to %d articles.", maxFound).On("first")
	case slices.ContainsFunc(a.Audiences, func(audience vocab.ArticleAudience) bool { return !slices.Contains(may, audience) }):
		return a, errs.New(errs.Invalid, "Visitors find articles for everyone: ask for PUBLIC.").On("audiences")
	}
	return a, nil
}

// readable are the items of those articles that the viewer may read, by id: the fence keeps
// from staff what is another team's or another person's, but not what everyone may read.
func (s *Service) readable(ctx context.Context, found []ArticleHit) (map[string]*ent.LibraryItem, error) {
	var open, fenced []string
	for _, f := range found {
		if f.Audience == vocab.ArticleStaff {
			fenced = append(fenced, f.ID)
		} else {
			open = append(open, f.ID)
		}
	}
	items := map[string]*ent.LibraryItem{}
	read := func(ctx context.Context, ids []string) error {
		if len(ids) == 0 {
			return nil
		}
		rows, err := s.store.Client(ctx).LibraryItem.Query().Where(entitem.IDIn(ids...)).All(ctx)
		for _, item := range rows {
			items[item.ID] = item
		}
		return err
	}
	if err := read(viewer.AsSystem(ctx, "library"), open); err != nil {
		return nil, err
	}
	return items, read(ctx, fenced)
}
