package richtext

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Sanitize returns the HTML with nothing left that could run, load, pose as a
// form or break out of the element that shows it: text formatting, lists,
// tables, links (http, https, mailto, tel) and images (https, to which http is
// changed, and cid) remain, all tags closed. Links open in a new tab and send the target nothing. It is
// idempotent, and meant to be applied on the way in and on the way out.
func Sanitize(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	// Balancing and filtering change what the other one made only in contrived
	// input; that is repeated, and if it will not settle, kept as text alone.
	for range 5 {
		balanced, ok := balance(s)
		if !ok {
			break
		}
		next := policy().Sanitize(balanced)
		if next == s {
			return s
		}
		s = next
	}
	return strings.ReplaceAll(html.EscapeString(Text(s)), "\n", "<br/>")
}

// body is the element in which fragments are parsed.
var body = &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}

// balance parses s as a browser would, takes out whole elements that are not to
// be shown, and writes the rest with every tag closed. It is false for what
// the parser refuses, such as 512 nested elements, and for what would exhaust it.
func balance(s string) (string, bool) {
	if untangled(s) != nil {
		return "", false
	}
	nodes, err := html.ParseFragment(strings.NewReader(s), body)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for _, n := range nodes {
		if unshown(n) {
			continue
		}
		pruneNode(n)
		if err := html.Render(&out, n); err != nil {
			return "", false
		}
	}
	return out.String(), true
}

// mostStyle is the length in bytes from which a style attribute is dropped
// unread: reading takes time by its square.
const mostStyle = 1000

func pruneNode(n *html.Node) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "style" && len(a.Val) > mostStyle })
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if unshown(child) {
			n.RemoveChild(child)
		} else {
			pruneNode(child)
		}
		child = next
	}
}

// unshown reports whether the node goes with all that is in it: a tag alone
// may go while its text stays, but no one wants to read a style sheet.
func unshown(n *html.Node) bool {
	switch n.Type {
	case html.TextNode:
		return false
	case html.ElementNode:
	default:
		return true
	}
	if n.Namespace != "" { // SVG and MathML, where other parsing rules hold
		return true
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Math,
		atom.Iframe, atom.Frame, atom.Frameset, atom.Noframes, atom.Object, atom.Embed, atom.Applet, atom.Noembed,
		atom.Audio, atom.Video, atom.Canvas, atom.Select, atom.Textarea, atom.Input, atom.Button,
		atom.Plaintext, atom.Xmp, atom.Base, atom.Link, atom.Meta:
		return true
	}
	return false
}

// policy is bluemonday's, safe for concurrent use once made.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "div", "span", "br", "hr", "wbr", "blockquote", "pre", "code", "kbd", "samp", "var", "tt",
		"b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "mark", "small", "big", "sub", "sup", "abbr", "cite", "q", "font", "center",
		"h1", "h2", "h3", "h4", "h5", "h6",
		"ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
	)
	whole := regexp.MustCompile(`^[0-9]{1,4}$`)
	length := regexp.MustCompile(`^[0-9]{1,4}(px|%)?$`)
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)).Globally()
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify)$`)).
		OnElements("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("valign").Matching(regexp.MustCompile(`(?i)^(top|middle|bottom|baseline)$`)).OnElements("thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("colspan", "rowspan").Matching(whole).OnElements("th", "td")
	p.AllowAttrs("span").Matching(whole).OnElements("col", "colgroup")
	p.AllowAttrs("width").Matching(length).OnElements("table", "col", "th", "td")
	p.AllowAttrs("border", "cellpadding", "cellspacing").Matching(whole).OnElements("table")
	p.AllowAttrs("start").Matching(whole).OnElements("ol")
	allowStyles(p)
	allowLinks(p)
	allowImages(p, length)
	return p
})

func allowLinks(p *bluemonday.Policy) {
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^\s*(https?://|mailto:|tel:)`)).OnElements("a")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // and rel=noopener with it
}

func allowImages(p *bluemonday.Policy, length *regexp.Regexp) {
	// Pages by https load nothing by http; most servers that give an image by one
	// give it by the other too.
	p.AllowAttrs("src").Matching(regexp.MustCompile(`(?i)^\s*(https?://|cid:)`)).OnElements("img")
	p.RewriteSrc(func(u *url.URL) {
		if u.Scheme == "http" {
			u.Scheme = "https"
		}
	})
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(length).OnElements("img")
}

// allowStyles lets through inline styles that change how text looks and
// nothing else: no URLs, no positions, no sizes that could cover the page.
func allowStyles(p *bluemonday.Policy) {
	colour := regexp.MustCompile(`(?i)^(#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([0-9., %]{5,30}\))$`)
	p.AllowStyles("color", "background-color").Matching(colour).Globally()
	p.AllowStyles("font-weight").Matching(regexp.MustCompile(`^(normal|bold|bolder|lighter|[1-9]00)$`)).Globally()
	p.AllowStyles("font-style").MatchingEnum("normal", "italic", "oblique").Globally()
	p.AllowStyles("text-decoration").MatchingEnum("none", "underline", "line-through").Globally()
	p.AllowStyles("text-align").MatchingEnum("left", "right", "center", "justify").Globally()
}
