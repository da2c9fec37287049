package crm

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/currency"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// decimal is an amount as it is written: at most 15 digits, never negative.
var decimal = regexp.MustCompile(`^([0-9]{1,15})(?:\.([0-9]{1,14}))?$`)

// MaxDigits is the most digits of an amount, decimals included.
const MaxDigits = 15

// setAmount puts an amount into a deal, in the currency's smallest unit; null: none.
func setAmount(d *ent.Deal, to opt.Value[*vocab.Money]) error {
	money, ok := to.ValueOK()
	switch {
	case !ok:
		return nil
	case money == nil:
		d.Amount, d.Currency = nil, ""
		return nil
	}
	unit, decimals, err := CurrencyOf(money.Currency, "amount", "currency")
	if err != nil {
		return err
	}
	n, err := SmallestUnits(money.Value, decimals, "amount", "value")
	if err != nil {
		return err
	}
	d.Amount, d.Currency = &n, unit
	return nil
}

// CurrencyOf is a code of ISO 4217, and how many decimals its amounts have. Errors are on
// the path.
func CurrencyOf(code string, path ...string) (string, int, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return "", 0, errs.New(errs.Invalid, "%q is not a currency: give a code of ISO 4217, such as EUR.", errs.Clip(code)).On(path...)
	}
	decimals, _ := currency.Standard.Rounding(unit)
	return unit.String(), decimals, nil
}

// SmallestUnits is an amount in the smallest unit of a currency with so many decimals. Errors
// are on the path.
func SmallestUnits(value string, decimals int, path ...string) (int64, error) {
	parts := decimal.FindStringSubmatch(value)
	if parts == nil {
		return 0, errs.New(errs.Invalid, "%q is not an amount: give a decimal number such as 1250.50, not negative.", errs.Clip(value)).On(path...)
	}
	whole, fraction := parts[1], strings.TrimRight(parts[2], "0")
	if len(fraction) > decimals {
		return 0, errs.New(errs.Invalid, "Amounts of this currency have at most %d decimals.", decimals).On(path...)
	}
	digits := strings.TrimLeft(whole, "0") + fraction + strings.Repeat("0", decimals-len(fraction))
	if len(digits) > MaxDigits {
		return 0, errs.New(errs.Invalid, "An amount has at most %d digits, decimals included.", MaxDigits).On(path...)
	}
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Amount is what a deal is worth; nil: not known.
func Amount(d *ent.Deal) (*vocab.Money, error) {
	if d.Amount == nil {
		return nil, nil
	}
	return MoneyOf(*d.Amount, d.Currency)
}

// MoneyOf is a number of a currency's smallest units, as an amount.
func MoneyOf(n int64, code string) (*vocab.Money, error) {
	return moneyOf(strconv.FormatInt(n, 10), code)
}

// moneyOf is a number of a currency's smallest units, as an amount.
func moneyOf(digits, code string) (*vocab.Money, error) {
	_, decimals, err := CurrencyOf(code)
	if err != nil {
		return nil, err
	}
	if decimals == 0 {
		return &vocab.Money{Value: digits, Currency: code}, nil
	}
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	place := len(digits) - decimals
	return &vocab.Money{Value: digits[:place] + "." + digits[place:], Currency: code}, nil
}
