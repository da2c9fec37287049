// Package placeholder reads texts with placeholders, such as
// {{contact.firstName | "there"}}, and fills them (CO-2). What stands for them is data:
// it is escaped for the text around it, and what looks like a placeholder in it is none.
//
// In Markdown, code and quotations have none, nor has what is written \{{: people write
// about templates, and quote what others wrote. It is a leaf.
package placeholder

import (
	"regexp"
	"slices"
	"strings"
)

// Piece is a text as it stands, or a placeholder.
type Piece struct {
	// Text is as it was written, of a placeholder too.
	Text string
	// Name is what the placeholder stands for; "": it is a text.
	Name string
	// Fallback stands there if there is no value; nil: none was given.
	Fallback *string
}

// Template is a text with placeholders.
type Template struct {
	Pieces []Piece
	// Faults are braces that are no placeholder, which stand as they are.
	Faults []Fault
}

// Fault is where braces begin that are no placeholder.
type Fault struct {
	Line, Column int // from 1; columns are characters
	// Name is what stands between them.
	Name string
}

// expression is a placeholder, from its braces on.
var expression = regexp.MustCompile(`^\{\{\s*([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9_-]+)+)\s*(?:\|\s*"((?:[^"\\\n]|\\.)*)"\s*)?\}\}`)

// MayHave reports whether a text may have placeholders.
func MayHave(text string) bool { return strings.Contains(text, "{{") }

// Names are those of the placeholders, each once, in their order.
func (t Template) Names() []string {
	var names []string
	for _, p := range t.Pieces {
		if p.Name != "" && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Fill returns the text with what its placeholders stand for, as escape writes it. One
// without a value and a fallback stays as it is written, and is among missing, each once.
func (t Template) Fill(values map[string]string, escape func(string) string) (text string, missing []string) {
	var b strings.Builder
	for _, p := range t.Pieces {
		value := values[p.Name]
		switch {
		case p.Name == "":
			b.WriteString(p.Text)
		case value != "":
			b.WriteString(escape(value))
		case p.Fallback != nil:
			b.WriteString(escape(*p.Fallback))
		default:
			b.WriteString(p.Text)
			if !slices.Contains(missing, p.Name) {
				missing = append(missing, p.Name)
			}
		}
	}
	return b.String(), missing
}

// Place is where the first placeholder of a name begins: line and column, from 1.
func (t Template) Place(name string) (line, column int) {
	at := slices.IndexFunc(t.Pieces, func(p Piece) bool { return p.Name == name })
	return Template{Pieces: t.Pieces[:max(at, 0)]}.end()
}

// end is where the text ends: line and column, from 1.
func (t Template) end() (line, column int) {
	line, column = 1, 1
	for _, p := range t.Pieces {
		text := p.Text
		if at := strings.LastIndexByte(text, '\n'); at >= 0 {
			line, column = line+strings.Count(text, "\n"), 1
			text = text[at+1:]
		}
		column += len([]rune(text))
	}
	return line, column
}

// With has a text, if it is not empty, in place of the placeholders of a name.
func (t Template) With(name, text string) Template {
	pieces := slices.Clone(t.Pieces)
	for i, p := range pieces {
		if p.Name == name && text != "" {
			pieces[i] = Piece{Text: text}
		}
	}
	t.Pieces = pieces
	return t
}

// Only has those placeholders as text whose names are not admitted.
func (t Template) Only(admits func(name string) bool) Template {
	pieces := slices.Clone(t.Pieces)
	for i, p := range pieces {
		if p.Name != "" && !admits(p.Name) {
			pieces[i] = Piece{Text: p.Text}
		}
	}
	t.Pieces = pieces
	return t
}

// reader takes a text apart.
type reader struct {
	Template
	whole string
	text  strings.Builder // since the last placeholder
}

func (r *reader) flush() {
	if r.text.Len() > 0 {
		r.Pieces = append(r.Pieces, Piece{Text: r.text.String()})
		r.text.Reset()
	}
}

// braces reads what stands at an offset of the whole text, which begins with two braces,
// and returns how long it is.
func (r *reader) braces(at int) int {
	found := expression.FindStringSubmatchIndex(r.whole[at:])
	if found == nil {
		r.fault(at)
		r.text.WriteString("{{")
		return 2
	}
	part := func(i int) string { return r.whole[at+found[2*i] : at+found[2*i+1]] }
	p := Piece{Text: part(0), Name: part(1)}
	if found[4] >= 0 {
		fallback := unescape(part(2))
		p.Fallback = &fallback
	}
	r.flush()
	r.Pieces = append(r.Pieces, p)
	return len(p.Text)
}

func (r *reader) fault(at int) {
	before := r.whole[:at]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	name, _, closed := strings.Cut(r.whole[at+2:], "}}")
	if first, _, _ := strings.Cut(name, "\n"); !closed || first != name {
		name = first
	}
	r.Faults = append(r.Faults, Fault{Line: strings.Count(before, "\n") + 1, Column: len([]rune(line)) + 1, Name: strings.TrimSpace(name)})
}

// unescape takes the backslashes out of a fallback.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// Plain reads a text in which nothing is a mark.
func Plain(text string) Template {
	r := &reader{whole: text}
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], "{{") {
			i += r.braces(i)
			continue
		}
		r.text.WriteByte(text[i])
		i++
	}
	r.flush()
	return r.Template
}
