package parse

import (
	"time"

	"parley/internal/vocab"
)

// Address is one mailbox of a header.
type Address struct {
	// Name is the display name, decoded; "" if there is none.
	Name string
	// Address is bare: the local part as it came, the domain in lower-case ASCII
	// (or as it came when it is no domain).
	Address string
}

// Mail is what a raw mail says. All strings are UTF-8 in NFC, without NUL.
type Mail struct {
	// Header has every field of the mail under its canonical key, decoded and
	// unfolded, in order. A field is at most 64 kB.
	Header map[string][]string
	// MessageID comes without <>; "" if it is missing or malformed.
	MessageID string
	// InReplyTo and References are ids without <>, in order; of repeats the last;
	// the 200 newest of each.
	InReplyTo, References []string
	// From is the author. Without one it is the sender, without that whom answers
	// go to, and at last the return path; Problems then says so. The name is From's
	// own if that has one.
	From Address
	// Authors are all authors, if there are several; From is the first.
	Authors []Address
	// OriginalFrom are the authors whom a mailing list names in place of itself:
	// X-Original-From, X-Original-Sender, X-MailFrom.
	OriginalFrom []Address
	// Sender is the Sender field; its Address is "" if there is none.
	Sender Address
	// ReplyTo, To, Cc and Bcc are without repeats.
	ReplyTo, To, Cc, Bcc []Address
	// ReturnPath is nil without such a field, and "" for the null sender <>.
	ReturnPath *string
	// DeliveredTo has the addresses of Delivered-To, X-Original-To, Envelope-To
	// and X-Forwarded-To in that order, in lower case.
	DeliveredTo []string
	// Subject is decoded and one line.
	Subject string
	// Date is zero if it is missing or unreadable.
	Date time.Time
	// Text and HTML are the best body parts, with \n as line end, at most 1 MB
	// each. HTML is raw: it must be sanitised before it is shown. Its cid: links
	// are kept. Text is made from HTML if the mail has none; HTML is never made.
	Text, HTML string
	// Parts are attachments, inline images, nested messages, calendars,
	// signatures and winmail.dat, in the order of the mail. Where the mail says
	// what is neither in Text, HTML nor Parts, as when there is no end of it, the
	// last one is the raw mail, message.eml.
	Parts []Part
	// Report is what a multipart/report says, or a bounce that can be recognized
	// without one. Nil: the mail is no report.
	Report *Report
	// Problems say what was wrong with the mail, for the stored
	// verdict. Nothing in them is a reason to refuse it, nor to attach the raw
	// mail: Parts has that where it is needed.
	Problems []vocab.MailProblem
}

// Part is a file that came with a mail.
type Part struct {
	// FileName is never empty and never a path.
	FileName string
	// ContentType is what the mail says, in lower case, without parameters. It
	// is not to be trusted.
	ContentType string
	// ContentID comes without <>; "" if there is none. Where the HTML refers to the part
	// by Content-Location, the reference is changed to an id, which is here.
	ContentID string
	// Content is decoded. It may share memory with the raw mail: do not write to it.
	Content []byte
}

// Kinds of reports: the report-type of RFC 6522's multipart/report.
const (
	// KindDeliveryStatus is a bounce or a notice of delay or delivery, RFC 3464.
	KindDeliveryStatus = "delivery-status"
	// KindDisposition is a read receipt, RFC 8098.
	KindDisposition = "disposition-notification"
	// KindFeedback is a complaint about spam, RFC 5965.
	KindFeedback = "feedback-report"
)

// Report is what a machine says of a mail that was sent.
type Report struct {
	// Kind is one of the Kind constants.
	Kind string
	// Action is "failed", "delayed", "delivered", "relayed" or "expanded" for a
	// delivery status, the disposition ("displayed", "deleted") or the feedback
	// type ("abuse") for the others. In lower case.
	Action string
	// Status is the enhanced code ("5.1.1"), "" if unknown.
	Status string
	// Diagnostic is the server's own words, one line.
	Diagnostic string
	// Recipient is whom the mail was for, bare, in lower case; "" if unknown.
	Recipient string
	// Recipients are what a delivery report says of each recipient, in its order, if it
	// is about several. Action, Status, Diagnostic and Recipient are then those of the
	// one who fared worst.
	Recipients []ReportedRecipient
	// OriginalMessageID is the id of the mail that it is about, without <>; ""
	// if it is not known.
	OriginalMessageID string
	// OriginalReferences are the In-Reply-To and References of that mail.
	OriginalReferences []string
}

// ReportedRecipient is what a delivery report says of one recipient, as Report does.
type ReportedRecipient struct{ Recipient, Action, Status, Diagnostic string }
