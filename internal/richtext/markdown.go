package richtext

import (
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// FromMarkdown returns Markdown as sanitised HTML. It is GitHub's Markdown, with
// tables, strikethrough and addresses as links, and a line break where the author
// broke the line. HTML within it is text and stands there as it was typed.
func FromMarkdown(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if entangled(s) {
		return Sanitize(Paragraphs(s))
	}
	var out strings.Builder
	if err := markdown().Convert([]byte(s), &out); err != nil {
		return Sanitize(Paragraphs(s))
	}
	return strings.TrimRight(Sanitize(out.String()), "\n")
}

// markdown is goldmark's parser without what reads HTML; it is safe for concurrent use.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	blocks := without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())
	inlines := without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(blocks...), parser.WithInlineParsers(inlines...), parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...))),
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(html.WithHardWraps(), html.WithXHTML()),
	)
})

func without(list []util.PrioritizedValue, one any) []util.PrioritizedValue {
	kept := []util.PrioritizedValue{}
	for _, v := range list {
		if v.Value != one {
			kept = append(kept, v)
		}
	}
	return kept
}

// maxTangle bounds what reading Markdown may cost: its parser takes time by the
// square of marks that find no partner in their paragraph, and by their depth.
const (
	maxTangle  = 100_000_000
	maxMarkers = 100
)

// entangled reports whether s is made to exhaust its parser; real text stays far
// below.
func entangled(s string) bool {
	var size, links, marks int // of the paragraph
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) == "" {
			size, links, marks = 0, 0, 0
			continue
		}
		size += len(line)
		links += strings.Count(line, "](")
		marks += strings.Count(line, "*") + strings.Count(line, "_") + strings.Count(line, "~")
		if size*links > maxTangle || marks*marks > maxTangle || containers(line) > maxMarkers {
			return true
		}
	}
	return false
}

// containers counts the marks of quotations and list items that a line begins with.
func containers(line string) int {
	n := 0
	for _, r := range line {
		switch {
		case r == '>' || r == '-' || r == '*' || r == '+' || r == '.' || r == ')':
			n++
		case r != ' ' && r != '\t' && (r < '0' || r > '9'):
			return n
		}
	}
	return n
}

// Paragraphs returns plain text as HTML, with its empty lines between paragraphs.
func Paragraphs(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(Escape(p), "\n", "<br>") + "</p>")
	}
	return b.String()
}
