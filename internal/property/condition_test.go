package property_test

import (
	"strings"
	"testing"

	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// meet are the names of the contacts that meet all conditions, of those with a name of
// one letter.
func meet(d *desk.Desk, conditions ...vocab.PropertyCondition) string {
	d.T.Helper()
	page := check.Must(contact.New(d.Store).List(d.Agent(0), contact.ContactFilter{Properties: conditions}, vocab.ContactsByName, paging.PageArgs{}))(d.T)
	names := ""
	for _, c := range page.Nodes() {
		if len(c.Name) == 1 {
			names += c.Name
		}
	}
	total := check.Must(page.TotalCount(d.Agent(0)))(d.T)
	if total == nil || *total != len(page.Edges) {
		d.T.Errorf("totalCount is %v for %d rows", total, len(page.Edges))
	}
	return names
}

// CR-11: conditions find records by every kind of value.
func TestConditions(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		define(d, vocab.PropertyOfContact, "text", vocab.TextProperty)
		define(d, vocab.PropertyOfContact, "number", vocab.NumberProperty)
		define(d, vocab.PropertyOfContact, "date", vocab.DateProperty)
		define(d, vocab.PropertyOfContact, "time", vocab.TimeProperty)
		define(d, vocab.PropertyOfContact, "is", vocab.BooleanProperty)
		define(d, vocab.PropertyOfContact, "likes", vocab.ChoicesProperty, "tea", "milk")
		contacts := contact.New(d.Store)
		for name, values := range map[string][]property.PropertyValueInput{
			"A": {{Name: "text", Text: opt.Of("Straße")}, {Name: "number", Number: opt.Of(1.0)}, {Name: "likes", Choices: opt.List("tea", "milk")}},
			"B": {{Name: "text", Text: opt.Of("Other")}, {Name: "number", Number: opt.Of(2.5)}, {Name: "is", Boolean: opt.Of(true)}, {Name: "date", Date: opt.Of("2026-01-31")}},
			"C": {{Name: "is", Boolean: opt.Of(false)}, {Name: "date", Date: opt.Of("1969-12-31")}, {Name: "time", Time: opt.Of(desk.Moment(5))}, {Name: "likes", Choices: opt.List("tea")}},
		} {
			check.Must(contacts.Create(d.Agent(0), contact.CreateContactInput{Name: &name, Properties: values}))(t)
		}
		yes, no := true, false
		one, two, after := 1.0, 2.5, desk.Moment(5)
		for _, tc := range []struct {
			want string
			c    vocab.PropertyCondition
		}{
			{"AB", vocab.PropertyCondition{Name: "text", IsSet: &yes}},
			{"C", vocab.PropertyCondition{Name: "text", IsSet: &no}},
			{"A", vocab.PropertyCondition{Name: "text", AnyOf: []string{"  STRASSE ", "none"}}},
			{"AC", vocab.PropertyCondition{Name: "likes", AnyOf: []string{"tea", "milk"}}},
			{"A", vocab.PropertyCondition{Name: "likes", AnyOf: []string{"milk"}}},
			{"B", vocab.PropertyCondition{Name: "is", Boolean: &yes}},
			{"C", vocab.PropertyCondition{Name: "is", Boolean: &no}},
			{"B", vocab.PropertyCondition{Name: "number", Number: &two}},
			{"AB", vocab.PropertyCondition{Name: "number", NumberFrom: &one, NumberTo: &two}},
			{"A", vocab.PropertyCondition{Name: "number", NumberTo: &one}},
			{"C", vocab.PropertyCondition{Name: "date", DateTo: new("1970-01-01")}},
			{"B", vocab.PropertyCondition{Name: "date", DateFrom: new("2026-01-31"), DateTo: new("2026-01-31")}},
			{"C", vocab.PropertyCondition{Name: "time", TimeAfter: &after}},
			{"", vocab.PropertyCondition{Name: "time", TimeBefore: &after}},
		} {
			if got := meet(d, tc.c); got != tc.want {
				t.Errorf("%+v: got %q, want %q", tc.c, got, tc.want)
			}
		}
		check.Same(t, meet(d, vocab.PropertyCondition{Name: "text", IsSet: &yes}, vocab.PropertyCondition{Name: "is", IsSet: &no}), "A")
	})
}

// CR-11: a condition has one test, which fits its property.
func TestBadConditions(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		define(d, vocab.PropertyOfContact, "text", vocab.TextProperty)
		define(d, vocab.PropertyOfContact, "date", vocab.DateProperty)
		yes, one := true, 1.0
		for _, tc := range []struct {
			c     vocab.PropertyCondition
			code  errs.Code
			field string
		}{
			{vocab.PropertyCondition{Name: "none", IsSet: &yes}, errs.NotFound, "name"},
			{vocab.PropertyCondition{Name: "text"}, errs.Invalid, ""},
			{vocab.PropertyCondition{Name: "text", IsSet: &yes, AnyOf: []string{"x"}}, errs.Invalid, ""},
			{vocab.PropertyCondition{Name: "text", Number: &one}, errs.Invalid, "number"},
			{vocab.PropertyCondition{Name: "text", AnyOf: []string{}}, errs.Required, "anyOf"},
			{vocab.PropertyCondition{Name: "date", DateFrom: new("soon")}, errs.Invalid, "dateFrom"},
			{vocab.PropertyCondition{Name: "date", DateTo: new("")}, errs.Invalid, "dateTo"},
		} {
			path := strings.Split(strings.TrimSuffix("filter.properties.0."+tc.field, "."), ".")
			_, err := contact.New(d.Store).List(d.Agent(0), contact.ContactFilter{Properties: []vocab.PropertyCondition{tc.c}}, "", paging.PageArgs{})
			check.Refused(t, err, tc.code, path...)
		}
		_, err := contact.New(d.Store).List(d.Agent(0), contact.ContactFilter{Properties: make([]vocab.PropertyCondition, 21)}, "", paging.PageArgs{})
		check.Refused(t, err, errs.TooLong, "filter", "properties")
	})
}

// CR-11: an index leads to the records that meet a condition: nothing is scanned.
func TestConditionsSeek(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		if d.Store.Postgres() {
			return // so few rows are read without an index
		}
		define(d, vocab.PropertyOfContact, "text", vocab.TextProperty)
		define(d, vocab.PropertyOfContact, "number", vocab.NumberProperty)
		yes, one := true, 1.0
		for want, c := range map[string]vocab.PropertyCondition{
			"property_values_property_text":   {Name: "text", AnyOf: []string{"x"}},
			"property_values_property_number": {Name: "number", NumberFrom: &one},
			"property_values_property_record": {Name: "text", IsSet: &yes},
		} {
			seeks := 0
			for _, query := range asked.Of(func() { meet(d, c) }) {
				plan, _ := d.Explain(query, make([]any, strings.Count(query, "?")))
				if strings.Contains(plan, "SCAN property_values") || strings.Contains(plan, "SCAN contacts") {
					t.Errorf("%s\n%s", query, plan)
				}
				if strings.Contains(plan, "INDEX "+want+" ") {
					seeks++
				}
			}
			if seeks == 0 {
				t.Errorf("%s is not used", want)
			}
		}
	})
}
