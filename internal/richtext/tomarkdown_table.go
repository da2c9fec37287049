package richtext

import (
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// table writes a table of data, which is one that has headings and lines only; any
// other, such as a mail's layout, as its cells one after the other.
func (w *markdownWriter) table(n *html.Node) {
	rows := rowsOf(n)
	if w.inline > 0 || len(rows) == 0 || !slices.ContainsFunc(rows[0], func(c *html.Node) bool { return c.DataAtom == atom.Th }) || holdsBlocks(n) {
		w.block(nextParagraph)
		w.children(n)
		return
	}
	w.block(nextParagraph)
	w.cell = true
	for i, row := range rows {
		if i > 0 {
			w.newLine(false)
		}
		w.row(row)
		if i == 0 {
			w.newLine(false)
			w.out = append(w.out, '|')
			for _, c := range row {
				w.out = append(w.out, delimiters[attribute(c, "align")]...)
			}
		}
	}
	w.cell = false
}

// delimiters stand below a heading, by how its column is aligned.
var delimiters = map[string]string{"": " --- |", "left": " :-- |", "center": " :-: |", "right": " --: |"}

func (w *markdownWriter) row(cells []*html.Node) {
	for i, c := range cells {
		w.space = i > 0
		w.raw("|")
		w.space = true
		w.oneLine(c)
		w.space = true
	}
	w.raw("|")
}

// rowsOf are the cells of a table's rows.
func rowsOf(table *html.Node) (rows [][]*html.Node) {
	for part := table.FirstChild; part != nil; part = part.NextSibling {
		for row := part.FirstChild; row != nil; row = row.NextSibling {
			if row.DataAtom != atom.Tr {
				continue
			}
			var cells []*html.Node
			for c := row.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells = append(cells, c)
				}
			}
			if len(cells) > 0 {
				rows = append(rows, cells)
			}
		}
	}
	return rows
}

// holdsBlocks reports whether there is something in the table that does not go
// into a line.
func holdsBlocks(n *html.Node) bool {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		switch child.DataAtom {
		case atom.Table, atom.Ul, atom.Ol, atom.Pre, atom.Blockquote, atom.Hr, atom.Caption:
			return true
		}
		if holdsBlocks(child) {
			return true
		}
	}
	return false
}
