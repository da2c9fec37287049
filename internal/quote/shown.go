package quote

import (
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/vocab"
)

// Content is what a quote says, with its amounts as the API and its page show them.
type Content struct {
	Title            string           `json:"title"`
	Reference        *string          `json:"reference,omitempty"`
	Language         *string          `json:"language,omitempty"`
	Currency         string           `json:"currency"`
	ValidUntil       clock.Micros     `json:"-"`
	Terms            *string          `json:"terms,omitempty"`
	SenderName       *string          `json:"senderName,omitempty"`
	SenderCompany    *string          `json:"senderCompany,omitempty"`
	SenderAddress    *string          `json:"senderAddress,omitempty"`
	SenderLogo       *vocab.QuoteLogo `json:"senderLogo,omitempty"`
	RecipientName    *string          `json:"recipientName,omitempty"`
	RecipientCompany *string          `json:"recipientCompany,omitempty"`
	RecipientAddress *string          `json:"recipientAddress,omitempty"`
	Lines            []*Line          `json:"lines"`
	Discount         *Discount        `json:"discount,omitempty"`
	Totals           []*Total         `json:"totals"`
}

// Line is a line of a quote.
type Line struct {
	Name        string              `json:"name"`
	Description *string             `json:"description,omitempty"`
	Quantity    string              `json:"quantity"`
	UnitPrice   *vocab.Money        `json:"unitPrice"`
	Discount    *Discount           `json:"discount,omitempty"`
	TaxPercent  string              `json:"taxPercent"`
	Interval    vocab.QuoteInterval `json:"interval"`
	// Price is what the quantity costs, and Net what is left of it without the line's discount.
	Price *vocab.Money `json:"price"`
	Net   *vocab.Money `json:"net"`
}

// Discount is a percentage or an amount.
type Discount struct {
	Percent *string      `json:"percent,omitempty"`
	Amount  *vocab.Money `json:"amount,omitempty"`
}

// Total is what the lines of an interval come to.
type Total struct {
	Interval      vocab.QuoteInterval `json:"interval"`
	Subtotal      *vocab.Money        `json:"subtotal"`
	LineDiscount  *vocab.Money        `json:"lineDiscount"`
	WholeDiscount *vocab.Money        `json:"wholeDiscount"`
	Net           *vocab.Money        `json:"net"`
	Taxes         []*Tax              `json:"taxes"`
	Total         *vocab.Money        `json:"total"`
}

// Tax is the tax of one rate.
type Tax struct {
	Percent string       `json:"percent"`
	Net     *vocab.Money `json:"net"`
	Tax     *vocab.Money `json:"tax"`
}

// ContentOf is what a quote says now, published or not.
func ContentOf(q *ent.Quote) (*Content, error) {
	sums, err := Sum(&q.Content)
	if err != nil {
		return nil, err
	}
	return show(&q.Content, sums)
}

// ContentOfVersion is what a version says.
func ContentOfVersion(v *ent.QuoteVersion) (*Content, error) { return show(&v.Content, &v.Sums) }

// shower writes amounts of a currency, and keeps the first error.
type shower struct {
	currency string
	err      error
}

func (s *shower) money(n int64) *vocab.Money {
	m, err := crm.MoneyOf(n, s.currency)
	if s.err == nil {
		s.err = err
	}
	return m
}

func (s *shower) discount(d vocab.QuoteDiscount) *Discount {
	switch {
	case d.Percent != "":
		return &Discount{Percent: &d.Percent}
	case d.Amount != 0:
		return &Discount{Amount: s.money(d.Amount)}
	}
	return nil
}

func show(c *vocab.QuoteContent, sums *vocab.QuoteSums) (*Content, error) {
	s := &shower{currency: c.Currency}
	shown := &Content{
		Title: c.Title, Currency: c.Currency, Reference: orNil(c.Reference), Language: orNil(c.Language), Terms: orNil(c.Terms), ValidUntil: c.ValidUntil,
		SenderName: orNil(c.SenderName), SenderCompany: orNil(c.SenderCompany), SenderAddress: orNil(c.SenderAddress), SenderLogo: c.SenderLogo,
		RecipientName: orNil(c.RecipientName), RecipientCompany: orNil(c.RecipientCompany), RecipientAddress: orNil(c.RecipientAddress),
		Lines: make([]*Line, len(c.Lines)), Discount: s.discount(c.Discount), Totals: []*Total{},
	}
	for i, line := range c.Lines {
		sum := sums.Lines[i]
		shown.Lines[i] = &Line{
			Name: line.Name, Description: orNil(line.Description), Quantity: line.Quantity, UnitPrice: s.money(line.UnitPrice), Discount: s.discount(line.Discount),
			TaxPercent: line.TaxPercent, Interval: line.Interval, Price: s.money(sum.Price), Net: s.money(sum.Net),
		}
	}
	for _, t := range sums.Totals {
		total := &Total{
			Interval: t.Interval, Subtotal: s.money(t.Subtotal), LineDiscount: s.money(t.LineDiscount), WholeDiscount: s.money(t.WholeDiscount),
			Net: s.money(t.Net), Total: s.money(t.Total), Taxes: []*Tax{},
		}
		for _, tax := range t.Taxes {
			total.Taxes = append(total.Taxes, &Tax{tax.Percent, s.money(tax.Net), s.money(tax.Tax)})
		}
		shown.Totals = append(shown.Totals, total)
	}
	return shown, s.err
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Blank is what is left of a quote when whom it was for is erased (CR-5): its amounts, and
// not a word.
func Blank(c vocab.QuoteContent) vocab.QuoteContent {
	blank := vocab.QuoteContent{Language: c.Language, Currency: c.Currency, ValidUntil: c.ValidUntil, Discount: c.Discount}
	for _, line := range c.Lines {
		line.Name, line.Description = "", ""
		blank.Lines = append(blank.Lines, line)
	}
	return blank
}

// Discounts are what is taken off, where anything is.
func (t *Total) Discounts() []*vocab.Money {
	var list []*vocab.Money
	for _, m := range []*vocab.Money{t.LineDiscount, t.WholeDiscount} {
		if strings.Trim(m.Value, "0.") != "" {
			list = append(list, m)
		}
	}
	return list
}
