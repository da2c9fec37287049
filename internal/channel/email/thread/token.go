package thread

import (
	"crypto/hmac"
	"encoding/base32"
	"slices"
	"strings"

	"parley/internal/id"
	"parley/internal/secret"
)

// Purposes of the digests: a token of one kind is none of the other.
const (
	conversationPurpose = "mail conversation token"
	messagePurpose      = "mail message token"
)

const (
	uuidSize = 16
	// macSize is how much of the digest a token has: 80 bits, so that a reply
	// address fits into 64 bytes.
	macSize = 10
	// longestLocal is the most that a local part may have, RFC 5321.
	longestLocal = 64
	// mark stands before the token of a conversation.
	mark = "r-"
	// longestSigned is above the length of any local part that Tokens makes,
	// with a name of 64 bytes before it.
	longestSigned = 160
)

// alphabet survives servers that turn addresses into lower case.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Tokens makes and checks what ties a reply to its conversation: whoever has
// the token got a mail of the conversation, or was shown one (pitfall 5). They
// are signed with 80 bits, live as long as the secret key, and do not care
// about upper and lower case. Tokens is safe for concurrent use.
type Tokens struct{ keys *secret.Keyring }

// NewTokens returns Tokens that sign with the first of the keys and take those
// of all.
func NewTokens(keys *secret.Keyring) *Tokens { return &Tokens{keys: keys} }

// MessageID returns the Message-ID, without <>, of a mail that is about to be
// sent: "message_....token@domain". It is the same for each attempt. It panics
// if the ids are no identifiers.
func (t *Tokens) MessageID(messageID, conversationID, domain string) string {
	conversation := mustBytes(conversationID)
	mac := t.mac(messagePurpose, slices.Concat(mustBytes(messageID), conversation))
	return messageID + "." + alphabet.EncodeToString(slices.Concat(conversation, mac)) + "@" + domain
}

// Reference returns a synthetic Message-ID, without <>, that names the
// conversation. It belongs into the References of each mail: servers that give
// mails other Message-IDs (Outlook, Amazon SES) leave it alone. It panics if
// conversationID is no identifier.
func (t *Tokens) Reference(conversationID, domain string) string {
	return mark + t.conversationToken(conversationID) + "@" + domain
}

// ReplyAddress returns address with the token in it:
// "support+r-token@example.com". If the local part would grow beyond 64 bytes
// it returns address as it is: the ids then have to do. It panics if
// conversationID is no identifier.
func (t *Tokens) ReplyAddress(address, conversationID string) string {
	at := strings.LastIndex(address, "@")
	if at < 1 || address[0] == '"' {
		return address
	}
	local := address[:at] + "+" + mark + t.conversationToken(conversationID)
	if len(local) > longestLocal {
		return address
	}
	return local + address[at:]
}

// Conversation returns the conversation that a mail's token names, and the
// message if the token names that too. internetIDs are the ids of its
// References, oldest first, and then of its In-Reply-To; addresses are those
// that it was sent to. Of several valid tokens the newest wins: the last id,
// then the last address. ok is false if there is none. Each token is checked
// in constant time.
func (t *Tokens) Conversation(internetIDs, addresses []string) (conversationID, messageID string, ok bool) {
	for _, s := range slices.Backward(internetIDs) {
		if conversationID, messageID, ok = t.readMessageID(s); ok {
			return conversationID, messageID, true
		}
	}
	for _, s := range slices.Backward(addresses) {
		if conversationID, ok = t.readAddress(s); ok {
			return conversationID, "", true
		}
	}
	return "", "", false
}

// readMessageID reads a Message-ID of either form.
func (t *Tokens) readMessageID(internetID string) (conversationID, messageID string, ok bool) {
	local := localPart(internetID)
	if token, found := strings.CutPrefix(local, mark); found {
		conversationID, ok = t.readConversation(token)
		return conversationID, "", ok
	}
	messageID, token, _ := strings.Cut(local, ".")
	message, found := id.Bytes(messageID)
	b, good := decode(token)
	if !found || !good || !id.Is(messageID, id.Message) {
		return "", "", false
	}
	if !t.checkDigest(messagePurpose, slices.Concat(message[:], b[:uuidSize]), b[uuidSize:]) {
		return "", "", false
	}
	return id.FromBytes(id.Conversation, [uuidSize]byte(b)), messageID, true
}

// readAddress reads a reply address. The name before the token may have a plus
// of its own.
func (t *Tokens) readAddress(address string) (conversationID string, ok bool) {
	local := localPart(address)
	i := strings.LastIndex(local, "+"+mark)
	if i < 0 {
		return "", false
	}
	return t.readConversation(local[i+1+len(mark):])
}

func (t *Tokens) readConversation(token string) (conversationID string, ok bool) {
	b, good := decode(token)
	if !good || !t.checkDigest(conversationPurpose, b[:uuidSize], b[uuidSize:]) {
		return "", false
	}
	return id.FromBytes(id.Conversation, [uuidSize]byte(b)), true
}

// conversationToken returns the token of a conversation: its id and a digest of it.
func (t *Tokens) conversationToken(conversationID string) string {
	b := mustBytes(conversationID)
	return alphabet.EncodeToString(slices.Concat(b, t.mac(conversationPurpose, b)))
}

func (t *Tokens) mac(purpose string, data []byte) []byte {
	return t.keys.HMAC(purpose, data)[:macSize]
}

// checkDigest compares with the digests of all keys, whichever fits.
func (t *Tokens) checkDigest(purpose string, data, mac []byte) bool {
	ok := false
	for _, whole := range t.keys.HMACs(purpose, data) {
		ok = hmac.Equal(mac, whole[:macSize]) || ok
	}
	return ok
}

// decode returns the 26 bytes of a token: an id and a digest. A token that is
// written in another way than Tokens does is none.
func decode(token string) ([]byte, bool) {
	b, err := alphabet.DecodeString(token)
	if err != nil || len(b) != uuidSize+macSize || alphabet.EncodeToString(b) != token {
		return nil, false
	}
	return b, true
}

// localPart is what stands before the @, in lower case, without the quotes and
// brackets that some programs leave; "" if it is too long to be of our making.
func localPart(s string) string {
	s = strings.Trim(s, " <>")
	if at := strings.LastIndex(s, "@"); at >= 0 {
		s = s[:at]
	}
	if len(s) > longestSigned {
		return ""
	}
	return strings.ToLower(strings.Trim(s, `"'`))
}

func mustBytes(identifier string) []byte {
	b, ok := id.Bytes(identifier)
	if !ok {
		panic("thread: " + identifier + " is no identifier")
	}
	return b[:]
}
