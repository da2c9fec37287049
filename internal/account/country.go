package account

import (
	"strings"

	"golang.org/x/text/language"

	"parley/internal/errs"
)

// CleanCountry returns a country as it is kept: two capital letters (ISO 3166); "" is
// none. INVALID on the field.
func CleanCountry(code, field string) (string, error) {
	if code == "" {
		return "", nil
	}
	region, err := language.ParseRegion(code)
	if err != nil || len(code) != 2 || !region.IsCountry() {
		return "", errs.New(errs.Invalid, "%q is not a country; write its two letters, such as \"AT\".", errs.Clip(code)).On(field)
	}
	return strings.ToUpper(code), nil
}
