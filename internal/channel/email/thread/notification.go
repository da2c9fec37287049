package thread

import (
	"slices"
	"strings"

	"parley/internal/id"
)

const (
	// notificationPurpose is that of the digests of notifications.
	notificationPurpose = "mail notification token"
	// notificationMark stands before the token of a notification.
	notificationMark = "n-"
)

// NotificationAddress returns address with the token of a notification in it, by which an
// answer to its mail finds it (NT-8): "support+n-token@example.com". ok is false if the
// address cannot have one: its local part would grow beyond 64 bytes, or is quoted. It panics
// if notificationID is no identifier.
func (t *Tokens) NotificationAddress(address, notificationID string) (with string, ok bool) {
	at := strings.LastIndex(address, "@")
	if at < 1 || address[0] == '"' {
		return "", false
	}
	local := address[:at] + "+" + notificationMark + t.notificationToken(notificationID)
	return local + address[at:], len(local) <= longestLocal
}

// NotificationReference returns a synthetic Message-ID, without <>, that names a notification,
// for the References of its mail. It panics if notificationID is no identifier.
func (t *Tokens) NotificationReference(notificationID, domain string) string {
	return notificationMark + t.notificationToken(notificationID) + "@" + domain
}

// AnsweredNotification returns the notification that a mail answers, by the addresses that it is
// sent to. ok is false if none of them has such a token.
func (t *Tokens) AnsweredNotification(addresses []string) (notificationID string, ok bool) {
	for _, s := range slices.Backward(addresses) {
		local := localPart(s)
		if i := strings.LastIndex(local, "+"+notificationMark); i >= 0 {
			if notificationID, ok = t.readNotification(local[i+1+len(notificationMark):]); ok {
				return notificationID, true
			}
		}
	}
	return "", false
}

// NamesNotification reports whether one of the ids that a mail refers to is a notification's, as
// NotificationReference made it, with or without something after a dot.
func (t *Tokens) NamesNotification(internetIDs []string, notificationID string) bool {
	return slices.ContainsFunc(internetIDs, func(s string) bool {
		token, found := strings.CutPrefix(localPart(s), notificationMark)
		if !found {
			return false
		}
		token, _, _ = strings.Cut(token, ".")
		named, ok := t.readNotification(token)
		return ok && named == notificationID
	})
}

func (t *Tokens) readNotification(token string) (notificationID string, ok bool) {
	b, good := decode(token)
	if !good || !t.checkDigest(notificationPurpose, b[:uuidSize], b[uuidSize:]) {
		return "", false
	}
	return id.FromBytes(id.Notification, [uuidSize]byte(b)), true
}

func (t *Tokens) notificationToken(notificationID string) string {
	b := mustBytes(notificationID)
	return alphabet.EncodeToString(slices.Concat(b, t.mac(notificationPurpose, b)))
}
