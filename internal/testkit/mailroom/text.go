package mailroom

import (
	"fmt"
	"strings"
)

// Question is a mail from Dora to World's channel.
const Question = `From: Dora Döring <dora@example.net>
To: support@shop.example
Subject: My order
Message-ID: <question@example.net>
Date: Mon, 5 Jan 2026 09:00:00 +0000

Where is it?
`

// CRLF ends lines as mail does.
func CRLF(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// MailText is a mail to Post's mailbox from a sender of its own, about its subject.
func MailText(subject string, more ...string) string {
	return CRLF(fmt.Sprintf("Message-ID: <%[1]s@client.example>\nFrom: %[1]s <%[1]s@client.example>\nTo: support@example.com\nSubject: %[1]s\n"+
		"Date: Mon, 05 Jan 2026 09:00:00 +0000\n\nText of %[1]s\n%[2]s", subject, strings.Join(more, "")))
}
