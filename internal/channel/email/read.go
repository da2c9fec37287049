package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
)

// Most characters of what is shown of a mail; what is cut off is in the raw mail.
const (
	maxText    = 100_000
	maxHTML    = 400_000
	maxSubject = 500
)

// reading is what a raw mail says, ready to become a message.
type reading struct {
	row      *ent.InboundMail
	raw      []byte
	mail     *parse.Mail
	identity string
	text     string
	html     string // sanitised
	quoted   string // sanitised
	files    []attachment.Incoming
	problems []string
	// plain: what it says could not be read.
	plain bool
}

// readMail reads a raw mail. It never fails: plain leaves out everything that
// earlier attempts may have failed at.
func readMail(row *ent.InboundMail, raw []byte, plain bool) *reading {
	r := &reading{raw: raw, mail: parse.Parse(raw), problems: row.Verdict.Problems, plain: plain}
	r.identity = identity(r.mail, raw)
	r.problems = append(r.problems, r.mail.Problems...)
	if plain {
		r.problems = append(r.problems, "The mail could not be read; it is attached as it came. "+row.Error)
		r.text = "This mail could not be read. It is attached as it came."
		return r
	}
	folded := quote.Folded{HTML: r.mail.HTML, Text: r.mail.Text}
	if !forwarded(r.mail.Subject) { // what somebody forwards is what they say
		folded = quote.Fold(r.mail.HTML, r.mail.Text)
	}
	r.text = clip(folded.Text, maxText)
	r.html = clipHTML(richtext.Sanitize(folded.HTML))
	r.quoted = clipHTML(richtext.Sanitize(folded.QuotedHTML))
	if r.html != "" {
		if shown := richtext.Text(r.html); strings.TrimSpace(shown) != "" {
			r.text = clip(shown, maxText)
		}
	} else if folded.QuotedText != "" {
		r.quoted = clipHTML(asHTML(folded.QuotedText))
	}
	return r
}

// forwards are what clients put before the subject of a mail that is forwarded,
// where that means nothing else in another language.
var forwards = []string{"fwd", "fw", "wg", "tr", "rv", "enc", "doorst", "vb", "pd", "i", "转发", "轉寄"}

// forwarded reports whether a subject is that of a forwarded mail.
func forwarded(subject string) bool {
	mark, _, found := strings.Cut(strings.ReplaceAll(subject, "：", ":"), ":")
	return found && slices.Contains(forwards, strings.ToLower(strings.TrimSpace(mark)))
}

// asHTML shows plain text as it stands.
func asHTML(text string) string {
	return "<p>" + strings.ReplaceAll(escape(strings.TrimSpace(text)), "\n", "<br>") + "</p>"
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace

// clip cuts text to at most most characters.
func clip(text string, most int) string {
	text = strings.TrimSpace(text)
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// clipHTML leaves out markup that is too long: its text is there.
func clipHTML(s string) string {
	if utf8.RuneCountInString(s) > maxHTML {
		return ""
	}
	return strings.TrimSpace(s)
}

// keepFiles keeps the files that came with the mail, or the raw mail in their
// place where it could not be read.
func (s *Service) keepFiles(ctx context.Context, r *reading, row *ent.InboundMail) error {
	parts := r.mail.Parts
	if r.plain {
		parts = []parse.Part{{FileName: "mail.eml", ContentType: "message/rfc822", Content: r.raw}}
	}
	for _, p := range parts {
		stored, err := s.files.Write(ctx, row.AccountID, bytes.NewReader(p.Content))
		if err != nil {
			return fmt.Errorf("keep the file %q: %w", p.FileName, err)
		}
		r.files = append(r.files, attachment.Incoming{Stored: stored, FileName: p.FileName, ContentID: p.ContentID, Inline: p.Inline})
	}
	return nil
}

// identity makes a mail unique in its inbox, however often and by whatever way
// it comes (EM-5, EM-8): its Message-ID, with who wrote it and when, since some
// write one id on all their mail; without an id, what it says. What does not even
// tell when it was written may be the same words once more, so that only the same
// bytes are the same mail.
func identity(m *parse.Mail, raw []byte) string {
	who := strings.ToLower(m.From.Address) + "\n" + m.Date.UTC().String()
	switch {
	case m.MessageID != "":
		return digest("id\n" + m.MessageID + "\n" + who)
	case m.Date.IsZero():
		return digest("raw\n" + string(raw))
	}
	_, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		_, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	return digest("body\n" + who + "\n" + m.Subject + "\n" + digest(string(body)))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
