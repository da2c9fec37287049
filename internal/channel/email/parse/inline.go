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
	id := strings.Trim(cleanLine(decodeWords(value)), "<> \"'")
	return clip(strings.TrimPrefix(id, "cid:"), mostContentID)
}

// byLocation returns the HTML with ids in place of what it refers to by
// Content-Location; parts without an id get one.
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
