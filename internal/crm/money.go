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

const maxDigits = 15

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
	unit, decimals, err := currencyOf(money.Currency)
	if err != nil {
		return err
	}
	n, err := smallestUnits(money.Value, decimals)
	if err != nil {
		return err
	}
	d.Amount, d.Currency = &n, unit
	return nil
}

// currencyOf is a code of ISO 4217, and how many decimals its amounts have.
func currencyOf(code string) (string, int, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return "", 0, errs.New(errs.Invalid, "%q is not a currency: give a code of ISO 4217, such as EUR.", errs.Clip(code)).On("amount", "currency")
	}
	decimals, _ := currency.Standard.Rounding(unit)
	return unit.String(), decimals, nil
}

func smallestUnits(value string, decimals int) (int64, error) {
	parts := decimal.FindStringSubmatch(value)
	if parts == nil {
		return 0, errs.New(errs.Invalid, "%q is not an amount: give a decimal number such as 1250.50, not negative.", errs.Clip(value)).On("amount", "value")
	}
	whole, fraction := parts[1], strings.TrimRight(parts[2], "0")
	if len(fraction) > decimals {
		return 0, errs.New(errs.Invalid, "Amounts of this currency have at most %d decimals.", decimals).On("amount", "value")
	}
	digits := strings.TrimLeft(whole, "0") + fraction + strings.Repeat("0", decimals-len(fraction))
	if len(digits) > maxDigits {
		return 0, errs.New(errs.Invalid, "An amount has at most %d digits, decimals included.", maxDigits).On("amount", "value")
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
	return moneyOf(strconv.FormatInt(*d.Amount, 10), d.Currency)
}

// moneyOf is a number of a currency's smallest units, as an amount.
func moneyOf(digits, code string) (*vocab.Money, error) {
	_, decimals, err := currencyOf(code)
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
