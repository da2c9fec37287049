package search_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/search"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		texts    []string
		fts4     string
		tsvector string
	}{
		"words":           {[]string{"Hello, World! hello"}, "12xhello 12xworld 12xhello", "'12xhello':1,3 '12xworld':2"},
		"nothing":         {[]string{"", " ?! "}, "", ""},
		"accents":         {[]string{"Café E\u0301te\u0301 ŠKODA"}, "12xcafe 12xete 12xskoda", "'12xcafe':1 '12xete':2 '12xskoda':3"},
		"strokes":         {[]string{"Søren Łódź Œuvre"}, "12xsoren 12xlodz 12xoeuvre", "'12xlodz':2 '12xoeuvre':3 '12xsoren':1"},
		"case":            {[]string{"STRASSE Straße ΣΊΣΥΦΟΣ"}, "12xstrasse 12xstrasse 12xσισυφοσ", "'12xstrasse':1,2 '12xσισυφοσ':3"},
		"compatibility":   {[]string{"Ｃａｆé ﬁn x²"}, "12xcafe 12xfin 12xx2", "'12xcafe':1 '12xfin':2 '12xx2':3"},
		"e-mail":          {[]string{"ann.lee@example.com"}, "12xann 12xlee 12xexample 12xcom", "'12xann':1 '12xcom':4 '12xexample':3 '12xlee':2"},
		"URL":             {[]string{"https://a.example/b?c=1"}, "12xhttps 12xa 12xexample 12xb 12xc 12x1", "'12x1':6 '12xa':2 '12xb':4 '12xc':5 '12xexample':3 '12xhttps':1"},
		"quotes":          {[]string{`it's a\b`}, "12xit 12xs 12xa 12xb x 12xits", "'12xa':3 '12xb':4 '12xit':1 '12xits':6 '12xs':2"},
		"numbers":         {[]string{"+47 123-45 or 2024."}, "12x47 12x123 12x45 12xor 12x2024 x 12x4712345 x 12x12345", "'12x123':2 '12x12345':9 '12x2024':5 '12x45':3 '12x47':1 '12x4712345':7 '12xor':4"},
		"numbers apart":   {[]string{"12 or 345; 6,78", "9"}, "12x12 12xor 12x345 12x6 12x78 x 12x9", "'12x12':1 '12x345':3 '12x6':4 '12x78':5 '12x9':7 '12xor':2"},
		"soft hyphen":     {[]string{"Donau\u00addampf"}, "12xdonaudampf", "'12xdonaudampf':1"},
		"Chinese":         {[]string{"你好吗"}, "12x你好 12x好吗 12x吗", "'12x你好':1 '12x吗':3 '12x好吗':2"},
		"Chinese, one":    {[]string{"你"}, "12x你", "'12x你':1"},
		"Japanese":        {[]string{"ｶﾞス"}, "12xカス 12xス", "'12xカス':1 '12xス':2"},
		"Korean, two way": {[]string{"한국 " + "\u1112\u1161\u11ab\u1100\u116e\u11a8"}, "12x한국 12x국 12x한국 12x국", "'12x국':2,4 '12x한국':1,3"},
		"mixed":           {[]string{"go言語3"}, "12xgo 12x言語 12x語 12x3", "'12x3':4 '12xgo':1 '12x言語':2 '12x語':3"},
		"emoji":           {[]string{"a👩\u200d🚒b ©"}, "12xa 12x👩🚒 12x🚒 12xb", "'12xa':1 '12xb':4 '12x👩🚒':2 '12x🚒':3"},
		"invalid UTF-8":   {[]string{"a\xffb"}, "12xa 12xb", "'12xa':1 '12xb':2"},
		"texts apart":     {[]string{"a b", "", "c"}, "12xa 12xb x 12xc", "'12xa':1 '12xb':2 '12xc':4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := search.Document(12, tc.texts...)
			if got.FTS4 != tc.fts4 || got.TSVector != tc.tsvector {
				t.Errorf("got  %q, %q\nwant %q, %q", got.FTS4, got.TSVector, tc.fts4, tc.tsvector)
			}
		})
	}
}

// The limits of a document: what lies beyond is not found, what lies before is.
func TestDocumentLimits(t *testing.T) {
	t.Parallel()
	numbered := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "w%d ", i)
		}
		return b.String()
	}
	long := strings.Repeat("ä", 64)
	for name, tc := range map[string]struct {
		text        string
		found, lost string
	}{
		"positions": {numbered(17_000), "w15999", "w16000"},
		"text":      {strings.Repeat(" ", 256<<10-5) + "abcdefgh", "abcde", "abcdefgh"},
		"mid-rune":  {strings.Repeat(" ", 256<<10-4) + "a世界", "a世", "a世界"},
		"word":      {long + "b", long, `"` + long[2:] + `"`},
		"repeats":   {strings.Repeat("a ", 255) + "b a c", `"b"`, `"b a"`},
		"stored":    {strings.Repeat(strings.Repeat("ﷺ", 3)+" ", 20_000), strings.Repeat("ﷺ", 3), "z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := search.Document(9_000_000_000, tc.text)
			if n := len(doc.TSVector); n > 1<<20 {
				t.Errorf("%d bytes of tsvector", n)
			}
			if n := strings.Count(doc.FTS4, " ") + 1; n > 16_000 {
				t.Errorf("%d positions", n)
			}
			if !parse(t, tc.found).Match(tc.text) {
				t.Errorf("%.20q is lost", tc.found)
			}
			if parse(t, tc.lost).Match(tc.text) {
				t.Errorf("%.20q is found", tc.lost)
			}
		})
	}
}

const message = "Hi Ann, thanks for writing to us. I have checked order 48213 and it left our warehouse on Tuesday; " +
	"the carrier says that it will reach you by Friday noon. If it does not, tell me here, please. Best, Tom"

func BenchmarkDocument(b *testing.B) {
	for name, text := range map[string]string{
		"ascii":   message,
		"german":  strings.NewReplacer("e", "é", "o", "ö").Replace(message),
		"chinese": strings.Repeat("今天天气很好我们一起出去玩吧，", 13),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				search.Document(12, text)
			}
		})
	}
}
