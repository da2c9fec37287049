package richtext_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"parley/internal/richtext"
)

// IN-14: Markdown becomes sanitised HTML, and text as one reads it.
func TestFromMarkdown(t *testing.T) {
	t.Parallel()
	const link = `rel="nofollow noreferrer noopener" target="_blank"`
	for name, tc := range map[string]struct{ in, html, text string }{
		"formatting":       {"Hello **you**, *there* and `x < y`", "<p>Hello <strong>you</strong>, <em>there</em> and <code>x &lt; y</code></p>", "Hello you, there and x < y"},
		"line breaks":      {"a\nb\n\nc", "<p>a<br/>\nb</p>\n<p>c</p>", "a\nb\n\nc"},
		"struck":           {"~~a~~", "<p><del>a</del></p>", "a"},
		"list":             {"- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "- a\n- b"},
		"numbers":          {"3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>", "3. a\n4. b"},
		"quotation":        {"> a", "<blockquote>\n<p>a</p>\n</blockquote>", "> a"},
		"code":             {"```go\nx := 1\n```", "<pre><code>x := 1\n</code></pre>", "x := 1"},
		"link":             {"[this](https://a.example/x)", `<p><a href="https://a.example/x" ` + link + `>this</a></p>`, "this (https://a.example/x)"},
		"address":          {"https://a.example/x", `<p><a href="https://a.example/x" ` + link + `>https://a.example/x</a></p>`, "https://a.example/x"},
		"image":            {"![a cat](cid:attachment_1)", `<p><img src="cid:attachment_1" alt="a cat"/></p>`, "a cat"},
		"HTML is text":     {"<b>a</b> & <script>x</script>", "<p>&lt;b&gt;a&lt;/b&gt; &amp; &lt;script&gt;x&lt;/script&gt;</p>", "<b>a</b> & <script>x</script>"},
		"a block of HTML":  {"<div>\na\n</div>", "<p>&lt;div&gt;<br/>\na<br/>\n&lt;/div&gt;</p>", "<div>\na\n</div>"},
		"script as link":   {"[a](javascript:x) [b](data:text/html,x)", "<p>a b</p>", "a b"},
		"table":            {"| a | b |\n|---|--:|\n| 1 | 2 |", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>", "a b\n1 2"},
		"escaped":          {`\*a\*`, "<p>*a*</p>", "*a*"},
		"empty":            {" \n ", "", ""},
		"not UTF-8":        {"a\xffb", "<p>a\uFFFDb</p>", "a\uFFFDb"},
		"underscores stay": {"snake_case_name", "<p>snake_case_name</p>", "snake_case_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := richtext.FromMarkdown(tc.in)
			if got != tc.html {
				t.Errorf("HTML\ngot  %q\nwant %q", got, tc.html)
			}
			if text := richtext.Text(got); text != tc.text {
				t.Errorf("text\ngot  %q\nwant %q", text, tc.text)
			}
		})
	}
}

// IN-14: HTML becomes Markdown, for those who read and write only that.
func TestToMarkdown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"formatting":         {"<p>Hello <b>you</b>, <i>there</i> <s>x</s></p>", "Hello **you**, *there* ~~x~~"},
		"spaces move out":    {"a<b> b </b>c", "a **b** c"},
		"within a word":      {"x<b>hel</b>lo", "x**hel**lo"},
		"one after another":  {"<b>a</b><b>b</b>", "**ab**"},
		"nested alike":       {"<b>a<strong>b</strong></b>", "**ab**"},
		"nested":             {"<b>a<i>b</i></b>", "**a*b***"},
		"nothing in it":      {"a<b> </b>b", "a b"},
		"paragraphs":         {"<p>a</p><p>b</p>", "a\n\nb"},
		"over paragraphs":    {"<b><p>a</p><p>b</p></b>", "**a**\n\n**b**"},
		"lines":              {"<div>a</div><div>b</div>c<br>d<br><br>e", "a  \nb  \nc  \nd\n\ne"},
		"heading":            {"<h2>a <b>b</b></h2>c", "## a **b**\n\nc"},
		"list":               {"<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>e", "- a\n- b\n  1. c\n  2. d\n\ne"},
		"list of paragraphs": {"<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"},
		"quotation":          {"a<blockquote><p>b</p><p>c</p></blockquote>d", "a\n\n> b\n>\n> c\n\nd"},
		"quoted list":        {"<blockquote><ul><li>a</li></ul></blockquote>", "> - a"},
		"code":               {"<code>a `b`</code>", "`` a `b` ``"},
		"block of code":      {"<pre><code>a\n\n  b\n</code></pre>c", "```\na\n\n  b\n```\n\nc"},
		"code with a fence":  {"<pre>```</pre>", "````\n```\n````"},
		"link":               {`<a href="https://a.example/(x)">a <b>b</b></a>`, "[a **b**](https://a.example/%28x%29)"},
		"link to itself":     {`see <a href="https://a.example/x">https://a.example/x</a>.`, "see <https://a.example/x>."},
		"mail":               {`<a href="mailto:a@b.example">a@b.example</a>`, "<a@b.example>"},
		"link around blocks": {`<a href="https://a.example"><div>a</div><div>b</div></a>`, "[a b](https://a.example)"},
		"link without text":  {`<a href="https://a.example"></a>`, "<https://a.example>"},
		"script link":        {`<a href="javascript:x">a</a>`, "a"},
		"image":              {`<img src="cid:x" alt="a [b]">`, `![a \[b\]](cid:x)`},
		"image not shown":    {`<img alt="a cat">`, "a cat"},
		"linked image":       {`<a href="https://a.example"><img src="cid:x" alt="a"></a>`, "[![a](cid:x)](https://a.example)"},
		"table":              {`<table><tr><th>a</th><th align="right">b|c</th></tr><tr><td>1<br>2</td><td></td></tr></table>`, "| a | b\\|c |\n| --- | --: |\n| 1 2 | |"},
		"layout":             {"<table><tr><td><p>a</p></td><td>b</td></tr></table>", "a\n\nb"},
		"escapes":            {"1. *a* _b_ [c] &lt;d> &amp;amp; snake_case a|b `x` \\ ~", "1\\. \\*a\\* \\_b\\_ \\[c\\] \\<d\\> \\&amp; snake_case a\\|b \\`x\\` \\\\ \\~"},
		"line starts":        {"# a<br>- b<br>+ c<br>12) d<br>> e<br>---", "\\# a  \n\\- b  \n\\+ c  \n12\\) d  \n\\> e  \n\\---"},
		"address":            {"https://a.example/_x_", "https://a.example/_x_"},
		"rule":               {"a<hr>b", "a\n\n---\n\nb"},
		"not shown":          {"<style>x{}</style><script>y</script>a", "a"},
		"empty":              {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := richtext.ToMarkdown(tc.in); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// IN-14: what is read as Markdown and written back says the same.
func TestMarkdownThereAndBack(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"Hello **you**,\n*this* is ~~not~~ `code`", "- a\n- b\n  1. c\n  2. d\n- e", "# A\n\ntext\n\n## B\n\n> quoted\n> - x\n>\n> more", "```\na\n  b\n```",
		"| a | b |\n| --- | :-: |\n| **1** | [x](https://a.example) |", "[a](https://a.example/x?y=1&z=2) <https://b.example/_x> <a@b.example>", `\*not\* 1\. \# \- \> \<b\> &amp;`, "1. a\n\n   b\n2. c", "![x](cid:attachment_1)", "a\n\n---\n\nb",
	} {
		first := richtext.FromMarkdown(s)
		again := richtext.FromMarkdown(richtext.ToMarkdown(first))
		if again != first {
			t.Errorf("%q\nmade  %q\nback  %q\nagain %q", s, first, richtext.ToMarkdown(first), again)
		}
	}
}

// Any plain text survives as Markdown: what is shown are its words.
func TestTextToMarkdownSaysTheSame(t *testing.T) {
	t.Parallel()
	pieces := rapid.SliceOf(rapid.OneOf(
		rapid.SampledFrom(strings.Split("* _ ` # - + > < [ ] ( ) ! | ~ \\ & ; : = 1. 2) --- === ``` ~~ ** __ \n \n\n a b https://a.example/x &amp; <b> [a](b) | :-: <https://x> a@b.example", " ")), rapid.StringMatching(`[ -~]{0,6}`)))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(pieces.Draw(t, "pieces"), " ")
		md := richtext.TextToMarkdown(text)
		html := richtext.FromMarkdown(md)
		got := strings.Join(strings.Fields(richtext.Text(html)), " ")
		if want := strings.Join(strings.Fields(text), " "); got != want {
			t.Fatalf("%q\nbecame %q\nshown  %q\nhtml %q", want, md, got, html)
		}
	})
}

// A megabyte of marks is neither much work nor much output.
func TestHostileMarkdown(t *testing.T) {
	t.Parallel()
	for _, piece := range strings.Split("[ ![ * _ ` > - < **a [a]( [a](b a`` ~~ | & \\ *a_ 1. [a](< >- __a [] #", " ") {
		for _, between := range []string{"", " ", "\n"} {
			s := strings.Repeat(piece+between, 1_000_000/len(piece+between))
			start := time.Now()
			got := richtext.FromMarkdown(s[:50_000])
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%q: took %v", piece+between, took)
			}
			if !utf8.ValidString(got) || len(got) > 12*len(s) {
				t.Errorf("%q: %d bytes became %d", piece+between, len(s), len(got))
			}
			if back := richtext.ToMarkdown(got); len(back) > 4*len(got)+100 {
				t.Errorf("%q: %d bytes of HTML became %d", piece+between, len(got), len(back))
			}
			if back := richtext.TextToMarkdown(s); len(back) > 10*len(s) {
				t.Errorf("%q: %d bytes of text became %d", piece+between, len(s), len(back))
			}
		}
	}
	for _, html := range []string{
		strings.Repeat("<blockquote><ul><li>a", 20_000), strings.Repeat("<table><tr><th>a<td>b", 20_000), "<table><tr>" + strings.Repeat("<th>", 20_000) + strings.Repeat("<tr>a", 20_000),
		strings.Repeat("<b><i><s>a", 20_000), "<blockquote>" + strings.Repeat("<ol>", 100) + strings.Repeat("<li>a", 100_000), strings.Repeat("<a href=https://x>", 20_000), strings.Repeat("<p>", 300_000),
	} {
		if got := richtext.ToMarkdown(html); len(got) > 12*len(html) {
			t.Errorf("%.40s: %d bytes became %d", html, len(html), len(got))
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"**a** *b*", "- a\n  - b", "> a\n\n1. b", "| a |\n|-|\n| b |", "[a](b \"c\") ![d](e)", "```\na", "<b>a</b>", "a\\\nb", "~~a~~ &amp;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		html := richtext.FromMarkdown(s)
		checkSafe(t, html)
		if md := richtext.ToMarkdown(html); !utf8.ValidString(md) {
			t.Errorf("%q: not UTF-8: %q", s, md)
		}
		_, _ = richtext.ToMarkdown(s), richtext.TextToMarkdown(s)
	})
}
