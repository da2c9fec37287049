package quote

import "strings"

// forwards reports whether a forwarded message begins at line i, which has
// content: by a heading that says so, or by one in a language that is not
// known above a header.
func forwards(lines []line, i int) bool {
	l := lines[i]
	if l.forward || forwardHeading(l.text) {
		return true
	}
	if !dashed(l.text) || original(l.text) {
		return false
	}
	if _, g := attribution(lines, i); g > none {
		return false
	}
	next := nextContent(lines, i+1)
	return next < len(lines) && headed(lines, next)
}

// forwardHeading reports whether a line is what a client writes above a
// message that is forwarded.
func forwardHeading(s string) bool {
	heading := strings.ToLower(undashed(s))
	if dashed(s) && (forwardHeadings[heading] || strings.HasPrefix(heading, "forwarded by ")) {
		return true
	}
	before, colon := strings.CutSuffix(strings.ReplaceAll(heading, "：", ":"), ":")
	return colon && forwardLeads[strings.TrimSpace(before)]
}

// forwarding reports whether lines hold a forwarded message.
func forwarding(lines []line) bool {
	for i, l := range lines {
		if l.content() && forwards(lines, i) {
			return true
		}
	}
	return false
}

// original reports whether a line is a heading like "-----Original Message-----".
func original(s string) bool {
	return dashed(s) && originalHeadings[strings.Trim(strings.ToLower(undashed(s)), ":")]
}

// marker reports whether a line is Parley's own, or another help desk's, that
// asks to answer above it.
func marker(l line) bool {
	const most = 120
	framed := strings.Trim(l.text, "# ")
	return len(framed) <= most && strings.HasPrefix(framed, "-") && strings.HasSuffix(framed, "-") && strings.Contains(strings.ToLower(framed), "above this line")
}
