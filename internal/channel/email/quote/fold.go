package quote

import (
	"cmp"
	"strings"
)

// Marker is the line that Parley may put above what it sends: whatever stands
// below it in an answer is a quote, in whatever language the client speaks.
const Marker = "-- reply above this line --"

// MarkerAttribute marks an element of Parley's own HTML as Marker does.
const MarkerAttribute = "data-reply-above"

// Folded is a mail's body in two parts. A part that is missing is "".
type Folded struct {
	// HTML is what the sender wrote now, QuotedHTML the signature and the
	// quotes below, in the order of the original. Both are balanced, and
	// neither is sanitised.
	HTML, QuotedHTML string
	// Text and QuotedText are the same of the plain text: as it came, without
	// the empty lines at the cut.
	Text, QuotedText string
	// Signature is the plain text of the sender's signature, which is part of
	// what is folded.
	Signature string
}

// Fold splits what the sender wrote now from what they quote. Either argument
// may be "", and then its two parts are; the HTML may be raw or sanitised,
// though clients' marks, which sanitising takes away, make it certain. Nothing
// is lost: the visible part and the quoted part hold every text of the
// original once, in its order. If nothing would be left to see, nothing is
// folded.
func Fold(html, text string) Folded {
	var (
		folded       Folded
		hint, ofText string
	)
	folded.HTML, folded.QuotedHTML, folded.Signature, hint = splitHTML(valid(html), findCut)
	folded.Text, folded.QuotedText, ofText = splitText(valid(text), hint, findCut)
	folded.Signature = cmp.Or(folded.Signature, ofText)
	return folded
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// splitText splits plain text where find says. The hint is the key of the line with which the
// quote begins in the same mail's HTML, which has more marks.
func splitText(text, hint string, find func([]line, string) cut) (shown, quoted, signature string) {
	raw := strings.SplitAfter(text, "\n")
	lines := make([]line, len(raw))
	for i, s := range raw {
		lines[i] = plainLine(strings.TrimRight(s, "\r\n"))
	}
	at := find(lines, hint)
	if at.folded == len(lines) {
		return text, "", ""
	}
	last := lastContent(lines[:at.folded])
	shown = strings.TrimRight(strings.Join(raw[:last+1], ""), "\r\n")
	rest := raw[last+1:]
	for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" {
		rest = rest[1:]
	}
	return shown, strings.TrimRight(strings.Join(rest, ""), "\r\n"), readable(lines[at.folded:at.quote])
}
