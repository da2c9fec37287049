package quote

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// exact has room for the product of any quantity, price and percentage.
var exact = func() *apd.Context {
	c := apd.BaseContext.WithPrecision(60)
	c.Rounding = apd.RoundHalfUp
	c.Traps = apd.DefaultTraps &^ (apd.Inexact | apd.Rounded)
	return c
}()

// mostUnits is the most that an amount may be, in the smallest unit.
const mostUnits = 999_999_999_999_999

// times is a number of units times a decimal, which counts hundredths if it is a percentage, half up.
func times(units int64, decimal string, percent bool) (int64, error) {
	factor, _, err := apd.NewFromString(decimal)
	if err != nil {
		return 0, err
	}
	if percent {
		factor.Exponent -= 2
	}
	var product, whole apd.Decimal
	if _, err := exact.Mul(&product, apd.New(units, 0), factor); err != nil {
		return 0, err
	}
	if _, err := exact.Quantize(&whole, &product, 0); err != nil {
		return 0, err
	}
	if whole.Cmp(apd.New(mostUnits, 0)) > 0 {
		return 0, errs.New(errs.Invalid, "It comes to more than an amount can be: at most %d digits, decimals included.", crm.MaxDigits)
	}
	return whole.Int64()
}

// Sum is what a quote comes to: each line is rounded half up, and so is its tax. What is
// taken off the whole is shared among the lines by what they come to, and no unit is lost: a
// percentage is taken off each interval, and an amount off all lines together. Errors are on
// the lines, with their place, and on the discount.
func Sum(c *vocab.QuoteContent) (*vocab.QuoteSums, error) {
	sums := &vocab.QuoteSums{Lines: make([]vocab.QuoteLineSum, len(c.Lines)), Totals: []vocab.QuoteTotalSum{}}
	for i, line := range c.Lines {
		sum, err := sumLine(line, "lines", strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		sums.Lines[i] = sum
	}
	shares, err := shareDiscount(c, sums.Lines)
	if err != nil {
		return nil, err
	}
	for _, interval := range vocab.QuoteIntervals() {
		total, err := sumInterval(c, sums.Lines, shares, interval)
		if err != nil {
			return nil, err
		}
		if total != nil {
			sums.Totals = append(sums.Totals, *total)
		}
	}
	return sums, nil
}

func sumLine(line vocab.QuoteLine, path ...string) (sum vocab.QuoteLineSum, err error) {
	blame := func(err error, field ...string) error {
		if e := errs.Of(err); e != nil {
			return e.On(append(slices.Clone(path), field...)...)
		}
		return err
	}
	if sum.Price, err = times(line.UnitPrice, line.Quantity, false); err != nil {
		return sum, blame(err, "unitPrice")
	}
	if sum.Discount, err = discountOf(line.Discount, sum.Price); err != nil {
		return sum, blame(err, "discount", "amount")
	}
	sum.Net = sum.Price - sum.Discount
	return sum, nil
}

// discountOf is what a discount takes off a price.
func discountOf(d vocab.QuoteDiscount, price int64) (int64, error) {
	if d.Percent != "" {
		return times(price, d.Percent, true)
	}
	if d.Amount > price {
		return 0, errs.New(errs.Invalid, "The discount is more than the price that it is taken off.")
	}
	return d.Amount, nil
}

// shareDiscount is what the discount on the whole takes off each line.
func shareDiscount(c *vocab.QuoteContent, lines []vocab.QuoteLineSum) ([]int64, error) {
	shares := make([]int64, len(lines))
	groups := [][]int{nil}
	if c.Discount.Percent != "" {
		groups = nil
		for _, interval := range vocab.QuoteIntervals() {
			groups = append(groups, placesOf(c, interval))
		}
	} else {
		for i := range lines {
			groups[0] = append(groups[0], i)
		}
	}
	for _, places := range groups {
		nets, whole := make([]int64, len(places)), int64(0)
		for i, place := range places {
			nets[i] = lines[place].Net
			whole += nets[i]
		}
		if whole > mostUnits {
			return nil, errs.New(errs.Invalid, "The lines come to more than an amount can be: at most %d digits, decimals included.", crm.MaxDigits).On("lines")
		}
		off, err := discountOf(c.Discount, whole)
		if err != nil {
			if e := errs.Of(err); e != nil {
				return nil, e.On("discount", "amount")
			}
			return nil, err
		}
		for i, part := range Spread(off, nets) {
			shares[places[i]] = part
		}
	}
	return shares, nil
}

func placesOf(c *vocab.QuoteContent, interval vocab.QuoteInterval) (places []int) {
	for i, line := range c.Lines {
		if line.Interval == interval {
			places = append(places, i)
		}
	}
	return places
}

// Spread shares an amount by weights, of which it is at most the sum: each gets its part
// rounded down, and the units that are left go to those of which most was cut off, the first
// of them where it is the same.
func Spread(amount int64, weights []int64) []int64 {
	shares, cut := make([]int64, len(weights)), make([]uint64, len(weights))
	sum := uint64(0)
	for _, w := range weights {
		sum += uint64(w) //nolint:gosec // weights are not negative
	}
	if sum == 0 {
		return shares
	}
	left, order := amount, make([]int, len(weights))
	for i, w := range weights {
		high, low := bits.Mul64(uint64(amount), uint64(w)) //nolint:gosec // neither is negative
		share, rest := bits.Div64(high, low, sum)
		shares[i], cut[i], order[i] = int64(share), rest, i //nolint:gosec // at most the weight
		left -= shares[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case cut[a] > cut[b]:
			return -1
		case cut[a] < cut[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}

// sumInterval adds up the lines of an interval; nil: there is none.
func sumInterval(c *vocab.QuoteContent, lines []vocab.QuoteLineSum, shares []int64, interval vocab.QuoteInterval) (*vocab.QuoteTotalSum, error) {
	places := placesOf(c, interval)
	if len(places) == 0 {
		return nil, nil
	}
	total := &vocab.QuoteTotalSum{Interval: interval}
	for _, i := range places {
		total.Subtotal += lines[i].Price
		total.LineDiscount += lines[i].Discount
		total.WholeDiscount += shares[i]
		net := lines[i].Net - shares[i]
		total.Net += net
		tax, err := times(net, c.Lines[i].TaxPercent, true)
		if err != nil {
			return nil, err // it is at most the net amount
		}
		total.Total += net + tax
		if c.Lines[i].TaxPercent != "0" {
			addTax(total, c.Lines[i].TaxPercent, net, tax)
		}
	}
	if total.Total > mostUnits || total.Subtotal > mostUnits {
		return nil, errs.New(errs.Invalid, "The lines come to more than an amount can be: at most %d digits, decimals included.", crm.MaxDigits).On("lines")
	}
	return total, nil
}

// addTax adds a line's tax to that of its rate, in the order of the lines.
func addTax(total *vocab.QuoteTotalSum, percent string, net, tax int64) {
	i := slices.IndexFunc(total.Taxes, func(t vocab.QuoteTaxSum) bool { return t.Percent == percent })
	if i < 0 {
		i = len(total.Taxes)
		total.Taxes = append(total.Taxes, vocab.QuoteTaxSum{Percent: percent})
	}
	total.Taxes[i].Net += net
	total.Taxes[i].Tax += tax
}
