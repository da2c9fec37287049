package receive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"parley/internal/channel/email/parse"
)

// identity makes a mail unique in its inbox, however often and by whatever way
// it comes (EM-5, EM-8): its Message-ID, with who wrote it and when, since some
// write one id on all their mail; without an id, what it says. What does not even
// say when it was written may be the same words once more, so that only the same
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
