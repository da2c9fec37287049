package remoteimage_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/egress"
	"parley/internal/errs"
	"parley/internal/remoteimage"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
)

// origin is another server: what it has at each path, and how often it was asked.
type origin struct {
	*httptest.Server
	asked atomic.Int64
	last  atomic.Pointer[http.Request]
}

func newOrigin(t *testing.T, answer http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{}
	o.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		o.last.Store(r)
		answer(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// pictures is a service that reaches the origin, on this machine, if it may.
func pictures(t *testing.T, st *store.Store, o *origin, allowed ...netip.Prefix) *remoteimage.Service {
	t.Helper()
	keys, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(allowed).HTTPClient()
	client.Transport.(*http.Transport).TLSClientConfig = o.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(client.CloseIdleConnections)
	return remoteimage.New(st, keys, client, "https://parley.example.com", slog.New(slog.DiscardHandler))
}

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// tokenOf is the token of the address at which an image is shown.
func tokenOf(t *testing.T, s *remoteimage.Service, image string) string {
	t.Helper()
	out, err := s.Proxied(`<img src="` + image + `" alt="x"/>`)
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(out, `<img src="https://parley.example.com/remote-image?token=`)
	token, _, closed := strings.Cut(rest, `" alt="x"/>`)
	if !ok || !closed || strings.Contains(out, image) {
		t.Fatalf("the image is shown as %s", out)
	}
	return token
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// EM-11: Parley fetches an image once, in its own name.
func TestFetch(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		content := picture(t, 40, 30)
		o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved.png" {
				http.Redirect(w, r, "/a.png", http.StatusFound)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "reader", Value: "1"})
			w.Header().Set("Content-Type", "text/html") // what it says does not count
			_, _ = w.Write(content)
		})
		s := pictures(t, st, o, loopback)
		token := tokenOf(t, s, o.URL+"/moved.png")
		var readers sync.WaitGroup
		for range 8 {
			readers.Go(func() {
				got, err := s.Fetch(t.Context(), token)
				if err != nil || got.ContentType != "image/png" || !bytes.Equal(got.Content, content) {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		readers.Wait()
		if n := o.asked.Load(); n != 2 {
			t.Errorf("the server was asked %d times, want twice: for the image, and where it moved to", n)
		}
		for _, header := range []string{"Referer", "Cookie", "Authorization", "X-Forwarded-For"} {
			if got := o.last.Load().Header.Get(header); got != "" {
				t.Errorf("the server was told %s: %s", header, got)
			}
		}
	})
}

// EM-11: what is no image of 2 MB at most is not shown, nor what counts readers.
func TestFetchShowsImagesAlone(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		contents := map[string][]byte{
			"/page":  []byte("<html><script>alert(1)</script></html>"),
			"/svg":   []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
			"/large": append(picture(t, 40, 30), make([]byte, remoteimage.MaxBytes)...),
			"/empty": {},
		}
		pixel := picture(t, 1, 1)
		o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			content, ok := contents[r.URL.Path]
			switch {
			case r.URL.Path == "/pixel":
				_, _ = w.Write(pixel)
			case r.URL.Path == "/round":
				http.Redirect(w, r, "/round", http.StatusFound)
			case r.URL.Path == "/file":
				http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
			case ok:
				w.Header().Set("Content-Type", "image/png")
				_, _ = w.Write(content)
			default:
				http.NotFound(w, r)
			}
		})
		s := pictures(t, st, o, loopback)
		for _, path := range []string{"/page", "/svg", "/large", "/empty", "/round", "/file", "/missing"} {
			if got, err := s.Fetch(t.Context(), tokenOf(t, s, o.URL+path)); errs.Of(err) == nil || errs.Of(err).Code != errs.NotFound {
				t.Errorf("%s: got %v, %v, want NOT_FOUND", path, got, err)
			}
		}
		got, err := s.Fetch(t.Context(), tokenOf(t, s, o.URL+"/pixel"))
		if err != nil || got.ContentType != "image/gif" || bytes.Equal(got.Content, pixel) {
			t.Errorf("a pixel: got %v, %v, want one of Parley's own", got, err)
		}
		if size, _, err := image.DecodeConfig(bytes.NewReader(got.Content)); err != nil || size.Width != 1 || size.Height != 1 {
			t.Errorf("the pixel is %v, %v", size, err)
		}
	})
}

// EM-11: mails are strangers' words; they reach nothing inside.
func TestFetchStaysOutside(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t, 9, 9)) })
		s := pictures(t, st, o)
		for _, address := range []string{o.URL + "/a.png", "https://169.254.169.254/latest/", "https://user:secret@a.example/x.png"} {
			if _, err := s.Fetch(t.Context(), tokenOf(t, s, address)); errs.Of(err) == nil || errs.Of(err).Code != errs.NotFound {
				t.Errorf("%s: got %v, want NOT_FOUND", address, err)
			}
		}
		if n := o.asked.Load(); n != 0 {
			t.Errorf("the server inside was asked %d times", n)
		}
	})
}

// EM-11: the server fetches what messages have, and nothing that anyone asks for.
func TestFetchNeedsAToken(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t, 9, 9)) })
		s, other := pictures(t, st, o, loopback), pictures(t, st, o, loopback)
		token := tokenOf(t, s, o.URL+"/a.png")
		for _, wrong := range []string{"", "x", token[:len(token)-2], url.QueryEscape(o.URL), tokenOf(t, other, o.URL+"/a.png")} {
			if _, err := s.Fetch(t.Context(), wrong); errs.Of(err) == nil || errs.Of(err).Code != errs.Forbidden {
				t.Errorf("token %q: got %v, want FORBIDDEN", wrong, err)
			}
		}
	})
}

// A reader who leaves does not take the image from those who wait for it.
func TestFetchOutlivesItsReader(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		began, goOn := make(chan struct{}), make(chan struct{})
		o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
			close(began)
			<-goOn
			_, _ = w.Write(picture(t, 9, 9))
		})
		s := pictures(t, st, o, loopback)
		token := tokenOf(t, s, o.URL+"/a.png")
		leaving, leave := context.WithTimeout(t.Context(), time.Hour)
		left := make(chan error)
		go func() {
			_, err := s.Fetch(leaving, token)
			left <- err
		}()
		<-began
		leave()
		if err := <-left; err == nil {
			t.Error("the reader who left was answered")
		}
		close(goOn)
		if _, err := s.Fetch(t.Context(), token); err != nil {
			t.Errorf("the reader who stayed: %v", err)
		}
		if n := o.asked.Load(); n != 1 {
			t.Errorf("the server was asked %d times, want once", n)
		}
	})
}
