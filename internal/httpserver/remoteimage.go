package httpserver

import (
	"context"
	"net/http"
	"strconv"

	"parley/internal/remoteimage"
)

// RemoteImages gives the images that messages have on other servers.
type RemoteImages interface {
	// Fetch returns an image; see remoteimage.Service.
	Fetch(ctx context.Context, token string) (*remoteimage.Image, error)
}

// routeRemoteImages serves the images of other servers, if there are any. Like
// that of a file, the token in an address is no credential: it opens one image.
func (c *Config) routeRemoteImages(mux *http.ServeMux) {
	if c.RemoteImages != nil {
		mux.HandleFunc("GET "+remoteimage.Path, c.serveRemoteImage)
	}
}

func (c *Config) serveRemoteImage(w http.ResponseWriter, r *http.Request) {
	image, err := c.RemoteImages.Fetch(r.Context(), r.URL.Query().Get("token"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", image.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(image.Content)))
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("Cache-Control", "private, max-age=43200")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // inboxes show it on their own sites
	_, _ = w.Write(image.Content)                         // the reader may have gone
}
