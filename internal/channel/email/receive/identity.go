package receive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/internal/channel/email/parse"
)

// identity is that of a mail, however often and by whatever way it comes (EM-5, EM-8): its
// Message-ID, with who wrote it and when, since some write one id on all their mail;
// without an id, or without a time, also what it says. What says neither may be the same
// words once more, so that only the same bytes are the same mail.
func identity(m *parse.Mail, raw []byte) string {
	id, dated := writtenID(m), !m.Date.IsZero()
	who := strings.ToLower(m.From.Address) + "\n" + m.Date.UTC().String()
	switch {
	case id != "" && dated:
		return digest("id\n" + id + "\n" + who)
	case id != "":
		return digest("id and body\n" + id + "\n" + who + "\n" + digest(string(bodyOf(raw))))
	case dated:
		return digest("body\n" + who + "\n" + m.Subject + "\n" + digest(string(bodyOf(raw))))
	}
	return digest("raw\n" + string(raw))
}

// formerIdentity is what identity was before ids without an @ counted, and a missing time.
func formerIdentity(m *parse.Mail, raw []byte) string {
	who := strings.ToLower(m.From.Address) + "\n" + m.Date.UTC().String()
	switch {
	case m.MessageID != "":
		return digest("id\n" + m.MessageID + "\n" + who)
	case m.Date.IsZero():
		return digest("raw\n" + string(raw))
	}
	return digest("body\n" + who + "\n" + m.Subject + "\n" + digest(string(bodyOf(raw))))
}

// writtenID is the Message-ID, also one that is none by the rules; "": there is none.
func writtenID(m *parse.Mail) string {
	if m.MessageID != "" || len(m.Header["Message-Id"]) == 0 {
		return m.MessageID
	}
	return strings.Trim(strings.Join(strings.Fields(m.Header["Message-Id"][0]), " "), "<> ")
}

func bodyOf(raw []byte) []byte {
	_, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		_, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	return body
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// saltPurpose keeps what is salted here apart from all else that the keys sign.
const saltPurpose = "mail identity"

// salted is how an inbox keeps a digest of a mail, also when the mail is purged: without
// the keys no one can try out which mail it was (EM-5).
func (s *Service) salted(inboxID, digest string) string {
	return hex.EncodeToString(s.keys.HMAC(saltPurpose, []byte(inboxID+"\n"+digest)))
}

// allSalted are the forms that a digest may be kept in: by each of the keys, or, from
// before, as it is.
func (s *Service) allSalted(inboxID, digest string) []string {
	forms := []string{digest}
	for _, mac := range s.keys.HMACs(saltPurpose, []byte(inboxID+"\n"+digest)) {
		forms = append(forms, hex.EncodeToString(mac))
	}
	return forms
}

// mostAlike bounds how many mails one is compared with.
const mostAlike = 50

// findAlike returns what an inbox has that may be the same mail, oldest first.
func (s *Service) findAlike(ctx context.Context, client *ent.Client, inboxID string, m *parse.Mail, raw []byte) ([]*ent.InboundMail, error) {
	names := append(s.allSalted(inboxID, identity(m, raw)), formerIdentity(m, raw))
	return client.InboundMail.Query().Where(inboundmail.InboxID(inboxID), inboundmail.LikenessIn(names...)).
		Order(inboundmail.ByID()).Limit(mostAlike).All(ctx)
}
