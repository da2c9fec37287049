package smartlist

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/pageurl"
	"parley/internal/tag"
	"parley/internal/vocab"
)

// Limits of criteria.
const (
	MaxConditions = 50
	MaxDepth      = 5
	MaxValues     = 100
	maxDays       = 3650
	maxValue      = 2048
)

// Clean returns criteria as a list keeps them. What they refer to must be there, and be
// seen by the caller. Errors blame the place below "criteria": INVALID, NOT_FOUND,
// REQUIRED, TOO_LONG.
func Clean(ctx context.Context, client *ent.Client, in *ContactListCriteriaInput) (*ContactListCriteriaInput, error) {
	if err := checkShape(in, 1, &counter{}, "criteria"); err != nil {
		return nil, err
	}
	var faults []error
	in.each([]string{"criteria"}, func(in *ContactListCriteriaInput, path []string) { faults = append(faults, in.clean(path)) })
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	k, err := loadKnown(ctx, client, []*ContactListCriteriaInput{in})
	if err != nil {
		return nil, err
	}
	in.each([]string{"criteria"}, func(in *ContactListCriteriaInput, path []string) {
		if fault := k.fault(in, path, true); fault != nil {
			faults = append(faults, fault)
		}
	})
	return in, errors.Join(faults...)
}

// counter counts conditions.
type counter struct{ n int }

// checkShape refuses criteria that are too deep or too many, and what is not exactly one
// condition.
func checkShape(in *ContactListCriteriaInput, depth int, all *counter, path ...string) error {
	if depth > MaxDepth {
		return errs.Exceeds(MaxDepth, "The criteria are nested more than %d levels deep.", MaxDepth).On(path...)
	}
	if all.n++; all.n > MaxConditions {
		return errs.Exceeds(MaxConditions, "There are more than %d conditions.", MaxConditions).On("criteria")
	}
	if in == nil || in.set() != 1 {
		return errs.New(errs.Invalid, "Give exactly one condition.").On(path...)
	}
	for field, below := range map[string][]*ContactListCriteriaInput{"all": in.All, "any": in.Any} {
		if below != nil && len(below) == 0 {
			return errs.New(errs.Required, "Give at least one condition.").On(join(path, field)...)
		}
		for i, one := range below {
			if err := checkShape(one, depth+1, all, at(path, field, i)...); err != nil {
				return err
			}
		}
	}
	if in.Not != nil {
		return checkShape(in.Not, depth+1, all, join(path, "not")...)
	}
	return nil
}

// set is how many conditions are given.
func (in *ContactListCriteriaInput) set() (n int) {
	for _, given := range []bool{
		in.All != nil, in.Any != nil, in.Not != nil, in.Property != nil, in.PropertyDate != nil, in.Languages != nil, in.Countries != nil, in.LifecycleStages != nil,
		in.OwnerIDs != nil, in.Sources != nil, in.EmailDomains != nil, in.Time != nil, in.Conversation != nil, in.Consent != nil,
		in.PageView != nil, in.ContactListID != nil,
	} {
		if given {
			n++
		}
	}
	return n
}

// clean checks what one condition says by itself, and writes it as it is compared.
func (in *ContactListCriteriaInput) clean(path []string) error {
	switch {
	case in.Languages != nil:
		return cleanValues(in.Languages, join(path, "languages"), cleanLanguage)
	case in.Countries != nil:
		return cleanValues(in.Countries, join(path, "countries"), cleanCountry)
	case in.LifecycleStages != nil:
		return cleanValues(in.LifecycleStages, join(path, "lifecycleStages"), asIs[vocab.LifecycleStage])
	case in.OwnerIDs != nil:
		return cleanValues(in.OwnerIDs, join(path, "ownerIds"), asIs[string])
	case in.Sources != nil:
		return cleanValues(in.Sources, join(path, "sources"), asIs[vocab.ContactSource])
	case in.EmailDomains != nil:
		return cleanValues(in.EmailDomains, join(path, "emailDomains"), cleanDomain)
	case in.Time != nil:
		return in.Time.Range.check(join(path, "time", "range"))
	case in.PropertyDate != nil:
		return in.PropertyDate.Range.check(join(path, "propertyDate", "range"))
	case in.Conversation != nil:
		return in.Conversation.clean(join(path, "conversation"))
	case in.PageView != nil:
		return in.PageView.clean(join(path, "pageView"))
	}
	return nil
}

// cleanValues cleans each value of a list in its place.
func cleanValues[T ~string](values []T, path []string, clean func(T) (T, error)) error {
	switch n := len(values); {
	case n == 0:
		return errs.New(errs.Required, "Pass at least one value.").On(path...)
	case n > MaxValues:
		return errs.Exceeds(MaxValues, "There are %d values; at most %d are allowed.", n, MaxValues).On(path...)
	}
	for i, v := range values {
		cleaned, err := clean(v)
		if e := errs.Of(err); e != nil {
			return e.On(join(path, strconv.Itoa(i))...)
		}
		if err != nil {
			return err
		}
		values[i] = cleaned
	}
	return nil
}

func asIs[T any](v T) (T, error) { return v, nil }

func cleanLanguage(tag string) (string, error) {
	parsed, err := language.Parse(tag)
	if err != nil || len(tag) > 35 {
		return "", errs.New(errs.Invalid, "%q is not a language; write it like \"de-AT\", or \"de\" for German of any country.", errs.Clip(tag))
	}
	return parsed.String(), nil
}

func cleanCountry(code string) (string, error) {
	clean, err := account.CleanCountry(code, "")
	if err == nil && clean == "" {
		return "", errs.New(errs.Required, "Enter a country's two letters.")
	}
	return clean, err
}

func cleanDomain(domain string) (string, error) {
	clean := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(domain), "@"))
	if _, err := account.CleanEmail("a@"+clean, ""); err != nil {
		return "", errs.New(errs.Invalid, "%q is not a domain such as \"example.com\".", errs.Clip(domain))
	}
	return clean, nil
}

// check refuses a range that is not exactly one of the two.
func (r *ContactListTimeRangeInput) check(path []string) error {
	if r == nil || (r.WithinDays == nil) == (r.MoreThanDaysAgo == nil) {
		return errs.New(errs.Invalid, "Give either withinDays or moreThanDaysAgo.").On(path...)
	}
	return errors.Join(checkDays(r.WithinDays, join(path, "withinDays")), checkDays(r.MoreThanDaysAgo, join(path, "moreThanDaysAgo")))
}

// check refuses a range that is not exactly one of the four.
func (r *ContactListDateRangeInput) check(path []string) error {
	var given int
	var faults []error
	if r != nil {
		for field, n := range map[string]*int{
			"withinLastDays": r.WithinLastDays, "moreThanDaysAgo": r.MoreThanDaysAgo, "withinNextDays": r.WithinNextDays, "moreThanDaysAhead": r.MoreThanDaysAhead,
		} {
			if n != nil {
				given++
				faults = append(faults, checkDays(n, join(path, field)))
			}
		}
	}
	if given != 1 {
		return errs.New(errs.Invalid, "Give one of withinLastDays, moreThanDaysAgo, withinNextDays and moreThanDaysAhead.").On(path...)
	}
	return errors.Join(faults...)
}

func (in *ContactConversationConditionInput) clean(path []string) error {
	var faults []error
	if in.Tags != nil {
		faults = append(faults, cleanValues(in.Tags, join(path, "tags"), cleanTag))
	}
	if in.LastMessage != nil {
		faults = append(faults, in.LastMessage.check(join(path, "lastMessage")))
	}
	return errors.Join(faults...)
}

// cleanTag is an id or a name of a tag as it is looked up.
func cleanTag(word string) (string, error) {
	words, err := tag.CleanWords([]string{word})
	if err != nil {
		return "", err
	}
	return words[0], nil
}

func checkDays(days *int, path []string) error {
	if days != nil && (*days < 1 || *days > maxDays) {
		return errs.New(errs.Invalid, "%d is not a number of days from 1 to %d.", *days, maxDays).On(path...)
	}
	return nil
}

func (in *ContactPageViewConditionInput) clean(path []string) error {
	if err := checkDays(in.WithinDays, join(path, "withinDays")); err != nil {
		return err
	}
	in.Value = strings.TrimSpace(in.Value)
	switch n := len(in.Value); {
	case n == 0:
		return errs.New(errs.Required, "Enter a value to compare the URL with.").On(join(path, "value")...)
	case n > maxValue:
		return errs.Exceeds(maxValue, "The value has %d characters; at most %d are allowed.", n, maxValue).On(join(path, "value")...)
	}
	if in.Parameter != nil {
		switch {
		case in.Operator != vocab.OpIs:
			return errs.New(errs.Invalid, "The value of a parameter is compared by IS.").On(join(path, "operator")...)
		case *in.Parameter == "" || len(*in.Parameter) > MaxValues:
			return errs.New(errs.Invalid, "The name of a parameter has 1 to %d characters.", MaxValues).On(join(path, "parameter")...)
		}
		return nil
	}
	if why := pageurl.Impossible(in.Value, in.Operator == vocab.OpMatches); why != "" {
		return errs.New(errs.Invalid, "No URL can match the value %q: %s.", errs.Clip(in.Value), why).On(join(path, "value")...)
	}
	return nil
}

// rule is what a page's address is compared with.
func (in *ContactPageViewConditionInput) rule() vocab.Targeting {
	if in.Parameter != nil {
		return vocab.Targeting{Operator: vocab.OpQueryParam, Parameter: *in.Parameter, Value: in.Value}
	}
	return vocab.Targeting{Operator: in.Operator, Value: in.Value}
}

// join is a path with more below it.
func join(path []string, more ...string) []string { return slices.Concat(path, more) }

// at is the path of an item.
func at(path []string, field string, i int) []string { return join(path, field, strconv.Itoa(i)) }
