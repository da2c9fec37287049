package richtext_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"parley/internal/richtext"
)

func TestSanitize(t *testing.T) {
	t.Parallel()
	const link = `rel="nofollow noreferrer noopener" target="_blank"`
	for name, tc := range map[string]struct{ in, want string }{
		"formatting":      {`<p>Hello <b>you</b>, <em>there</em></p>`, `<p>Hello <b>you</b>, <em>there</em></p>`},
		"list":            {`<ol start="3"><li>a</li><li>b</li></ol>`, `<ol start="3"><li>a</li><li>b</li></ol>`},
		"table":           {`<table border="1"><tr><td colspan="2">a</td></tr></table>`, `<table border="1"><tbody><tr><td colspan="2">a</td></tr></tbody></table>`},
		"text":            {`1 < 2 & 3 "q"`, `1 &lt; 2 &amp; 3 &#34;q&#34;`},
		"script":          {`a<script>alert(1)</script>b`, `ab`},
		"script, mixed":   {`<ScRiPt src="//x"></sCrIpT>b`, `b`},
		"handler":         {`<p onclick="alert(1)" ONLOAD=x>a</p>`, `<p>a</p>`},
		"style element":   {`<style>p{}</style>a`, `a`},
		"svg":             {`<svg><a href="javascript:x"><text>t</text></a></svg>b`, `b`},
		"math":            {`<math><mi>x</mi></math>b`, `b`},
		"form":            {`<form action="https://x"><input name="p">a<button>go</button></form>`, `a`},
		"iframe":          {`<iframe src="https://x">a</iframe>b`, `b`},
		"comment":         {`a<!-- <script> -->b<!--[if mso]>c<![endif]-->`, `ab`},
		"title":           {`<html><head><title>T</title></head><body>a</body></html>`, `a`},
		"unclosed":        {`<div><b>a`, `<div><b>a</b></div>`},
		"stray ends":      {`a</div></div></td>b`, `ab`},
		"link":            {`<a href="https://a.example/?q=1&amp;r=2">a</a>`, `<a href="https://a.example/?q=1&amp;r=2" ` + link + `>a</a>`},
		"link's own rel":  {`<a href="https://a.example" rel="opener" target="_top">a</a>`, `<a href="https://a.example" ` + link + `>a</a>`},
		"mailto":          {`<a href="MAILTO:a@b.example">a</a>`, `<a href="mailto:a@b.example" rel="nofollow noreferrer">a</a>`},
		"tel":             {`<a href="tel:+491234">a</a>`, `<a href="tel:+491234" rel="nofollow noreferrer">a</a>`},
		"javascript":      {`<a href="javascript:alert(1)">a</a>`, `a`},
		"javascript, tab": {"<a href=\"java\tscript:alert(1)\">a</a>", `a`},
		"entity":          {`<a href="&#106;avascript:alert(1)">a</a>`, `a`},
		"data link":       {`<a href="data:text/html,x">a</a>`, `a`},
		"relative link":   {`<a href="/admin">a</a><a href="//x.example">b</a>`, `ab`},
		"image":           {`<img src="https://a.example/x.png" alt="x" width="10" onerror="y">`, `<img src="https://a.example/x.png" alt="x" width="10"/>`},
		"inline image":    {`<img src="cid:part1@mail">`, `<img src="cid:part1@mail"/>`},
		"image by http":   {`<img src="http://a.example/x.png" alt="x">`, `<img src="https://a.example/x.png" alt="x"/>`},
		"image as data":   {`<img src="data:image/png;base64,AAAA">`, ``},
		"cid as link":     {`<a href="cid:x">a</a>`, `a`},
		"mailto as image": {`<img src="mailto:a@b.example">`, ``},
		"colour":          {`<span style="color: #ff0000; position: fixed">a</span>`, `<span style="color: #ff0000">a</span>`},
		"style with url":  {`<p style="background-color: url(https://x)">a</p>`, `<p>a</p>`},
		"class and id":    {`<p class="modal" id="root">a</p>`, `<p>a</p>`},
		"invalid UTF-8":   {"<p>a\xffb</p>", `<p>a` + "\uFFFD" + `b</p>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := richtext.Sanitize(tc.in)
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			checkSafe(t, tc.in)
		})
	}
}

// Nesting that no parser takes becomes text, not an error and not a crash.
func TestSanitizeDeepNesting(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<div><b>", 5000) + "hello<script>x</script>"
	if got := richtext.Sanitize(deep); got != "hello" {
		t.Errorf("got %.200s", got)
	}
	checkSafe(t, deep)
}

var (
	goodLink  = regexp.MustCompile(`^(https?://|mailto:|tel:)`)
	goodImage = regexp.MustCompile(`^(https://|cid:)`)
	forbidden = []string{"script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math", "link", "meta", "base", "template", "textarea", "select"}
)

// checkSafe fails unless what Sanitize makes of s holds nothing that could run
// or break out, and is left alone by a second Sanitize.
func checkSafe(t *testing.T, s string) {
	t.Helper()
	clean := richtext.Sanitize(s)
	if again := richtext.Sanitize(clean); again != clean {
		t.Errorf("not idempotent for %q:\nonce  %s\ntwice %s", s, clean, again)
	}
	if strings.Contains(strings.ToLower(clean), "<script") {
		t.Errorf("script left: %s", clean)
	}
	depth := map[string]int{}
	tokens := html.NewTokenizer(strings.NewReader(clean))
	for tokens.Next() != html.ErrorToken {
		token := tokens.Token()
		switch token.Type {
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%v left: %s", token.Type, clean)
		case html.StartTagToken:
			depth[token.Data]++
			checkTag(t, token, clean)
		case html.SelfClosingTagToken:
			checkTag(t, token, clean)
		case html.EndTagToken:
			if depth[token.Data]--; depth[token.Data] < 0 {
				t.Errorf("</%s> closes what is outside: %s", token.Data, clean)
			}
		}
	}
}

func checkTag(t *testing.T, token html.Token, clean string) {
	t.Helper()
	if slices.Contains(forbidden, token.Data) {
		t.Errorf("<%s> left: %s", token.Data, clean)
	}
	for _, a := range token.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"), a.Key == "srcset", a.Key == "action", a.Key == "class", a.Key == "id":
			t.Errorf("attribute %s left: %s", a.Key, clean)
		case a.Key == "href" && !goodLink.MatchString(a.Val), a.Key == "src" && !goodImage.MatchString(a.Val):
			t.Errorf("%s=%q left: %s", a.Key, a.Val, clean)
		case a.Key == "style" && strings.ContainsAny(a.Val, `\<>@`):
			t.Errorf("style %q left: %s", a.Val, clean)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{
		`<p onclick=x>a</p>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`, `<a href="java&#10;script:x">`, `<svg><style><img src=x onerror=y></style>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
		`<noscript><p title="</noscript><img src=x onerror=y>">`, `<table><a><td></a>`, `<b><p></b></p>`, `<pre>` + "\n\n" + `a`, `<a href=https://x><a href=https://y>`,
		`<p style="color:red;background-color:rgb(1,2,3);font-weight:BOLD">x`, `<img src=" https://x ">`, `<a href="https://[::1%25x]/ ">x`, "<a href='https://a.example/\u00e9 %zz'>", `<select><p>x</select>`,
		`<plaintext>a`, `<textarea></p><script>`, `<!doctype html><html><body onload=x>`, `&lt;script&gt;`, `<li><ul><li>`, `<font color=red><center>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSafe(t, s) })
}

// Little input must not become much work or much output: formatting left open
// is not repeated in thousands of paragraphs.
func TestHostileHTMLStaysSmall(t *testing.T) {
	t.Parallel()
	var fonts strings.Builder
	for i := range 400 {
		fmt.Fprintf(&fonts, "<font size=%d>", i)
	}
	for name, s := range map[string]string{
		"open formatting": "<p>" + fonts.String() + strings.Repeat("<p>a", 20_000),
		"quotations":      strings.Repeat("<blockquote>", 400) + strings.Repeat("<p>a", 20_000),
		"style":           `<p style="` + strings.Repeat("a{", 100_000) + `">x`,
		"list":            "<ol>" + strings.Repeat("<li>a", 30_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := richtext.Sanitize(s); len(got) > 10*len(s) {
				t.Errorf("%d bytes became %d of HTML", len(s), len(got))
			}
			if got := richtext.Text(s); len(got) > 10*len(s) {
				t.Errorf("%d bytes became %d of text", len(s), len(got))
			}
		})
	}
}

// Mail that forgets to close its tags, cell by cell, keeps its formatting.
func TestSloppyTableKeepsFormatting(t *testing.T) {
	t.Parallel()
	sloppy := "<table>" + strings.Repeat("<tr><td><font color=red><b>a</td></tr>", 1000) + "</table>"
	if got := richtext.Sanitize(sloppy); strings.Count(got, "<b>a</b>") != 1000 {
		t.Errorf("got %.200s", got)
	}
}
