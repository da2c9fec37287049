package search_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"parley/internal/search"
)

func distinctWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "w%d ", i)
	}
	return b.String()
}

// distinctHan returns n Han characters, of which hardly any pair comes twice.
func distinctHan(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune('一' + rune(i%20_000)*rune(1+i/20_000)%20_000)
	}
	return b.String()
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query, text string
		most        int
		want        string
	}{
		"whole":            {"world", "hello world", 50, "hello <mark>world</mark>"},
		"folded":           {"cafe", "Le Café, e\u0301te\u0301", 50, "Le <mark>Café</mark>, e\u0301te\u0301"},
		"accent in mark":   {"ete", "e\u0301te\u0301!", 50, "<mark>e\u0301te\u0301</mark>!"},
		"prefix":           {"wor*", "hello worlds", 50, "hello <mark>worlds</mark>"},
		"phrase":           {`"b c"`, "a b, c d c", 50, "a <mark>b, c</mark> d c"},
		"several":          {"a d", "a b c d", 50, "<mark>a</mark> b c <mark>d</mark>"},
		"escaped":          {"b", `<a href="x">b</a> & c`, 50, `&lt;a href=&#34;x&#34;&gt;<mark>b</mark>&lt;/a&gt; &amp; c`},
		"middle":           {"needle", "one two three four five needle six seven eight nine ten", 30, "…five <mark>needle</mark> six seven eight…"},
		"end":              {"ten", "one two three four five six seven eight nine ten", 20, "…seven eight nine <mark>ten</mark>"},
		"beginning":        {"one", "one two three four five six seven eight nine ten", 15, "<mark>one</mark> two three…"},
		"most words":       {"cat dog", "a cat sat here and there for long; then a dog met a cat there, and so on and on", 30, "…a <mark>dog</mark> met a <mark>cat</mark> there, and…"},
		"long phrase":      {`"aaa bbb ccc ddd"`, "x aaa bbb ccc ddd y", 8, "…<mark>aaa bbb</mark>…"},
		"Chinese":          {"天气", "今天天气很好", 50, "今天<mark>天气</mark>很好"},
		"Chinese, longer":  {"天天气", "今天天气很好", 50, "今<mark>天天气</mark>很好"},
		"Chinese, one":     {"天", "今天天气很好", 50, "今<mark>天天</mark>气很好"},
		"Chinese, cut":     {"天气", "我们今天去公园因为天气很好所以大家都很高兴", 8, "…因为<mark>天气</mark>很好所以…"},
		"long word around": {"x", "aaaaaaaaaaaaaaaaaaaaaaaa.x.bbbbbbbbbbbbbbbbbbbbbbb", 10, "….<mark>x</mark>.…"},
		"invalid UTF-8":    {"a", "\xffa\xfe", 50, "\uFFFD<mark>a</mark>\uFFFD"},
		"part of it":       {"here missing", "it is here", 50, "it is <mark>here</mark>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := parse(t, tc.query).Excerpt(tc.text, tc.most)
			if !ok || got != tc.want {
				t.Errorf("got  %s, %v\nwant %s", got, ok, tc.want)
			}
		})
	}
	if got, ok := parse(t, "missing").Excerpt("it is here", 50); ok || got != "" {
		t.Errorf("nothing to find: %q, %v", got, ok)
	}
}

// An excerpt is a piece of the text with at least one mark, no longer than
// asked for, and nothing in it but marks is HTML.
func TestExcerptHoldsForAnyText(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(smallText(60), rapid.Custom(func(t *rapid.T) string {
		return rapid.String().Draw(t, "before") + smallText(3).Draw(t, "hit") + rapid.String().Draw(t, "after")
	}))
	rapid.Check(t, func(t *rapid.T) {
		text := texts.Draw(t, "text")
		q, err := search.Parse(smallText(6).Draw(t, "query"))
		if err != nil {
			t.Skip("not a query")
		}
		most := rapid.IntRange(-1, 40).Draw(t, "most")
		excerpt, ok := q.Excerpt(text, most)
		if q.Match(text) && !ok {
			t.Fatal("found, but without excerpt")
		}
		if !ok {
			return
		}
		if !utf8.ValidString(excerpt) || !strings.Contains(excerpt, "<mark>") || strings.Contains(excerpt, "<mark></mark>") {
			t.Fatalf("%q", excerpt)
		}
		bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(excerpt)
		if strings.ContainsAny(bare, `<>"'`) {
			t.Fatalf("not escaped: %q", excerpt)
		}
		shown := html.UnescapeString(strings.TrimSuffix(strings.TrimPrefix(bare, "…"), "…"))
		if !strings.Contains(strings.ToValidUTF8(text, "\uFFFD"), shown) {
			t.Fatalf("%q is no piece of %q", shown, text)
		}
		if n := utf8.RuneCountInString(shown); n > max(most, 1) {
			t.Fatalf("%d characters of at most %d: %q", n, most, excerpt)
		}
	})
}
