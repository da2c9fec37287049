package parse

import (
	"html"
	"net/url"
	"strconv"
	"strings"
)

// mostLocations bounds the parts that are sought by Content-Location.
const mostLocations = 50

// contentID returns the id without brackets, "" if there is none.
func contentID(value string) string {
	id := strings.Trim(line(decodeWords(value)), "<> \"'")
	return clip(strings.TrimPrefix(id, "cid:"), mostContentID)
}

// markInline tells the images that the HTML shows from the files that it does
// not, and returns the HTML. Parts that it refers to by Content-Location get an
// id, and the reference with them.
func (r *reader) markInline(page string) string {
	page = r.byLocation(page)
	shown := references(page)
	for i := range r.parts {
		p := &r.parts[i]
		key := strings.ToLower(p.ContentID)
		if key != "" && shown[key] {
			p.Inline = true
			delete(shown, key) // of two with one id, the first is shown
		}
	}
	return page
}

func (r *reader) byLocation(page string) string {
	done := 0
	for i := range r.parts {
		location := r.locations[i]
		if location == "" || page == "" || done == mostLocations {
			continue
		}
		done++
		id := r.parts[i].ContentID
		if id == "" {
			id = "location-" + strconv.Itoa(i+1)
		}
		shown := strings.ReplaceAll(page, `"`+html.EscapeString(location)+`"`, `"cid:`+url.PathEscape(id)+`"`)
		if shown != page {
			page, r.parts[i].ContentID = shown, id
		}
	}
	return page
}

// references are the ids behind "cid:" in the page, in lower case.
func references(page string) map[string]bool {
	found := map[string]bool{}
	for rest := page; ; {
		at := indexFold(rest, "cid:")
		if at < 0 {
			return found
		}
		rest = rest[at+len("cid:"):]
		end := strings.IndexAny(rest, "\"' \t\n<>)\\")
		if end < 0 {
			end = len(rest)
		}
		id := html.UnescapeString(rest[:min(end, mostContentID)])
		if plain, err := url.PathUnescape(id); err == nil {
			found[strings.ToLower(contentID(plain))] = true
		}
		found[strings.ToLower(contentID(id))] = true
		rest = rest[end:]
	}
}

// indexFold finds ASCII text whatever its case.
func indexFold(s, lower string) int {
	for at := 0; ; {
		i := strings.IndexAny(s[at:], lower[:1]+strings.ToUpper(lower[:1]))
		if i < 0 || at+i+len(lower) > len(s) {
			return -1
		}
		at += i
		if strings.EqualFold(s[at:at+len(lower)], lower) {
			return at
		}
		at++
	}
}
