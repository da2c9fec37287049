// Package widget serves the embeddable chat widget (CH-3, CH-4) and a page that
// shows it beside a small agent's view. Both are clients of the public API and
// of nothing else.
//
// The sources are TypeScript in src; `go generate ./internal/channel/chat/widget` bundles
// them into dist, which is committed, so that neither building nor running
// Parley needs anything but Go. docs/widget.md shows site owners what the
// widget does.
//
// Addresses: /widget.js is a loader that browsers ask for again after five
// minutes; it brings in /widget/<hash>.js, which they keep for a year. Another
// hash, of an older or newer server behind the same name, gives the present
// build too, but is not kept. /widget/hubspot.js has HubSpot's names for the page's
// API, for sites that move over (CH-11). /demo is the page. /chat/<key> is a channel's hosted
// page, which has nothing but its chat (CH-6).
package widget

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

//go:generate go run generate.go

//go:embed dist pages
var files embed.FS

// Policies of Cache-Control.
const (
	forFiveMinutes = "public, max-age=300"
	forEver        = "public, max-age=31536000, immutable"
	askAgain       = "no-cache"
)

// policy lets the demo page run the server's own scripts, widget included, and
// reach the server's own API; pictures of people may come from anywhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Handler serves /widget.js, what is below /widget/, /demo, what is below /demo/ and
// what is below /chat/.
func Handler() http.Handler {
	loader, bundle, hubspot := loadAsset("dist/loader.js"), loadAsset("dist/widget.js"), loadAsset("dist/hubspot.js")
	current := "/widget/" + bundle.hash + ".js"
	pages := map[string]asset{
		"/demo":          loadAsset("pages/demo.html"),
		"/demo/demo.css": loadAsset("pages/demo.css"),
		"/demo/demo.js":  loadAsset("dist/demo.js"),
		"/chat/chat.css": loadAsset("pages/chat.css"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, isPage := pages[r.URL.Path]
		switch {
		case r.URL.Path == "/widget.js":
			loader.serveAnywhere(w, r, forFiveMinutes)
		case r.URL.Path == current:
			bundle.serveAnywhere(w, r, forEver)
		case r.URL.Path == "/widget/hubspot.js":
			hubspot.serveAnywhere(w, r, forFiveMinutes)
		case isBundle(r.URL.Path):
			bundle.serveAnywhere(w, r, askAgain)
		case isPage:
			w.Header().Set("Content-Security-Policy", policy)
			page.serve(w, r, askAgain)
		case hostedKey.MatchString(r.URL.Path):
			serveHosted(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// hostedPolicy allows the widget and its pictures, and nothing else.
const hostedPolicy = policy + "; require-trusted-types-for 'script'; trusted-types parley"

// hostedKey matches the addresses of hosted pages. Whether there is such a channel, the
// widget finds out.
var hostedKey = regexp.MustCompile(`^/chat/([A-Za-z0-9_-]{1,64})$`)

// serveHosted serves the page of the channel whose key is in the address. A mailed link
// leads to it: its token is in the fragment, and no other page learns the address.
func serveHosted(w http.ResponseWriter, r *http.Request) {
	page, err := files.ReadFile("pages/chat.html")
	if err != nil {
		panic(err) // only for a name that was not embedded
	}
	h := w.Header()
	h.Set("Content-Security-Policy", hostedPolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Type", contentTypes[".html"])
	h.Set("Cache-Control", askAgain)
	key := hostedKey.FindStringSubmatch(r.URL.Path)[1]
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Replace(string(page), "KEY", key, 1)))
}

// isBundle reports whether a build of some server could be at that path.
func isBundle(p string) bool {
	hash, found := strings.CutPrefix(p, "/widget/")
	hash, isScript := strings.CutSuffix(hash, ".js")
	_, err := hex.DecodeString(hash)
	return found && isScript && len(hash) == hashBytes*2 && err == nil
}

// hashBytes is how much of a build's SHA-256 stands in its address.
const hashBytes = 8

// contentTypes are our own, so that a machine's MIME tables do not matter.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}

// asset is one file, in memory as it is sent.
type asset struct {
	contentType   string
	hash          string // the first hashBytes of its SHA-256, in hexadecimal
	plain, zipped []byte
}

func loadAsset(name string) asset {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err) // only for a name that was not embedded
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		panic(err) // only for an unknown level
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	sum := sha256.Sum256(content)
	return asset{contentTypes[path.Ext(name)], hex.EncodeToString(sum[:hashBytes]), content, zipped.Bytes()}
}

// serveAnywhere is serve for what pages of every origin may load.
func (a asset) serveAnywhere(w http.ResponseWriter, r *http.Request, cache string) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	a.serve(w, r, cache)
}

func (a asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	content, tag := a.plain, `"`+a.hash+`"`
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content, tag = a.zipped, `"`+a.hash+`-gzip"`
	}
	h.Set("Etag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reports whether the caller takes gzip, and wants no part alone.
func acceptsGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
