package pageurl

import "strings"

// WithoutUser takes a user and password out of a page's address, which browsers do not
// show and no one is to read.
func WithoutUser(page string) string {
	scheme, rest, found := strings.Cut(page, "://")
	if !found {
		return page
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return scheme + "://" + rest[strings.LastIndex(rest[:end], "@")+1:]
}
