package richtext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text returns what a reader of the HTML would read, as plain text: paragraphs
// apart, list items marked, quotations behind ">", links with their targets.
// Formatting leaves no mark and never splits a word, so that search finds
// "<b>W</b>ord". The HTML need not be sanitised.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if untangled(s) != nil {
		return bareText(s)
	}
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return bareText(s)
	}
	var w textWriter
	w.children(doc)
	return w.out.String()
}

// bareText is for what the parser refuses: the text between the tags.
func bareText(s string) string {
	var w textWriter
	tokens := html.NewTokenizer(strings.NewReader(s))
	skipped := false
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return w.out.String()
		case html.StartTagToken:
			name, _ := tokens.TagName()
			skipped = string(name) == "script" || string(name) == "style"
			w.space = true
		case html.EndTagToken:
			skipped = false
			w.space = true
		case html.TextToken:
			if !skipped {
				w.text(string(tokens.Text()))
			}
		}
	}
}

// maxQuotes bounds how many ">" stand before a line: a mail of a hundred
// nested quotations must not become a hundred times its size.
const maxQuotes = 8

// textWriter collapses white space and keeps line breaks back until more text
// comes.
type textWriter struct {
	out    strings.Builder
	breaks int  // line breaks due before the next text
	space  bool // a space is due before the next text
	quotes int  // nested quotations, shown up to maxQuotes
	number int  // of the next item of the innermost ordered list
	outer  int  // those around the last text written
	pre    bool
	fresh  bool // nothing stands on this line but its mark
}

func (w *textWriter) children(n *html.Node) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		w.node(child)
	}
}

func (w *textWriter) node(n *html.Node) {
	switch {
	case n.Type == html.TextNode && w.pre:
		w.preformatted(n.Data)
	case n.Type == html.TextNode:
		w.text(n.Data)
	case n.Type == html.ElementNode && !unshown(n) && !hidden(n):
		w.element(n)
	}
}

func (w *textWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Head:
	case atom.Br:
		w.lineBreak()
	case atom.Img:
		w.text(attribute(n, "alt"))
	case atom.A:
		w.link(n)
	case atom.Li:
		w.item(n)
	case atom.Td, atom.Th:
		w.space = true
		w.children(n)
		w.space = true
	case atom.Blockquote:
		w.block(2)
		w.quotes++
		w.children(n)
		w.block(2)
		w.quotes--
	case atom.Ol:
		outer := w.number
		w.number = 1
		if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
			w.number = start
		}
		w.block(2)
		w.children(n)
		w.block(2)
		w.number = outer
	case atom.Pre:
		w.block(2)
		outer := w.pre
		w.pre = true
		w.children(n)
		w.pre = outer
		w.block(2)
	default:
		gap := blockGap(n.DataAtom)
		w.block(gap)
		w.children(n)
		w.block(gap)
	}
}

// blockGap returns how many line breaks stand around an element.
func blockGap(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Dl, atom.Hr:
		return 2
	case atom.Div, atom.Tr, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main,
		atom.Address, atom.Caption, atom.Center, atom.Form, atom.Fieldset, atom.Figure, atom.Figcaption:
		return 1
	}
	return 0
}

// link writes a link's text, and its target if that says more.
func (w *textWriter) link(n *html.Node) {
	start := w.out.Len()
	w.children(n)
	target := strings.TrimSpace(attribute(n, "href"))
	scheme, rest, _ := strings.Cut(target, ":")
	switch strings.ToLower(scheme) {
	case "mailto", "tel":
		target, _, _ = strings.Cut(rest, "?")
	case "http", "https":
	default:
		return
	}
	shown := strings.TrimSpace(w.out.String()[start:])
	if target == "" || sameTarget(shown, target) {
		return
	}
	if shown == "" {
		w.text(target)
		return
	}
	w.text(" (" + target + ")")
}

// sameTarget reports whether the link's text is its target already.
func sameTarget(shown, target string) bool {
	bare := func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "https://"), "http://")
		return strings.TrimSuffix(s, "/")
	}
	return bare(shown) == bare(target)
}

func (w *textWriter) item(n *html.Node) {
	mark := "- "
	if n.Parent != nil && n.Parent.DataAtom == atom.Ol {
		mark = strconv.Itoa(w.number) + ". "
		w.number++
	}
	w.block(1)
	w.write(mark)
	w.fresh = true
	w.children(n)
	w.fresh = false
	w.block(1)
}

// block asks for at least n line breaks before the next text.
func (w *textWriter) block(n int) {
	if n == 0 || w.fresh {
		return
	}
	w.breaks = max(w.breaks, n)
	w.space = false
}

func (w *textWriter) lineBreak() {
	w.breaks = min(w.breaks+1, 2)
	w.space = false
}

// text writes s with white space collapsed.
func (w *textWriter) text(s string) {
	for i, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		w.space = w.space || i > 0 || !strings.HasPrefix(s, word)
		w.write(word)
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	w.space = w.space || unicode.IsSpace(last)
}

func (w *textWriter) preformatted(s string) {
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if i > 0 {
			w.breaks++
		}
		if line = strings.TrimRightFunc(line, unicode.IsSpace); line != "" {
			w.write(line)
		}
	}
}

// write writes s behind the breaks or the space that are due.
func (w *textWriter) write(s string) {
	if w.out.Len() == 0 {
		w.out.WriteString(strings.Repeat("> ", min(w.quotes, maxQuotes)))
	} else if w.breaks > 0 {
		quotes := min(w.quotes, maxQuotes)
		// An empty line belongs to a quotation only with text of it on both sides.
		blank := "\n" + strings.TrimSuffix(strings.Repeat("> ", min(quotes, w.outer)), " ")
		w.out.WriteString(strings.Repeat(blank, w.breaks-1) + "\n" + strings.Repeat("> ", quotes))
	} else if w.space && !w.fresh {
		w.out.WriteByte(' ')
	}
	w.breaks, w.space, w.fresh, w.outer = 0, false, false, w.quotes
	w.out.WriteString(s)
}

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
