package quote

import (
	"slices"
	"strings"
)

// field is what a line of a quoted header says.
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
	if first < fieldFrom || first == fieldTo && (i+1 >= len(lines) || label(lines[i+1].text) != fieldFrom) {
		return false
	}
	return headerFields(lines, i, false) || withoutSubject(lines, i)
}

// withoutSubject reports whether a header begins at line i that lacks its subject: who it is
// from, when it was sent and to whom stand below each other, with an address and a time.
func withoutSubject(lines []line, i int) bool {
	if i+2 >= len(lines) || !apart(lines, i) && !lines[i-1].rule || i+3 < len(lines) && lines[i+3].content() && !lines[i+3].apart {
		return false
	}
	from, sent, to := lines[i].text, lines[i+1].text, lines[i+2].text
	return label(from) == fieldFrom && label(sent) == fieldSent && label(to) == fieldTo &&
		strings.Contains(from, "@") && dated.MatchString(sent) && clockTime.MatchString(sent)
}

// messageOf reports whether line i says when a message was sent, above the rest of its
// header: "Message du 05/01/26 10:12".
func messageOf(lines []line, i int) bool {
	text := strings.ToLower(lines[i].text)
	const most = 60
	if len(text) > most || !dated.MatchString(text) || !slices.ContainsFunc(messageLeads, func(lead string) bool { return strings.HasPrefix(text, lead) }) {
		return false
	}
	return i+1 < len(lines) && label(lines[i+1].text) == fieldFrom && headerFields(lines, i+1, true)
}

// messageLeads begin such lines.
var messageLeads = []string{
	"message du ", "message de ", "messaggio del ", "mensaje del ", "mensagem de ", "nachricht vom ", "bericht van ", "message of ", "message from ", "wiadomość z ",
}

// headerFields reports whether the fields from line i on are those of a message; its time may
// be known already.
func headerFields(lines []line, i int, dated bool) bool {
	var seen [fieldSubject + 1]bool
	seen[fieldSent] = dated
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
			if !seen[fieldFrom] && (labels == 2 && !(seen[fieldSent] && seen[fieldSubject]) || labels > 2) {
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
