package quote

import (
	"embed"
	"strings"
	"time"

	"parley/internal/vocab"
)

// Texts are what pages and papers say: texts/*.json, Words of one language each.
//
//go:embed texts/*.json
var Texts embed.FS

// Words are what pages and papers say in one language.
type Words struct {
	Quote      string `json:"quote"`
	Reference  string `json:"reference"`
	From       string `json:"from"`
	For        string `json:"for"`
	Date       string `json:"date"`
	ValidUntil string `json:"validUntil"`
	Item       string `json:"item"`
	Quantity   string `json:"quantity"`
	Price      string `json:"price"`
	Discount   string `json:"discount"`
	Tax        string `json:"tax"`
	Amount     string `json:"amount"`
	Subtotal   string `json:"subtotal"`
	Net        string `json:"net"`
	Total      string `json:"total"`
	Once       string `json:"once"`
	Monthly    string `json:"monthly"`
	Yearly     string `json:"yearly"`
	Terms      string `json:"terms"`
	Download   string `json:"download"`
	Accept     string `json:"accept"`
	Name       string `json:"name"`
	Agree      string `json:"agree"`
	Decline    string `json:"decline"`
	Reason     string `json:"reason"`
	Notice     string `json:"notice"`
	Accepted   string `json:"accepted"`
	Declined   string `json:"declined"`
	Expired    string `json:"expired"`
	Changed    string `json:"changed"`
	EnterName  string `json:"enterName"`
	TickBox    string `json:"tickBox"`
	TooLong    string `json:"tooLong"`
	// What is said where there is no quote, or no answer is taken.
	Logo       string `json:"logo"`
	Gone       string `json:"gone"`
	Withdrawn  string `json:"withdrawn"`
	Elsewhere  string `json:"elsewhere"`
	Unreadable string `json:"unreadable"`
	Busy       string `json:"busy"`
	Failed     string `json:"failed"`
	// Layout is how a day and a time are written, as package time has it; Decimal and Group are
	// how numbers are.
	Layout  string `json:"layout"`
	Decimal string `json:"decimal"`
	Group   string `json:"group"`
}

// Number is a decimal as the language writes it.
func (w Words) Number(decimal string) string {
	whole, fraction, has := strings.Cut(decimal, ".")
	var b strings.Builder
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left%3 == 0 {
			b.WriteString(w.Group)
		}
		b.WriteRune(digit)
	}
	if has {
		b.WriteString(w.Decimal + fraction)
	}
	return b.String()
}

// Money is an amount as the language writes it, with its currency.
func (w Words) Money(m *vocab.Money) string { return w.Number(m.Value) + "\u00a0" + m.Currency }

// Off is an amount that is taken off.
func (w Words) Off(m *vocab.Money) string { return "−" + w.Money(m) }

// Percent is a percentage as the language writes it.
func (w Words) Percent(p string) string { return w.Number(p) + "\u00a0%" }

// Often is how often something is paid; "" for once.
func (w Words) Often(interval vocab.QuoteInterval) string {
	return map[vocab.QuoteInterval]string{vocab.QuoteMonthly: w.Monthly, vocab.QuoteYearly: w.Yearly}[interval]
}

// TotalOf names the total of an interval.
func (w Words) TotalOf(interval vocab.QuoteInterval, alone bool) string {
	switch often := w.Often(interval); {
	case often != "":
		return w.Total + ", " + often
	case alone:
		return w.Total
	}
	return w.Total + ", " + w.Once
}

// Moment is a time as the language writes it, in a zone.
func (w Words) Moment(at time.Time, zone *time.Location) string { return at.In(zone).Format(w.Layout) }

// Outcome is what became of the version that a page shows; "": it can be answered.
func (p *Page) Outcome(w Words) string {
	said := func(text string, at time.Time) string {
		return strings.NewReplacer("{date}", w.Moment(at, p.Zone), "{name}", p.Version.AcceptedName).Replace(text)
	}
	switch p.State {
	case vocab.QuoteAccepted:
		return said(w.Accepted, p.Version.AcceptedAt.Time())
	case vocab.QuoteDeclined:
		return said(w.Declined, p.Version.DeclinedAt.Time())
	case vocab.QuoteExpired:
		return w.Expired
	}
	return ""
}
