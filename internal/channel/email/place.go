package email

import (
	"context"
	"slices"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/emailreference"
	"parley/ent/participant"
	"parley/ent/schema"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// ourID is the header in which our mail bears its own Message-ID, which servers
// may have replaced.
const ourID = "X-Parley-Message-Id"

// ids are the Message-IDs that a mail names, those that it answers first and
// the newest first.
func (p *placing) ids() []string {
	back := slices.Clone(p.mail.References)
	slices.Reverse(back)
	return append(slices.Clone(p.mail.InReplyTo), back...)
}

// replyAddresses are the addresses in which a reply token may stand.
func (p *placing) replyAddresses() []string {
	list := append(slices.Clone(p.row.EnvelopeTo), p.mail.DeliveredTo...)
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) {
		list = append(list, a.Address)
	}
	return list
}

// decide finds the conversation that the mail belongs to (EM-4, pitfall 5). A
// sender whose address is forged takes part in nothing: such a mail needs a token.
func (p *placing) decide(ctx context.Context) error {
	in := thread.Candidates{}
	if !p.verdict.Forged() {
		in.Sender = p.sender.Address
	}
	if conversationID, _, ok := p.service.tokens.Conversation(slices.Concat(p.mail.References, p.mail.InReplyTo), p.replyAddresses()); ok {
		found, err := p.candidates(ctx, []string{conversationID})
		if err != nil {
			return err
		}
		in.ByToken = &thread.Conversation{ID: conversationID, Deleted: true}
		if len(found) == 1 {
			in.ByToken = &found[0]
		}
	}
	if ids := p.ids(); len(ids) > 0 {
		named, err := p.tx.Client.EmailReference.Query().
			Where(emailreference.InboxID(p.row.InboxID), emailreference.InternetIDIn(ids...)).All(ctx)
		if err != nil {
			return err
		}
		slices.SortStableFunc(named, func(a, b *ent.EmailReference) int {
			return slices.Index(ids, a.InternetID) - slices.Index(ids, b.InternetID)
		})
		var conversations []string
		for _, n := range named {
			if !slices.Contains(conversations, n.ConversationID) {
				conversations = append(conversations, n.ConversationID)
			}
		}
		if in.ByHeaders, err = p.candidates(ctx, conversations); err != nil {
			return err
		}
	}
	p.decision = thread.Decide(in)
	p.result.Thread, p.result.ThreadDetail = p.decision.Why, p.decision.PossiblyRelated
	if p.decision.ConversationID == "" {
		p.result.Thread = p.decision.WhyNot
	}
	return nil
}

// candidates reads conversations, in the order of their ids.
func (p *placing) candidates(ctx context.Context, ids []string) ([]thread.Conversation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := p.tx.Client.Conversation.Query().Where(entconversation.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	taking, err := p.tx.Client.Participant.Query().Where(participant.ConversationIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	list := []thread.Conversation{}
	for _, conversationID := range ids {
		for _, c := range rows {
			if c.ID != conversationID {
				continue
			}
			found := thread.Conversation{ID: c.ID, Deleted: c.DeletedAt.IsSet(), OtherInbox: c.InboxID != p.row.InboxID || c.Kind != vocab.Email}
			for _, who := range taking {
				if who.ConversationID == c.ID {
					found.Participants = append(found.Participants, who.Address)
				}
			}
			list = append(list, found)
		}
	}
	return list, nil
}

// judge finds the contact, and says whether the mail is filtered (IN-11).
func (p *placing) judge(ctx context.Context) error {
	facts := classify.Facts{
		Mail: p.mail, OwnAddresses: p.own, ChannelAddresses: p.channels, AllowList: p.inbox.EmailAllowList,
		TrustedAuthServ: p.service.judges(p.c),
	}
	if err := p.contact(ctx, &facts); err != nil {
		return err
	}
	if p.fromColleague() {
		// A person here wrote it, from another inbox: no loop, and no stranger's office.
		facts.OwnAddresses = slices.DeleteFunc(slices.Clone(p.own), func(a string) bool { return a == p.sender.Address })
		facts.WrittenBefore = true
	}
	p.verdict = classify.Classify(facts)
	v := p.verdict
	p.result.Automatic, p.result.AutoReply, p.result.Bounce = v.Automatic, v.AutoReply, v.Bounce
	p.result.Allowed, p.result.Authentication, p.result.Problems = v.Allowed, v.Authentication, p.problems
	for _, r := range v.Reasons {
		p.result.Reasons = append(p.result.Reasons, schema.FilterReason(r))
	}
	return nil
}

// judges are the servers whose Authentication-Results count on a channel's mail:
// its provider's own, and those that the operator names.
func (s *Service) judges(c *ent.EmailChannel) []string {
	switch c.Provider {
	case vocab.EmailGmail:
		return append([]string{"mx.google.com"}, s.o.TrustedAuthServ...)
	case vocab.EmailMicrosoft365:
		return append([]string{""}, s.o.TrustedAuthServ...)
	}
	return s.o.TrustedAuthServ
}

// fromColleague reports whether we sent the mail, from another inbox.
func (p *placing) fromColleague() bool {
	_, messageID, ok := p.service.tokens.Conversation(p.ownIDs(), nil)
	return ok && messageID != "" && slices.Contains(p.own, p.sender.Address)
}

// ownIDs are the ids that the mail itself bears.
func (p *placing) ownIDs() []string {
	return append(p.mail.Header[ourID], p.mail.MessageID)
}

// contact finds or makes the mail's contact, and looks whether they are blocked
// and known.
func (p *placing) contact(ctx context.Context, facts *classify.Facts) error {
	senders := []string{}
	c, _, err := p.service.contacts.FindOrCreateByEmail(ctx, p.tx, p.sender.Address)
	switch {
	case errs.Of(err) != nil: // no address that anybody could have
	case err != nil:
		return err
	default:
		p.contactID = c.ID
		senders = append(senders, c.ID)
		if err := p.service.contacts.Introduce(ctx, p.tx, c.ID, p.sender.Name); err != nil && errs.Of(err) == nil {
			return err
		}
		facts.WrittenBefore = c.WrittenAt.IsSet()
		if !facts.WrittenBefore {
			if facts.WrittenBefore, err = p.service.conversations.Answered(ctx, p.tx, c.ID); err != nil {
				return err
			}
		}
	}
	if p.sender.Address != "" {
		senders = append(senders, p.sender.Address)
	}
	facts.Blocked, err = p.service.conversations.Blocked(ctx, p.tx, p.c.ID, senders...)
	return err
}

// reasons are why a conversation that the mail begins is filtered.
func (p *placing) reasons() (set vocab.FilteredReasons) {
	for _, r := range p.verdict.Reasons {
		set = set.With(r.Reason)
	}
	return set
}

func (p *placing) writeEmail(ctx context.Context) error {
	named := func(a parse.Address) (string, string) { return clip(a.Name, 200), a.Address }
	err := p.tx.Client.Email.Create().SetID(p.m.ID).SetInboxID(p.row.InboxID).SetConversationID(p.thread.ID).SetChannelID(p.c.ID).
		SetInboundMailID(p.row.ID).SetInternetID(p.mail.MessageID).SetInReplyTo(first(p.mail.InReplyTo)).
		SetReferences(orEmpty(p.mail.References)).SetFrom(schema.Mailbox{Name: clip(p.mail.From.Name, 200), Address: p.mail.From.Address}).
		SetReplyTo(mailboxes(p.mail.ReplyTo, named)).SetTo(mailboxes(p.mail.To, named)).SetCc(mailboxes(p.mail.Cc, named)).
		SetSubject(clip(p.mail.Subject, maxSubject)).SetQuotedHTML(p.quoted).SetAutomatic(p.verdict.Automatic).SetVerdict(p.result).
		SetCreatedAt(p.tx.Now()).Exec(ctx)
	if err != nil {
		return err
	}
	return refer(ctx, p.tx, p.row.InboxID, p.mail.MessageID, p.thread.ID, p.m.ID)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// refer has mail that names a Message-ID find its conversation.
func refer(ctx context.Context, tx *store.Tx, inboxID, internetID, conversationID, messageID string) error {
	if internetID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO email_references (id, account_id, inbox_id, internet_id, conversation_id, message_id)
		SELECT $1, account_id, inbox_id, $2, id, $3 FROM conversations WHERE id = $4 AND inbox_id = $5
		ON CONFLICT (inbox_id, internet_id) DO NOTHING`, id.New("reference"), internetID, messageID, conversationID, inboxID)
	return err
}

// ownCopy recognises mail that we sent from this inbox and that came back (EM-6).
// The id under which it came finds its conversation from now on, whoever gave
// it.
func (p *placing) ownCopy(ctx context.Context) (bool, error) {
	conversationID, messageID, ok := p.service.tokens.Conversation(p.ownIDs(), nil)
	if !ok || messageID == "" || !slices.Contains(p.own, thread.Address(p.mail.From.Address)) {
		return false, nil
	}
	sent, err := p.tx.Client.Email.Get(ctx, messageID)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if sent.InboxID != p.row.InboxID || sent.ConversationID != conversationID {
		return false, nil
	}
	if err := refer(ctx, p.tx, p.row.InboxID, p.mail.MessageID, conversationID, messageID); err != nil {
		return false, err
	}
	return true, p.finish(ctx, vocab.InboundOwn, conversationID, messageID)
}
