package smtp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// Outgoing is a mail to write.
type Outgoing struct {
	// MessageID is without < and >. The mail's boundaries are made of it.
	MessageID string
	Date      time.Time
	From      Address
	// ReplyTo may be empty: answers go to From. Who gets the mail without being
	// shown (Bcc) is a recipient of Send, and nowhere here.
	ReplyTo, To, Cc []Address
	// Subject is one line.
	Subject string
	// Text is plain; lines end in "\n". HTML says the same with markup; either
	// may be empty.
	Text, HTML string
	// Inline are the images that HTML refers to by "cid:"; without HTML they are
	// attachments.
	Inline, Attachments []Part
	// InReplyTo and References are ids without < and >, oldest first. Those that
	// cannot be written are left out, and of a long list all but the first two, which
	// have the thread's root among them, and the newest.
	InReplyTo  string
	References []string
	// Automatic: no person wrote it, and nothing automatic may answer (RFC 3834).
	// SendAutomatic sends it.
	Automatic bool
	// Headers are further fields, such as List-Unsubscribe. What Compose writes
	// by itself may not be among them.
	Headers map[string]string
}

// Part is a file of a mail.
type Part struct {
	// FileName may be in any language.
	FileName string
	// ContentType is a media type; what is none becomes application/octet-stream.
	ContentType string
	// ContentID is what HTML names after "cid:".
	ContentID string
	// Open gives the contents, again at each call. Compose closes them.
	Open func() (io.ReadCloser, error)
}

// ErrMalformed is wrapped by what Compose says of a mail that cannot be written
// whenever it is tried: no address, a second line in a header. Other errors of
// Compose are those of Part.Open and of reading what it gave.
var ErrMalformed = errors.New("malformed mail")

// maxReferences are the newest references that go out, besides the first two.
const maxReferences = 50

// Compose writes the mail, with lines that end in CRLF: the same bytes for the
// same mail. It is only ASCII, but for local parts of addresses that are
// not.
func Compose(o Outgoing) ([]byte, error) {
	h := &header{}
	if err := errors.Join(o.writeOrigin(h), o.writeContext(h), o.writeExtra(h)); err != nil {
		return nil, err
	}
	root := o.body()
	root.header.Set("Mime-Version", "1.0")
	for _, name := range slices.Sorted(maps.Keys(root.header)) {
		fmt.Fprintf(h, "%s: %s\r\n", name, root.header.Get(name))
	}
	h.WriteString("\r\n")
	if err := root.write(h); err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(h.Bytes(), []byte("\r\n")) {
		h.WriteString("\r\n")
	}
	return h.Bytes(), nil
}

// writeOrigin writes who says what to whom, and when.
func (o Outgoing) writeOrigin(h *header) error {
	if !internetID.MatchString(o.MessageID) || o.Date.IsZero() {
		return fmt.Errorf("%w: it needs a Message-ID and a date", ErrMalformed)
	}
	from, err := o.From.field()
	if err != nil {
		return err
	}
	err = errors.Join(h.add("Date", o.Date.Format(time.RFC1123Z)), h.add("From", from))
	if len(o.To)+len(o.Cc) == 0 {
		err = errors.Join(err, h.add("To", "undisclosed-recipients:;"))
	}
	for _, list := range []struct {
		name      string
		addresses []Address
	}{{"Reply-To", o.ReplyTo}, {"To", o.To}, {"Cc", o.Cc}} {
		written, failed := fields(list.addresses)
		err = errors.Join(err, failed)
		if written != "" {
			err = errors.Join(err, h.add(list.name, written))
		}
	}
	return errors.Join(err, h.addText("Subject", o.Subject))
}

// writeContext writes which mail this is, which it answers, and whether a person
// wrote it.
func (o Outgoing) writeContext(h *header) error {
	references := o.References
	if len(references) > maxReferences+2 {
		references = slices.Concat(references[:2], references[len(references)-maxReferences:])
	}
	err := errors.Join(h.addIDs("Message-ID", o.MessageID), h.addIDs("In-Reply-To", o.InReplyTo), h.addIDs("References", references...))
	if !o.Automatic {
		return err
	}
	kind := "auto-generated"
	if o.InReplyTo != "" {
		kind = "auto-replied"
	}
	// Exchange goes by the second only.
	return errors.Join(err, h.add("Auto-Submitted", kind), h.add("X-Auto-Response-Suppress", "All"))
}

// own are the fields that no one else may set.
var own = []string{
	"Auto-Submitted", "Bcc", "Cc", "Date", "Dkim-Signature", "From", "In-Reply-To", "Message-Id", "Mime-Version",
	"Precedence", "Received", "References", "Reply-To", "Return-Path", "Sender", "Subject", "To", "X-Auto-Response-Suppress",
}

func (o Outgoing) writeExtra(h *header) error {
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if !fieldName.MatchString(name) || slices.Contains(own, key) || strings.HasPrefix(key, "Content-") || strings.HasPrefix(key, "Resent-") {
			return fmt.Errorf("%w: the field %q", ErrMalformed, name)
		}
		if err := h.addVerbatim(name, o.Headers[name]); err != nil {
			return err
		}
	}
	return nil
}
