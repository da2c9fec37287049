package quote

import (
	"strings"

	"golang.org/x/net/html"
)

// deepest is how many elements may be open at once; the tags of more are
// dropped, for parsers downstream refuse them.
const deepest = 200

// piece is a tag or a text of HTML. A list of pieces is balanced: each start
// has its end.
type piece struct {
	kind html.TokenType // TextToken, StartTagToken, EndTagToken; SelfClosingTagToken for what has no end
	name string
	out  string // as it is written
}

// element is an open one, with what holds for all that is in it.
type element struct {
	name       string
	start      int // its piece
	depth      int
	cite, sure bool
	intro, sig bool
	pre        bool
	wrapper    int // 1 + the index of the innermost one, 0 outside
}

// reader turns HTML into pieces and lines. It builds no tree: formatting tags
// that are left open cannot multiply, and the work is linear.
type reader struct {
	pieces   []piece
	lines    []line
	lasts    []int // of each line, the last piece with content
	open     []element
	counts   map[string]int // of the open elements by name
	dropped  map[string]int // start tags that were dropped, whose ends are due
	skipped  string         // the unseen element whose text is to be dropped
	text     strings.Builder
	now      line
	last     int
	begun    bool  // the line has content
	wrapper  int   // where that stands
	outside  []int // of each line: 1 + the wrapper that it stands in but for its blockquotes
	inside   []int // of each line: 1 + the wrapper in whose blockquote it stands
	wrappers int
}

// splitHTML splits HTML where find says, and returns the key of the quote's first
// line besides.
func splitHTML(source string, find func([]line, string) cut) (shown, rest, signature, hint string) {
	if source == "" {
		return "", "", "", ""
	}
	r := readHTML(source)
	r.markWrapped()
	at := find(r.lines, "")
	if at.folded == len(r.lines) {
		return renderPieces(r.pieces), "", "", ""
	}
	k := 0
	if last := lastContent(r.lines[:at.folded]); last >= 0 {
		k = r.lasts[last] + 1
	}
	for k > 0 && k < len(r.pieces) && r.pieces[k].kind == html.EndTagToken {
		k++
	}
	if first := nextContent(r.lines, at.quote); first < len(r.lines) {
		hint = key(r.lines[first].text)
	}
	shown, rest = splitPieces(r.pieces, k)
	return shown, rest, readable(r.lines[at.folded:at.quote]), hint
}

func readHTML(source string) *reader {
	r := &reader{dropped: map[string]int{}, counts: map[string]int{}, open: []element{{}}}
	tokens := html.NewTokenizer(strings.NewReader(source))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			for len(r.open) > 1 {
				r.pop()
			}
			r.endLine()
			return r
		case html.TextToken:
			if r.skipped == "" {
				r.addText(strings.ReplaceAll(tokens.Token().Data, "\x00", ""))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			r.skipped = ""
			r.startTag(tokens.Token())
		case html.EndTagToken:
			r.skipped = ""
			r.endTag(tokens.Token().Data)
		}
	}
}

func (r *reader) top() *element { return &r.open[len(r.open)-1] }

func (r *reader) startTag(token html.Token) {
	name := token.Data
	switch {
	case unseen[name]:
		r.skipped = name
		return
	case unwrapped[name] || !wellNamed(name):
		return
	case voids[name]:
		r.void(token)
		return
	}
	r.closeImplied(name)
	if len(r.open) > deepest {
		r.dropped[name]++
		return
	}
	style := compact(attribute(token, "style"))
	r.breakAt(name)
	if outlookRule(style) {
		r.ruleLine(true)
	}
	e := r.openElement(token, style)
	e.start = len(r.pieces)
	r.open = append(r.open, e)
	r.counts[name]++
	r.pieces = append(r.pieces, piece{kind: html.StartTagToken, name: name, out: written(token)})
}

// openElement makes the element that a tag opens, and notes what begins with it.
func (r *reader) openElement(token html.Token, style string) element {
	e := *r.top()
	e.name = token.Data
	e.pre = e.pre || e.name == "pre" || strings.Contains(style, "white-space:pre")
	if e.name == "blockquote" {
		if quotes, cite, sure := citation(token, style); quotes {
			e.depth++
			e.cite, e.sure = e.cite || cite, e.sure || sure
			e.intro = false
		}
		return e
	}
	switch roleOf(token) {
	case quoted:
		e.depth++
		e.sure = true
	case wrapping:
		if e.depth == 0 {
			r.wrappers++
			e.wrapper = r.wrappers
		}
	case introduced:
		e.intro = true
	case signed:
		e.sig = true
	case following:
		r.endLine()
		r.now.rest = true
	case forwarded:
		r.endLine()
		r.now.forward = true
	case marking:
		r.endLine()
		r.now.text = Marker
		r.now.rest = true
	}
	return e
}

func (r *reader) void(token html.Token) {
	switch token.Data {
	case "br":
		r.pieces = append(r.pieces, piece{html.SelfClosingTagToken, "br", "<br/>"})
		r.flushLine()
		return
	case "hr":
		r.endLine()
		r.now.rest = r.now.rest || roleOf(token) == following
		r.ruleLine(false)
	case "img":
		if !pixel(token) {
			r.recordLineState()
			r.now.image = true
			r.last = len(r.pieces)
		}
	}
	r.pieces = append(r.pieces, piece{html.SelfClosingTagToken, token.Data, written(token)})
}

// pixel reports whether an image is there to be loaded rather than seen.
func pixel(token html.Token) bool {
	width, height := attribute(token, "width"), attribute(token, "height")
	return width == "1" || width == "0" || height == "1" || height == "0" || strings.Contains(compact(attribute(token, "style")), "display:none")
}

func (r *reader) endTag(name string) {
	if r.dropped[name] > 0 {
		r.dropped[name]--
		return
	}
	if r.counts[name] == 0 {
		return
	}
	i := r.findElement(func(open string) bool { return open == name }, func(open string) bool { return cells[open] && !cells[name] && closing[name] == nil })
	for i > 0 && len(r.open) > i {
		r.pop()
	}
}

// closeImplied closes what the start of an element ends without a tag.
func (r *reader) closeImplied(name string) {
	if r.counts["p"] > 0 && blocks[name] && name != "li" && name != "tr" {
		r.closeFirst(paragraph, cells)
	}
	if closing[name] != nil {
		r.closeFirst(closing[name], bounds[name])
	}
}

// closeFirst closes all up to the outermost of the names within the bounds.
func (r *reader) closeFirst(names, within map[string]bool) {
	for {
		i := r.findElement(func(open string) bool { return names[open] }, func(open string) bool { return within[open] && !names[open] })
		if i == 0 {
			return
		}
		for len(r.open) > i {
			r.pop()
		}
	}
}

// findElement returns the innermost open element that matches, 0 if there is none or
// one that stops the search comes first.
func (r *reader) findElement(match, stop func(name string) bool) int {
	for i := len(r.open) - 1; i > 0; i-- {
		switch {
		case match(r.open[i].name):
			return i
		case stop(r.open[i].name):
			return 0
		}
	}
	return 0
}

func (r *reader) pop() {
	name := r.top().name
	r.open = r.open[:len(r.open)-1]
	r.counts[name]--
	r.pieces = append(r.pieces, piece{html.EndTagToken, name, "</" + name + ">"})
	r.breakAt(name)
}

// compact returns a style in a form in which it can be searched.
func compact(style string) string {
	const most = 2000 // of a style, only its beginning is looked at
	style = style[:min(len(style), most)]
	return strings.ToLower(strings.Join(strings.Fields(style), ""))
}

// wellNamed reports whether a name reads the same once it is written again.
func wellNamed(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_:.", r)
	})
}
