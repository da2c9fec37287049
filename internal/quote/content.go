package quote

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/ent"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits; lengths in characters.
const (
	MaxTitle       = 200
	MaxReference   = 200
	MaxLines       = 200
	MaxLineName    = 200
	MaxDescription = 2_000
	MaxTerms       = 20_000
	MaxCompany     = 200
	MaxAddress     = 500
)

var (
	quantity   = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,3})?$`)
	percentage = regexp.MustCompile(`^(100(\.0{1,3})?|[0-9]{1,2}(\.[0-9]{1,3})?)$`)
	zero       = regexp.MustCompile(`^0+(\.0+)?$`)
)

// short is a decimal without zeros that say nothing.
func short(decimal string) string {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		return whole + "." + fraction
	}
	return whole
}

// applyContent puts what is given into a quote. Errors are on the fields.
func (f QuoteFacts) applyContent(q *ent.Quote) error {
	c := &q.Content
	currency := c.Currency
	faults := []error{
		applyLine(&c.Title, f.Title, MaxTitle, "title"), applyLine(&c.Reference, f.Reference, MaxReference, "reference"),
		applyLine(&c.SenderCompany, f.SenderCompany, MaxCompany, "senderCompany"), applyText(&c.SenderAddress, f.SenderAddress, MaxAddress, "senderAddress"),
		applyText(&c.RecipientAddress, f.RecipientAddress, MaxAddress, "recipientAddress"), applyText(&c.Terms, f.Terms, MaxTerms, "terms"),
		f.applyLanguage(c), f.applyCurrency(c),
	}
	if c.Title == "" && faults[0] == nil {
		faults = append(faults, errs.New(errs.Required, "Enter a title.").On("title"))
	}
	opt.Set(&c.ValidUntil, f.ValidUntil)
	if err := errors.Join(faults...); err != nil {
		return err
	}
	_, decimals, err := crm.CurrencyOf(c.Currency, "currency")
	if err != nil {
		return err
	}
	if currency != "" && currency != c.Currency && (len(c.Lines) > 0 && !f.Lines.IsSet() || c.Discount.Amount > 0 && !f.Discount.IsSet()) {
		return errs.New(errs.Invalid, "Its amounts are in %s: give its lines and its discount in the other currency with it.", currency).On("currency")
	}
	if err := errors.Join(f.applyLines(c, decimals), f.applyDiscount(c, decimals)); err != nil {
		return err
	}
	_, err = Sum(c)
	return err
}

func applyLine(to *string, v opt.Value[*string], most int, field string) error {
	given, ok := v.ValueOK()
	if !ok {
		return nil
	}
	if given == nil || richtext.Blank(*given) {
		*to = ""
		return nil
	}
	clean, err := richtext.OneLine(*given, most, field)
	*to = clean
	return err
}

func applyText(to *string, v opt.Value[*string], most int, field ...string) error {
	given, ok := v.ValueOK()
	if !ok {
		return nil
	}
	clean, err := cleanText(value(given), most, field...)
	*to = clean
	return err
}

// cleanText is a text of several lines as it is kept.
func cleanText(text string, most int, path ...string) (string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n") // forms send lines so
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(path...)
	}
	if richtext.Blank(text) {
		return "", nil
	}
	clean, err := richtext.Clean(text, path...)
	return strings.TrimSpace(clean), err
}

func (f QuoteFacts) applyLanguage(c *vocab.QuoteContent) error {
	opt.Set(&c.Language, f.Language)
	if c.Language == "" {
		return nil
	}
	tag, err := language.Parse(c.Language)
	if err != nil {
		return errs.New(errs.Invalid, "%q is not a language: give a BCP 47 tag such as \"de\".", errs.Clip(c.Language)).On("language")
	}
	c.Language = tag.String()
	return nil
}

func (f QuoteFacts) applyCurrency(c *vocab.QuoteContent) error {
	if given := f.Currency.Value(); given != nil {
		unit, _, err := crm.CurrencyOf(*given, "currency")
		c.Currency = unit
		return err
	}
	if c.Currency == "" || f.Currency.IsSet() {
		return errs.New(errs.Required, "Enter a currency: a code of ISO 4217, such as EUR.").On("currency")
	}
	return nil
}

// applyLines takes the lines, all of them together.
func (f QuoteFacts) applyLines(c *vocab.QuoteContent, decimals int) error {
	list, ok := f.Lines.ValueOK()
	if !ok {
		return nil
	}
	if n := len(list); n > MaxLines {
		return errs.Exceeds(MaxLines, "There are %d lines; at most %d are allowed.", n, MaxLines).On("lines")
	}
	if len(list) == 0 {
		c.Lines = nil
		return nil
	}
	c.Lines = make([]vocab.QuoteLine, len(list))
	var faults []error
	for i, in := range list {
		line, err := in.readLine(decimals, "lines", strconv.Itoa(i))
		c.Lines[i] = line
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (in QuoteLineInput) readLine(decimals int, path ...string) (line vocab.QuoteLine, err error) {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	faults := make([]error, 6)
	line.Name, faults[0] = richtext.OneLine(in.Name, MaxLineName, at("name")...)
	line.Description, faults[1] = cleanText(value(in.Description), MaxDescription, at("description")...)
	line.Quantity = "1"
	if in.Quantity != nil {
		if line.Quantity = *in.Quantity; !quantity.MatchString(line.Quantity) || zero.MatchString(line.Quantity) {
			faults[2] = errs.New(errs.Invalid, "%q is not a quantity: give a decimal number above 0 of at most 9 digits and 3 decimals, such as 2.5.", errs.Clip(*in.Quantity)).On(at("quantity")...)
		}
		line.Quantity = short(line.Quantity)
	}
	line.UnitPrice, faults[3] = crm.SmallestUnits(in.UnitPrice, decimals, at("unitPrice")...)
	line.Discount, faults[4] = in.Discount.readDiscount(decimals, at("discount")...)
	line.TaxPercent, faults[5] = readPercent(value(in.TaxPercent), at("taxPercent")...)
	line.Interval = vocab.QuoteOnce
	if in.Interval != nil {
		line.Interval = *in.Interval
	}
	return line, errors.Join(faults...)
}

// readPercent is a percentage; "" is 0.
func readPercent(text string, path ...string) (string, error) {
	if text == "" {
		return "0", nil
	}
	if !percentage.MatchString(text) {
		return "", errs.New(errs.Invalid, "%q is not a percentage: give a decimal number from 0 to 100 with at most 3 decimals, such as 7.7.", errs.Clip(text)).On(path...)
	}
	return short(text), nil
}

func (in *QuoteDiscountInput) readDiscount(decimals int, path ...string) (d vocab.QuoteDiscount, err error) {
	switch {
	case in == nil:
	case in.Percent != nil:
		if d.Percent, err = readPercent(*in.Percent, append(slices.Clone(path), "percent")...); d.Percent == "0" {
			d.Percent = ""
		}
	case in.Amount != nil:
		d.Amount, err = crm.SmallestUnits(*in.Amount, decimals, append(slices.Clone(path), "amount")...)
	}
	return d, err
}

func (f QuoteFacts) applyDiscount(c *vocab.QuoteContent, decimals int) (err error) {
	if given, ok := f.Discount.ValueOK(); ok {
		c.Discount, err = given.readDiscount(decimals, "discount")
	}
	return err
}

// applyReferences puts what is given of other objects into a quote. Errors are NOT_FOUND and
// INVALID on their fields.
func (f QuoteFacts) applyReferences(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	parties := crm.Parties{OwnerID: &q.OwnerID, ContactID: &q.ContactID, CompanyID: &q.CompanyID}
	return errors.Join(parties.Apply(ctx, tx, f.OwnerID, f.ContactID, f.CompanyID), f.applyDeal(ctx, tx, q), f.applyStage(ctx, tx, q))
}

func (f QuoteFacts) applyDeal(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	before := q.DealID
	opt.Set(&q.DealID, f.DealID)
	if q.DealID == before || q.DealID == "" {
		return nil
	}
	_, err := findDeal(ctx, tx, q.DealID)
	return err
}

// findDeal is a deal that the viewer may see.
func findDeal(ctx context.Context, tx *store.Tx, dealID string) (*ent.Deal, error) {
	unknown := errs.New(errs.NotFound, "There is no deal %q that you may see.", errs.Clip(dealID)).On("dealId")
	if !id.Is(dealID, id.Deal) {
		return nil, unknown
	}
	d, err := tx.Client.Deal.Get(ctx, dealID)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return d, err
}

func (f QuoteFacts) applyStage(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	before := q.AcceptedStageID
	opt.Set(&q.AcceptedStageID, f.AcceptedStageID)
	if q.AcceptedStageID == before || q.AcceptedStageID == "" {
		return nil
	}
	return crm.CheckDealStage(ctx, tx, q.AcceptedStageID, "acceptedStageId")
}
