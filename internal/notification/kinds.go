package notification

import (
	"time"

	"parley/internal/vocab"
)

// Kind is a row of the table of NT-7: what is notified, to whom, by which media.
type Kind struct {
	Name vocab.NotificationKind
	// Whom says who is notified, in words.
	Whom string
	// OfInbox: it is about a conversation, so that each inbox may have its own preference.
	OfInbox bool
	// Fixed: no one may turn it off.
	Fixed bool
	// On are the media by which it is told unless a user chooses otherwise.
	On []vocab.NotificationMedium
	// MailAfter is how long it waits to be read before it is told by e-mail.
	MailAfter time.Duration
	// many is the text for several conversations; %d is how many events there were.
	many string
}

var (
	inApp   = []vocab.NotificationMedium{vocab.NotifyInApp}
	andMail = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByEmail}
)

// Kinds is the table of NT-7, in the order of the SDL's enum.
var Kinds = []Kind{
	{Name: vocab.NotifyNewChat, Whom: "members who are available, at most 20", OfInbox: true, On: inApp, many: "%d new chats"},
	{Name: vocab.NotifyNewEmail, Whom: "members", OfInbox: true, On: inApp, many: "%d new e-mails"},
	{Name: vocab.NotifyAssigned, Whom: "the assignee", OfInbox: true, On: andMail, MailAfter: 5 * time.Minute, many: "%d conversations were assigned to you"},
	{Name: vocab.NotifyReply, Whom: "the assignee and followers", OfInbox: true, On: andMail, MailAfter: 10 * time.Minute, many: "%d replies"},
	{Name: vocab.NotifyMention, Whom: "mentioned members", OfInbox: true, On: andMail, many: "You were mentioned %d times"},
	{Name: vocab.NotifyTaskDue, Whom: "its assignee, otherwise its owner", On: inApp},
	{Name: vocab.NotifyDocumentOpened, Whom: "its sender", OfInbox: true, On: inApp, many: "%d documents were opened"},
	{Name: vocab.NotifyQuoteAccepted, Whom: "its owner", On: inApp},
	{Name: vocab.NotifyProposalWaiting, Whom: "the assignee", OfInbox: true, On: inApp, many: "%d proposals wait for you"},
	{Name: vocab.NotifyChannelError, Whom: "admins", On: andMail},
	{Name: vocab.NotifyDeliveryFailed, Whom: "the author", OfInbox: true, On: andMail, many: "%d messages were not delivered"},
	{Name: vocab.NotifyTokenCreated, Whom: "whose token it is", Fixed: true, On: andMail},
	{Name: vocab.NotifyWebhookPaused, Whom: "admins", On: andMail},
}

// Media are all media, in the order of the SDL's enum.
var Media = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByEmail}

// kindNamed returns the row of a kind.
func kindNamed(name vocab.NotificationKind) Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return Kind{Name: name}
}
