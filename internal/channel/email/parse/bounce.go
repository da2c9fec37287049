package parse

import (
	"regexp"
	"slices"
	"strings"
)

// enhanced is an enhanced status code, RFC 3463.
var enhanced = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// bouncers are local parts that mail servers send bounces from.
var bouncers = []string{
	"mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "postmaster", "mailer_daemon", "mdaemon", "bounce", "bounces",
	"microsoftexchange329e71ec88ae4615bbc36ab6ce41109e", "mail-delivery-subsystem", "mail.delivery.subsystem",
}

// failures begin what servers say when they give up: qmail, Exim, Postfix, Gmail,
// Exchange, sendmail, Lotus Notes, GMX, Yahoo, Yandex, mail.ru.
var failures = []string{
	"i'm afraid i wasn't able to deliver your message", "i wasn't able to deliver your message",
	"a message that you sent could not be delivered", "could not be delivered to one or more",
	"couldn't be delivered", "could not be delivered", "was not delivered", "wasn't delivered", "not delivered to",
	"the following addresses had permanent fatal errors", "delivery to the following recipient failed",
	"delivery to the following recipients failed", "delivery to these recipients or groups", "delivery has failed to these recipients",
	"undelivered mail returned to sender", "returned mail:", "mail delivery failed", "delivery status notification (failure)",
	"failure notice", "undeliverable:", "undeliverable mail", "mail system error", "delivery failure", "address not found",
	"message not delivered", "returned to sender", "user unknown", "unable to deliver", "recipient address rejected",
	"unzustellbar:", "konnte nicht zugestellt werden", "n'a pas pu être", "non remis", "no se pudo entregar", "no se puede entregar",
	"non recapitabile", "mancata consegna", "não foi possível entregar", "não entregue", "kan niet worden bezorgd", "onbestelbaar",
	"не удалось доставить", "недоставленное сообщение", "не доставлено", "無法傳遞", "未送达", "退信", "配信できませんでした", "配信不能",
}

// delays begin what servers say while they still try.
var delays = []string{
	"delivery status notification (delay)", "delivery incomplete", "message still undelivered", "has been delayed", "is delayed",
	"delayed mail", "delivery delayed", "will continue to try", "will keep trying", "warning: message", "will be retried", "verzögert",
	"has not yet been delivered", "temporary problem delivering",
}

// bounceOf recognizes a bounce that no multipart/report holds, by who sent it and
// known phrases. Both are needed: people write of failed deliveries too.
func bounceOf(m *Mail, root *mimePart) *Report {
	failed := strings.Join(m.Header["X-Failed-Recipients"], ",")
	if !fromMailServer(m) && failed == "" {
		return nil
	}
	head := strings.ToLower(m.Subject + "\n" + clip(m.Text, 4<<10))
	head = strings.ReplaceAll(head, "’", "'")
	has := func(phrase string) bool { return strings.Contains(head, phrase) }
	action := ""
	switch {
	case slices.ContainsFunc(delays, has):
		action = "delayed"
	case slices.ContainsFunc(failures, has), failed != "":
		action = "failed"
	default:
		return nil
	}
	report := &Report{Kind: KindDeliveryStatus, Action: action}
	report.Status, report.Diagnostic = diagnostic(m.Text)
	report.addOriginalIDs(returnedMail(m, root))
	report.Recipient = bouncedRecipient(m, failed)
	if list := parseAddresses(failed); len(list) > 1 {
		for _, a := range list {
			report.Recipients = append(report.Recipients, ReportedRecipient{strings.ToLower(a.Address), action, report.Status, report.Diagnostic})
		}
	}
	if report.OriginalMessageID == "" && len(m.InReplyTo) == 1 {
		report.OriginalMessageID = m.InReplyTo[0]
	}
	return report
}

// fromMailServer reports whether a server sent it, or claims to have.
func fromMailServer(m *Mail) bool {
	if m.ReturnPath != nil && *m.ReturnPath == "" {
		return true
	}
	for _, a := range []Address{m.From, m.Sender} {
		local, _, _ := strings.Cut(strings.ToLower(a.Address), "@")
		if slices.Contains(bouncers, local) {
			return true
		}
	}
	return false
}

var refused = regexp.MustCompile(`(?:^|[^\d.])(?:[245]\.\d{1,3}\.\d{1,3}|[45]\d\d)[ -]`)

// diagnostic finds the line in which the server says why.
func diagnostic(said string) (status, words string) {
	for _, l := range strings.Split(clip(said, 16<<10), "\n") {
		if refused.MatchString(l + " ") {
			return enhanced.FindString(l), squeeze(l)
		}
	}
	return "", ""
}

var (
	startOfHeader = regexp.MustCompile(`(?im)^[ \t>|]*(return-path|received|message-id|from|date|subject|to|mime-version|dkim-signature):`)
	idLine        = regexp.MustCompile(`(?im)^[ \t>|]*message-id:\s*(<[^<>\s]{1,998}>)`)
)

// returnedMail finds the mail that came back: attached, or quoted in the text.
func returnedMail(m *Mail, root *mimePart) []byte {
	var original []byte
	walk(root, func(n *mimePart) {
		if original == nil && n.is("message/rfc822", "message/global", "text/rfc822-headers") {
			original, _ = n.decoded()
		}
	})
	if original != nil {
		return original
	}
	if id := idLine.FindStringSubmatch(m.Text); id != nil {
		return []byte("Message-ID: " + id[1] + "\n")
	}
	return nil
}

var someAddress = regexp.MustCompile(`[\p{L}\p{N}._%+=/-]{1,64}@[\p{L}\p{N}.-]{1,200}\p{L}`)

// bouncedRecipient is whom the mail did not reach: what the server lists, or the
// first address before the returned mail that is neither sender nor reader.
func bouncedRecipient(m *Mail, failed string) string {
	if found := parseAddresses(failed); len(found) > 0 {
		return strings.ToLower(found[0].Address)
	}
	said := clip(m.Text, 16<<10)
	if at := startOfHeader.FindStringIndex(said); at != nil {
		said = said[:at[0]]
	}
	own := []string{strings.ToLower(m.From.Address), strings.ToLower(m.Sender.Address)}
	for _, a := range m.To {
		own = append(own, strings.ToLower(a.Address))
	}
	for _, found := range someAddress.FindAllString(said, 20) {
		if address := strings.ToLower(cleanAddress(found)); address != "" && !slices.Contains(own, address) {
			return address
		}
	}
	return ""
}
