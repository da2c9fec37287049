// Package paper writes quotes as PDF, to be printed and kept (CO-7). Fonts are embedded: what
// they lack, such as Chinese, is written as boxes, and right-to-left text is not reordered.
package paper

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"parley/internal/quote"
	"parley/internal/richtext"
)

const (
	family = "Go"
	margin = 18.0 // of a page, in millimetres
	width  = 210 - 2*margin
	small  = 8.5
	normal = 9.5
	line   = 5.0
	// pageCount stands for the number of pages until they are written. The fonts lack it, so
	// that no text that is shown has it.
	pageCount = "\ue000"
)

// columns are how wide those of the lines are, in millimetres.
var columns = [...]float64{76, 22, 28, 18, 30}

// paper is a PDF that is written.
type paper struct {
	*fpdf.Fpdf
	words  quote.Words
	glyphs *sfnt.Font
	buffer sfnt.Buffer
}

// Write writes the version of a quote that a page shows, with its logo, if it has any.
func Write(w io.Writer, page *quote.Page, words quote.Words, logo []byte) error {
	content, err := quote.ContentOfVersion(page.Version)
	if err != nil {
		return err
	}
	glyphs, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return err
	}
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), words: words, glyphs: glyphs}
	published := page.Version.PublishedAt.Time().UTC()
	p.SetCreationDate(published)
	p.SetModificationDate(published)
	p.SetCatalogSort(true)
	p.SetProducer("Parley", true)
	p.AddUTF8FontFromBytes(family, "", goregular.TTF)
	p.AddUTF8FontFromBytes(family, "B", gobold.TTF)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin)
	p.SetTitle(p.shown(content.Title), true)
	p.AliasNbPages(pageCount)
	p.SetFooterFunc(func() {
		p.SetY(-margin + 4)
		p.font("", small)
		p.CellFormat(width, line, fmt.Sprintf("%s %d · %d/%s", words.Quote, page.Number, p.PageNo(), pageCount), "", 0, "C", false, 0, "")
	})
	p.AddPage()
	if err := p.logo(logo); err != nil {
		return err
	}
	p.head(page, content)
	p.lines(content)
	p.totals(content)
	p.tail(page, content)
	if err := p.Output(w); err != nil {
		return fmt.Errorf("write a quote as PDF: %w", err)
	}
	return nil
}

// shown is a text of which the font has every character: it fails on others.
func (p *paper) shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if i, err := p.glyphs.GlyphIndex(&p.buffer, r); r > 0xffff || err != nil || i == 0 {
			return '□'
		}
		return r
	}, text)
}

func (p *paper) font(style string, size float64) { p.SetFont(family, style, size) }

// text writes a text over the whole width.
func (p *paper) text(style string, size float64, text string) {
	p.font(style, size)
	p.MultiCell(width, size*0.5, p.shown(text), "", "L", false)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// head writes what the quote is, and whom it is from and to.
func (p *paper) head(page *quote.Page, c *quote.Content) {
	p.text("", small, fmt.Sprintf("%s %d", p.words.Quote, page.Number))
	p.text("B", 16, c.Title)
	p.Ln(2)
	p.pair(p.words.Date, p.words.Moment(page.Version.PublishedAt.Time(), page.Zone))
	if c.Reference != nil {
		p.pair(p.words.Reference, *c.Reference)
	}
	if c.ValidUntil.IsSet() {
		p.pair(p.words.ValidUntil, p.words.Moment(c.ValidUntil.Time(), page.Zone))
	}
	p.Ln(4)
	top, half := p.GetY(), width/2
	p.party(margin, half, p.words.From, c.SenderName, c.SenderCompany, c.SenderAddress)
	bottom := p.GetY()
	if p.PageNo() == 1 {
		p.SetY(top)
	}
	p.party(margin+half, half, p.words.For, c.RecipientName, c.RecipientCompany, c.RecipientAddress)
	p.SetY(max(bottom, p.GetY()) + 6)
}

// pair writes what something is called, and what it is.
func (p *paper) pair(name, what string) {
	p.font("", small)
	p.CellFormat(34, line, p.shown(name), "", 0, "L", false, 0, "")
	p.font("", normal)
	p.MultiCell(width-34, line, p.shown(what), "", "L", false)
}

func (p *paper) party(x, wide float64, what string, texts ...*string) {
	p.SetX(x)
	p.font("", small)
	p.CellFormat(wide, line, p.shown(what), "", 2, "L", false, 0, "")
	style := "B"
	for _, text := range texts {
		if value(text) == "" {
			continue
		}
		p.font(style, normal)
		p.SetX(x)
		p.MultiCell(wide-4, line, p.shown(*text), "", "L", false)
		style = ""
	}
}

func (p *paper) cells(style, border string, texts ...string) {
	p.font(style, small)
	for i, text := range texts {
		align := "R"
		if i == 0 {
			align = "L"
		}
		p.CellFormat(columns[i], line+1, p.shown(text), border, 0, align, false, 0, "")
	}
	p.Ln(line + 1)
}

func (p *paper) lines(c *quote.Content) {
	w := p.words
	p.cells("B", "B", w.Item, w.Quantity, w.Price, w.Tax, w.Amount)
	for _, l := range c.Lines {
		p.font("", normal)
		p.MultiCell(width, line, p.shown(l.Name), "", "L", false)
		if l.Description != nil {
			p.font("", small)
			p.MultiCell(width-10, line-1, p.shown(*l.Description), "", "L", false)
		}
		about := w.Often(l.Interval)
		if l.Discount != nil {
			about = strings.TrimPrefix(about+", "+w.Discount+" "+p.discount(l.Discount), ", ")
		}
		p.cells("", "B", about, w.Number(l.Quantity), w.Money(l.UnitPrice), w.Percent(l.TaxPercent), w.Money(l.Net))
	}
	p.Ln(3)
}

func (p *paper) discount(d *quote.Discount) string {
	if d.Percent != nil {
		return p.words.Percent(*d.Percent)
	}
	return p.words.Money(d.Amount)
}

// sum writes a line of the totals.
func (p *paper) sum(style, name, amount string) {
	p.font(style, normal)
	p.CellFormat(width-50, line, p.shown(name), "", 0, "R", false, 0, "")
	p.CellFormat(50, line, p.shown(amount), "", 1, "R", false, 0, "")
}

func (p *paper) totals(c *quote.Content) {
	for _, t := range c.Totals {
		p.sum("", p.words.Subtotal, p.words.Money(t.Subtotal))
		for _, off := range t.Discounts() {
			p.sum("", p.words.Discount, p.words.Off(off))
		}
		for _, tax := range t.Taxes {
			p.sum("", p.words.Tax+" "+p.words.Percent(tax.Percent), p.words.Money(tax.Tax))
		}
		p.sum("B", p.words.TotalOf(t.Interval, len(c.Totals) == 1), p.words.Money(t.Total))
		p.Ln(3)
	}
}

// tail writes the terms, and what became of the quote.
func (p *paper) tail(page *quote.Page, c *quote.Content) {
	if c.Terms != nil {
		p.text("B", normal, p.words.Terms)
		p.text("", small, richtext.Text(richtext.FromMarkdown(*c.Terms)))
		p.Ln(4)
	}
	if outcome := page.Outcome(p.words); outcome != "" {
		p.text("B", normal, outcome)
	}
	if agreed := page.Version.AcceptedText; agreed != "" {
		p.text("", small, agreed)
	}
	p.Ln(2)
	p.text("", small, p.words.Notice)
}
