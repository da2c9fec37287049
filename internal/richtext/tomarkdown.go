package richtext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ToMarkdown returns what the HTML says as Markdown that FromMarkdown makes into
// the like of it: formatting, headings, lists, quotations, code, links, images,
// and tables that have a heading. The HTML need not be sanitised.
func ToMarkdown(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if untangled(s) != nil {
		return TextToMarkdown(bareText(s))
	}
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return TextToMarkdown(bareText(s))
	}
	w := markdownWriter{}
	w.children(doc)
	return w.finish()
}

// TextToMarkdown returns plain text as Markdown that reads as the text does: what
// would be a mark in it is escaped.
func TextToMarkdown(text string) string {
	w := markdownWriter{}
	for line := range strings.Lines(text) {
		w.text(line)
		w.lineBreak()
	}
	return w.finish()
}

// Breaks that are due before the next text, from weak to strong.
const (
	sameLine = iota
	nextLine
	nextParagraph
)

// maxDepth bounds the quotations and lists that stand within each other: each one
// is written before each line.
const maxDepth = 8

// markdownWriter collapses white space and keeps breaks and marks back until text
// comes.
type markdownWriter struct {
	out     []byte
	around  []container // the innermost last
	styles  []style     // open formatting, the outermost first
	breaks  int
	space   bool // a space is due before the next text
	inline  int  // above 0, all stands on one line: in headings, links and cells
	cell    bool
	number  int  // of the next item of the innermost ordered list
	started bool // the line has text
}

// container stands before each line of a quotation or a list item.
type container struct {
	first, rest string
	used        bool
}

// style is formatting that is open; it is written before its first text.
type style struct {
	opens, closes string
	written       bool
}

func (w *markdownWriter) finish() string { return string(w.out) }

func (w *markdownWriter) children(n *html.Node) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		switch {
		case child.Type == html.TextNode:
			w.text(child.Data)
		case child.Type == html.ElementNode && !unshown(child) && !hidden(child):
			w.element(child)
		}
	}
}

func (w *markdownWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Head:
	case atom.Br:
		w.lineBreak()
	case atom.Hr:
		w.block(nextParagraph)
		if w.inline == 0 {
			w.raw("---")
		}
		w.block(nextParagraph)
	case atom.Img:
		w.image(n)
	case atom.A:
		w.link(n)
	case atom.B, atom.Strong:
		w.styled(n, "**", "**")
	case atom.I, atom.Em:
		w.styled(n, "*", "*")
	case atom.S, atom.Strike, atom.Del:
		w.styled(n, "~~", "~~")
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		w.code(n)
	default:
		w.blockElement(n)
	}
}

func (w *markdownWriter) blockElement(n *html.Node) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(nextParagraph)
		w.within(strings.Repeat("#", int(n.Data[1]-'0'))+" ", "", func() { w.oneLine(n) })
	case atom.Blockquote:
		w.block(nextParagraph)
		w.within("> ", "> ", func() { w.children(n) })
	case atom.Pre:
		w.block(nextParagraph)
		w.fenced(n)
	case atom.Ol, atom.Ul:
		w.list(n)
		return
	case atom.Li:
		w.item(n)
		return
	case atom.Table:
		w.table(n)
	case atom.Td, atom.Th:
		w.space = true
		w.children(n)
		w.space = true
	default:
		gap := min(blockGap(n.DataAtom), nextParagraph)
		w.block(gap)
		w.children(n)
		w.block(gap)
		return
	}
	if n.DataAtom != atom.Td && n.DataAtom != atom.Th {
		w.block(nextParagraph)
	}
}

func (w *markdownWriter) list(n *html.Node) {
	outer := w.number
	if w.number = 0; n.DataAtom == atom.Ol {
		w.number = 1
		if start, err := strconv.Atoi(attribute(n, "start")); err == nil && start >= 0 {
			w.number = start
		}
	}
	gap := nextParagraph
	if len(w.around) > 0 && n.Parent != nil && n.Parent.DataAtom == atom.Li {
		gap = nextLine // a list within an item keeps it tight
	}
	w.block(gap)
	w.children(n)
	w.block(gap)
	w.number = outer
}

func (w *markdownWriter) item(n *html.Node) {
	mark := "- "
	if n.Parent != nil && n.Parent.DataAtom == atom.Ol {
		mark = strconv.Itoa(w.number) + ". "
		w.number++
	}
	w.block(nextLine)
	w.within(mark, strings.Repeat(" ", len(mark)), func() { w.children(n) })
	w.block(nextLine)
}

// within writes what stands behind marks of its own.
func (w *markdownWriter) within(first, rest string, write func()) {
	if w.inline > 0 || len(w.around) >= maxDepth {
		write()
		return
	}
	w.around = append(w.around, container{first: first, rest: rest})
	write()
	w.around = w.around[:len(w.around)-1]
}

func (w *markdownWriter) oneLine(n *html.Node) {
	w.inline++
	w.children(n)
	w.inline--
}

// styled writes formatted text; formatting within the same formatting adds nothing.
func (w *markdownWriter) styled(n *html.Node, opens, closes string) {
	for _, s := range w.styles {
		if s.opens == opens {
			w.children(n)
			return
		}
	}
	w.open(opens, closes)
	w.children(n)
	w.close()
}

func (w *markdownWriter) open(opens, closes string) {
	// What closed just here goes on: "**a****b**" would show its marks.
	if !w.space && w.breaks == sameLine && opens == closes && strings.HasSuffix(string(w.out[max(0, len(w.out)-len(closes)):]), closes) && w.closed() == closes {
		w.out = w.out[:len(w.out)-len(closes)]
		w.styles = append(w.styles, style{opens, closes, true})
		return
	}
	w.styles = append(w.styles, style{opens: opens, closes: closes})
}

// closed returns the marks of formatting at the end of what is written.
func (w *markdownWriter) closed() string {
	end := len(w.out)
	for end > 0 && strings.IndexByte("*~", w.out[end-1]) >= 0 {
		end--
	}
	if end > 0 && w.out[end-1] == '\\' {
		return ""
	}
	return string(w.out[end:])
}

// close ends the innermost formatting, and reports whether it has text.
func (w *markdownWriter) close() bool {
	last := w.styles[len(w.styles)-1]
	w.styles = w.styles[:len(w.styles)-1]
	if last.written {
		w.out = append(w.out, last.closes...)
	}
	return last.written
}

func (w *markdownWriter) link(n *html.Node) {
	target, ok := linkTarget(attribute(n, "href"))
	if !ok {
		w.children(n)
		return
	}
	start := len(w.out)
	w.open("[", "]("+target+")")
	w.oneLine(n)
	if !w.close() {
		w.autolink(target)
		return
	}
	shown, _, _ := strings.Cut(string(w.out[start:]), "](")
	if shown = strings.TrimLeft(shown, " \n>["); shown == target || "mailto:"+shown == target {
		at := strings.LastIndex(string(w.out[start:]), "["+shown)
		w.out = w.out[:start+at]
		w.out = append(w.out, "<"+shown+">"...)
	}
}

func (w *markdownWriter) autolink(target string) {
	if !strings.ContainsAny(target, "<>()") {
		w.raw("<" + strings.TrimPrefix(target, "mailto:") + ">")
	}
}

// linkTarget is an address as it stands in the parentheses of a link.
func linkTarget(target string) (string, bool) {
	target = strings.TrimSpace(target)
	scheme, rest, found := strings.Cut(target, ":")
	if scheme = strings.ToLower(scheme); !found || rest == "" {
		return "", false
	}
	switch scheme {
	case "http", "https", "mailto", "tel", "cid":
		return addressEscaper.Replace(target), true
	}
	return "", false
}

var addressEscaper = strings.NewReplacer(" ", "%20", "\n", "", "\r", "", "\t", "", "<", "%3C", ">", "%3E", "(", "%28", ")", "%29", `\`, "%5C", "|", "%7C", "[", "%5B", "]", "%5D", "*", "%2A", "`", "%60")

func (w *markdownWriter) image(n *html.Node) {
	alt := attribute(n, "alt")
	if target, ok := linkTarget(attribute(n, "src")); ok {
		w.raw("![" + strings.TrimSpace(escapeMarks(strings.Join(strings.Fields(alt), " "))) + "](" + target + ")")
		return
	}
	w.text(alt)
}

// code writes code within a line, between more backticks than it has in a row.
func (w *markdownWriter) code(n *html.Node) {
	said := strings.Join(strings.Fields(plainText(n)), " ")
	if said == "" {
		return
	}
	if w.cell {
		said = strings.ReplaceAll(said, "|", `\|`)
	}
	fence, pad := strings.Repeat("`", longestRun(said, '`')+1), ""
	if said[0] == '`' || said[len(said)-1] == '`' {
		pad = " "
	}
	w.raw(fence + pad + said + pad + fence)
}

// fenced writes a block of code.
func (w *markdownWriter) fenced(n *html.Node) {
	said := strings.TrimRight(strings.ReplaceAll(plainText(n), "\r\n", "\n"), "\n")
	if w.inline > 0 {
		w.text(said)
		return
	}
	if strings.TrimSpace(said) == "" {
		return
	}
	fence := strings.Repeat("`", max(3, longestRun(said, '`')+1))
	w.raw(fence)
	for line := range strings.SplitSeq(said, "\n") {
		w.newLine(line == "")
		w.out = append(w.out, line...)
	}
	w.newLine(false)
	w.out = append(w.out, fence...)
}

// plainText is the text within an element as it stands there.
func plainText(n *html.Node) string {
	var b strings.Builder
	var collect func(*html.Node)
	collect = func(n *html.Node) {
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			switch {
			case child.Type == html.TextNode:
				b.WriteString(child.Data)
			case child.DataAtom == atom.Br:
				b.WriteByte('\n')
			case child.Type == html.ElementNode && !unshown(child):
				collect(child)
			}
		}
	}
	collect(n)
	return b.String()
}

func longestRun(s string, of byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if run++; s[i] != of {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// block asks for a break before the next text.
func (w *markdownWriter) block(gap int) {
	if gap == sameLine {
		return
	}
	if w.inline > 0 {
		w.space = true
		return
	}
	w.breaks, w.space = max(w.breaks, gap), false
}

func (w *markdownWriter) lineBreak() {
	if w.inline > 0 {
		w.space = true
		return
	}
	w.breaks, w.space = min(w.breaks+1, nextParagraph), false
}

// text writes s with white space collapsed, and what would be marks escaped.
func (w *markdownWriter) text(s string) {
	for i, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		w.space = w.space || i > 0 || !strings.HasPrefix(s, word)
		w.word(word)
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	w.space = w.space || len(s) > 0 && unicode.IsSpace(last)
}

func (w *markdownWriter) word(word string) {
	w.start()
	if w.started {
		word = escapeMarks(word)
	} else {
		word = escapeLineStart(escapeMarks(word))
	}
	w.out = append(w.out, word...)
	w.started = true
}

// raw writes marks of our own.
func (w *markdownWriter) raw(s string) {
	w.start()
	w.out = append(w.out, s...)
	w.started = true
}

// start writes the breaks or the space that are due, and the marks that stand
// before the next text.
func (w *markdownWriter) start() {
	switch {
	case len(w.out) == 0:
		w.linePrefix(false)
	case w.breaks > sameLine:
		w.breakLine()
	case w.space && w.started:
		w.out = append(w.out, ' ')
	}
	w.breaks, w.space = sameLine, false
	for i := range w.styles {
		if s := &w.styles[i]; !s.written {
			w.out = append(w.out, s.opens...)
			s.written, w.started = true, true
		}
	}
}

// breakLine begins a new line or paragraph. Formatting ends before it and begins
// again behind it.
func (w *markdownWriter) breakLine() {
	for i := len(w.styles) - 1; i >= 0; i-- {
		if s := &w.styles[i]; s.written {
			w.out = append(w.out, s.closes...)
			s.written = false
		}
	}
	switch fresh := len(w.around) > 0 && !w.around[len(w.around)-1].used; {
	case w.breaks == nextParagraph:
		w.newLine(true)
	case !fresh:
		w.out = append(w.out, "  "...) // a line break of the author's
	}
	w.newLine(false)
}

// newLine ends the line and writes what stands before the next one.
func (w *markdownWriter) newLine(empty bool) {
	w.out = append(w.out, '\n')
	w.linePrefix(empty)
}

func (w *markdownWriter) linePrefix(empty bool) {
	start := len(w.out)
	for i := range w.around {
		c := &w.around[i]
		if empty && !c.used {
			break
		}
		if c.used {
			w.out = append(w.out, c.rest...)
		} else {
			w.out, c.used = append(w.out, c.first...), true
		}
	}
	if empty {
		w.out = append(w.out[:start], strings.TrimRight(string(w.out[start:]), " ")...)
	}
	w.started = false
}
