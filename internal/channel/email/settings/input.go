package settings

import (
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/opt"
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
	Routing        *vocab.Routing
	TicketPreset   *crm.TicketPresetInput
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
	ChannelID      string
	Password       *string
	IMAP           *MailServerInput
	SMTP           *MailServerInput
	ReturnURL      *string
	IdempotencyKey *string
}

// UpdateEmailChannelInput is the input of updateEmailChannel. What is left out
// stays as it is.
type UpdateEmailChannelInput struct {
	ChannelID      string
	SenderName     opt.Value[*string]
	Address        opt.Value[*string] `json:",omitzero"`
	Aliases        opt.Value[[]string]
	Signature      opt.Value[*string]
	UndoSeconds    opt.Value[*int]
	Routing        opt.Value[*vocab.Routing]
	TicketPreset   opt.Value[*crm.TicketPresetInput]
	DKIMSelector   opt.Value[*string]
	IdempotencyKey *string
}

// DisconnectEmailChannelInput is the input of disconnectEmailChannel. Which
// channel stops to receive and to send.
type DisconnectEmailChannelInput struct {
	ChannelID      string
	IdempotencyKey *string
}

// RemoveChannelInput is the input of removeChannel. Which channel goes, and what
// becomes of its mail (IB-6).
type RemoveChannelInput struct {
	ChannelID      string
	ConfirmName    string
	QueuedMail     *vocab.QueuedMail
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

// UpdateEmailRoleNamesInput is the input of updateEmailRoleNames. What an inbox takes
// for role addresses (IN-11).
type UpdateEmailRoleNamesInput struct {
	InboxID             string
	RoleNames           opt.Value[[]string]
	FilterRoleAddresses opt.Value[*bool]
	IdempotencyKey      *string
}
