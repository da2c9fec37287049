package email

import (
	"io"

	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// MailServerInput is how a mail server is reached.
type MailServerInput struct {
	Host     string
	Port     int
	Security vocab.MailSecurity
	Username *string
}

// BeginEmailChannelInput is the input of beginEmailChannel. Which mailbox to
// connect to which inbox (EM-1).
type BeginEmailChannelInput struct {
	InboxID        string
	Provider       vocab.EmailProvider
	Address        string
	SenderName     *string
	Aliases        []string
	AcceptTerms    bool
	ImportSince    *clock.Micros
	IMAP           *MailServerInput
	SMTP           *MailServerInput
	Password       *string
	ReturnURL      *string
	Routing        *schema.Routing
	TicketPreset   *schema.TicketPreset
	IdempotencyKey *string
}

// FinishEmailChannelInput is the input of finishEmailChannel. What the provider
// gave the browser.
type FinishEmailChannelInput struct {
	State          string
	Code           string
	IdempotencyKey *string
}

// ReconnectEmailChannelInput is the input of reconnectEmailChannel. Which
// channel, and what changed of how it is reached.
type ReconnectEmailChannelInput struct {
	EmailChannelID string
	Password       *string
	IMAP           *MailServerInput
	SMTP           *MailServerInput
	ReturnURL      *string
	IdempotencyKey *string
}

// UpdateEmailChannelInput is the input of updateEmailChannel. What is left out
// stays as it is.
type UpdateEmailChannelInput struct {
	EmailChannelID string
	SenderName     *string
	Aliases        []string
	Signature      *string
	UndoSeconds    *int
	Routing        *schema.Routing
	TicketPreset   *schema.TicketPreset
	NoTicket       *bool
	DKIMSelector   *string
	IdempotencyKey *string
}

// DisconnectEmailChannelInput is the input of disconnectEmailChannel. Which
// channel stops to receive and to send.
type DisconnectEmailChannelInput struct {
	EmailChannelID string
	IdempotencyKey *string
}

// ConnectPersonalMailboxInput is the input of connectPersonalMailbox. A user's
// own address (AC-10).
type ConnectPersonalMailboxInput struct {
	Address        string
	Provider       vocab.EmailProvider
	IdempotencyKey *string
}

// RemovePersonalMailboxInput is the input of removePersonalMailbox. Which of
// the caller's mailboxes.
type RemovePersonalMailboxInput struct {
	PersonalMailboxID string
	IdempotencyKey    *string
}

// UpdateEmailAllowListInput is the input of updateEmailAllowList. Whose mail is
// not filtered in an inbox (IN-11).
type UpdateEmailAllowListInput struct {
	InboxID        string
	Add            []string
	Remove         []string
	IdempotencyKey *string
}

// ReclassifyEmailInput is the input of reclassifyEmail. Which channel's mail is
// judged anew.
type ReclassifyEmailInput struct {
	EmailChannelID string
	IdempotencyKey *string
}

// SimulateInboundEmailInput is the input of simulateInboundEmail. A mail, and
// the channel that it would come to.
type SimulateInboundEmailInput struct {
	EmailChannelID string
	Raw            string
}

// RetryMessageInput is the input of retryMessage. A message that failed.
type RetryMessageInput struct {
	MessageID      string
	IdempotencyKey *string
}

// UndoSendInput is the input of undoSend. A message that waits to be sent.
type UndoSendInput struct {
	MessageID      string
	IdempotencyKey *string
}

// Arrived is a mail as the listener took it.
type Arrived struct {
	ChannelIDs []string
	From       string
	Recipients []string
	Raw        io.Reader
}
