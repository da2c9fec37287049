package parse

import (
	"strings"
)

// reportOf reads what a machine reports about a mail that was sent: RFC 3464
// (delivery), RFC 8098 (disposition) and RFC 5965 (feedback). It is in a
// multipart/report, or comes from a mail server: who forwards one is no machine.
// Nil: none of them.
func reportOf(m *Mail, root *mimePart) *Report {
	if !root.is("multipart/report") && !fromMailServer(m) {
		return nil
	}
	var report *Report
	var original []byte
	walk(root, func(n *mimePart) {
		switch {
		case report != nil && n.is("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
			if original == nil {
				original, _ = n.decoded()
			}
		case report != nil:
		case n.is("message/delivery-status", "message/global-delivery-status"), n != root && n.is("text/plain", "message/rfc822") && hasStatus(n):
			report = deliveryStatus(n)
		case n.is("message/disposition-notification", "message/global-disposition-notification"):
			report = disposition(n)
		case n.is("message/feedback-report"):
			report = feedback(n)
		}
	})
	if report != nil {
		report.addOriginalIDs(original)
	}
	return report
}

// walk visits the node and all below it, in the order of the mail.
func walk(n *mimePart, visit func(*mimePart)) {
	visit(n)
	for _, child := range n.children {
		walk(child, visit)
	}
}

// addOriginalIDs takes the ids of the returned mail, or of its header, into the
// report.
func (r *Report) addOriginalIDs(original []byte) {
	h, _, _ := readMailHeader(skipEnvelope(original))
	if ids := readIDs(decodeField(h.get("Message-Id"), "")); len(ids) > 0 && r.OriginalMessageID == "" {
		r.OriginalMessageID = ids[0]
	}
	r.OriginalReferences = append(readIDs(decodeField(h.get("References"), "")), readIDs(decodeField(h.get("In-Reply-To"), ""))...)
	if to := parseAddresses(unfoldField(h.get("To"), "")); len(to) == 1 && r.Recipient == "" {
		r.Recipient = strings.ToLower(to[0].Address)
	}
}

// mostGroups bounds the recipients that a report is read for.
const mostGroups = 100

// groups are the blocks of fields of a report.
func groups(n *mimePart) []header {
	content, _ := n.decoded()
	var all []header
	for len(content) > 0 && len(all) < mostGroups {
		h, rest, _ := readHeader(content)
		if len(h) == 0 && len(rest) == len(content) { // no fields
			_, rest = cutLine(content)
		}
		if len(h) > 0 {
			all = append(all, h)
		}
		content = rest
	}
	return all
}

// hasStatus reports whether a part under another type is a delivery status.
func hasStatus(n *mimePart) bool {
	content, _ := n.decoded()
	head := strings.ToLower(string(content[:min(len(content), 4<<10)]))
	return strings.Contains(head, "final-recipient:") && (strings.Contains(head, "action:") || strings.Contains(head, "status:"))
}

// severity orders what may have happened to several recipients: the worst is
// reported.
var severity = map[string]int{"expanded": 1, "relayed": 2, "delivered": 3, "delayed": 4, "failed": 5}

// deliveryStatus reads what happened to each recipient. Nil: it says nothing of any, so that
// it is something else under a wrong type.
func deliveryStatus(n *mimePart) *Report {
	report := &Report{Kind: KindDeliveryStatus}
	worst := -1
	for _, h := range groups(n) {
		action, _, _ := strings.Cut(strings.ToLower(decodeField(h.get("Action"), "")), " ")
		status := decodeField(h.get("Status"), "")
		if action == "" && status == "" {
			continue
		}
		one := ReportedRecipient{
			Recipient: recipient(h, "Original-Recipient", "Final-Recipient"), Action: action,
			Status: enhanced.FindString(status), Diagnostic: typed(h, "Diagnostic-Code"),
		}
		if one.Action == "" {
			one.Action = actionOf(one.Status)
		}
		report.Recipients = append(report.Recipients, one)
		if severity[one.Action] > worst {
			worst = severity[one.Action]
			report.Recipient, report.Action, report.Status, report.Diagnostic = one.Recipient, one.Action, one.Status, one.Diagnostic
		}
	}
	switch len(report.Recipients) {
	case 0:
		return nil
	case 1:
		report.Recipients = nil
	}
	return report
}

func disposition(n *mimePart) *Report {
	report := &Report{Kind: KindDisposition}
	for _, h := range groups(n) {
		if value := decodeField(h.get("Disposition"), ""); value != "" {
			_, what, _ := strings.Cut(strings.ToLower(value), ";")
			what, _, _ = strings.Cut(strings.TrimSpace(what), "/")
			report.Action = strings.TrimSpace(what)
		}
		if ids := readIDs(decodeField(h.get("Original-Message-Id"), "")); len(ids) > 0 {
			report.OriginalMessageID = ids[0]
		}
		if to := recipient(h, "Original-Recipient", "Final-Recipient"); to != "" {
			report.Recipient = to
		}
	}
	return report
}

func feedback(n *mimePart) *Report {
	report := &Report{Kind: KindFeedback}
	for _, h := range groups(n) {
		if report.Action == "" {
			report.Action = strings.ToLower(decodeField(h.get("Feedback-Type"), ""))
		}
		if report.Recipient == "" {
			report.Recipient = recipient(h, "Original-Rcpt-To", "Removal-Recipient")
		}
	}
	return report
}

// typed returns a field of the form "type; value", without the type.
func typed(h header, name string) string {
	value := decodeField(h.get(name), "")
	if kind, rest, ok := strings.Cut(value, ";"); ok && !strings.ContainsAny(kind, " @<") {
		value = strings.TrimSpace(rest)
	}
	return squeeze(value)
}

// squeeze makes one short line of a server's words.
func squeeze(words string) string {
	return clip(strings.Join(strings.Fields(cleanLine(words)), " "), 1000)
}

// recipient returns the first of the fields that has an address, in lower case.
func recipient(h header, names ...string) string {
	for _, name := range names {
		if found := parseAddresses(typed(h, name)); len(found) > 0 {
			return strings.ToLower(found[0].Address)
		}
	}
	return ""
}

// actionOf is what an enhanced status code says, "" if it is none.
func actionOf(status string) string {
	switch {
	case strings.HasPrefix(status, "5"):
		return "failed"
	case strings.HasPrefix(status, "4"):
		return "delayed"
	case strings.HasPrefix(status, "2"):
		return "delivered"
	}
	return ""
}
