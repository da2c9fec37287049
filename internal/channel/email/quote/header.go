package quote

import "strings"

// field is what a line of a quoted header tells.
type field uint8

const (
	fieldNone field = iota
	fieldUnknown
	fieldOther
	fieldFrom
	fieldSent
	fieldTo
	fieldSubject
)

// longestLabel is the most bytes of what stands before a header's colon.
const longestLabel = 48

// label reads the name of a header field, in any language.
func label(s string) field {
	colon := strings.IndexAny(s, ":：")
	if colon < 1 || colon > longestLabel {
		return fieldNone
	}
	name := strings.ToLower(strings.Trim(s[:colon], " *"))
	if f, ok := fields[name]; ok {
		return f
	}
	if strings.Count(name, " ") > 2 || name == "http" || name == "https" || name == "mailto" {
		return fieldNone
	}
	return fieldUnknown
}

// headed reports whether the header of a quoted message begins at line i: who
// it is from, when it was sent, and its subject (or its recipient, below a
// rule as clients draw it). "From: Berlin, To: Paris" on an order is none.
func headed(lines []line, i int) bool {
	first := label(lines[i].text)
	if first < fieldFrom || first == fieldTo {
		return false
	}
	var seen [fieldSubject + 1]bool
	const mostLines, mostGap = 16, 3 // a header has long lists of recipients
	gap, labels := 0, 0
	for ; i < len(lines) && labels < mostLines && gap <= mostGap; i++ {
		l := lines[i]
		switch f := label(l.text); {
		case f == fieldUnknown && labels > 0 && !seen[fieldSubject]:
			return false
		case f > fieldUnknown:
			seen[f] = true
			labels++
			gap = 0
			if labels == 2 && !seen[fieldFrom] {
				return false
			}
		default:
			gap++
		}
		if seen[fieldFrom] && seen[fieldSent] && seen[fieldSubject] {
			return !form(lines, i+1)
		}
	}
	return false
}

// form reports whether a field that no mail has follows at once: then the
// header is the beginning of a form that was filled in.
func form(lines []line, i int) bool {
	return i < len(lines) && !lines[i].apart && label(lines[i].text) == fieldUnknown && !strings.Contains(lines[i].text, "://")
}

// outlined reports whether line i begins a header in a language that is not
// known: it stands below the rule that Outlook draws, and so do two more.
func outlined(lines []line, i int) bool {
	if !lines[max(i-1, 0)].divider {
		return false
	}
	labels := 0
	for range 4 {
		if i < len(lines) && label(lines[i].text) != fieldNone {
			labels++
		}
		i = nextContent(lines, i+1)
	}
	return labels >= 3
}
