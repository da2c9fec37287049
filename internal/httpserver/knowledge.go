package httpserver

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/xml"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"parley/ent"
	"parley/internal/channel/chat/wording"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/viewer"
)

//go:embed texts/*.json
var kbTexts embed.FS

// Knowledge knows the articles of accounts. Package library implements it.
type Knowledge interface {
	// ReadBase returns a page with articles, ReadArticle one article, MapBase what search
	// engines may list; an *errs.Error says that there is no such page.
	ReadBase(ctx context.Context, key string, r library.Reader, query, after string) (*library.BasePage, error)
	ReadArticle(ctx context.Context, key, slug string, r library.Reader) (*library.ArticlePage, error)
	MapBase(ctx context.Context, key string) (*library.BasePage, error)
	// ArticlePicture returns a picture of an article.
	ArticlePicture(ctx context.Context, key, slug, fileID string, r library.Reader) (*ent.LibraryFile, error)
	// RateArticle counts whether an article helped.
	RateArticle(ctx context.Context, key, slug string, r library.Reader, helped bool) error
}

// knowledge serves the pages of articles (CO-11). They need no script and set no cookies.
type knowledge struct {
	*Config
	// rated has who rated which article lately, by network: one opinion a day counts. It
	// holds for this node alone.
	rated *lru.Cache[string, time.Time]
	// rating is held while one is looked up and put there: of those at once, one counts.
	rating sync.Mutex
}

const (
	maxRated   = 50_000
	ratedAgain = 24 * time.Hour
	// sitemap and rating are addresses that no slug is: slugs have no dots.
	sitemap = "sitemap.xml"
	// searchCost is charged for each word that is looked for, of at most maxCharged: one letter
	// begins a good part of all words. A page costs 1, as any request.
	searchCost = 1_000
	maxCharged = 12
	// maxOpinion is how large the form of an opinion may be, in bytes.
	maxOpinion = 4 << 10
)

// routeKnowledge serves the pages below /kb/. The patterns match HEAD too.
func (c *Config) routeKnowledge(mux *http.ServeMux) {
	if c.Knowledge == nil {
		return
	}
	rated, err := lru.New[string, time.Time](maxRated)
	if err != nil {
		panic(err) // only for a size below 1
	}
	k, g := &knowledge{Config: c, rated: rated}, newGate(c)
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET " + library.KnowledgePath + "{key}": k.list, "GET " + library.KnowledgePath + "{key}/{$}": k.list,
		"GET " + library.KnowledgePath + "{key}/" + sitemap:    k.sitemap,
		"GET " + library.KnowledgePath + "{key}/{slug}/{file}": k.picture,
		"GET " + library.KnowledgePath + "{key}/{slug}":        k.article, "POST " + library.KnowledgePath + "{key}/{slug}": k.rate,
	} {
		mux.Handle(pattern, c.authenticate(g, serve))
	}
}

func readerOf(r *http.Request) library.Reader {
	return library.Reader{
		Token: r.URL.Query().Get("t"),
		Visit: library.Visit{UserAgent: r.UserAgent(), Reads: r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == ""}, Languages: languagesOf(r),
	}
}

// languagesOf are the languages that a reader chose on the page, and those of their browser.
func languagesOf(r *http.Request) []string {
	list := []string{r.URL.Query().Get("lang")}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return list
	}
	for _, tag := range tags {
		list = append(list, tag.String())
	}
	return list
}

// picture answers with a picture of an article, to whoever may read that.
func (k *knowledge) picture(w http.ResponseWriter, r *http.Request) {
	f, err := k.Knowledge.ArticlePicture(r.Context(), r.PathValue("key"), r.PathValue("slug"), r.PathValue("file"), readerOf(r))
	if err != nil {
		k.failFile(w, r, err)
		return
	}
	k.serveLibraryFile(w, r, f, true, cacheOf(r))
}

// kbPage is what a page shows.
type kbPage struct {
	Words    kbWords
	Language wording.Language
	Title    string
	Base     *library.KnowledgeBase
	Home     string // the address of the list
	Token    string // by which it is read; "": none
	Query    string
	Asked    bool // by words
	Groups   []kbGroup
	Next     string // the address of the next page
	Article  *library.ArticlePage
	Lang     string   // of the article
	Others   []kbLink // the article in other languages
	HTML     template.HTML
	Updated  string
	Thanks   bool
	Problem  string
	Style    template.CSS
}

type kbGroup struct {
	Category string
	Articles []kbLink
}

type kbLink struct{ Title, Excerpt, Address, Lang string }

// kbWords are what the pages say in one language.
type kbWords struct {
	Title      string `json:"title"`
	Search     string `json:"search"`
	Find       string `json:"find"`
	Nothing    string `json:"nothing"`
	Empty      string `json:"empty"`
	All        string `json:"all"`
	More       string `json:"more"`
	Updated    string `json:"updated"`
	Helpful    string `json:"helpful"`
	Yes        string `json:"yes"`
	No         string `json:"no"`
	Thanks     string `json:"thanks"`
	NoSuchPage string `json:"noSuchPage"`
	Failed     string `json:"failed"`
	// Layout is how dates are written, as package time has it.
	Layout string `json:"layout"`
}

var kbLetters = wording.ReadLetters[kbWords](kbTexts)

// wordsOf are the words in the first language of the reader's that there are some in.
func wordsOf(r *http.Request) (kbWords, wording.Language) {
	return kbLetters.In(firstLanguage(r))
}

// firstLanguage is the language that a reader asks for first; "": none.
func firstLanguage(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return strings.TrimSpace(strings.ToLower(first))
}

func (k *knowledge) list(w http.ResponseWriter, r *http.Request) {
	words, reads := wordsOf(r)
	p := kbPage{Words: words, Language: reads, Query: r.URL.Query().Get("q")}
	if err := viewer.Charge(r.Context(), searchCost*min(len(strings.Fields(p.Query)), maxCharged)); err != nil {
		k.fail(w, r, p, err)
		return
	}
	found, err := k.Knowledge.ReadBase(r.Context(), r.PathValue("key"), readerOf(r), p.Query, r.URL.Query().Get("after"))
	if err != nil {
		k.fail(w, r, p, err)
		return
	}
	p.takeBase(r, found.KnowledgeBase)
	p.Asked = strings.TrimSpace(p.Query) != ""
	for _, a := range found.Articles {
		category := a.Category
		if p.Asked {
			category = ""
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Category != category {
			p.Groups = append(p.Groups, kbGroup{Category: category})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Articles = append(g.Articles, kbLink{a.Title, a.Excerpt, p.to(a.Slug), a.Language})
	}
	if found.More {
		p.Next = withQuery(p.Home, "after", found.Articles[len(found.Articles)-1].Slug)
	}
	k.write(w, r, http.StatusOK, p)
}

// takeBase puts what all pages of a knowledge base have into one.
func (p *kbPage) takeBase(r *http.Request, base *library.KnowledgeBase) {
	p.Base, p.Title = base, p.Words.Title
	if base.Title != nil {
		p.Title = *base.Title
	}
	p.Home = library.KnowledgePath + url.PathEscape(base.Key)
	if p.Token = r.URL.Query().Get("t"); p.Token != "" {
		p.Home = withQuery(p.Home, "t", p.Token)
	}
}

// to is the address of an article's page for the same reader.
func (p *kbPage) to(slug string) string {
	address := library.KnowledgePath + url.PathEscape(p.Base.Key) + "/" + url.PathEscape(slug)
	if p.Token != "" {
		address = withQuery(address, "t", p.Token)
	}
	return address
}

func withQuery(address, name, value string) string {
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	return address + sign + name + "=" + url.QueryEscape(value)
}

func (k *knowledge) article(w http.ResponseWriter, r *http.Request) {
	words, reads := wordsOf(r)
	p := kbPage{Words: words, Language: reads, Thanks: r.URL.Query().Get("thanks") != ""}
	found, err := k.Knowledge.ReadArticle(r.Context(), r.PathValue("key"), r.PathValue("slug"), readerOf(r))
	if err != nil {
		k.fail(w, r, p, err)
		return
	}
	p.takeBase(r, found.KnowledgeBase)
	if found.Article.Slug != r.PathValue("slug") {
		w.Header().Set("Cache-Control", cacheOf(r)) // another may take the slug
		http.Redirect(w, r, p.to(found.Article.Slug), http.StatusMovedPermanently)
		return
	}
	p.Article, p.Lang = found, found.Article.Language
	for _, tag := range found.Languages {
		if tag != p.Lang {
			p.Others = append(p.Others, kbLink{Title: nameOf(tag), Address: withQuery(p.to(found.Article.Slug), "lang", tag), Lang: tag})
		}
	}
	p.HTML = template.HTML(found.HTML) //nolint:gosec // sanitised
	p.Updated = found.Article.UpdatedAt.Time().Format(words.Layout)
	k.write(w, r, http.StatusOK, p)
}

// nameOf is what a language calls itself.
func nameOf(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	return cmp.Or(display.Self.Name(parsed), tag)
}

// rate counts an opinion, of one network about an article once a day, and leads back.
func (k *knowledge) rate(w http.ResponseWriter, r *http.Request) {
	words, reads := wordsOf(r)
	p := kbPage{Words: words, Language: reads}
	r.Body = http.MaxBytesReader(w, r.Body, maxOpinion)
	helped := r.PostFormValue("helpful")
	if helped != "yes" && helped != "no" {
		k.fail(w, r, p, errs.New(errs.Invalid, "Answer yes or no."))
		return
	}
	reader, key, slug := readerOf(r), r.PathValue("key"), r.PathValue("slug")
	found, err := k.Knowledge.ReadArticle(r.Context(), key, slug, library.Reader{Token: reader.Token})
	if err == nil && k.firstOpinion(r, found.Article.ID) {
		err = k.Knowledge.RateArticle(r.Context(), key, slug, reader, helped == "yes")
	}
	if err != nil {
		k.fail(w, r, p, err)
		return
	}
	p.takeBase(r, found.KnowledgeBase)
	w.Header().Set("Cache-Control", cacheOf(r))
	back := withQuery(p.to(found.Article.Slug), "thanks", "1")
	if lang := r.URL.Query().Get("lang"); lang != "" {
		back = withQuery(back, "lang", lang)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// firstOpinion reports whether the network has not said of late what it thinks of an article.
func (k *knowledge) firstOpinion(r *http.Request, articleID string) bool {
	var c clock.Clock = clock.System{}
	if k.Clock != nil {
		c = k.Clock
	}
	name, now := remoteKey(r.RemoteAddr)+" "+articleID, c.Now()
	k.rating.Lock()
	defer k.rating.Unlock()
	if last, known := k.rated.Get(name); known && now.Sub(last) < ratedAgain {
		return false
	}
	k.rated.Add(name, now)
	return true
}

// urlset is a map of pages as search engines read it.
type urlset struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []mapped `xml:"url"`
}

type mapped struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod"`
}

func (k *knowledge) sitemap(w http.ResponseWriter, r *http.Request) {
	found, err := k.Knowledge.MapBase(r.Context(), r.PathValue("key"))
	if err != nil {
		words, reads := wordsOf(r)
		k.fail(w, r, kbPage{Words: words, Language: reads}, err)
		return
	}
	var set urlset
	for _, a := range found.Articles {
		set.URLs = append(set.URLs, mapped{found.URL + "/" + url.PathEscape(a.Slug), a.UpdatedAt.Time().UTC().Format(time.DateOnly)})
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", cacheOf(r))
	_, err = w.Write([]byte(xml.Header))
	if err == nil {
		err = xml.NewEncoder(w).Encode(set)
	}
	if err != nil {
		k.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// cacheOf lets caches keep what everyone may read, to be asked for again each time; nothing
// that is read by a token.
func cacheOf(r *http.Request) string {
	if r.URL.Query().Get("t") != "" {
		return "no-store"
	}
	return "no-cache"
}

func (k *knowledge) fail(w http.ResponseWriter, r *http.Request, p kbPage, err error) {
	status := http.StatusNotFound
	switch e := errs.Of(err); {
	case e != nil && e.Code == errs.NotFound:
		p.Problem = p.Words.NoSuchPage
	case e != nil && e.Code == errs.RateLimited:
		status, p.Problem = http.StatusTooManyRequests, e.Message
		setRetryAfter(w, meterOf(r.Context()).wait)
	case e != nil:
		status, p.Problem = http.StatusBadRequest, e.Message
	default:
		k.Log.ErrorContext(r.Context(), "a page of articles could not be shown", "error", err)
		status, p.Problem = http.StatusInternalServerError, p.Words.Failed
	}
	p.Title = p.Words.Title
	k.write(w, r, status, p)
}

func (k *knowledge) write(w http.ResponseWriter, r *http.Request, status int, p kbPage) {
	p.Style = kbStyle
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", kbPolicy)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", cacheOf(r))
	if p.Base == nil || !p.Base.Indexed || p.Asked || r.URL.Query().Get("t") != "" || p.Thanks {
		h.Set("X-Robots-Tag", "noindex")
	}
	w.WriteHeader(status)
	if err := kbTemplate.Execute(w, p); err != nil {
		k.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// kbPolicy lets a page have its style, pictures, and a form to this server. Any site may show
// it in a frame: the widget does.
var kbPolicy = func() string {
	sum := sha256.Sum256([]byte(kbStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src 'self' https:; form-action 'self'; base-uri 'none'"
}()

const kbStyle = `:root{color-scheme:light dark;--line:#8886}*{box-sizing:border-box}body{font:17px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;justify-content:space-between;border-bottom:1px solid var(--line);padding-bottom:1rem}header a{font-weight:650;font-size:1.2rem;text-decoration:none;color:inherit}
form{display:flex;gap:.5rem;flex-wrap:wrap;align-items:center;margin:0}input,button{font:inherit;padding:.5rem .8rem;border:1px solid #888;border-radius:.5rem;min-height:2.75rem}input{min-width:0;flex:1 1 12rem}button{cursor:pointer}
ul.list{list-style:none;padding:0}ul.list li{margin:0 0 1rem}ul.list p{margin:.1rem 0 0;opacity:.75}img{max-width:100%;height:auto}table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid var(--line);padding:.3rem .6rem}
pre{overflow-x:auto;padding:.8rem;border:1px solid var(--line);border-radius:.5rem}blockquote{margin-inline:0;padding-inline-start:1rem;border-inline-start:3px solid var(--line)}footer{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}.small{opacity:.75;font-size:.9rem}`

var kbTemplate = template.Must(template.New("kb").Parse(`<!doctype html>
<html lang="{{.Language.Tag}}" dir="{{.Language.Direction}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{with .Article}}{{.Article.Title}} – {{end}}{{.Title}}</title>{{if or (not .Base) (not .Base.Indexed)}}<meta name="robots" content="noindex">{{end}}<style>{{.Style}}</style></head>
<body>{{if .Base}}<header><a href="{{.Home}}" dir="auto">{{.Title}}</a><form method="get" action="{{.Base.URL}}" role="search"><input type="search" name="q" value="{{.Query}}" maxlength="200" aria-label="{{.Words.Search}}" placeholder="{{.Words.Search}}" dir="auto">{{with .Token}}<input type="hidden" name="t" value="{{.}}">{{end}}<button>{{.Words.Find}}</button></form></header>{{end}}
<main>{{with .Problem}}<p role="status">{{.}}</p>{{end}}{{with .Article}}<article dir="auto"{{with $.Lang}} lang="{{.}}"{{end}}><h1>{{.Article.Title}}</h1>
{{with $.Others}}<p class="small">{{range $i, $o := .}}{{if $i}} · {{end}}<a href="{{$o.Address}}" lang="{{$o.Lang}}" hreflang="{{$o.Lang}}" rel="alternate">{{$o.Title}}</a>{{end}}</p>{{end}}{{$.HTML}}</article>
<footer>{{if $.Thanks}}<p role="status">{{$.Words.Thanks}}</p>{{else}}<form method="post"><span>{{$.Words.Helpful}}</span><button name="helpful" value="yes">{{$.Words.Yes}}</button><button name="helpful" value="no">{{$.Words.No}}</button></form>{{end}}
<p class="small">{{$.Words.Updated}} {{$.Updated}}</p><p><a href="{{$.Home}}">{{$.Words.All}}</a></p></footer>
{{else}}{{range .Groups}}<section>{{with .Category}}<h2 dir="auto">{{.}}</h2>{{end}}<ul class="list">{{range .Articles}}<li dir="auto"{{with .Lang}} lang="{{.}}"{{end}}><a href="{{.Address}}">{{.Title}}</a><p>{{.Excerpt}}</p></li>{{end}}</ul></section>{{else}}{{if .Base}}<p role="status">{{if .Asked}}{{.Words.Nothing}}{{else}}{{.Words.Empty}}{{end}}</p>{{end}}{{end}}
{{with .Next}}<p><a href="{{.}}">{{$.Words.More}}</a></p>{{end}}{{if .Asked}}<p><a href="{{.Home}}">{{.Words.All}}</a></p>{{end}}{{end}}</main></body></html>
`))
