package receive

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// noteMark begins what is a note for colleagues, and not for the contact.
const noteMark = "//"

// harmful are problems of a mail with which it may say something else than its author meant.
var harmful = map[vocab.MailProblemCode]string{
	vocab.MailEncrypted: "it is encrypted, so that Parley cannot read it.", vocab.MailUnreadable: "the e-mail could not be read.",
	vocab.MailStructureDamaged: "the e-mail came damaged.", vocab.MailContentDamaged: "the e-mail came damaged.",
	vocab.MailCharsetUnknown: "its letters are in an encoding that Parley does not know.", vocab.MailTooLarge: "it is too long.",
}

// isWhole says why a mail cannot be taken at its word; "": it can.
func (r *reading) isWhole() string {
	for _, p := range r.problems {
		if why := harmful[p.Code]; why != "" {
			return why
		}
	}
	return ""
}

// takeAbove has the mail say what stands strictly above whatever it quotes: unlike a contact's, of
// which all is shown that may be their own, an answer must pass on nothing of the notification.
func (r *reading) takeAbove() {
	above := quote.Above(r.mail.HTML, r.mail.Text)
	r.html = r.clipHTML(richtext.Sanitize(above.HTML), "the markup is", "its text is shown, and it is")
	r.quoted = r.clipHTML(richtext.Sanitize(above.QuotedHTML), "what it quotes is", "it is")
	if r.text = richtext.Clip(above.Text, maxText); r.mail.HTML != "" {
		r.text = richtext.Text(r.html)
		if r.visible() == "" {
			r.html = ""
		}
	} else if above.QuotedText != "" {
		r.quoted = r.clipHTML(asHTML(above.QuotedText), "what it quotes is", "it is")
	}
}

// visible is the text without what no one sees around it.
func (r *reading) visible() string { return strings.TrimFunc(r.text, unseen) }

// unseen reports whether no one sees a character, such as the marks that clients put at the
// beginning of a text.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector) || slices.Contains([]rune{'\u034F', '\u115F', '\u1160', '\u2800', '\u3164', '\uFFA0'}, r)
}

// asNote reports whether an answer is a note, and what that says. It is an error if noteMark
// begins another line than the first.
func (r *reading) asNote() (said string, is bool, err error) {
	said = r.visible()
	if words, is := strings.CutPrefix(said, noteMark); is {
		return strings.TrimFunc(words, unseen), true, nil
	}
	for line := range strings.Lines(said) {
		if strings.HasPrefix(strings.TrimLeftFunc(line, unseen), noteMark) {
			return "", false, errNotSent("a line of it begins with //, and it is not the first: a note begins with // as a whole.")
		}
	}
	return said, false, nil
}

// notificationAddress is one that a notification is answered to.
var notificationAddress = regexp.MustCompile(`n-[a-z2-7]{40,}[@.]`)

// keepsNotification reports whether a text still has something of the mail of a notification: the
// sentence with which that began is one of some.
func keepsNotification(text string, sentences []string) bool {
	said := strings.ToLower(strings.Join(strings.Fields(text), " "))
	sentences = append(slices.Clone(sentences), vocab.AnswerByMail, vocab.NotAnswerable, vocab.NoMoreMails, quote.AnswerAbove, "/notifications/")
	return notificationAddress.MatchString(said) || slices.ContainsFunc(sentences, func(s string) bool {
		s = strings.ToLower(strings.Join(strings.Fields(s), " "))
		return s != "" && strings.Contains(said, s)
	})
}

// machines are content types of what clients and servers add to a mail: what it is signed with,
// what it passes on, its own raw form.
var machines = []string{
	"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pkcs7-mime", "application/x-pkcs7-mime",
	"application/pgp-signature", "application/pgp-encrypted", "application/pgp-keys", "application/ms-tnef", "application/vnd.ms-tnef",
}

// isMeant reports whether a part of a mail is a file that its user put there.
func isMeant(p parse.Part) bool {
	name := strings.ToLower(p.FileName)
	return len(p.Content) > 0 && !strings.HasPrefix(p.ContentType, "message/") && !slices.Contains(machines, p.ContentType) &&
		name != "winmail.dat" && !slices.ContainsFunc([]string{".p7s", ".p7m", ".eml"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
