package richtext

import (
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// errTangled is returned for HTML that costs out of proportion to its length.
var errTangled = errors.New("richtext: too many formatting tags are left open")

// mostTangle is the work that parsing may cost through open formatting tags: real
// mail stays far below.
const mostTangle = 300_000

// untangled checks that s is not made to exhaust its parser. HTML repeats
// formatting tags (<b>, <font>) that were left open in every later block, so
// 25 kB of them grow to millions of elements.
func untangled(s string) error {
	var (
		open, work int
		cells      []int // open at the start of each table cell, which ends what is open in it
	)
	tokens := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return nil
		}
		if kind != html.StartTagToken && kind != html.EndTagToken {
			continue
		}
		name, _ := tokens.TagName()
		start, tag := kind == html.StartTagToken, atom.Lookup(name)
		switch {
		case formatting(tag) && start:
			open++
		case formatting(tag):
			open = max(open-1, 0)
		case cell(tag) && start:
			cells = append(cells, open)
		case cell(tag) && len(cells) > 0:
			open, cells = cells[len(cells)-1], cells[:len(cells)-1]
		}
		if work += open; work > mostTangle {
			return errTangled
		}
	}
}

// formatting reports whether a parser opens such an element again when its
// parent ended before it.
func formatting(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U:
		return true
	}
	return false
}

func cell(tag atom.Atom) bool { return tag == atom.Td || tag == atom.Th || tag == atom.Caption }
