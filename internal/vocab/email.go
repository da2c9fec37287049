package vocab

// EmailProvider is who keeps an e-mail channel's mailbox (EM-1).
type EmailProvider string

// Providers; EmailForwarding is Parley's own listener.
const (
	EmailGmail        EmailProvider = "GMAIL"
	EmailMicrosoft365 EmailProvider = "MICROSOFT365"
	EmailIMAP         EmailProvider = "IMAP"
	EmailForwarding   EmailProvider = "FORWARDING"
)

// EmailChannelState says whether an e-mail channel works (EM-7).
type EmailChannelState string

// States of an e-mail channel.
const (
	EmailConnecting   EmailChannelState = "CONNECTING"
	EmailConnected    EmailChannelState = "CONNECTED"
	EmailError        EmailChannelState = "ERROR"
	EmailDisconnected EmailChannelState = "DISCONNECTED"
)

// EmailStateReason says why an e-mail channel does not work (EM-7).
type EmailStateReason string

// Reasons.
const (
	// EmailGrantRevoked: the provider took the authorization back.
	EmailGrantRevoked EmailStateReason = "GRANT_REVOKED"
	// EmailAuthenticationFailed: the server refused name and password.
	EmailAuthenticationFailed EmailStateReason = "AUTHENTICATION_FAILED"
	// EmailConnectionFailed: the server cannot be reached, or breaks off.
	EmailConnectionFailed EmailStateReason = "CONNECTION_FAILED"
	// EmailTLSFailed: no encrypted connection that can be trusted came about.
	EmailTLSFailed EmailStateReason = "TLS_FAILED"
	// EmailHostRefused: the host is in a network that Parley must not reach.
	EmailHostRefused EmailStateReason = "HOST_REFUSED"
	// EmailMailboxUnreadable: the mailbox is there and cannot be read.
	EmailMailboxUnreadable EmailStateReason = "MAILBOX_UNREADABLE"
)

// EmailAuthentication is how an e-mail channel proves who it is.
type EmailAuthentication string

// Ways to authenticate.
const (
	EmailPassword EmailAuthentication = "PASSWORD"
	EmailOAuth    EmailAuthentication = "OAUTH"
)

// MailSecurity is how a connection to a mail server is encrypted.
type MailSecurity string

// Kinds of encryption.
const (
	MailTLS      MailSecurity = "TLS"
	MailSTARTTLS MailSecurity = "STARTTLS"
	MailPlain    MailSecurity = "NONE"
)

// InboundState says how far the reading of a mail came (EM-5).
type InboundState string

// States of an inbound mail.
const (
	// InboundStored: it waits to be read.
	InboundStored InboundState = "STORED"
	// InboundIngested: it is a message.
	InboundIngested InboundState = "INGESTED"
	// InboundDuplicate: its inbox has it already (EM-8).
	InboundDuplicate InboundState = "DUPLICATE"
	// InboundOwn: a copy of what we sent came back (EM-6).
	InboundOwn InboundState = "OWN"
	// InboundReport: it said how far a message of ours came, and became a note of it.
	InboundReport InboundState = "REPORT"
	// InboundAnswer: it answers a notification, and is to be sent (NT-8).
	InboundAnswer InboundState = "ANSWER"
	// InboundAnswered: it answers a notification, and was sent.
	InboundAnswered InboundState = "ANSWERED"
	// InboundRefused: it answers a notification, and is not sent to anyone.
	InboundRefused InboundState = "REFUSED"
	// InboundErased: its sender was erased before it was read (CR-5).
	InboundErased InboundState = "ERASED"
)

// EmailSentBy says who sent a mail of the team's (EM-9).
type EmailSentBy string

// Senders of the team's mail.
const (
	// SentByParley: it was written here.
	SentByParley EmailSentBy = "PARLEY"
	// SentByExternal: someone of the team sent it from a mailbox of their own.
	SentByExternal EmailSentBy = "EXTERNAL"
)

// ScanState is what the virus scanner said of a file.
type ScanState string

// States of a scan.
const (
	ScanNone     ScanState = "NOT_SCANNED"
	ScanClean    ScanState = "CLEAN"
	ScanInfected ScanState = "INFECTED"
)
