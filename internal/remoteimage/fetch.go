package remoteimage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // to read sizes of images
	_ "image/jpeg" // to read sizes of images
	_ "image/png"  // to read sizes of images
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"parley/internal/errs"
)

const (
	// MaxBytes is the largest image that is shown.
	MaxBytes = 2 << 20
	// mostKept images, of at most keptBytes each, are kept in memory.
	mostKept  = 256
	keptBytes = 256 << 10
	// atOnce bounds how many images are fetched at a time.
	atOnce = 16
	// patience is how long a server may take to give an image.
	patience     = 15 * time.Second
	maxRedirects = 5
)

// shown are the types that browsers show, and that cannot run anything.
var shown = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}

// Image is an image of another server.
type Image struct {
	ContentType string
	Content     []byte
}

// empty stands for an image that is there to count readers: one transparent pixel.
var empty = &Image{ContentType: "image/gif", Content: []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")}

// fetching is the client as it fetches images: it says where it comes from to no
// one, and keeps nothing that servers want kept.
func fetching(client *http.Client) *http.Client {
	own := *client
	own.Jar = nil
	own.Timeout = patience
	own.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		r.Header.Del("Referer")
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		return checkAddress(r.URL)
	}
	return &own
}

// Fetch returns the image that an address of this server stands for. FORBIDDEN:
// the token is not valid; NOT_FOUND: there is no image that can be shown.
func (s *Service) Fetch(ctx context.Context, token string) (*Image, error) {
	address, err := s.imageOf(token)
	if err != nil {
		return nil, err
	}
	if kept, ok := s.kept.Get(address); ok {
		return kept, nil
	}
	// Readers who come while it is fetched share the answer, so that one who
	// leaves must not end it: patience does.
	got := s.running.DoChan(address, func() (any, error) { return s.fetch(context.WithoutCancel(ctx), address) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-got:
		if result.Err != nil {
			s.log.DebugContext(ctx, "a remote image cannot be shown", "error", result.Err)
			return nil, errs.New(errs.NotFound, "The image cannot be shown: its server does not give it, or it is not an image of at most %d MB.", MaxBytes>>20)
		}
		image, _ := result.Val.(*Image)
		return image, nil
	}
}

func (s *Service) fetch(ctx context.Context, address string) (*Image, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	content, err := s.get(ctx, address)
	if err != nil {
		return nil, err
	}
	got, err := imageOf(content)
	if err == nil && len(got.Content) <= keptBytes {
		s.kept.Add(address, got)
	}
	return got, err
}

func (s *Service) get(ctx context.Context, address string) (content []byte, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if err := checkAddress(u); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", strings.Join(shown, ", "))
	request.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Parley)")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	content, err = io.ReadAll(io.LimitReader(response.Body, MaxBytes+1))
	if err == nil && len(content) > MaxBytes {
		err = errors.New("the image is too large")
	}
	return content, err
}

func checkAddress(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return errors.New("not an address of an image")
	}
	return nil
}

// imageOf is a content as it is shown. What its server calls it does not count.
func imageOf(content []byte) (*Image, error) {
	contentType := mimetype.Detect(content)
	for _, name := range shown {
		if !contentType.Is(name) {
			continue
		}
		size, _, err := image.DecodeConfig(bytes.NewReader(content))
		if err == nil && (size.Width <= invisible || size.Height <= invisible) {
			return empty, nil
		}
		return &Image{ContentType: name, Content: content}, nil
	}
	return nil, fmt.Errorf("the content is %s", contentType)
}
