package placeholder_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/library/placeholder"
	"parley/internal/richtext"
	"parley/internal/testkit/check"
)

var values = map[string]string{"contact.name": `Ann *A* <b>[x](https://evil.example) {{user.name}}`, "user.name": "Ben"}

// CO-2: placeholders of Markdown are filled with what is escaped for it; code, quotations and
// what is written \{{ have none.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hi {{user.name}}!":                             "Hi Ben!",
		"Hi {{ user.name | \"you\" }}!":                 "Hi Ben!",
		`Hi {{contact.phone | "th\"ere"}}!`:             `Hi th"ere!`,
		"Hi {{contact.phone}}!":                         "Hi {{contact.phone}}! [contact.phone]",
		"`{{user.name}}` and ``a ` {{user.name}}``":     "`{{user.name}}` and ``a ` {{user.name}}``",
		"```\n{{user.name}}\n```\n{{user.name}}":        "```\n{{user.name}}\n```\nBen",
		"~~~\n{{user.name}}\n```\n~~~\n{{user.name}}":   "~~~\n{{user.name}}\n```\n~~~\nBen",
		"> {{user.name}}\n{{user.name}}":                "> {{user.name}}\nBen",
		`\{{user.name}} and \\{{user.name}}`:            `\{{user.name}} and \\Ben`,
		"{{user}} {{1.2}} {{user.name} {{user.name|x}}": "{{user}} {{1.2}} {{user.name} {{user.name|x}}",
		"a ` b {{user.name}}":                           "a ` b Ben",
	} {
		got, missing := placeholder.Markdown(text).Fill(values, placeholder.InMarkdown)
		if len(missing) > 0 {
			got += fmt.Sprint(" ", missing)
		}
		check.Same(t, got, want)
	}
}

// CO-2: what stands for a placeholder is text, and none of it is filled again.
func TestValuesAreData(t *testing.T) {
	t.Parallel()
	once, _ := placeholder.Markdown("Hi {{contact.name}}").Fill(values, placeholder.InMarkdown)
	twice, _ := placeholder.Markdown(once).Fill(values, placeholder.InMarkdown)
	check.Same(t, twice, once)
	check.Same(t, richtext.Text(richtext.FromMarkdown(once)), "Hi "+values["contact.name"])
	html := richtext.FromMarkdown(once)
	if strings.Contains(html, "<b>") || strings.Contains(html, "<em>") || strings.Contains(html, `href="https://evil.example"`) {
		t.Errorf("got %s, want the name as text", html)
	}
	once, _ = placeholder.HTML("<p>Hi {{contact.name}}</p>").Fill(values, placeholder.InHTML)
	twice, _ = placeholder.HTML(once).Fill(values, placeholder.InHTML)
	check.Same(t, twice, once)
	if strings.Contains(once, "<b>") {
		t.Errorf("got %s, want the name as text", once)
	}
}

// CO-2: HTML has placeholders in its text, not in code and quotations.
func TestHTML(t *testing.T) {
	t.Parallel()
	text := `<p>Hi {{user.name | &#34;you&#34;}} &amp; co</p><blockquote>{{user.name}}</blockquote><pre><code>{{user.name}}</code></pre><a href="https://example.com/{{user.name}}">{{user.name}}</a>`
	got, missing := placeholder.HTML(text).Fill(values, placeholder.InHTML)
	check.Same(t, len(missing), 0)
	check.Same(t, got, `<p>Hi Ben &amp; co</p><blockquote>{{user.name}}</blockquote><pre><code>{{user.name}}</code></pre><a href="https://example.com/{{user.name}}">Ben</a>`)
}

// CO-2: what is no placeholder is named with its place.
func TestFaults(t *testing.T) {
	t.Parallel()
	read := placeholder.Markdown("Ä {{ nothing }}\n  {{a.b}} {{oops\n")
	check.Same(t, read.Faults, []placeholder.Fault{{Line: 1, Column: 3, Name: "nothing"}, {Line: 2, Column: 11, Name: "oops"}})
	line, column := read.Place("a.b")
	check.Same(t, []int{line, column}, []int{2, 3})
	check.Same(t, placeholder.HTML("<p>a</p>\n<p>{{x}}</p>").Faults, []placeholder.Fault{{Line: 2, Column: 4, Name: "x"}})
}
