package httpserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Reference is what is to be read about the API (API-25). Anyone may read it.
type Reference struct {
	// SDL is the schema, served at /schema.graphql.
	SDL string
	// Files are the pages below /docs/. Its llms.txt is served at /llms.txt.
	Files fs.FS
}

// llmsPage is the page that suffices to write a client.
const llmsPage = "llms.txt"

// pageTypes are the content types of what is served, by file extension. A browser
// shows each as text.
var pageTypes = map[string]string{
	".md": "text/markdown; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".graphqls": "text/plain; charset=utf-8",
	".ts": "text/plain; charset=utf-8", ".go": "text/plain; charset=utf-8", ".tsx": "text/plain; charset=utf-8", ".css": "text/plain; charset=utf-8", ".sh": "text/plain; charset=utf-8", ".json": "application/json", ".png": "image/png",
}

// routeReference serves the schema and the documentation, if there are any.
func (c *Config) routeReference(mux *http.ServeMux) {
	if c.Reference == nil {
		return
	}
	schema := []byte(c.Reference.SDL)
	mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, r *http.Request) {
		serveReference(w, r, "schema.graphql", pageTypes[".txt"], schema)
	})
	mux.HandleFunc("GET /"+llmsPage, func(w http.ResponseWriter, r *http.Request) { c.Reference.serveFile(w, r, llmsPage) })
	mux.HandleFunc("GET /docs/{page...}", func(w http.ResponseWriter, r *http.Request) { c.Reference.serveFile(w, r, r.PathValue("page")) })
}

// serveFile serves a file of the documentation, or the list of a folder's files.
// fs.FS knows no way out of its root.
func (d *Reference) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	name = strings.TrimSuffix(name, "/")
	if name == "" {
		name = "."
	}
	if entries, err := fs.ReadDir(d.Files, name); err == nil {
		serveReference(w, r, name, pageTypes[".md"], folderPage(name, entries))
		return
	}
	kind, known := pageTypes[path.Ext(name)]
	content, err := fs.ReadFile(d.Files, name)
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	serveReference(w, r, name, kind, content)
}

// folderPage lists a folder as Markdown, with links from the root: the page is
// at two addresses, with and without a slash at its end.
func folderPage(name string, entries []fs.DirEntry) []byte {
	var b bytes.Buffer
	folder := path.Join("/docs", name)
	fmt.Fprintf(&b, "# %s\n\n", folder)
	for _, entry := range entries {
		if entry.IsDir() || pageTypes[path.Ext(entry.Name())] != "" {
			fmt.Fprintf(&b, "- [%s](%s)\n", entry.Name(), path.Join(folder, entry.Name()))
		}
	}
	return b.Bytes()
}

// serveReference answers with what changes only with the binary. Pages of other
// origins may read it: it is the same for everyone.
func serveReference(w http.ResponseWriter, r *http.Request, name, kind string, content []byte) {
	sum := sha256.Sum256(content)
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	header.Set("Cache-Control", "no-cache")
	header.Set("Access-Control-Allow-Origin", "*")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
