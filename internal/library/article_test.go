package library_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/ent"
	"parley/ent/libraryitem"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// article makes one, published for an audience.
func (w *world) article(name, folder, text string, audience vocab.ArticleAudience) *ent.LibraryItem {
	w.t.Helper()
	item, err := w.Create(w.Agent(0), library.CreateLibraryItemInput{Kind: vocab.ArticleItem, Name: name, ItemFacts: library.ItemFacts{
		Folder: opt.Of(folder), Markdown: opt.Of(text), Article: opt.Of(library.ArticleInput{Audience: opt.Of(audience), State: opt.Of(vocab.ArticlePublished)}),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return item
}

// eachAt runs the test in a world whose clock it turns.
func eachAt(t *testing.T, test func(w *world, turned *clock.Turned)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		test(newWorld(t, db.Open(t, turned)), turned)
	})
}

// found is the item of a name.
func (w *world) found(name string) *ent.LibraryItem {
	w.t.Helper()
	return check.Must(w.Store.Client(w.System).LibraryItem.Query().Where(libraryitem.Name(name)).Only(w.System))(w.t)
}

func (w *world) change(item *ent.LibraryItem, f library.ItemFacts) (*ent.LibraryItem, error) {
	return w.Update(w.Agent(0), library.UpdateLibraryItemInput{LibraryItemID: item.ID, ItemFacts: f})
}

func (w *world) base() *library.KnowledgeBase {
	w.t.Helper()
	k, err := w.KnowledgeBase(w.Agent(0))
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

func titles(hits []library.ArticleHit) string {
	var list []string
	for _, h := range hits {
		list = append(list, h.Title)
	}
	return strings.Join(list, ", ")
}

// CO-11: an article has a slug of its own, made of its title, and leads on from those that
// it had. A draft, an archived one, and one for others has no page.
func TestArticle(t *testing.T) {
	t.Parallel()
	eachAt(t, func(w *world, _ *clock.Turned) {
		if w.base() != nil {
			w.t.Error("there is a knowledge base without an article")
		}
		draft, err := w.Create(w.Agent(0), library.CreateLibraryItemInput{Kind: vocab.ArticleItem, Name: "Über Rück-sendungen & mehr!", ItemFacts: library.ItemFacts{Markdown: opt.Of("# {{x}}\n\nText")}})
		if err != nil {
			w.t.Fatal(err)
		}
		check.Same(w.t, *draft.Content.Article, vocab.ArticleContent{Slug: "uber-ruck-sendungen-mehr", Audience: vocab.ArticlePublic, State: vocab.ArticleDraft})
		key, reader := w.base().Key, library.Reader{}
		read := func(slug string) string {
			p, err := w.ReadArticle(w.t.Context(), key, slug, reader)
			if errs.Is(err, errs.NotFound) {
				return ""
			}
			if err != nil {
				w.t.Fatal(err)
			}
			return p.Article.Slug
		}
		if got := read("uber-ruck-sendungen-mehr"); got != "" {
			w.t.Error("a draft is read")
		}
		publish := library.ItemFacts{Article: opt.Of(library.ArticleInput{State: opt.Of(vocab.ArticlePublished)})}
		check.Must(w.change(draft, publish))(w.t)
		p := check.Must(w.ReadArticle(w.t.Context(), key, "uber-ruck-sendungen-mehr", reader))(w.t)
		if !strings.Contains(p.HTML, "<h1>{{x}}</h1>") || p.Article.Excerpt == "" {
			w.t.Errorf("the page: %+v", p)
		}
		renamed := check.Must(w.change(draft, library.ItemFacts{Article: opt.Of(library.ArticleInput{Slug: opt.Of("returns")})}))(w.t)
		if read("uber-ruck-sendungen-mehr") != "returns" || read("returns") != "returns" {
			w.t.Error("the old slug leads nowhere")
		}
		for _, bad := range []string{"", "-a", "a b", "a/b", "a.b", strings.Repeat("x", 101)} {
			if _, err := w.change(renamed, library.ItemFacts{Article: opt.Of(library.ArticleInput{Slug: opt.Of(bad)})}); errs.Of(err) == nil || strings.Join(errs.Of(err).Field, ".") != "article.slug" {
				w.t.Errorf("the slug %q: %v", bad, err)
			}
		}
		other := w.article("Returns", "", "Other", vocab.ArticlePublic)
		if other.Content.Article.Slug != "returns-2" {
			w.t.Errorf("a second one is %q", other.Content.Article.Slug)
		}
		if _, err := w.change(other, library.ItemFacts{Article: opt.Of(library.ArticleInput{Slug: opt.Of("Returns")})}); !errs.Is(err, errs.AlreadyExists) {
			w.t.Errorf("the slug of another: %v", err)
		}
		check.Must(w.change(other, library.ItemFacts{Article: opt.Of(library.ArticleInput{Slug: opt.Of("uber-ruck-sendungen-mehr")})}))(w.t) // free again
		if read("uber-ruck-sendungen-mehr") != "uber-ruck-sendungen-mehr" {
			w.t.Error("the slug still leads to the one that had it")
		}
		if _, err := w.change(other, library.ItemFacts{UsableBy: opt.Of(vocab.LibraryOwner)}); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("a private one is published: %v", err)
		}
		if _, err := w.change(other, library.ItemFacts{Article: opt.Null[library.ArticleInput]()}); !errs.Is(err, errs.Required) {
			w.t.Errorf("article null: %v", err)
		}
		if _, err := w.change(other, library.ItemFacts{URL: opt.Of("https://example.com")}); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("an article has a url: %v", err)
		}
		check.Must(w.Archive(w.Agent(0), library.ArchiveLibraryItemInput{LibraryItemID: other.ID}))(w.t)
		if read("uber-ruck-sendungen-mehr") != "" {
			w.t.Error("an archived one is read")
		}
		check.Must(w.Restore(w.Agent(0), library.RestoreLibraryItemInput{LibraryItemID: other.ID}))(w.t)
		if read("uber-ruck-sendungen-mehr") == "" {
			w.t.Error("a restored one is not read")
		}
		check.Must(w.Service.Delete(w.Agent(0), library.DeleteLibraryItemInput{LibraryItemID: other.ID}))(w.t)
		if read("uber-ruck-sendungen-mehr") != "" {
			w.t.Error("a deleted one is read")
		}
		for _, table := range []string{"articles", "article_slugs", "article_words"} {
			column := "article_id"
			if table == "articles" {
				column = "id"
			}
			if n := check.Must(w.Store.Numbers(w.t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE "+column+" = $1", other.ID))(w.t); n[0] != 0 {
				w.t.Errorf("%d rows of %s are left", n[0], table)
			}
		}
	})
}

// CO-11: readers see what is for them; who was sent an article for contacts sees those.
// A search finds beginnings of words, titles first.
func TestArticleReaders(t *testing.T) {
	t.Parallel()
	eachAt(t, func(w *world, turned *clock.Turned) {
		w.article("Opening hours", "Shop", "When is the shop open? Parcels too.", vocab.ArticlePublic)
		w.article("Parcels", "Delivery", "How a parcel comes. Öffnung und Größe.", vocab.ArticlePublic)
		members := w.article("Discounts", "Shop", "Parcels for members.", vocab.ArticleContacts)
		w.article("Secrets", "Shop", "Parcels of staff.", vocab.ArticleStaff)
		key := w.base().Key
		list := func(r library.Reader, query string) string {
			return titles(check.Must(w.ReadBase(w.t.Context(), key, r, query, ""))(w.t).Articles)
		}
		for query, want := range map[string]string{
			"": "Parcels, Opening hours", "parc": "Parcels, Opening hours", "PARCELS open": "Opening hours", "offnung": "Parcels", "grosse": "Parcels", "delivery": "Parcels", "x": "",
			"hours x": "Opening hours", "quousque hours tandem abutere": "", // where none has all words: a third of them or more
		} {
			if got := list(library.Reader{}, query); got != want {
				w.t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
		c := check.Must(w.Store.Client(w.System).Conversation.Get(w.System, w.ConversationIDs[0]))(w.t)
		var sent *library.Sent
		send := func(ids ...string) error {
			return w.Store.WithTx(w.Agent(0), func(ctx context.Context, tx *store.Tx) (err error) {
				sent, err = w.Send(ctx, tx, library.Occasion{Conversation: c, AuthorID: w.AgentIDs[0]}, "message_x", ids)
				return err
			})
		}
		if err := send(members.ID); err != nil {
			w.t.Fatal(err)
		}
		address := sent.Cards[0].URL
		_, token, known := strings.Cut(address, "?t=")
		if !known || sent.Cards[0].Title != "Discounts" || !strings.HasPrefix(address, "https://parley.example.com/kb/"+key+"/discounts") {
			w.t.Fatalf("the card: %+v", sent.Cards[0])
		}
		if got := list(library.Reader{Token: token}, ""); got != "Parcels, Discounts, Opening hours" {
			w.t.Errorf("whom it was sent to sees %q", got)
		}
		for _, r := range []library.Reader{{}, {Token: token + "x"}, {Token: strings.Repeat("x", 5_000)}} {
			if _, err := w.ReadArticle(w.t.Context(), key, "discounts", r); !errs.Is(err, errs.NotFound) {
				w.t.Errorf("without the link: %v", err)
			}
		}
		document := w.sends(check.Must(w.document(func(in *create) { in.URL = opt.Of("https://example.com/prices") }))(w.t))
		if _, err := w.ReadArticle(w.t.Context(), key, "discounts", library.Reader{Token: document.Token}); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("by the link of a document: %v", err)
		}
		visit := library.Visit{UserAgent: "Mozilla/5.0 Firefox", Reads: true}
		check.Must(w.ReadArticle(w.t.Context(), key, "discounts", library.Reader{Token: token, Visit: visit}))(w.t)
		turned.Advance(time.Minute)
		check.Must(w.ReadArticle(w.t.Context(), key, "discounts", library.Reader{Token: token, Visit: visit}))(w.t)
		shares := check.Must(w.SharesOf(w.Agent(0), []*ent.LibraryItem{members}, paging.PageArgs{}))(w.t)
		if got := shares[0].Edges[0].Node.OpenCount; got != 1 {
			w.t.Errorf("it was opened %d times, want 1: the first came at once", got)
		}
		secrets := w.found("Secrets")
		if err := send(secrets.ID); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("an article for staff is sent: %v", err)
		}
		if used := w.found("Discounts"); used.UsageCount != 1 {
			w.t.Errorf("its usage is %d", used.UsageCount)
		}
	})
}

// CO-11: opinions are counted, all of them at once; who may not read it has none.
func TestArticleOpinions(t *testing.T) {
	t.Parallel()
	eachAt(t, func(w *world, _ *clock.Turned) {
		item := w.article("Hours", "", "Open", vocab.ArticlePublic)
		w.article("Members", "", "Open", vocab.ArticleContacts)
		key := w.base().Key
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				if err := w.RateArticle(w.t.Context(), key, "hours", library.Reader{}, i%4 > 0); err != nil {
					w.t.Error(err)
				}
			})
		}
		group.Wait()
		check.Must(w.change(item, library.ItemFacts{Markdown: opt.Of("Open till 5")}))(w.t)
		shown := check.Must(w.ArticlesOf(w.Agent(0), []*ent.LibraryItem{item}))(w.t)
		if shown[0].HelpfulCount != 15 || shown[0].NotHelpfulCount != 5 || *shown[0].URL != w.base().URL+"/hours" {
			w.t.Errorf("counted: %+v", shown[0])
		}
		if err := w.RateArticle(w.t.Context(), key, "members", library.Reader{}, true); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("of a hidden one: %v", err)
		}
	})
}

// CO-9, CO-11, CO-1: what no database can compare names nothing; in a filter it is INVALID.
func TestAddressesOfBadBytes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.article("Hours", "", "Open", vocab.ArticlePublic)
		key, ctx := w.base().Key, w.t.Context()
		for _, bad := range []string{"\x00", "a\x00b", "\xff"} {
			for name, read := range map[string]func() error{
				"key":   func() error { _, err := w.ReadBase(ctx, bad, library.Reader{}, "", ""); return err },
				"after": func() error { _, err := w.ReadBase(ctx, key, library.Reader{}, "", bad); return err },
				"slug":  func() error { _, err := w.ReadArticle(ctx, key, bad, library.Reader{}); return err },
				"rated": func() error { return w.RateArticle(ctx, key, bad, library.Reader{}, true) },
				"link":  func() error { _, err := w.Open(ctx, bad, library.Visit{}); return err },
				"file":  func() error { _, err := w.File(ctx, bad, library.Visit{}); return err },
				"image": func() error { _, err := w.Picture(ctx, bad, strings.Repeat("a", 32)); return err },
			} {
				if err := read(); !errs.Is(err, errs.NotFound) {
					w.t.Errorf("%s %q: %v", name, bad, err)
				}
			}
			if _, err := w.ReadArticle(ctx, key, "hours", library.Reader{Token: bad}); err != nil {
				w.t.Errorf("the token %q: %v", bad, err)
			}
			shortcut := "#" + bad
			for field, f := range map[string]library.Filter{"query": {Query: &shortcut}, "folder": {Folder: &bad}} {
				if _, err := w.List(w.Agent(0), f, paging.PageArgs{}); !errs.Is(err, errs.Invalid) || errs.Of(err).Field[0] != field {
					w.t.Errorf("%s %q: %v", field, bad, err)
				}
			}
		}
	})
}

// CO-11: long lists come in pages, without one twice or left out; lists and searches run on
// indexes.
func TestArticlePages(t *testing.T) {
	t.Parallel()
	eachAt(t, func(w *world, _ *clock.Turned) {
		for i := range 205 {
			w.article(fmt.Sprintf("Article %03d", i), fmt.Sprint("Part ", i%3), "some words", vocab.ArticlePublic)
		}
		key := w.base().Key
		first := check.Must(w.ReadBase(w.t.Context(), key, library.Reader{}, "", ""))(w.t)
		rest := check.Must(w.ReadBase(w.t.Context(), key, library.Reader{}, "", first.Articles[199].Slug))(w.t)
		all := append(slices.Clone(first.Articles), rest.Articles...)
		seen := map[string]bool{}
		for _, a := range all {
			seen[a.ID] = true
		}
		if len(seen) != 205 || !first.More || rest.More || len(all) != 205 {
			w.t.Errorf("%d and %d articles, %d different", len(first.Articles), len(rest.Articles), len(seen))
		}
		for name, want := range map[string]string{"list": "articles_listed", "search": "article_words"} {
			plan := w.explain(library.ArticleStatements(w.AccountID)[name])
			if !strings.Contains(plan, want) || strings.Contains(plan, "Seq Scan") || name == "list" && (strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort")) ||
				strings.Contains(plan, "SCAN article_words") || strings.Contains(plan, "SCAN a\n") {
				w.t.Errorf("%s:\n%s", name, plan)
			}
		}
	})
}

// explain is how the database runs a statement where it has many rows.
func (w *world) explain(s *store.Statement) string {
	w.t.Helper()
	if !w.Store.Postgres() {
		plan, _ := (&desk.Desk{Fixture: w.Fixture, T: w.t}).Explain(s.String(), s.Args)
		return plan
	}
	conn := check.Must(w.Store.Pool().Acquire(w.t.Context()))(w.t)
	defer conn.Release()
	check.Must(conn.Exec(w.t.Context(), "SET enable_seqscan = off; SET enable_bitmapscan = off"))(w.t)
	rows := check.Must(conn.Query(w.t.Context(), "EXPLAIN (COSTS OFF) "+s.String(), s.Args...))(w.t)
	plan := strings.Join(check.Must(pgx.CollectRows(rows, pgx.RowTo[string]))(w.t), "\n")
	check.Must(conn.Exec(w.t.Context(), "RESET enable_seqscan; RESET enable_bitmapscan"))(w.t)
	return plan
}
