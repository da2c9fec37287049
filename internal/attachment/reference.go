package attachment

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// References are the files to which sanitised HTML refers by images (cid:), by their keys.
type References map[string]bool

// ReferencesIn finds the references in several pieces of HTML. Whatever else may name a file,
// such as a link or a background, shows nothing.
func ReferencesIn(pieces ...string) References {
	found := References{}
	for _, piece := range pieces {
		if !strings.Contains(strings.ToLower(piece), scheme) {
			continue
		}
		for z := html.NewTokenizer(strings.NewReader(piece)); z.Next() != html.ErrorToken; {
			if t := z.Token(); t.Data == "img" {
				for _, a := range t.Attr {
					if key := sourceKey(a); key != "" {
						found[key] = true
					}
				}
			}
		}
	}
	return found
}

// Take reports whether a file is one that is shown, and takes the reference: of several
// files under one id, only the first is shown. A file that is no image never is.
func (r References) Take(contentID, contentType string) bool {
	key := contentKey(contentID)
	if key == "" || !r[key] || !isImage(contentType) {
		return false
	}
	delete(r, key)
	return true
}

const scheme = "cid:"

// sourceKey is the key of the file that an image's attribute refers to, "" if it refers to
// none.
func sourceKey(a html.Attribute) string {
	source := strings.TrimSpace(a.Val)
	if a.Key != "src" || len(source) < len(scheme) || !strings.EqualFold(source[:len(scheme)], scheme) {
		return ""
	}
	return contentKey(source[len(scheme):])
}

// contentKey is what a Content-ID and the references to it have in common, however they are
// written: RFC 2392 has the reference percent-encoded, and senders differ in case.
func contentKey(id string) string {
	id = strings.Trim(strings.TrimSpace(id), "<>\"' ")
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	return strings.ToLower(strings.Trim(id, "<> "))
}
