package slack

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"parley/ent"
	"parley/internal/richtext"
)

// maxPost is the most characters of a post, as Slack counts them and escaped: of longer ones Slack
// makes several, of which all but one could be neither edited nor deleted.
const maxPost = 3_500

// maxHTML is how much HTML is read for its formatting: of more the text is shown.
const maxHTML = 64 << 10

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape has a text mean itself in Slack: nothing in it is a link, or calls anyone.
func escape(text string) string { return escaper.Replace(text) }

// oneLine is a text that is escaped and stands on one line. Escaped it has at most three times the
// characters.
func oneLine(text string, most int) string {
	return clipEscaped(escape(richtext.Clip(strings.Join(strings.Fields(text), " "), most)), 3*most)
}

// lengthOf counts characters as JavaScript does, and so Slack.
func lengthOf(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// clipEscaped is an escaped text of at most so many characters: one that is longer ends with …, and
// not within an entity.
func clipEscaped(text string, most int) string {
	if len(text) <= most || lengthOf(text) <= most {
		return text
	}
	n, end := 0, 0
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		length := utf16.RuneLen(r)
		if r == '&' {
			if entity := strings.IndexByte(text[at:], ';'); entity > 0 && entity < len("&amp;") {
				size, length = entity+1, entity+1
			}
		}
		if n+length > most-1 {
			break
		}
		n, at = n+length, at+size
		end = at
	}
	return text[:end] + "…"
}

// shown is what a message says, as Slack writes it, in at most so many characters.
func shown(m *ent.Message, most int) string {
	text := strings.TrimSpace(escape(m.Text))
	if m.HTML != "" && len(m.HTML) < maxHTML {
		text = fromHTML(m.HTML)
	}
	if text == "" && m.Text != "" {
		text = strings.TrimSpace(escape(m.Text))
	}
	if lengthOf(text) > most { // formatting must not be cut apart
		text = clipEscaped(strings.TrimSpace(escape(m.Text)), most)
	}
	return text
}

// fromHTML is sanitised HTML as Slack writes it.
func fromHTML(s string) string {
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"})
	if err != nil {
		return escape(richtext.Text(s))
	}
	w := &mrkdwn{}
	for _, n := range nodes {
		w.node(n)
	}
	return strings.TrimSpace(w.out.String())
}

// mrkdwn writes HTML as Slack's markup.
type mrkdwn struct {
	out   strings.Builder
	pre   bool
	depth int
	items []int // of the lists that it is in: the number of the next item; 0: they have none
}

// maxDepth is how deep HTML may nest: what is deeper is left out.
const maxDepth = 200

func (w *mrkdwn) children(n *html.Node) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *mrkdwn) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
	case html.ElementNode:
		w.element(n)
	default:
		w.children(n)
	}
}

func (w *mrkdwn) text(s string) {
	if w.pre {
		w.out.WriteString(escape(s))
		return
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		if s != "" {
			w.space()
		}
		return
	}
	if strings.ContainsAny(s[:1], " \n\t\r") {
		w.space()
	}
	w.out.WriteString(escape(strings.Join(words, " ")))
	if strings.ContainsAny(s[len(s)-1:], " \n\t\r") {
		w.space()
	}
}

// space writes a space, unless there is one or a line begins.
func (w *mrkdwn) space() {
	if s := w.out.String(); s != "" && !strings.HasSuffix(s, " ") && !strings.HasSuffix(s, "\n") {
		w.out.WriteByte(' ')
	}
}

// line ends the line that is begun, and leaves lines empty.
func (w *mrkdwn) line(empty int) {
	s := strings.TrimRight(w.out.String(), " ")
	if s == "" {
		return
	}
	ends := len(s) - len(strings.TrimRight(s, "\n"))
	w.out.Reset()
	w.out.WriteString(s)
	for ; ends <= empty; ends++ {
		w.out.WriteByte('\n')
	}
}

func (w *mrkdwn) element(n *html.Node) {
	switch n.DataAtom {
	case atom.B, atom.Strong:
		w.styled(n, "*")
	case atom.I, atom.Em:
		w.styled(n, "_")
	case atom.S, atom.Del, atom.Strike:
		w.styled(n, "~")
	case atom.Code:
		if w.pre {
			w.children(n)
		} else {
			w.styled(n, "`")
		}
	case atom.Pre:
		w.line(0)
		w.out.WriteString("```\n")
		w.pre = true
		w.children(n)
		w.pre = false
		w.line(0)
		w.out.WriteString("```\n")
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.line(1)
		w.styled(n, "*")
		w.line(0)
	case atom.Br:
		w.out.WriteByte('\n')
	case atom.Hr:
		w.line(1)
	case atom.A:
		w.link(n)
	case atom.Img:
		w.text(attribute(n, "alt"))
	case atom.Ul, atom.Ol:
		w.list(n)
	case atom.Li:
		w.item(n)
	case atom.Blockquote:
		w.quote(n)
	case atom.P:
		w.line(1)
		w.children(n)
		w.line(1)
	case atom.Div, atom.Tr, atom.Table:
		w.line(0)
		w.children(n)
		w.line(0)
	case atom.Td, atom.Th:
		w.space()
		w.children(n)
		w.out.WriteString("  ")
	default:
		w.children(n)
	}
}

// within writes the children of a node apart, and returns what that is.
func (w *mrkdwn) within(n *html.Node) string {
	inner := &mrkdwn{pre: w.pre, depth: w.depth}
	inner.children(n)
	return strings.TrimSpace(inner.out.String())
}

// styled writes a node between marks, where Slack takes them: on one line, and not empty.
func (w *mrkdwn) styled(n *html.Node, mark string) {
	text := w.within(n)
	if text == "" || strings.ContainsAny(text, "\n") || strings.Contains(text, mark) {
		w.out.WriteString(text)
		return
	}
	w.out.WriteString(mark + text + mark)
}

func (w *mrkdwn) link(n *html.Node) {
	target, text := attribute(n, "href"), w.within(n)
	if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "mailto:") && !strings.HasPrefix(target, "tel:") {
		w.out.WriteString(text)
		return
	}
	target = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;", " ", "%20").Replace(target)
	text = strings.NewReplacer("|", "¦", "\n", " ", "<", "", ">", "").Replace(text)
	if text == "" {
		text = target
	}
	w.out.WriteString("<" + target + "|" + text + ">")
}

func (w *mrkdwn) list(n *html.Node) {
	first := 0
	if n.DataAtom == atom.Ol {
		first = 1
	}
	w.items = append(w.items, first)
	w.line(0)
	w.children(n)
	w.line(0)
	w.items = w.items[:len(w.items)-1]
}

func (w *mrkdwn) item(n *html.Node) {
	w.line(0)
	mark := "• "
	if last := len(w.items) - 1; last >= 0 {
		w.out.WriteString(strings.Repeat("    ", last))
		if number := w.items[last]; number > 0 {
			mark = strconv.Itoa(number) + ". "
			w.items[last]++
		}
	}
	w.out.WriteString(mark)
	w.children(n)
	w.line(0)
}

func (w *mrkdwn) quote(n *html.Node) {
	w.line(0)
	for line := range strings.SplitSeq(w.within(n), "\n") {
		w.out.WriteString("> " + line + "\n")
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
