package search_test

import (
	"slices"
	"strings"
	"testing"

	"parley/internal/errs"
	"parley/internal/search"
)

func parse(t testing.TB, query string) search.Query {
	t.Helper()
	q, err := search.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ query, fts4, tsquery string }{
		"words":          {"Hello  wörld", `"7xhello" AND "7xworld*"`, `'7xhello' & '7xworld':*`},
		"phrase":         {`"foo bar" baz`, `"7xfoo 7xbar" AND "7xbaz*"`, `('7xfoo' <-> '7xbar') & '7xbaz':*`},
		"last, quoted":   {`foo "baz"`, `"7xfoo" AND "7xbaz"`, `'7xfoo' & '7xbaz'`},
		"last, short":    {`foo b`, `"7xfoo" AND "7xb"`, `'7xfoo' & '7xb'`},
		"prefix":         {"pre* b", `"7xpre*" AND "7xb"`, `'7xpre':* & '7xb'`},
		"phrase, prefix": {`"foo ba*"`, `"7xfoo 7xba*"`, `('7xfoo' <-> '7xba':*)`},
		"star behind":    {`"foo ba"*`, `"7xfoo 7xba*"`, `('7xfoo' <-> '7xba':*)`},
		"star in a word": {"f*o", `"7xf 7xo"`, `('7xf' <-> '7xo')`},
		"star alone":     {"* a", `"7xa"`, `'7xa'`},
		"e-mail":         {"ann@example.co", `"7xann 7xexample 7xco*"`, `('7xann' <-> '7xexample' <-> '7xco':*)`},
		"e-mail, first":  {"ann@example.co a", `"7xann 7xexample 7xco" AND "7xa"`, `('7xann' <-> '7xexample' <-> '7xco') & '7xa'`},
		"unclosed quote": {`a "b c`, `"7xa" AND "7xb" AND "7xc"`, `'7xa' & '7xb' & '7xc'`},
		"inches":         {`27" tv`, `"7x27" AND "7xtv*"`, `'7x27' & '7xtv':*`},
		"smart quotes":   {"“b c” d", `"7xb 7xc" AND "7xd"`, `('7xb' <-> '7xc') & '7xd'`},
		"empty quotes":   {`"" a`, `"7xa"`, `'7xa'`},
		"apostrophe":     {"O'Br", `"7xo 7xbr*"`, `('7xo' <-> '7xbr':*)`},
		"excluded":       {`a -b -"c d" e-f`, `(("7xa" AND "7xe 7xf") NOT "7xb") NOT "7xc 7xd"`, `'7xa' & ('7xe' <-> '7xf') & !'7xb' & !('7xc' <-> '7xd')`},
		"minus alone":    {`a - b --c`, `"7xa" AND "7xb" AND "7xc"`, `'7xa' & '7xb' & '7xc'`},
		"number":         {"48213 a", `"7x48213*" AND "7xa"`, `'7x48213':* & '7xa'`},
		"phone":          {"a +47 123-45", `"7xa" AND (("7x47" AND "7x123 7x45*") OR "7x4712345*")`, `'7xa' & (('7x47' & ('7x123' <-> '7x45':*)) | '7x4712345':*)`},
		"amount":         {"-1,234.50", `("7x1 7x234 7x50*" OR "7x123450*")`, `(('7x1' <-> '7x234' <-> '7x50':*) | '7x123450':*)`},
		"small numbers":  {"12 34 a", `"7x12" AND "7x34" AND "7xa"`, `'7x12' & '7x34' & '7xa'`},
		"quoted number":  {`"123 456"`, `"7x123 7x456"`, `('7x123' <-> '7x456')`},
		"emoji":          {"👍", `"7x👍*"`, `'7x👍':*`},
		"operators":      {`a AND b OR NOT ^d NEAR/2 subject:e (f)`, `"7xa" AND "7xand" AND "7xb" AND "7xor" AND "7xnot" AND "7xd" AND "7xnear 7x2" AND "7xsubject 7xe" AND "7xf"`, `'7xa' & '7xand' & '7xb' & '7xor' & '7xnot' & '7xd' & ('7xnear' <-> '7x2') & ('7xsubject' <-> '7xe') & '7xf'`},
		"injection":      {`a' | 'b`, `"7xa" AND "7xb"`, `'7xa' & '7xb'`},
		"Chinese":        {"天气好", `"7x天气 7x气好"`, `('7x天气' <-> '7x气好')`},
		"Chinese, two":   {"天气*", `"7x天气"`, `'7x天气'`},
		"Chinese, one":   {"天", `"7x天*"`, `'7x天':*`},
		"Chinese, mixed": {"天气go", `"7x天气 7x气 7xgo*"`, `('7x天气' <-> '7x气' <-> '7xgo':*)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := parse(t, tc.query)
			if got := q.FTS4(7); got != tc.fts4 {
				t.Errorf("FTS4\ngot  %s\nwant %s", got, tc.fts4)
			}
			if got := q.TSQuery(7); got != tc.tsquery {
				t.Errorf("TSQuery\ngot  %s\nwant %s", got, tc.tsquery)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query string
		code  errs.Code
	}{
		"empty":       {"", errs.Invalid},
		"spaces":      {" \t\n", errs.Invalid},
		"punctuation": {`"!" * -- ^:()'`, errs.Invalid},
		"excluded":    {"-a -\"b c\"", errs.Invalid},
		"many words":  {strings.Repeat("a ", 33), errs.TooLong},
		"long":        {strings.Repeat("ä", 1001), errs.TooLong},
		"a megabyte":  {strings.Repeat(" ", 1<<20), errs.TooLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := search.Parse(tc.query)
			if e := errs.Of(err); e == nil || e.Code != tc.code || !slices.Equal(e.Field, []string{"query"}) {
				t.Errorf("got %v, want %s on query", err, tc.code)
			}
		})
	}
	parse(t, strings.Repeat("a ", 32))
	parse(t, strings.Repeat("ä", 1000))
}

// IN-5: words, phrases, prefixes; accents and case folded.
func TestMatch(t *testing.T) {
	t.Parallel()
	header := []string{"Order is late", "Søren Åberg", "soren@example.com"}
	for query, want := range map[string]bool{
		"order": true, "ORDER late": true, "late order": true, "ord": true, `"ord"`: false, "ord late": false, "ord* late": true,
		"order -late": false, "order -early": true, "order missing": false,
		`"is late"`: true, `"late is"`: false, `"order late"`: false,
		"soren": true, "aberg": true, "Å*": true,
		"soren@example.com": true, "example.com": true, "soren@example.org": false, "example.co*": true,
		`"late søren"`: false, `"åberg soren"`: false, // not across two texts
	} {
		if got := parse(t, query).Match(header...); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for query, want := range map[string]bool{
		"今": true, "好": true, "天气": true, "今天天气": true, "天很": false, "坏": false, "气 今": true,
		"好 go": true, `"好 go"`: false, `"好go"`: false, "好go": true, "好go*": true, "很好gopher": true, `"gopher go"`: true,
	} {
		if got := parse(t, query).Match("今天天气很好 gopher go"); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// IN-5: numbers, names and emoji are found as people write them.
func TestMatchAsWritten(t *testing.T) {
	t.Parallel()
	text := "Mr O'Brien, +47 (123) 45-678 or 0047 12345678, order #48213, 1,234,567.50 €, it's 2026-11-29 👍🏽 and 3 4 5 6"
	for query, want := range map[string]bool{
		"OBrien": true, "obri": true, "O'Brien": true, "O’Brien": true, "brien": true, "Obrien's": false, "its": true, "it's": true,
		"4712345678": true, "+47 12345678": true, "+4712345678": true, "123 45 678": true, "12345678 order": true, "(123) 45678": true,
		"0047 123 45 678": true, "1234567": true, "12345679": false, "+48 12345678": false,
		"#48213": true, "48213": true, "4821": true, "4821 mr": false, "48213 mr": true, "48 213": true,
		"1,234,567.50": true, "1234567.50": true, "1'234'567": true, "2026-11-29": true, "20261129": true, "2026 29": true,
		"👍": true, "👍🏽": true, "👎": false, "5 3": true, "3456": false,
		"brien -order": false, "brien -orders": true, `brien -"or 0047"`: false,
	} {
		if got := parse(t, query).Match(text); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// IN-5: what is closer to the query as it was typed ranks higher.
func TestScore(t *testing.T) {
	t.Parallel()
	for query, ranked := range map[string][]string{
		"late order": {"late order, late order", "a late order", "an order that is late", "late, the orders"},
		"ship":       {"ship ship ship", "ship ship", "ship", "shipping", "boat"},
		"+47 12345":  {"+47 12345 +47 12345", "+47 12345", "4712345"},
	} {
		q := parse(t, query)
		for i := 1; i < len(ranked); i++ {
			if above, below := q.Score(ranked[i-1]), q.Score(ranked[i]); above <= below {
				t.Errorf("%s: %q has %d, %q has %d", query, ranked[i-1], above, ranked[i], below)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := search.Parse(`order 48213 "left our warehouse" ann@example.com fri*`); err != nil {
			b.Fatal(err)
		}
	}
}
