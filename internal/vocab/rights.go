package vocab

// ContactVisibility is who of an account's staff sees its contacts (AC-14).
type ContactVisibility string

// Visibilities of contacts.
const (
	// ContactsOfAccount: all staff see all contacts.
	ContactsOfAccount ContactVisibility = "ACCOUNT"
	// ContactsOfInboxes: staff see contacts of the inboxes that they work in.
	ContactsOfInboxes ContactVisibility = "INBOXES"
)

// BlockingRight is who blocks senders, and lets them write again (IN-10).
type BlockingRight string

// Rights to block.
const (
	// MembersBlock: whoever works in the inbox.
	MembersBlock BlockingRight = "MEMBERS"
	// AdminsBlock: admins only.
	AdminsBlock BlockingRight = "ADMINS"
)

// UsageKind is the kind of what uses something that was to be deleted (IB-7).
type UsageKind string

// Kinds of uses.
const (
	// UsedByTargetedMessage: its audience, rules, consent or routing names it.
	UsedByTargetedMessage UsageKind = "TARGETED_MESSAGE"
	// UsedByEmailChannel: the routing of an e-mail channel names it.
	UsedByEmailChannel UsageKind = "EMAIL_CHANNEL"
	// UsedBySavedView: the filter of a saved view names it.
	UsedBySavedView UsageKind = "SAVED_VIEW"
	// UsedByContactList: the criteria of a smart list name it.
	UsedByContactList UsageKind = "CONTACT_LIST"
	// UsedByLibraryItem: a team may use or change it.
	UsedByLibraryItem UsageKind = "LIBRARY_ITEM"
	// UsedByConsents: contacts consented to it.
	UsedByConsents UsageKind = "CONSENTS"
	// UsedByBot: the routing of a bot names it.
	UsedByBot UsageKind = "BOT"
	// UsedByInbox: an inbox escalates to it.
	UsedByInbox UsageKind = "INBOX"
	// UsedByCustomChannel: the routing of a custom channel names it.
	UsedByCustomChannel UsageKind = "CUSTOM_CHANNEL"
)

// Usage is a thing that uses what was to be deleted. It has no ID where it stands
// for many.
type Usage struct {
	Kind UsageKind
	ID   *string
	Name string
}

// QueuedMail is what becomes of the mail that waits in a channel that is removed
// (IB-6).
type QueuedMail string

// Fates of queued mail.
const (
	// SendQueued: it still goes out.
	SendQueued QueuedMail = "SEND"
	// CancelQueued: it is CANCELED.
	CancelQueued QueuedMail = "CANCEL"
)
