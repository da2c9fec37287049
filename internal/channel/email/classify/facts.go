package classify

import (
	"slices"

	"parley/internal/channel/email/parse"
	"parley/internal/vocab"
)

// Facts are what a verdict rests on. Addresses are compared as thread.Address
// does.
type Facts struct {
	// Mail is the parsed mail.
	Mail *parse.Mail
	// OwnAddresses are all addresses of the account's channels, aliases
	// included; ChannelAddresses those of the channel that the mail came to.
	OwnAddresses, ChannelAddresses []string
	// AllowList is the inbox's: "ada@example.com", "example.com" for all
	// addresses of just that domain, "*.example.com" for those of its
	// subdomains.
	AllowList []string
	// Blocked: the sender is blocked in this channel (IN-10).
	Blocked bool
	// WrittenBefore: the team has written to the sender before (pitfall 16).
	WrittenBefore bool
	// RoleNames are the inbox's role names, as DefaultRoleNames; nil: those. RolesPass: mail
	// of role addresses is not filtered for that.
	RoleNames []string
	RolesPass bool
	// AnswersUs: it answers a mail that the team sent. KnownDomain: the team has written to
	// someone at the sender's domain.
	AnswersUs, KnownDomain bool
	// FormAuthor is who wrote by a contact form; see that. Nil: the mail is none.
	FormAuthor *parse.Address
	// Confirmation: it asks to confirm that mail is forwarded to the channel (EM-10).
	Confirmation bool
	// TrustedAuthServ are the authserv-ids of the servers that put results of
	// their own on the mail: "mx.google.com", "*.messagingengine.com". The entry
	// "" stands for results without an id, as Microsoft 365 writes them.
	TrustedAuthServ []string
	// SentByUs: the mail is one that Parley itself sent.
	SentByUs bool
}

// Reason is one thing that speaks for filtering a mail.
type Reason struct {
	// Reason is what the conversation is filtered for.
	Reason vocab.FilteredReason
	// Code names the rule, in capitals: "LIST_UNSUBSCRIBE". It does not change
	// between versions.
	Code string
	// Detail is one English line with the header and value that decided.
	Detail string
}

// Verdict is what is held of a mail. It depends only on the Facts.
type Verdict struct {
	// Reasons are why it is filtered; empty: it is not. If it joins a
	// conversation the service decides what becomes of them: a bounce or an
	// auto-reply belongs where the mail is that it answers.
	Reasons []Reason
	// Automatic: a machine wrote it. It never reopens, notifies, unsnoozes or
	// re-routes a conversation (IN-7), nor is it answered by a machine; also if
	// the allow list takes it out of Filtered.
	Automatic bool
	// NoAutoAnswer: no machine may answer it (RFC 3834). True of what is
	// Automatic, of bulk and list mail, of senders who say so or read no mail.
	NoAutoAnswer bool
	// AutoReply: it answers a mail by itself, as an absence notice does. Reports
	// of delivery and reading are none.
	AutoReply bool
	// Bounce: it reports that a mail did not arrive, or is late.
	Bounce bool
	// Allowed is what took reasons away: the entry of the allow list,
	// WrittenBefore or OwnList. "": nothing did.
	Allowed string
	// Authentication has the results of "spf", "dkim" and "dmarc" that a trusted
	// server wrote, as "pass" or "fail"; those that it did not write are missing.
	Authentication map[string]string
	// Authenticated: a server that is trusted confirms that it is from whom it names.
	Authenticated bool
}

// Forged reports whether a trusted server says that the mail is not from whom it
// names, and the allow list does not vouch for them.
func (v Verdict) Forged() bool {
	return slices.ContainsFunc(v.Reasons, func(r Reason) bool { return r.Code == dmarcFail || r.Code == spfFail })
}

// Values of Verdict.Allowed that are no entry of the allow list.
const (
	// WrittenBefore: the team wrote to the sender before, so that a role address
	// alone is no reason (pitfall 16).
	WrittenBefore = "WRITTEN_BEFORE"
	// OwnList: the mailing list that it came through is an address of the
	// account, as a Google group in front of a forwarding address is.
	OwnList = "OWN_LIST"
	// AnswersUs: it answers a mail of the team's, so that a role address alone is no reason.
	AnswersUs = "ANSWERS_US"
	// KnownDomain: the team wrote to someone at the sender's domain, and a person wrote the
	// mail, so that a role address alone is no reason.
	KnownDomain = "KNOWN_DOMAIN"
	// ForwardingConfirmation: it asks to confirm that mail is forwarded to the channel.
	ForwardingConfirmation = "FORWARDING_CONFIRMATION"
)
