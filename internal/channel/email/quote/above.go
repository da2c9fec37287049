package quote

import "strings"

// AnswerAbove is in the line that stands at the top of a mail of which only what is written
// above it counts, whatever a client makes of the dashes around it.
const AnswerAbove = "write your answer above this line"

// Above splits a mail at the first line that quotes, passes on, introduces a quote, or asks to
// write above it, whatever stands below: there is nothing of the sender's own in the second
// parts that counts. Unlike Fold, it hides rather than shows, and the first parts may be empty.
func Above(html, text string) Folded {
	var (
		folded       Folded
		hint, ofText string
	)
	folded.HTML, folded.QuotedHTML, folded.Signature, hint = splitHTML(valid(html), cutAbove)
	folded.Text, folded.QuotedText, ofText = splitText(valid(text), hint, cutAbove)
	if folded.Signature == "" {
		folded.Signature = ofText
	}
	return folded
}

// cutAbove is findCut for what must show nothing that is quoted.
func cutAbove(lines []line, hint string) cut {
	quote := len(lines)
	for i, l := range lines {
		if l.content() && begins(lines, i, hint) {
			quote = leadAbove(lines, i)
			break
		}
	}
	return cut{signatureStart(lines[:quote]), quote}
}

// begins reports whether a quote, or a mail that is passed on, begins at line i or is introduced
// there.
func begins(lines []line, i int, hint string) bool {
	l := lines[i]
	if l.plainlyQuoted() || l.intro || l.rest || l.forward || marker(l) || strings.Contains(strings.ToLower(l.text), AnswerAbove) {
		return true
	}
	if forwards(lines, i) || original(l.text) || headed(lines, i) || messageOf(lines, i) || outlined(lines, i) || hinted(l, hint) {
		return true
	}
	n, _ := attributed(lines, i)
	return n > 0
}

// leadAbove returns where what introduces the quote at i begins, in whatever language: up to
// four lines without an empty one between them, which end with a colon and have a date or an
// address.
func leadAbove(lines []line, i int) int {
	const farthest = 3
	end := lastContent(lines[:i])
	if end < 0 || i-end > farthest {
		return i
	}
	begin, joined := i, ""
	for at := end; at >= 0 && end-at < mostWrapped && lines[at].content() && len(joined) <= longest; at-- {
		joined = lines[at].text + " " + joined
		said := strings.TrimSpace(joined)
		when, who := dated.MatchString(said), strings.Contains(said, "@")
		if !lines[at].intro && !(closed(said) && (when || who)) && !(when && angled.MatchString(said)) {
			continue
		}
		if when || begin == i {
			begin = at
		}
		if when {
			break
		}
	}
	return begin
}
