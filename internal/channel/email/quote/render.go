package quote

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// mostAttributes bounds what is kept of a tag.
const mostAttributes = 50

// written returns a start tag as it is to be written.
func written(token html.Token) string {
	token.Type = html.StartTagToken
	token.Attr = slices.DeleteFunc(token.Attr, func(a html.Attribute) bool { return !wellNamed(a.Key) })
	token.Attr = token.Attr[:min(len(token.Attr), mostAttributes)]
	return token.String()
}

func renderPieces(pieces []piece) string {
	var out strings.Builder
	for _, p := range pieces {
		out.WriteString(p.out)
	}
	return out.String()
}

// splitPieces writes the pieces before k and those from k on, both balanced: what is
// open at k is closed in the first part and opened again in the second, which
// begins with something to see.
func splitPieces(pieces []piece, k int) (before, after string) {
	var open []piece
	for _, p := range pieces[:k] {
		switch p.kind {
		case html.StartTagToken:
			open = append(open, p)
		case html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
	var ends, starts strings.Builder
	for _, p := range open {
		starts.WriteString(p.out)
	}
	for _, p := range slices.Backward(open) {
		ends.WriteString("</" + p.name + ">")
	}
	next := k
	for next < len(pieces) && pieces[next].name == "br" {
		next++
	}
	return renderPieces(pieces[:k]) + ends.String(), starts.String() + renderPieces(pieces[next:])
}
