package thread

// Reasons why a mail joins a conversation.
const (
	// ByToken: the mail has the conversation's signed token.
	ByToken = "TOKEN"
	// ByHeaders: the mail names a mail of the conversation, and its sender takes
	// part in it.
	ByHeaders = "HEADERS"
)

// Reasons why a mail begins a conversation of its own.
const (
	// NothingFound: the mail answers no mail that is known.
	NothingFound = "NOTHING_FOUND"
	// NotAParticipant: it names a mail of a conversation in which its sender
	// does not take part. A colleague with an address in the same domain is no
	// participant either.
	NotAParticipant = "NOT_A_PARTICIPANT"
	// Deleted: the conversation is in the trash or purged (IN-20).
	Deleted = "DELETED"
	// OtherInbox: the conversation belongs to another inbox; each inbox has its
	// own (EM-8).
	OtherInbox = "OTHER_INBOX"
)

// Conversation is one that a mail may belong to.
type Conversation struct {
	// ID is its identifier.
	ID string
	// Participants are the addresses of the contact and of everyone who wrote in
	// it or was written to, Cc included, in any case.
	Participants []string
	// Deleted: it is in the trash or purged.
	Deleted bool
	// OtherInbox: it is not in the inbox that the mail came to.
	OtherInbox bool
}

// Candidates are what is known of a mail before it is decided.
type Candidates struct {
	// Sender is the address of the mail's author.
	Sender string
	// ByToken is the conversation that Tokens.Conversation returned, nil if none.
	ByToken *Conversation
	// ByHeaders are the conversations of the mails that the mail names, those of
	// the mail that it answers first.
	ByHeaders []Conversation
}

// Decision says where a mail goes.
type Decision struct {
	// ConversationID is the conversation that it joins, "": a new one begins.
	ConversationID string
	// Why it joins, ByToken or ByHeaders; "" if it does not.
	Why string
	// WhyNot it begins a conversation of its own; "" if it does not.
	WhyNot string
	// PossiblyRelated is the conversation that the new one may be about, "" for
	// none. It is never one of another inbox. A deleted one may be purged.
	PossiblyRelated string
}

// Decide reports which conversation a mail joins (EM-4, pitfall 5): the one of its
// token; else the first one of its headers in which its sender takes part. Both
// must stand in the mail's inbox and not be deleted (IN-20, EM-8). Whether the
// conversation is closed or filtered does not matter here.
func Decide(c Candidates) Decision {
	if c.ByToken != nil && c.ByToken.obstacle() == "" {
		return Decision{ConversationID: c.ByToken.ID, Why: ByToken}
	}
	sender := Address(c.Sender)
	for _, found := range c.ByHeaders {
		if found.obstacle() == "" && found.has(sender) {
			return Decision{ConversationID: found.ID, Why: ByHeaders}
		}
	}
	return c.fresh()
}

// fresh reports why the mail joins none of the candidates. The nearest candidate
// that may be shown speaks for all.
func (c Candidates) fresh() Decision {
	all := c.ByHeaders
	if c.ByToken != nil {
		all = append([]Conversation{*c.ByToken}, all...)
	}
	d := Decision{WhyNot: NothingFound}
	for _, found := range all {
		if found.OtherInbox {
			d.WhyNot = OtherInbox
			continue
		}
		d = Decision{WhyNot: found.obstacle(), PossiblyRelated: found.ID}
		if d.WhyNot == "" {
			d.WhyNot = NotAParticipant
		}
		return d
	}
	return d
}

// obstacle reports why no one's mail may join the conversation, "" if it may.
func (c *Conversation) obstacle() string {
	switch {
	case c.OtherInbox:
		return OtherInbox
	case c.Deleted:
		return Deleted
	}
	return ""
}

func (c *Conversation) has(sender string) bool {
	for _, p := range c.Participants {
		if sender != "" && Address(p) == sender {
			return true
		}
	}
	return false
}
