package receive

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
	"parley/internal/vocab"
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
	// plainContent is the digest of what it says, and content that as it is kept.
	plainContent, content string
	text                  string
	html                  string // sanitised
	quoted                string // sanitised
	files                 []attachment.Incoming
	problems              []vocab.MailProblem
	// plain: what it says could not be read.
	plain bool
}

// readMail is readRaw, with what the mail is known by.
func (s *Service) readMail(row *ent.InboundMail, raw []byte, plain bool) *reading {
	r := readRaw(row, raw, plain)
	r.plainContent = contentOf(r)
	r.content = s.salted(row.InboxID, r.plainContent)
	return r
}

// readRaw reads a raw mail. It never fails: plain leaves out everything that
// earlier attempts may have failed at.
func readRaw(row *ent.InboundMail, raw []byte, plain bool) *reading {
	r := &reading{raw: raw, mail: parse.Parse(raw), problems: row.Verdict.Problems, plain: plain}
	r.identity = identity(r.mail, raw)
	r.problems = append(r.problems, r.mail.Problems...)
	if plain {
		r.problems = append(r.problems, vocab.MailProblem{Code: vocab.MailUnreadable, Text: "The e-mail could not be read; the original is attached. " + row.Error})
		r.text = "This e-mail could not be read. The original is attached."
		return r
	}
	folded := quote.Folded{HTML: r.mail.HTML, Text: r.mail.Text}
	if !isForwarded(r.mail.Subject) { // what someone forwards is what they say
		folded = quote.Fold(r.mail.HTML, r.mail.Text)
	}
	r.text = folded.Text
	r.html = r.clipHTML(richtext.Sanitize(folded.HTML), "the markup is", "its text is shown, and it is")
	r.quoted = r.clipHTML(richtext.Sanitize(folded.QuotedHTML), "what it quotes is", "it is")
	if r.html != "" {
		if shown := richtext.Text(r.html); strings.TrimSpace(shown) != "" {
			r.text = shown
		}
	} else if folded.QuotedText != "" {
		r.quoted = r.clipHTML(asHTML(folded.QuotedText), "what it quotes is", "it is")
	}
	if n := utf8.RuneCountInString(r.text); n > maxText {
		r.text = richtext.Clip(r.text, maxText)
		r.addTooLarge("the text has %d characters, and is shown up to %d: the rest is only in the e-mail as it arrived", n, maxText)
	}
	return r
}

func (r *reading) addTooLarge(format string, arguments ...any) {
	p := vocab.MailProblem{Code: vocab.MailTooLarge, Text: fmt.Sprintf(format, arguments...)}
	if !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

// forwards are what clients put before the subject of a mail that is forwarded,
// where that means nothing else in another language.
var forwards = []string{"fwd", "fw", "wg", "tr", "rv", "enc", "doorst", "vb", "pd", "i", "转发", "轉寄"}

// isForwarded reports whether a subject is that of a forwarded mail.
func isForwarded(subject string) bool {
	mark, _, found := strings.Cut(strings.ReplaceAll(subject, "：", ":"), ":")
	return found && slices.Contains(forwards, strings.ToLower(strings.TrimSpace(mark)))
}

// asHTML shows plain text as it stands.
func asHTML(text string) string {
	return "<p>" + strings.ReplaceAll(richtext.Escape(strings.TrimSpace(text)), "\n", "<br>") + "</p>"
}

// clipHTML leaves out markup that is too long, and says so.
func (r *reading) clipHTML(s, what, left string) string {
	if n := utf8.RuneCountInString(s); n > maxHTML {
		r.addTooLarge("%s longer than %d characters (%d): %s complete only in the e-mail as it arrived", what, maxHTML, n, left)
		return ""
	}
	return strings.TrimSpace(s)
}
