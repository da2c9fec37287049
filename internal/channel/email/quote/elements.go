package quote

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// role is what an element is known to be by the marks that clients set.
type role uint8

const (
	plain      role = iota
	quoted          // all in it is quoted
	wrapping        // an introduction, then blockquotes, and perhaps answers
	introduced      // what introduces a quote
	signed          // the signature
	following       // it and all that follows is quoted
	forwarded       // a forwarded message
	marking         // Parley's marker
)

// Roles by the classes, ids and names that clients set: Gmail, Outlook (also
// for Mac, mobile, on the web), Apple Mail, Yahoo, Thunderbird, Proton, Zimbra,
// Zoho, GMX, NetEase, Spark, Superhuman, Front, Tuta, Freshdesk,
// Roundcube, Parley's own.
var (
	classes = map[string]role{
		"gmail_quote": wrapping, "gmail_quote_container": wrapping, "gmail_attr": introduced,
		"yahoo_quoted": quoted, "protonmail_quote": wrapping, "zmail_extra": wrapping, "tutanota_quote": quoted,
		"freshdesk_quote": quoted, "front-blockquote": quoted, "spark_quote": quoted,
		"moz-cite-prefix": introduced, "moz-email-headers-table": introduced, "moz-forward-container": forwarded,
		"OutlookMessageHeader": following,
		"gmail_signature":      signed, "moz-signature": signed, "protonmail_signature_block": signed, "sh-signature": signed,
		"front-signature": signed, "yahoo-signature": signed, "ms-outlook-mobile-signature": signed,
	}
	ids = map[string]role{
		"divRplyFwdMsg": following, "OLK_SRC_BODY_SECTION": quoted, "mail-editor-reference-message-container": quoted,
		"zwchr": following, "isReplyContent": quoted, "reply-intro": introduced, "replyBlockquote": quoted,
		"Signature": signed, "signature": signed, "AppleMailSignature": signed, "ms-outlook-mobile-signature": signed, "zohoSignature": signed,
	}
	names = map[string]role{
		"quote": quoted, "messageReplySection": wrapping, "messageSignatureSection": signed,
	}
)

// roleOf reports what an element is.
func roleOf(token html.Token) role {
	found := plain
	for _, a := range token.Attr {
		switch a.Key {
		case "class":
			for _, class := range strings.Fields(a.Val) {
				found = max(found, classes[class])
			}
		case "id":
			found = max(found, ids[a.Val])
			if strings.HasPrefix(a.Val, "yahoo_quoted") {
				found = max(found, quoted)
			}
		case "name":
			if token.Data == "div" {
				found = max(found, names[a.Val])
			}
		case "data-smartmail":
			if a.Val == "gmail_signature" {
				found = max(found, signed)
			}
		case "data-signature-widget":
			found = max(found, signed)
		case "data-marker":
			if a.Val == "__QUOTED_TEXT__" {
				found = max(found, quoted)
			}
		case MarkerAttribute:
			return marking
		}
	}
	return found
}

func attribute(token html.Token, key string) string {
	i := slices.IndexFunc(token.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return token.Attr[i].Val
}

// citation reports of a blockquote whether it quotes at all, rather than indents,
// whether a mail client made it, and whether that client did so to answer.
func citation(token html.Token, style string) (quotes, cite, sure bool) {
	cite = strings.EqualFold(attribute(token, "type"), "cite")
	sure = cite && strings.HasPrefix(strings.ToLower(attribute(token, "cite")), "mid:") || roleOf(token) == quoted || roleOf(token) == wrapping
	indents := strings.Contains(style, "border:none") || strings.Contains(style, "border-style:none;") || strings.Contains(style, "border:0")
	return cite || sure || !indents, cite, sure
}

// outlookRule reports whether an element is drawn as Outlook draws the one that
// holds the header of what is answered.
func outlookRule(style string) bool {
	return strings.Contains(style, "border-top:solid#e1e1e1") || strings.Contains(style, "border-top:solid#b5c4df") || strings.Contains(style, "border-top:1ptsolidrgb(225,225,225)")
}

// Tag names by what they do.
var (
	// blocks begin and end a line.
	blocks = set("p div blockquote ul ol li dl dt dd table caption tr h1 h2 h3 h4 h5 h6 pre center address article aside section header footer main nav figure figcaption fieldset form details summary")
	// voids have no end.
	voids = set("area base br col embed hr img input link meta param source track wbr")
	// unseen elements are dropped with what is in them: no one reads it.
	unseen = set("script style title iframe noembed noframes")
	// unwrapped elements are dropped, and their text is kept.
	unwrapped = set("html head body xmp plaintext textarea noscript")
	// closing names which open elements another one ends, within bounds.
	closing = map[string]map[string]bool{
		"li": set("li"), "dt": set("dt dd"), "dd": set("dt dd"), "tr": set("tr td th"), "td": set("td th"), "th": set("td th"),
		"tbody": set("tbody thead tfoot tr td th"), "thead": set("tbody thead tfoot tr td th"), "tfoot": set("tbody thead tfoot tr td th"),
	}
	// bounds are elements beyond which another one ends nothing.
	bounds = map[string]map[string]bool{
		"li": set("ul ol td th table"), "dt": set("dl td th table"), "dd": set("dl td th table"),
		"tr": set("table"), "td": set("table"), "th": set("table"), "tbody": set("table"), "thead": set("table"), "tfoot": set("table"),
	}
	paragraph = set("p")
	cells     = set("td th caption table")
)
