package quote

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// breakAt ends the line before and after a block.
func (r *reader) breakAt(name string) {
	switch {
	case blocks[name]:
		r.endLine()
		r.now.apart = true
	case name == "td" || name == "th":
		r.text.WriteByte(' ')
	}
}

func (r *reader) addText(s string) {
	if !r.top().pre {
		r.writeText(s, s)
		return
	}
	for part := range strings.SplitAfterSeq(s, "\n") {
		r.writeText(part, strings.TrimRight(part, "\r\n"))
		if strings.HasSuffix(part, "\n") {
			r.flushLine()
		}
	}
}

// writeText adds a text, and what is to be read of it to the line.
func (r *reader) writeText(s, shown string) {
	if normal(shown) != "" {
		r.recordLineState()
		r.last = len(r.pieces)
	}
	if r.text.Len() <= longest {
		r.text.WriteString(shown)
	}
	r.pieces = append(r.pieces, piece{html.TextToken, "", escaper.Replace(s)})
}

// recordLineState takes what holds where a line's content begins as the line's own.
func (r *reader) recordLineState() {
	if r.begun {
		return
	}
	r.begun = true
	e := r.top()
	r.wrapper = e.wrapper
	r.now.depth, r.now.cite, r.now.sure, r.now.intro, r.now.sig = e.depth, e.cite, e.sure, e.intro, e.sig
}

// ruleLine adds a line that is drawn, by a mail client above a header or not.
func (r *reader) ruleLine(divider bool) {
	r.endLine()
	pending := r.now
	r.lines = append(r.lines, line{rule: true, divider: divider})
	r.lasts = append(r.lasts, r.last)
	r.outside, r.inside = append(r.outside, 0), append(r.inside, 0)
	r.now = pending
}

// endLine ends the line if there is anything on it.
func (r *reader) endLine() {
	if r.begun {
		r.flushLine()
	}
	r.text.Reset()
}

// flushLine ends a line. What begins with the next line waits for one that shows
// something.
func (r *reader) flushLine() {
	pending := r.now.rest || r.now.forward
	marker := r.now.text
	read := r.now
	read.text = ""
	read.setText(strings.Trim(strings.ReplaceAll(r.text.String(), "\n", " "), "\t\r"))
	r.text.Reset()
	if pending && !read.content() {
		return
	}
	if marker != "" {
		read.text = marker
	}
	outside, inside := 0, 0
	if w := r.wrapper; w > 0 && read.content() {
		if read.depth == 0 {
			outside = w
		} else {
			inside = w
		}
	}
	r.lines = append(r.lines, read)
	r.lasts = append(r.lasts, r.last)
	r.outside, r.inside = append(r.outside, outside), append(r.inside, inside)
	r.now, r.begun, r.wrapper = line{}, false, 0
}

// markWrapped marks the lines in wrappers as what they are: before the first
// blockquote the introduction, after it the sender's answers; a wrapper
// without any is a quote as a whole.
func (r *reader) markWrapped() {
	first := make([]int, r.wrappers+1)
	for i, w := range slices.Backward(r.inside) {
		first[w] = i + 1
	}
	for i, w := range r.outside {
		if w == 0 {
			continue
		}
		switch l := &r.lines[i]; {
		case first[w] == 0:
			l.depth, l.sure = l.depth+1, true
		case i+1 < first[w]:
			l.intro = true
		}
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
