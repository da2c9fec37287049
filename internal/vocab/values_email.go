package vocab

import "parley/internal/clock"

// MailServer is how an e-mail channel reaches its provider's servers (EM-1).
type MailServer struct {
	Host     string       `json:"host,omitempty"`
	Port     int          `json:"port,omitempty"`
	Security MailSecurity `json:"security,omitempty"`
	// Username is empty where the channel's address is the name.
	Username string `json:"username,omitempty"`
}

// TicketPreset is what the ticket of each new e-mail begins with (EM-3).
type TicketPreset struct {
	PipelineID string          `json:"pipelineId"`
	StageID    string          `json:"stageId"`
	Priority   Priority        `json:"priority"`
	OwnerRule  TicketOwnerRule `json:"ownerRule"`
	// OwnerID is a user's, if the rule is OwnerUser.
	OwnerID string       `json:"ownerId,omitempty"`
	Source  TicketSource `json:"source"`
	// Subject and Description have placeholders; see crm.
	Subject     string           `json:"subject"`
	Description string           `json:"description"`
	Properties  []TicketProperty `json:"properties,omitempty"`
	// Defined are what tickets have of defined properties.
	Defined []PresetProperty `json:"defined,omitempty"`
}

// PresetProperty is what new records have of a defined property, as a text; see package
// property.
type PresetProperty struct {
	PropertyID string `json:"propertyId"`
	Value      string `json:"value"`
}

// TicketProperty is one property of a ticket.
type TicketProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Mailbox is an address with the name that goes with it.
type Mailbox struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// FilterReason is why a mail is filtered (IN-11). Code names the check, such as
// LIST_UNSUBSCRIBE; Detail says in English what was found.
type FilterReason struct {
	Reason FilteredReason `json:"reason"`
	Code   string         `json:"code"`
	Detail string         `json:"detail"`
}

// MailVerdict is what the filter made of a mail (IN-11).
type MailVerdict struct {
	Reasons []FilterReason `json:"reasons,omitempty"`
	// Automatic: written by a machine; it never reopens, notifies or re-routes (IN-7).
	Automatic bool `json:"automatic,omitempty"`
	AutoReply bool `json:"autoReply,omitempty"`
	Bounce    bool `json:"bounce,omitempty"`
	// Allowed is what overrode the reasons; empty: nothing did.
	Allowed string `json:"allowed,omitempty"`
	// Authentication are the results of spf, dkim and dmarc.
	Authentication map[string]string `json:"authentication,omitempty"`
	// Authenticated: a server that is trusted confirms who sent it.
	Authenticated bool `json:"authenticated,omitempty"`
	// Thread says why the mail is in its conversation; see thread.Decision.
	Thread       string `json:"thread,omitempty"`
	ThreadDetail string `json:"threadDetail,omitempty"`
	// Problems are what could not be read of it.
	Problems []MailProblem `json:"problems,omitempty"`
}

// Recipient is how far a mail came to one of its recipients (EM-6).
type Recipient struct {
	Address string        `json:"address"`
	State   DeliveryState `json:"state"`
	Detail  string        `json:"detail,omitempty"`
}

// ForwardingConfirmation is what a provider asks when someone has mail forwarded to a
// channel (EM-10).
type ForwardingConfirmation struct {
	// Provider's domain, such as "google.com".
	Provider string `json:"provider,omitempty"`
	// Mailbox is the address whose mail is to be forwarded; empty: it is not named.
	Mailbox string `json:"mailbox,omitempty"`
	Code    string `json:"code,omitempty"`
	// URL confirms it when someone opens it.
	URL        string       `json:"url,omitempty"`
	ReceivedAt clock.Micros `json:"receivedAt,omitempty"`
}

// EmailConnectionSettings are what the channel of an EmailConnection begins with.
type EmailConnectionSettings struct {
	Address     string        `json:"address,omitempty"`
	SenderName  string        `json:"senderName,omitempty"`
	Aliases     []string      `json:"aliases,omitempty"`
	ImportSince clock.Micros  `json:"importSince,omitempty"`
	TermsAt     clock.Micros  `json:"termsAt,omitempty"`
	ReturnURL   string        `json:"returnUrl,omitempty"`
	Routing     *Routing      `json:"routing,omitempty"`
	Ticket      *TicketPreset `json:"ticket,omitempty"`
	IMAP        *MailServer   `json:"imap,omitempty"`
	SMTP        *MailServer   `json:"smtp,omitempty"`
}
