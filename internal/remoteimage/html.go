package remoteimage

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// invisible is the most pixels of width and height of an image that is there
// to count readers.
const invisible = 2

// In reports whether sanitised HTML has images on other servers that a reader
// would see.
func In(sanitised string) bool {
	found := false
	rewrite(sanitised, func(string) (string, bool) {
		found = true
		return "", false
	})
	return found
}

// Blocked returns sanitised HTML without what it loads from other servers.
func Blocked(sanitised string) string {
	return rewrite(sanitised, func(string) (string, bool) { return "", false })
}

// Proxied returns sanitised HTML whose images on other servers are loaded
// through this one. The result must not be sanitised again.
func (s *Service) Proxied(sanitised string) (string, error) {
	var failed error
	out := rewrite(sanitised, func(address string) (string, bool) {
		shown, err := s.address(address)
		if err != nil {
			failed = err
		}
		return shown, err == nil
	})
	return out, failed
}

// rewrite replaces the source of each image on another server, or takes it away.
// Invisible images go altogether; every other byte stays as it is.
func rewrite(text string, source func(address string) (string, bool)) string {
	if !strings.Contains(text, "<img") {
		return text
	}
	var out strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(z.Raw()) // reading the token spoils it
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if t := z.Token(); t.Data == "img" {
				raw = rewriteImage(raw, t, source)
			}
		}
		out.WriteString(raw)
	}
}

func rewriteImage(raw string, t html.Token, source func(address string) (string, bool)) string {
	for i, a := range t.Attr {
		if a.Key != "src" || !isRemote(a.Val) {
			continue
		}
		if isInvisible(t.Attr) {
			return ""
		}
		if address, ok := source(strings.TrimSpace(a.Val)); ok {
			t.Attr[i].Val = address
		} else {
			t.Attr = append(t.Attr[:i:i], t.Attr[i+1:]...)
		}
		return t.String()
	}
	return raw
}

func isRemote(source string) bool {
	u, err := url.Parse(strings.TrimSpace(source))
	return err == nil && (strings.EqualFold(u.Scheme, "https") || strings.EqualFold(u.Scheme, "http"))
}

func isInvisible(attributes []html.Attribute) bool {
	for _, a := range attributes {
		if a.Key == "width" || a.Key == "height" {
			n, err := strconv.Atoi(strings.TrimSuffix(a.Val, "px"))
			if err == nil && n <= invisible {
				return true
			}
		}
	}
	return false
}
