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
		"words":          {"Hello  wörld", `"7xhello" "7xworld"`, `'7xhello' & '7xworld'`},
		"phrase":         {`"foo bar" baz`, `"7xfoo 7xbar" "7xbaz"`, `('7xfoo' <-> '7xbar') & '7xbaz'`},
		"prefix":         {"pre*", `"7xpre*"`, `'7xpre':*`},
		"phrase, prefix": {`"foo ba*"`, `"7xfoo 7xba*"`, `('7xfoo' <-> '7xba':*)`},
		"star behind":    {`"foo ba"*`, `"7xfoo 7xba*"`, `('7xfoo' <-> '7xba':*)`},
		"star in a word": {"f*o", `"7xf 7xo"`, `('7xf' <-> '7xo')`},
		"star alone":     {"* a", `"7xa"`, `'7xa'`},
		"e-mail":         {"ann@example.co*", `"7xann 7xexample 7xco*"`, `('7xann' <-> '7xexample' <-> '7xco':*)`},
		"unclosed quote": {`a "b c`, `"7xa" "7xb 7xc"`, `'7xa' & ('7xb' <-> '7xc')`},
		"smart quotes":   {"“b c” d", `"7xb 7xc" "7xd"`, `('7xb' <-> '7xc') & '7xd'`},
		"empty quotes":   {`"" a`, `"7xa"`, `'7xa'`},
		"operators":      {`a AND b OR -c NOT ^d NEAR/2 subject:e (f)`, `"7xa" "7xand" "7xb" "7xor" "7xc" "7xnot" "7xd" "7xnear 7x2" "7xsubject 7xe" "7xf"`, `'7xa' & '7xand' & '7xb' & '7xor' & '7xc' & '7xnot' & '7xd' & ('7xnear' <-> '7x2') & ('7xsubject' <-> '7xe') & '7xf'`},
		"injection":      {`a' | 'b`, `"7xa" "7xb"`, `'7xa' & '7xb'`},
		"Chinese":        {"天气好", `"7x天气 7x气好"`, `('7x天气' <-> '7x气好')`},
		"Chinese, two":   {"天气*", `"7x天气"`, `'7x天气'`},
		"Chinese, one":   {"天", `"7x天*"`, `'7x天':*`},
		"Chinese, mixed": {"天气go", `"7x天气 7x气 7xgo"`, `('7x天气' <-> '7x气' <-> '7xgo')`},
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
		"emoji":       {"👍", errs.Invalid},
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
		"order": true, "ORDER late": true, "late order": true, "ord": false, "ord*": true, "order missing": false,
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
		"好 go": true, `"好 go"`: false, "好go": false, "好go*": true, "很好gopher": true, `"gopher go"`: true,
	} {
		if got := parse(t, query).Match("今天天气很好 gopher go"); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
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
