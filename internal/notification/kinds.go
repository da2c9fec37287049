package notification

import (
	"slices"
	"time"

	"parley/internal/vocab"
)

// Kind is a row of the table of NT-7: what is notified, to whom, by which media.
type Kind struct {
	Name vocab.NotificationKind
	// Whom says who is notified, in words of the documentation.
	Whom string
	// OfInbox: it is about a conversation, so that each inbox may have its own preference.
	OfInbox bool
	// Fixed: no one may turn it off.
	Fixed bool
	// On are the media by which it is told unless a user chooses otherwise.
	On []vocab.NotificationMedium
	// Only are the media that it has; nil: all.
	Only []vocab.NotificationMedium
	// ForAdmins: its media are on for admins alone unless a user chooses otherwise.
	ForAdmins bool
	// MailAfter is how long it waits to be read before it is told by e-mail.
	MailAfter time.Duration
	// many is the text for several conversations; %d is how many events there were.
	many string
}

var (
	inApp   = []vocab.NotificationMedium{vocab.NotifyInApp}
	byMail  = []vocab.NotificationMedium{vocab.NotifyByEmail}
	andMail = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByEmail}
	andPush = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByPush}
	all     = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByEmail, vocab.NotifyByPush}
	bySlack = append(slices.Clone(all), vocab.NotifyBySlack)
)

// Kinds is the table of NT-7, in the order of the SDL's enum.
var Kinds = []Kind{
	{Name: vocab.NotifyNewChat, Whom: "a chat that is assigned to no one: the inbox's members who are available, if none is: all, at most 20; if it is assigned to a team, those of the team", OfInbox: true, On: andPush, many: "%d new chats"},
	{Name: vocab.NotifyNewEmail, Whom: "likewise by e-mail: all members, or those of the team", OfInbox: true, On: inApp, many: "%d new e-mails"},
	{Name: vocab.NotifyAssigned, Whom: "the assignee", OfInbox: true, On: all, MailAfter: 5 * time.Minute, many: "%d conversations were assigned to you"},
	{Name: vocab.NotifyReply, Whom: "the assignee, and who follows the conversation (`followConversation`)", OfInbox: true, On: all, MailAfter: 10 * time.Minute, many: "%d replies"},
	{Name: vocab.NotifyMention, Whom: "whom a note mentions", OfInbox: true, On: bySlack, many: "You were mentioned %d times"},
	{Name: vocab.NotifyTaskDue, Whom: "who the task is assigned to, otherwise its owner", On: inApp},
	{Name: vocab.NotifyDocumentOpened, Whom: "who sent it", OfInbox: true, On: inApp, many: "%d documents were opened"},
	{Name: vocab.NotifyQuoteAccepted, Whom: "its owner", On: inApp},
	{Name: vocab.NotifyProposalWaiting, Whom: "the conversation's assignee", OfInbox: true, On: inApp, many: "%d proposals wait for you"},
	{Name: vocab.NotifyChannelError, Whom: "admins", On: andMail},
	{Name: vocab.NotifyDeliveryFailed, Whom: "the author", OfInbox: true, On: andMail, many: "%d messages were not delivered"},
	{Name: vocab.NotifyTokenCreated, Whom: "whose token it is, if someone else made it; no one can turn this off (AC-13)", Fixed: true, On: andMail, Only: all},
	{Name: vocab.NotifyWebhookPaused, Whom: "admins: a webhook endpoint was paused, because it is gone or dead ([webhooks.md](webhooks.md))", On: andMail},
	{Name: vocab.NotifyMeetingLink, Whom: "who sent it", OfInbox: true, On: inApp, many: "%d meeting links were opened"},
	{Name: vocab.NotifyFilteredDigest, Whom: "an inbox's admins, and its members who choose it, each week (IN-11)", OfInbox: true, On: byMail, Only: byMail, ForAdmins: true},
	{Name: vocab.NotifyEscalated, Whom: "the team to which the inbox escalates, otherwise the admins who are members: a notification was not read in time, and no one answered", OfInbox: true, On: all, many: "%d conversations wait for an answer"},
}

// has reports whether it may be told by a medium.
func (k Kind) has(m vocab.NotificationMedium) bool {
	return k.Only == nil || slices.Contains(k.Only, m)
}

// answerable reports whether a mail that tells of it can be answered: it is about a
// conversation, and what happened there.
func (k Kind) answerable() bool { return slices.Contains(aboutContacts, k.Name) }

// escalates reports whether it is escalated if it is not read in time.
func (k Kind) escalates() bool { return k.answerable() && k.Name != vocab.NotifyEscalated }

var aboutContacts = []vocab.NotificationKind{
	vocab.NotifyNewChat, vocab.NotifyNewEmail, vocab.NotifyAssigned, vocab.NotifyReply, vocab.NotifyMention, vocab.NotifyEscalated,
}

// pushes reports whether it is pushed unless a user chooses otherwise: such a push is urgent.
func (k Kind) pushes() bool { return slices.Contains(k.On, vocab.NotifyByPush) }

// Media are all media, in the order of the SDL's enum.
var Media = []vocab.NotificationMedium{vocab.NotifyInApp, vocab.NotifyByEmail, vocab.NotifyByPush, vocab.NotifyBySlack}

// kindNamed returns the row of a kind.
func kindNamed(name vocab.NotificationKind) Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return Kind{Name: name}
}
