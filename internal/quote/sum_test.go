package quote_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/errs"
	"parley/internal/quote"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// halfUp is a fraction, rounded half up.
func halfUp(r *big.Rat) int64 {
	twice := new(big.Int).Add(new(big.Int).Mul(r.Num(), big.NewInt(2)), r.Denom())
	return new(big.Int).Div(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2))).Int64()
}

func rat(t *rapid.T, decimal string) *big.Rat {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		t.Fatalf("%q is no number", decimal)
	}
	return r
}

func percentOf(t *rapid.T, units int64, percent string) int64 {
	return halfUp(new(big.Rat).Mul(big.NewRat(units, 100), rat(t, percent)))
}

// drawDecimal draws a decimal of at most 3 decimals, up to most thousandths.
func drawDecimal(t *rapid.T, least, most int, label string) string {
	n := rapid.IntRange(least, most).Draw(t, label)
	return fmt.Sprintf("%d.%03d", n/1000, n%1000)
}

func drawQuote(t *rapid.T) *vocab.QuoteContent {
	c := &vocab.QuoteContent{Currency: "EUR"}
	for range rapid.IntRange(0, 8).Draw(t, "lines") {
		line := vocab.QuoteLine{
			Quantity: drawDecimal(t, 1, 9_999_999, "quantity"), UnitPrice: rapid.Int64Range(0, 99_999_99).Draw(t, "price"),
			TaxPercent: rapid.SampledFrom([]string{"0", "7.7", "19", "20", "100"}).Draw(t, "tax"),
			Interval:   rapid.SampledFrom(vocab.QuoteIntervals()).Draw(t, "interval"),
		}
		if rapid.Bool().Draw(t, "discounted") {
			line.Discount.Percent = drawDecimal(t, 0, 100_000, "discount")
		}
		c.Lines = append(c.Lines, line)
	}
	if rapid.Bool().Draw(t, "discounted as a whole") {
		c.Discount.Percent = drawDecimal(t, 0, 100_000, "whole")
	}
	return c
}

// CO-7: lines and their taxes are rounded half up, nothing is lost or made where sums are
// shared and added, and each interval has its own total.
func TestSums(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawQuote(t)
		sums, err := quote.Sum(c)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, interval := range vocab.QuoteIntervals() {
			var subtotal, off, net int64
			lines := 0
			for i, line := range c.Lines {
				if line.Interval != interval {
					continue
				}
				lines++
				price := halfUp(new(big.Rat).Mul(big.NewRat(line.UnitPrice, 1), rat(t, line.Quantity)))
				discount := int64(0)
				if line.Discount.Percent != "" {
					discount = percentOf(t, price, line.Discount.Percent)
				}
				if got := sums.Lines[i]; got.Price != price || got.Discount != discount || got.Net != price-discount {
					t.Fatalf("line %d of %+v: got %+v, want %d and %d", i, c, got, price, discount)
				}
				subtotal, off, net = subtotal+price, off+discount, net+price-discount
			}
			if lines == 0 {
				continue
			}
			got, whole := sums.Totals[seen], int64(0)
			seen++
			if c.Discount.Percent != "" {
				whole = percentOf(t, net, c.Discount.Percent)
			}
			tax, taxed := int64(0), int64(0)
			for _, one := range got.Taxes {
				tax, taxed = tax+one.Tax, taxed+one.Net
			}
			if got.Interval != interval || got.Subtotal != subtotal || got.LineDiscount != off || got.WholeDiscount != whole || got.Net != net-whole ||
				got.Total != got.Net+tax || taxed > got.Net {
				t.Fatalf("%+v comes to %+v: want %d less %d less %d", c, got, subtotal, off, whole)
			}
		}
		if seen != len(sums.Totals) {
			t.Fatalf("%d totals, want %d", len(sums.Totals), seen)
		}
	})
}

// CO-7: what is shared by weights is shared wholly, and no part is more than a unit away from
// what it would be exactly.
func TestSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 999_999_999_999_999), 0, 12).Draw(t, "weights")
		sum := int64(0)
		for _, w := range weights {
			sum += w
		}
		amount := rapid.Int64Range(0, min(sum, 999_999_999_999_999)).Draw(t, "amount")
		left := amount
		for i, share := range quote.Spread(amount, weights) {
			left -= share
			exact := new(big.Rat).Mul(big.NewRat(amount, 1), big.NewRat(weights[i], max(sum, 1)))
			apart := new(big.Rat).Sub(big.NewRat(share, 1), exact)
			if share > weights[i] || apart.Cmp(big.NewRat(1, 1)) >= 0 || apart.Cmp(big.NewRat(-1, 1)) <= 0 {
				t.Fatalf("%d of %v gives %d for %d", amount, weights, share, weights[i])
			}
		}
		if left != 0 {
			t.Fatalf("%d of %v leaves %d", amount, weights, left)
		}
	})
	check.Same(t, quote.Spread(100, []int64{1, 1, 1}), []int64{34, 33, 33})
	check.Same(t, quote.Spread(0, nil), []int64{})
}

// CO-7: an amount off the whole is shared among all lines, of all intervals; yen have no
// decimals, and dinars three.
func TestSumsOfAmounts(t *testing.T) {
	t.Parallel()
	line := func(price int64, interval vocab.QuoteInterval) vocab.QuoteLine {
		return vocab.QuoteLine{Quantity: "1", UnitPrice: price, TaxPercent: "10", Interval: interval}
	}
	sums := check.Must(quote.Sum(&vocab.QuoteContent{
		Currency: "JPY", Lines: []vocab.QuoteLine{line(1000, vocab.QuoteOnce), line(105, vocab.QuoteMonthly)}, Discount: vocab.QuoteDiscount{Amount: 110},
	}))(t)
	check.Same(t, sums.Totals, []vocab.QuoteTotalSum{
		{Interval: vocab.QuoteOnce, Subtotal: 1000, WholeDiscount: 100, Net: 900, Taxes: []vocab.QuoteTaxSum{{Percent: "10", Net: 900, Tax: 90}}, Total: 990},
		{Interval: vocab.QuoteMonthly, Subtotal: 105, WholeDiscount: 10, Net: 95, Taxes: []vocab.QuoteTaxSum{{Percent: "10", Net: 95, Tax: 10}}, Total: 105},
	})
	for _, c := range []struct {
		change func(*vocab.QuoteContent)
		field  []string
	}{
		{func(c *vocab.QuoteContent) {
			c.Lines[1].Quantity, c.Lines[1].UnitPrice = "999999999", 999_999_999_999_999
		}, []string{"lines", "1", "unitPrice"}},
		{func(c *vocab.QuoteContent) { c.Lines[1].UnitPrice = 999_999_999_999_999 }, []string{"lines"}},
		{func(c *vocab.QuoteContent) { c.Lines[0].Discount.Amount = 1001 }, []string{"lines", "0", "discount", "amount"}},
		{func(c *vocab.QuoteContent) { c.Discount.Amount = 1006 }, []string{"discount", "amount"}},
	} {
		content := &vocab.QuoteContent{Currency: "EUR", Lines: []vocab.QuoteLine{line(1000, vocab.QuoteOnce), line(5, vocab.QuoteOnce)}}
		c.change(content)
		_, err := quote.Sum(content)
		check.Refused(t, err, errs.Invalid, c.field...)
	}
}
