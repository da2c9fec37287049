package vocab

import "parley/internal/clock"

// QuoteState is how far a quote has come (CO-7).
type QuoteState string

// States of quotes.
const (
	QuoteDraft     QuoteState = "DRAFT"
	QuotePublished QuoteState = "PUBLISHED"
	QuoteAccepted  QuoteState = "ACCEPTED"
	QuoteDeclined  QuoteState = "DECLINED"
	QuoteExpired   QuoteState = "EXPIRED"
	QuoteRevoked   QuoteState = "REVOKED"
)

// QuoteStates are all states of quotes.
func QuoteStates() []QuoteState {
	return []QuoteState{QuoteDraft, QuotePublished, QuoteAccepted, QuoteDeclined, QuoteExpired, QuoteRevoked}
}

// QuoteOrder is the order of a list of quotes.
type QuoteOrder string

// Orders of quotes.
const (
	QuotesByActivity QuoteOrder = "ACTIVITY_DESC"
	QuotesNewest     QuoteOrder = "CREATED_AT_DESC"
)

// QuoteInterval is how often a line of a quote is paid.
type QuoteInterval string

// Intervals, in the order in which totals are listed.
const (
	QuoteOnce    QuoteInterval = "ONCE"
	QuoteMonthly QuoteInterval = "MONTHLY"
	QuoteYearly  QuoteInterval = "YEARLY"
)

// QuoteIntervals are all intervals, in order.
func QuoteIntervals() []QuoteInterval { return []QuoteInterval{QuoteOnce, QuoteMonthly, QuoteYearly} }

// QuoteContent is what a quote says. Amounts are in the currency's smallest unit; quantities
// and percentages are decimals as they are written, without zeros that say nothing.
type QuoteContent struct {
	Title      string       `json:"title,omitempty"`
	Reference  string       `json:"reference,omitempty"`
	Language   string       `json:"language,omitempty"`
	Currency   string       `json:"currency"`
	ValidUntil clock.Micros `json:"validUntil,omitempty"`
	Terms      string       `json:"terms,omitempty"`
	// Whom it is from and to. Names, and companies that are not said, are those of the owner, the account,
	// the contact and their company, and are put in when it is published.
	SenderName    string `json:"senderName,omitempty"`
	SenderCompany string `json:"senderCompany,omitempty"`
	SenderAddress string `json:"senderAddress,omitempty"`
	// SenderLogo is the picture that it shows; nil: none.
	SenderLogo       *QuoteLogo `json:"senderLogo,omitempty"`
	RecipientName    string     `json:"recipientName,omitempty"`
	RecipientCompany string     `json:"recipientCompany,omitempty"`
	RecipientAddress string     `json:"recipientAddress,omitempty"`

	Lines    []QuoteLine   `json:"lines,omitempty"`
	Discount QuoteDiscount `json:"discount,omitzero"`
}

// QuoteLogo is the picture of whom a quote is from.
type QuoteLogo struct {
	// ID is that of the upload.
	ID          string `json:"id"`
	FileName    string `json:"fileName"`
	ContentType string `json:"contentType"`
	// Width and Height are in pixels.
	Width  int `json:"width"`
	Height int `json:"height"`
}

// QuoteLine is a line of a quote.
type QuoteLine struct {
	Name        string        `json:"name,omitempty"`
	Description string        `json:"description,omitempty"`
	Quantity    string        `json:"quantity"`
	UnitPrice   int64         `json:"unitPrice"`
	Discount    QuoteDiscount `json:"discount,omitzero"`
	TaxPercent  string        `json:"taxPercent"`
	Interval    QuoteInterval `json:"interval"`
}

// QuoteDiscount is a part of a price, or an amount, that is taken off; zero: nothing is.
type QuoteDiscount struct {
	Percent string `json:"percent,omitempty"`
	Amount  int64  `json:"amount,omitempty"`
}

// QuoteSums are what a quote comes to.
type QuoteSums struct {
	Lines  []QuoteLineSum  `json:"lines"`
	Totals []QuoteTotalSum `json:"totals"`
}

// QuoteLineSum is what a line comes to: its price, what is taken off it, and what is left,
// without its part of the discount on the whole.
type QuoteLineSum struct {
	Price    int64 `json:"price"`
	Discount int64 `json:"discount"`
	Net      int64 `json:"net"`
}

// QuoteTotalSum is what the lines of an interval come to.
type QuoteTotalSum struct {
	Interval QuoteInterval `json:"interval"`
	// Subtotal is the sum of prices, LineDiscount and WholeDiscount are what is taken off.
	Subtotal      int64         `json:"subtotal"`
	LineDiscount  int64         `json:"lineDiscount"`
	WholeDiscount int64         `json:"wholeDiscount"`
	Net           int64         `json:"net"`
	Taxes         []QuoteTaxSum `json:"taxes,omitempty"`
	Total         int64         `json:"total"`
}

// QuoteTaxSum is the tax of one rate.
type QuoteTaxSum struct {
	Percent string `json:"percent"`
	Net     int64  `json:"net"`
	Tax     int64  `json:"tax"`
}
