package quote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"parley/internal/channel/email/quote"
)

// keepsText fails unless all of a plain text is in the two parts, in order.
func keepsText(t testing.TB, text string, folded quote.Folded) {
	t.Helper()
	if got, want := bare(folded.Text)+bare(folded.QuotedText), bare(strings.ToValidUTF8(text, "\uFFFD")); got != want {
		t.Errorf("text lost:\n%s\n+\n%s\nof\n%s", folded.Text, folded.QuotedText, text)
	}
	if bare(folded.Text) == "" && bare(text) != "" {
		t.Error("nothing is left to see")
	}
}

// keepsHTML fails unless all texts of the HTML are in the two parts, in order,
// and both are balanced.
func keepsHTML(t testing.TB, source string, folded quote.Folded) {
	t.Helper()
	shown, rest := texts(t, folded.HTML, true), texts(t, folded.QuotedHTML, true)
	if want := texts(t, strings.ToValidUTF8(source, "\uFFFD"), false); shown+rest != want {
		t.Errorf("text lost:\n%q\n+\n%q\nof\n%q", shown, rest, want)
	}
	if folded.QuotedHTML != "" && shown == "" && !strings.Contains(folded.HTML, "<img") {
		t.Errorf("nothing is left to see of %s", source)
	}
}

var (
	unseen = []string{"script", "style", "title", "iframe", "noembed", "noframes"}
	voids  = []string{"img", "hr", "wbr", "input", "area", "base", "col", "embed", "link", "meta", "param", "source", "track"}
)

// texts joins what stands between the tags of HTML, but for white space.
func texts(t testing.TB, source string, balanced bool) string {
	t.Helper()
	var (
		out  strings.Builder
		open []string
	)
	skipped := false
	tokens := html.NewTokenizer(strings.NewReader(source))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			if balanced && len(open) > 0 {
				t.Errorf("left open: %v in %s", open, source)
			}
			return bare(out.String())
		case html.TextToken:
			if !skipped {
				out.WriteString(tokens.Token().Data)
			}
		case html.StartTagToken, html.EndTagToken:
			name := tokens.Token().Data
			skipped = kind == html.StartTagToken && slices.Contains(unseen, name)
			if !balanced || slices.Contains(voids, name) {
				continue
			}
			if kind == html.StartTagToken {
				open = append(open, name)
			} else if len(open) == 0 || open[len(open)-1] != name {
				t.Errorf("</%s> closes nothing in %s", name, source)
			} else {
				open = open[:len(open)-1]
			}
		}
	}
}

// bare drops white space and what no text may hold.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == 0 {
			return -1
		}
		return r
	}, s)
}

// snippets are what the properties build mails of.
var snippets = []string{
	"Hello", "On Monday he wrote:", "On Sun, 3 Mar 2024 10:00, Bob <b@x.example> wrote:", "wrote:", "Bob wrote:", "> quoted", ">> more",
	"-- ", "--", "Sent from my iPhone", "-----Original Message-----", "---------- Forwarded message ---------",
	"Bob wrote on Mon, 3 Mar 2024", "at 10:00:", "> wrote:", "On Sun, 3 Mar 2024 10:00, Bob <b@x.example", "| barred", "Bob> named", "Message du 3/3/2024 10:00",
	"____________________________", "users mailing list", "users@list.example", "Date: Sun, 3 Mar 2024 10:00", "Sent from Mail<https://x.example> for Windows",
	"From: Bob <b@x.example>", "Sent: 3 March 2024", "To: Ada", "Subject: Lamp", "________________________", "a < b & c", "写道：", "-- reply above this line --", "",
}

// EM-4: whatever a mail is made of, nothing of it is lost.
func TestTextIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(snippets), 0, 12).Draw(t, "lines"), "\n")
		folded := quote.Fold("", text)
		if got := bare(folded.Text) + bare(folded.QuotedText); got != bare(text) {
			t.Errorf("got %q", got)
		}
		if bare(folded.Text) == "" && bare(text) != "" {
			t.Error("nothing is left to see")
		}
	})
}

// EM-4: however elements are nested, each text is in one part, once.
func TestHTMLIsKept(t *testing.T) {
	t.Parallel()
	starts := []string{
		"<div>", "<p>", "<b>", "<blockquote>", `<blockquote type="cite">`, `<blockquote class="gmail_quote">`, `<div class="gmail_quote">`, `<div class="gmail_attr">`,
		`<div class="gmail_signature">`, `<div id="divRplyFwdMsg">`, `<div style="border-top:solid #E1E1E1 1pt">`, `<div class="yahoo_quoted">`, "<table><tr><td>", "<td>", "<ul><li>", "<pre>", "<a href='https://x.example'>", `<div data-reply-above>`,
	}
	others := []string{"<br>", "<hr>", `<img src="cid:1">`, "</div>", "</p>", "</b>", "</blockquote>", "</td></tr></table>", "</ul>", "<style>p{}</style>", "<!-- c -->", "</pre>", "</a>"}
	rapid.Check(t, func(r *rapid.T) {
		var source strings.Builder
		for i := range rapid.IntRange(0, 30).Draw(r, "pieces") {
			switch rapid.IntRange(0, 2).Draw(r, "kind") {
			case 0:
				source.WriteString(rapid.SampledFrom(starts).Draw(r, "start"))
			case 1:
				source.WriteString(rapid.SampledFrom(others).Draw(r, "other"))
			default:
				fmt.Fprintf(&source, "%s %d", html.EscapeString(rapid.SampledFrom(snippets).Draw(r, "text")), i)
			}
		}
		keepsHTML(t, source.String(), quote.Fold(source.String(), ""))
		if t.Failed() {
			r.FailNow()
		}
	})
}

// Nesting that would exhaust a tree builder, and marks without end, cost no
// more than their length.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"divs": "<div>", "formatting": "<b><div>x", "blockquotes": "<blockquote>a", "cells": "<table><tr><td>a", "attributions": "On 3 Mar 2024, b@x.example wrote:\n<br>",
		"quotes": "a<br>&gt; b<br>", "headers": "From: a<br>Sent: b<br>", "ends": "</div></p>", "dashes": "--<br>\n", "inline": "<i>a</i>", "attribute": "<p a=b c=d e>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := strings.Repeat(unit, 200_000/len(unit))
			keepsHTML(t, source, quote.Fold(source, ""))
		})
	}
	lines := strings.Repeat("On 3 Mar 2024\n> a\n\n-- \n--\nFrom: x\n", 5_000)
	keepsText(t, lines, quote.Fold("", lines))
}

func FuzzFold(f *testing.F) {
	f.Add("<div>a</div><div class=gmail_quote>b<blockquote>c", "a\nOn 3 Mar 2024 Bob <b@x.example> wrote:\n> b")
	f.Add("<table><td>a</div><p>b<xmp><i></xmp>&lt;<a \"=<", "-- \nx")
	f.Add("<p>a<p>| b<p>Bob&gt; c<hr>", "a\nBob <b@x\n> wrote:\n| a\nb> c\n____________________\nmailing list a@b")
	for _, pattern := range []string{"testdata/*.html", "testdata/*.txt"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data), string(data))
		}
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		folded := quote.Fold(source, text)
		for _, part := range []string{folded.HTML, folded.QuotedHTML, folded.Text, folded.QuotedText, folded.Signature} {
			if !utf8.ValidString(part) {
				t.Errorf("not UTF-8: %q", part)
			}
		}
		keepsText(t, text, folded)
		keepsHTML(t, source, folded)
	})
}

// EM-4: what a sender writes below a quote, by whatever mark it is known, is never folded away.
func TestOwnWordsStay(t *testing.T) {
	t.Parallel()
	introductions := []string{
		"On Mon, 5 Jan 2026 at 10:12, Bob <bob@x.example> wrote:", "On Mon, 5 Jan 2026 at 10:12, Bob <bob@x.example\n> wrote:",
		"Bob Stone <bob@x.example> wrote on Mon, 5 Jan 2026\nat 10:12:", "Bob schrieb am 5. Jan. 2026\num 10:12 Uhr:",
	}
	marks := []string{"> ", "| ", "Bob> ", ">> "}
	own := []string{
		"These are my own words.", "| lamp | 3 |", "mysql> select 1;", "Bob wrote to me on 5 Jan 2026\nand said nothing.", "See the mailing list users@list.example",
		"Sent from Mail by hand, and in a hurry, to you for windows that are broken", "Date: tomorrow", "Message du jour: 5 Jan 2026",
	}
	for _, introduction := range introductions {
		for _, mark := range marks {
			for _, words := range own {
				text := "Hi,\n\n" + introduction + "\n\n" + mark + "Where is it?\n" + mark + "Tell me.\n\n" + words + "\n"
				if got := quote.Fold("", text); got.QuotedText != "" {
					t.Errorf("of\n%s\nis folded\n%s", text, got.QuotedText)
				}
			}
		}
	}
}
