package richtext_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"parley/internal/errs"
	"parley/internal/richtext"
)

func TestText(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"empty":             {"", ""},
		"plain":             {"a  b\n c", "a b c"},
		"word in parts":     {"x<b>hel</b>lo <i>y</i>z", "xhello yz"}, // IN-5: search finds hello
		"paragraphs":        {"<p>a</p>\n<p>b</p>", "a\n\nb"},
		"divs":              {"<div>a</div><div>b<div>c</div></div>", "a\nb\nc"},
		"break":             {"a<br>b<br><br><br>c", "a\nb\n\nc"},
		"bullets":           {"a<ul><li>x</li><li><p>y</p></li></ul>b", "a\n\n- x\n- y\n\nb"},
		"numbers":           {`<ol start="3"><li>x<li>y</ol>`, "3. x\n4. y"},
		"nested list":       {"<ul><li>x<ul><li>y</ul></ul>", "- x\n\n- y"},
		"table":             {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		"quotation":         {"a<blockquote>b<br>c<p>d</p></blockquote>e", "a\n\n> b\n> c\n>\n> d\n\ne"},
		"link":              {`see <a href="https://a.example/x">this</a>.`, "see this (https://a.example/x)."},
		"link to itself":    {`<a href="https://a.example/">a.example</a>`, "a.example"},
		"mail link":         {`<a href="mailto:a@b.example?subject=x">a@b.example</a> <a href="mailto:c@d.example">C</a>`, "a@b.example C (c@d.example)"},
		"script link":       {`<a href="javascript:x">a</a>`, "a"},
		"image":             {`a <img src="x" alt="a cat"> b`, "a a cat b"},
		"linked image":      {`<a href="https://a.example"><img alt="logo"></a>`, "logo (https://a.example)"},
		"preformatted":      {"<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"},
		"entities":          {"a &amp; b&nbsp;&lt;c&gt; &copy;", "a & b <c> ©"},
		"not shown":         {"<head><title>T</title><style>x{}</style></head><script>y</script>a<template>b</template><p hidden>c</p><!-- d -->", "a"},
		"invalid UTF-8":     {"a\xffb", "a\uFFFDb"},
		"too deeply nested": {strings.Repeat("<div>", 3000) + "a<b>b</b><script>c</script>", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := richtext.Text(tc.in); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"plain":        {"hello\tyou\n", "hello\tyou\n"},
		"line ends":    {"a\r\nb\rc\n\rd", "a\nb\nc\n\nd"},
		"control":      {"a\x00b\x1b[31mc\x7fd\u0085e", "ab[31mcde"},
		"composed":     {"e\u0301", "\u00e9"},
		"kept emoji":   {"👩\u200d🚒", "👩\u200d🚒"},
		"kept Hebrew":  {"שלום", "שלום"},
		"empty":        {"", ""},
		"only control": {"\x00\x01", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := richtext.Clean(tc.in)
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
	_, err := richtext.Clean("a\xff", "message", "text")
	if e := errs.Of(err); e == nil || e.Code != errs.Invalid || strings.Join(e.Field, ".") != "message.text" || !strings.Contains(e.Message, "UTF-8") {
		t.Errorf("invalid UTF-8: %v", err)
	}
}

func TestCleanHoldsForAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got, err := richtext.Clean(rapid.String().Draw(t, "text"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) || !norm.NFC.IsNormalString(got) {
			t.Fatalf("%q is not clean", got)
		}
		if again, _ := richtext.Clean(got); again != got {
			t.Fatalf("not idempotent: %q, %q", got, again)
		}
	})
}

func TestPreview(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		most int
		want string
	}{
		"short":           {"hello", 10, "hello"},
		"exact":           {"hello you", 9, "hello you"},
		"one line":        {" a\n\n b\t\u00a0c ", 10, "a b c"},
		"trailing space":  {"hello      ", 5, "hello"},
		"between words":   {"hello dear people", 12, "hello dear…"},
		"at the border":   {"hello dear people", 11, "hello dear…"},
		"one long word":   {"abcdefghijklmnop", 6, "abcde…"},
		"far word border": {"ab cdefghijklmnop", 10, "ab cdefgh…"},
		"Chinese":         {"今天天气很好我们出去", 5, "今天天气…"},
		"accent kept":     {"aaae\u0301zzzz", 5, "aaa…"},
		"one":             {"hello", 1, "…"},
		"none":            {"hello", 0, ""},
		"empty":           {"", 5, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := richtext.Preview(tc.in, tc.most); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzPreview(f *testing.F) {
	f.Add("hello dear people", 12)
	f.Add("e\u0301\u0301\u0301", 2)
	f.Add("\xff\xfe a\x00b", 3)
	f.Add("a", int(^uint(0)>>1))
	f.Fuzz(func(t *testing.T, text string, most int) {
		got := richtext.Preview(text, most)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > max(most, 0) {
			t.Errorf("%q, %d: got %q", text, most, got)
		}
		if strings.ContainsAny(got, "\n\r\t\x00") || strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Errorf("%q, %d: not one tidy line: %q", text, most, got)
		}
	})
}
