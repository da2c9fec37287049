package parse

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/richtext"
	"parley/internal/vocab"
)

const (
	// mostBody is the length in bytes from which a body is cut.
	mostBody = 1 << 20
	// mostSaid is how much text is decoded of a mail; texts beyond it are files.
	mostSaid = 4 * mostBody
	// mostEncoded is what is read of a body before its charset is undone: no
	// charset takes more than four bytes for what UTF-8 writes in one.
	mostEncoded = 4 * mostBody
)

// block is a piece of the body: the same said as text, as HTML, or as both.
type block struct{ text, html string }

func (b block) empty() bool {
	return strings.TrimSpace(b.text) == "" && strings.TrimSpace(b.html) == ""
}

// reader turns the tree into a body and files.
type reader struct {
	builder
	parts []Part
	// locations are the Content-Location of parts, by their index.
	locations map[int]string
	hint      string // the charset of what does not name its own
	said      int    // bytes of text decoded so far
	cutOff    bool   // some text is only in the raw mail
}

// readPart returns what the node says, and takes its files in.
func (r *reader) readPart(n *mimePart, seen bool) block {
	switch {
	case len(n.children) == 0 && r.isBody(n, seen):
		return r.readText(n)
	case len(n.children) == 0:
		r.attachPart(n)
		return block{}
	case n.is("multipart/alternative"):
		return r.readAlternative(n, seen)
	case n.is("multipart/related"):
		return r.readRelated(n, seen)
	}
	said := r.readMixed(n.children, seen)
	if n.content != nil { // the children are what it signs
		r.attachPart(n)
	}
	return said
}

// isBody distinguishes text from text files. A file name alone makes no file of what
// would be the only text: some mailers name the body.
func (r *reader) isBody(n *mimePart, seen bool) bool {
	if n.rest || r.said > mostSaid || !n.is("text/plain", "text/html") {
		return false
	}
	disposition, _ := parseParams(string(unfold(n.header.get("Content-Disposition"))))
	if disposition == "attachment" {
		return false
	}
	return n.givenName("") == "" || !seen
}

// mostHinted is up to how many bytes of a text are read in the charset that the mail names
// elsewhere, if it does not name its own: from more the charset can be seen.
const mostHinted = 400

// readText decodes a text.
func (r *reader) readText(n *mimePart) block {
	raw, problem := n.decoded()
	r.addProblemOnce(vocab.MailContentDamaged, problem)
	if len(raw) > mostEncoded {
		raw = raw[:mostEncoded]
	}
	charset := n.params["charset"]
	if charset == "" && n.is("text/html") {
		charset = htmlCharset(raw)
	}
	if isPlain(cleanLabel(charset)) && len(raw) < mostHinted && !utf8.Valid(raw) {
		charset = r.hint
	}
	said, problem := decodeCharset(raw, charset)
	r.addProblemOnce(vocab.MailCharsetUnknown, problem)
	said = r.clipText(cleanText(said))
	r.said += len(said)
	switch {
	case n.is("text/html"):
		return block{html: said}
	case strings.EqualFold(n.params["format"], "flowed"):
		return block{text: unflow(said, strings.EqualFold(n.params["delsp"], "yes"))}
	}
	return block{text: said}
}

// clipText bounds a text.
func (r *reader) clipText(said string) string {
	if len(said) > mostBody {
		r.cutOff = true
		r.addProblemOnce(vocab.MailTooLarge, "the text is longer than 1 MB; the rest is only in the attached e-mail")
	}
	return clip(said, mostBody)
}

// readMixed puts the texts of the parts one below the other.
func (r *reader) readMixed(children []*mimePart, seen bool) block {
	var blocks []block
	for _, child := range children {
		if b := r.readPart(child, seen); !b.empty() {
			blocks = append(blocks, b)
			seen = true
		}
	}
	return joinBlocks(blocks)
}

// joinBlocks makes one block of several. Once one of them has HTML, all do.
func joinBlocks(blocks []block) block {
	if len(blocks) < 2 {
		return append(blocks, block{})[0]
	}
	isHTML := false
	for _, b := range blocks {
		isHTML = isHTML || b.html != ""
	}
	var texts, htmls []string
	for _, b := range blocks {
		texts = append(texts, strings.TrimRight(plain(b), "\n"))
		if b.html == "" {
			b.html = "<div>" + strings.ReplaceAll(html.EscapeString(b.text), "\n", "<br>") + "</div>"
		}
		htmls = append(htmls, b.html)
	}
	whole := block{text: strings.Join(texts, "\n\n")}
	if isHTML {
		whole.html = strings.Join(htmls, "\n")
	}
	return whole
}

// plain is the block's text, made from its HTML if it has none.
func plain(b block) string {
	if strings.TrimSpace(b.text) != "" || b.html == "" {
		return b.text
	}
	return cleanText(richtext.Text(clip(b.html, mostBody)))
}

// readAlternative takes the first text that says something, since what some servers
// append is a footer, and the last HTML, which is the sender's favourite. Files
// among them are kept, forms for other readers (AMP, watches) not.
func (r *reader) readAlternative(n *mimePart, seen bool) block {
	var best block
	for _, child := range n.children {
		if child.is("text/x-amp-html", "text/watch-html") {
			continue
		}
		b := r.readPart(child, seen)
		if strings.TrimSpace(b.text) != "" && best.text == "" {
			best.text = b.text
		}
		if strings.TrimSpace(b.html) != "" && (best.html == "" || shows(b.html)) {
			best.html = b.html
		}
	}
	if strings.TrimSpace(best.text) != "" && !shows(best.html) {
		best.html = ""
	}
	return best
}

// shows reports whether HTML has anything to see in it.
func shows(page string) bool {
	if page == "" {
		return false
	}
	visible := func(r rune) bool { return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) }
	return indexFold(page, "<img") >= 0 || strings.ContainsFunc(richtext.Text(clip(page, mostBody)), visible)
}

// readRelated reads the root, which is the first part unless named, and keeps all
// others as files.
func (r *reader) readRelated(n *mimePart, seen bool) block {
	root := n.children[0]
	if start := contentID(n.params["start"]); start != "" {
		for _, child := range n.children {
			if contentID(string(child.header.get("Content-Id"))) == start {
				root = child
			}
		}
	}
	said := r.readPart(root, seen)
	for _, child := range n.children {
		switch {
		case child == root:
		case len(child.children) > 0:
			if more := r.readPart(child, true); !more.empty() {
				said = joinBlocks([]block{said, more})
			}
		case said.empty() && r.isBody(child, seen):
			said = r.readText(child)
		default:
			r.attachPart(child)
		}
	}
	return said
}

// attachPart takes the node in as a file.
func (r *reader) attachPart(n *mimePart) {
	content, problem := n.decoded()
	r.addProblemOnce(vocab.MailContentDamaged, problem)
	if location := decodeField(n.header.get("Content-Location"), ""); location != "" {
		r.locations[len(r.parts)] = location
	}
	r.parts = append(r.parts, Part{
		FileName:    n.name(r.hint),
		ContentType: n.media,
		ContentID:   contentID(string(n.header.get("Content-Id"))),
		Content:     content,
	})
}

// addProblemOnce keeps a problem, once.
func (r *reader) addProblemOnce(code vocab.MailProblemCode, text string) {
	for _, known := range r.problems {
		if text == known.Text {
			return
		}
	}
	if text != "" {
		r.addProblem(code, text)
	}
}

// unflow joins the lines of RFC 3676's format=flowed: those that end in a space
// go on in the next one of the same quotation depth.
func unflow(s string, deleteSpace bool) string {
	var out strings.Builder
	flowing, depth := false, 0
	for i, raw := range strings.Split(s, "\n") {
		said := strings.TrimLeft(raw, ">")
		quotes := len(raw) - len(said)
		said = strings.TrimPrefix(said, " ")
		if !flowing || quotes != depth {
			if i > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(raw[:quotes])
			if quotes > 0 && said != "" {
				out.WriteByte(' ')
			}
		}
		flowing, depth = strings.HasSuffix(said, " ") && said != "-- ", quotes
		if flowing && deleteSpace {
			said = said[:len(said)-1]
		}
		out.WriteString(said)
	}
	return out.String()
}
