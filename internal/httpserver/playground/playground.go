// Package playground serves the pages on which one tries the API in a browser:
// GraphiQL, and at /playground/explorer a small explorer of our own. Both work
// without any outside network and under a policy that runs the server's own
// scripts only. A token that is typed in stays in that browser's local storage;
// the server never sees it but in the Authorization header.
package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// dist holds third-party builds, which `make playground` copies there from the
// packages of the lock file, with their notices.
//
//go:embed dist
var dist embed.FS

//go:embed pages
var pages embed.FS

// policy lets a page load what this server serves, and connect to nothing
// else. Data URLs are for the fonts and icons in GraphiQL's style sheet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Handler serves the pages at / and below /playground/.
func Handler() http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for an invalid path
	}
	own, err := fs.Sub(pages, "pages")
	if err != nil {
		panic(err) // only for an invalid path
	}
	files := map[string]asset{}
	loadAssets(files, built)
	loadAssets(files, own)
	files["explorer"] = files["explorer.html"]
	files[""] = files["graphiql.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"), "playground/")
		file, ok := files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		file.serve(w, r)
	})
}

// contentTypes are the pages' own, so that a machine's MIME tables do not matter.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// asset is one file, in memory as it is sent.
type asset struct {
	contentType string
	tag         string // a strong ETag: browsers ask again, and get a 304
	content     []byte
}

func loadAssets(files map[string]asset, from fs.FS) {
	names, err := fs.Glob(from, "*.*")
	if err != nil {
		panic(err) // only for a bad pattern
	}
	for _, name := range names {
		content, err := fs.ReadFile(from, name)
		if err != nil || strings.HasPrefix(name, ".") {
			continue
		}
		sum := sha256.Sum256(content)
		files[name] = asset{contentTypes[path.Ext(name)], `"` + hex.EncodeToString(sum[:12]) + `"`, content}
	}
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", a.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
}
