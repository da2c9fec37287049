package quote

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// QuoteFacts are what a quote says. What is left out stays as it is.
type QuoteFacts struct {
	Title            opt.Value[*string]             `json:",omitzero"`
	Reference        opt.Value[*string]             `json:",omitzero"`
	Language         opt.Value[*string]             `json:",omitzero"`
	Currency         opt.Value[*string]             `json:",omitzero"`
	ValidUntil       opt.Value[*clock.Micros]       `json:",omitzero"`
	Terms            opt.Value[*string]             `json:",omitzero"`
	SenderCompany    opt.Value[*string]             `json:",omitzero"`
	SenderAddress    opt.Value[*string]             `json:",omitzero"`
	SenderLogoID     opt.Value[*string]             `json:",omitzero"`
	RecipientAddress opt.Value[*string]             `json:",omitzero"`
	Lines            opt.Value[[]QuoteLineInput]    `json:",omitzero"`
	Discount         opt.Value[*QuoteDiscountInput] `json:",omitzero"`
	AcceptedStageID  opt.Value[*string]             `json:",omitzero"`
	OwnerID          opt.Value[*string]             `json:",omitzero"`
	ContactID        opt.Value[*string]             `json:",omitzero"`
	CompanyID        opt.Value[*string]             `json:",omitzero"`
	DealID           opt.Value[*string]             `json:",omitzero"`
}

// QuoteLineInput is a line of a quote.
type QuoteLineInput struct {
	Name        string
	Description *string
	Quantity    *string
	UnitPrice   string
	Discount    *QuoteDiscountInput
	TaxPercent  *string
	Interval    *vocab.QuoteInterval
}

// QuoteDiscountInput is a discount: a percentage or an amount.
type QuoteDiscountInput struct {
	Percent *string
	Amount  *string
}

// CreateQuoteInput is the input of createQuote. A new quote.
type CreateQuoteInput struct {
	QuoteFacts
	ID             *string
	ConversationID *string
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateQuoteInput is the input of updateQuote. What is left out stays as it is.
type UpdateQuoteInput struct {
	QuoteFacts
	QuoteID          string
	ExpectedRevision *int
	ExternalID       opt.Value[*string]
	IdempotencyKey   *string
}

// PublishQuoteInput is the input of publishQuote. Which quote to publish.
type PublishQuoteInput struct {
	QuoteID          string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// RevokeQuoteInput is the input of revokeQuote. Which quote to revoke.
type RevokeQuoteInput struct {
	QuoteID        string
	IdempotencyKey *string
}

// DeleteQuoteInput is the input of deleteQuote. Which quote to delete.
type DeleteQuoteInput struct {
	QuoteID        string
	IdempotencyKey *string
}

// QuoteFilter narrows a list of quotes. All that is given must be so; within a list, any.
type QuoteFilter struct {
	States         []vocab.QuoteState
	OwnerIDs       []string
	ContactID      *string
	CompanyIDs     []string
	DealID         *string
	ConversationID *string
	Number         *int
	ExternalIDs    []string
}

// SetQuoteLogoInput is the input of setQuoteLogo. Which logo new quotes take.
type SetQuoteLogoInput struct {
	LogoID         *string
	IdempotencyKey *string
}
