package receive

import (
	"context"
	"slices"
	"strings"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/reference"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// incomingMail is the mail as conversations take it.
func (p *placing) incomingMail() conversation.Inbound {
	in := conversation.Inbound{
		Channel: p.c, MessageID: id.New(id.Message), ConversationID: p.decision.ConversationID, ContactID: p.contactID, From: p.sender,
		ToAddress: p.toAddress(), Subject: richtext.Clip(p.mail.Subject, maxSubject), Text: p.text, HTML: p.html, At: p.sentAt(),
		Reasons: p.reasons(), Automatic: p.verdict.Automatic, Participants: p.participants(),
		PossiblyRelatedID: p.decision.PossiblyRelated, Typed: p.typed,
	}
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) {
		in.Recipients = append(in.Recipients, thread.Address(a.Address))
	}
	return in
}

// sentAt is when the mail arrived.
func (p *placing) sentAt() clock.Micros { return min(p.row.ArrivedAt, p.tx.Now()) }

// toAddress is the channel's address that the mail was sent to (IN-1).
func (p *placing) toAddress() string {
	asked := slices.Clone(p.mail.DeliveredTo)
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) {
		asked = append(asked, a.Address)
	}
	for _, a := range asked {
		if a = thread.Address(a); slices.Contains(p.channels, a) {
			return a
		}
	}
	return p.c.Address
}

// participants are all who take part in the thread by this mail, but ourselves.
func (p *placing) participants() []vocab.Mailbox {
	list := []vocab.Mailbox{}
	if strings.Contains(p.sender.Address, "@") {
		list = append(list, p.sender)
	}
	others := slices.Concat(p.mail.Authors, p.mail.ReplyTo, p.mail.To, p.mail.Cc)
	if p.forwarded != nil {
		others = append(others, p.mail.From) // who brought it
	}
	for _, a := range others {
		address := thread.Address(a.Address)
		known := slices.ContainsFunc(list, func(m vocab.Mailbox) bool { return m.Address == address })
		if !known && strings.Contains(address, "@") && !p.isOurs(address) && len(list) < 500 {
			list = append(list, vocab.Mailbox{Name: richtext.Clip(a.Name, 200), Address: address})
		}
	}
	return list
}

// isOurs reports whether an address is one of this channel's, its reply
// addresses included.
func (p *placing) isOurs(address string) bool {
	local, domain, _ := strings.Cut(address, "@")
	if base, _, plus := strings.Cut(local, "+"); plus && slices.Contains(p.channels, base+"@"+domain) {
		return true
	}
	return slices.Contains(p.channels, address) || p.service.channels.Domain() != "" && domain == p.service.channels.Domain()
}

func mailboxes[A any](list []A, of func(A) (name, address string)) []vocab.Mailbox {
	out := make([]vocab.Mailbox, len(list))
	for i, a := range list {
		out[i].Name, out[i].Address = of(a)
	}
	return out
}

func (p *placing) writeEmail(ctx context.Context) error {
	answers := p.mail.ReplyTo
	if len(answers) == 0 {
		answers = p.mail.Authors // of several authors, each gets the answer (RFC 5322, 3.6.2)
	}
	if p.forwarded != nil && p.typed {
		answers = []parse.Address{{Name: p.forwarded.Name, Address: p.forwarded.Address}}
	}
	named := func(a parse.Address) (string, string) { return richtext.Clip(a.Name, 200), a.Address }
	err := p.tx.Client.Email.Create().SetID(p.m.ID).SetInboxID(p.row.InboxID).SetConversationID(p.thread.ID).SetChannelID(p.c.ID).
		SetInboundMailID(p.row.ID).SetInternetID(p.mail.MessageID).SetInReplyTo(first(p.mail.InReplyTo)).
		SetReferences(orEmpty(p.mail.References)).SetFrom(vocab.Mailbox{Name: richtext.Clip(p.mail.From.Name, 200), Address: p.mail.From.Address}).
		SetReplyTo(mailboxes(answers, named)).SetTo(mailboxes(p.mail.To, named)).SetCc(mailboxes(p.mail.Cc, named)).
		SetSubject(richtext.Clip(p.mail.Subject, maxSubject)).SetQuotedHTML(p.quoted).SetAutomatic(p.verdict.Automatic).SetVerdict(p.result).
		SetCreatedAt(p.tx.Now()).SetRoot(p.rootID()).SetTyped(p.typed).SetUserID(p.userID()).Exec(ctx)
	if err != nil {
		return err
	}
	if p.winsOver(p.twin) {
		return reference.Move(ctx, p.tx, p.row.InboxID, p.mail.MessageID, p.thread.ID, p.m.ID)
	}
	return reference.Add(ctx, p.tx, p.row.InboxID, p.mail.MessageID, p.thread.ID, p.m.ID)
}

// userID is whose own mailbox the mail came from; "": no colleague's.
func (p *placing) userID() string {
	if p.staff == nil {
		return ""
	}
	return p.staff.ID
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
