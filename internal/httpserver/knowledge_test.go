package httpserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/httpserver"
	"parley/internal/library"
)

// helped counts opinions of articles; the slug is the article's id.
type helped struct {
	httpserver.Knowledge
	counted atomic.Int64
}

func (h *helped) ReadArticle(_ context.Context, key, slug string, _ library.Reader) (*library.ArticlePage, error) {
	return &library.ArticlePage{KnowledgeBase: &library.KnowledgeBase{Key: key}, Article: library.ArticleHit{ID: slug, Slug: slug}}, nil
}

func (h *helped) RateArticle(context.Context, string, string, library.Reader, bool) error {
	h.counted.Add(1)
	return nil
}

func (h *helped) ReadBase(_ context.Context, key string, _ library.Reader, _, _ string) (*library.BasePage, error) {
	h.counted.Add(1)
	return &library.BasePage{KnowledgeBase: &library.KnowledgeBase{Key: key}}, nil
}

// CO-11, API-16: who looks for words that begin much of all text is charged for each of them,
// and refused before anything is looked for.
func TestSearchesAreCharged(t *testing.T) {
	t.Parallel()
	articles := &helped{}
	h := newServer(t, func(c *httpserver.Config) {
		c.Knowledge, c.RateLimit = articles, httpserver.RateLimit{PerSecond: 0.001, Burst: 25_000}
	})
	for i, want := range []int{200, 200, 429} {
		rec := do(h, request(t, "/kb/key?q=a+b+c+d+e+f+g+h+i+j+k+l", ""))
		if rec.Code != want || (want == 429) != (rec.Header().Get("Retry-After") != "") {
			t.Errorf("search %d: %d %v, want %d", i, rec.Code, rec.Header(), want)
		}
	}
	if rec := do(h, request(t, "/kb/key", "")); rec.Code != 200 || articles.counted.Load() != 3 {
		t.Errorf("a list: %d, after %d reads", rec.Code, articles.counted.Load())
	}
}

// CO-11: of one network's opinions about an article one counts, also of those that come at
// once.
func TestOpinionsAtOnce(t *testing.T) {
	t.Parallel()
	articles := &helped{}
	h := newServer(t, func(c *httpserver.Config) { c.Knowledge, c.RateLimit = articles, httpserver.RateLimit{} })
	const rounds = 300
	for i := range rounds {
		var group sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			group.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/kb/key/"+strconv.Itoa(i), strings.NewReader("helpful=yes"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				<-start
				if rec := do(h, r); rec.Code != http.StatusSeeOther {
					t.Errorf("an opinion: %d", rec.Code)
				}
			})
		}
		close(start)
		group.Wait()
	}
	if n := articles.counted.Load(); n != rounds {
		t.Errorf("%d opinions of %d articles count", n, rounds)
	}
}
