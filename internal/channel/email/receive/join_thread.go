package receive

import (
	"cmp"
	"context"
	"slices"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/email"
	"parley/ent/participant"
	"parley/internal/channel/email/reference"
	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// namedIDs are the Message-IDs that a mail names, those that it answers first and
// the newest first.
func (p *placing) namedIDs() []string {
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

// findThread finds the conversation that the mail belongs to (EM-4, pitfall 5). A
// sender whose address is forged takes part in nothing: such a mail needs a token.
func (p *placing) findThread(ctx context.Context) error {
	in := thread.Candidates{}
	if !p.verdict.Forged() {
		in.Sender = p.provenSender()
	}
	conversationID, _, ok := p.service.tokens.Conversation(slices.Concat(p.mail.References, p.mail.InReplyTo), p.replyAddresses())
	if p.answered != "" {
		conversationID, ok = p.answered, true
	}
	if ok {
		found, err := p.threadCandidates(ctx, []string{conversationID})
		if err != nil {
			return err
		}
		in.ByToken = &thread.Conversation{ID: conversationID, Deleted: true}
		if len(found) == 1 {
			in.ByToken = &found[0]
		}
	}
	named, err := reference.Conversations(ctx, p.tx.Client, p.row.InboxID, p.namedIDs())
	if err != nil {
		return err
	}
	if in.ByHeaders, err = p.threadCandidates(ctx, named); err != nil {
		return err
	}
	p.decision = thread.Decide(in)
	if err := p.relate(ctx); err != nil {
		return err
	}
	p.result.Thread, p.result.ThreadDetail = p.decision.Why, p.decision.PossiblyRelated
	if p.decision.ConversationID == "" {
		p.result.Thread = p.decision.WhyNot
	}
	return nil
}

// staffAddress is a colleague's, who takes part in every thread of their inbox; none: no
// colleague sent the mail.
func (p *placing) staffAddress() []string {
	if p.staff == nil {
		return nil
	}
	return []string{p.mail.From.Address}
}

// rootID is the Message-ID with which the mail's thread begins, wherever that is.
func (p *placing) rootID() string {
	return cmp.Or(first(p.mail.References), first(p.mail.InReplyTo), p.mail.MessageID)
}

// relate finds what a new conversation may belong to though nothing that is known here
// says so: mail of the same thread of others, or the mail whose identity it has (EM-9).
func (p *placing) relate(ctx context.Context) error {
	if p.decision.ConversationID != "" || p.decision.PossiblyRelated != "" {
		return nil
	}
	if p.twin != nil {
		p.decision.PossiblyRelated = p.twin.ConversationID
	}
	root := p.rootID()
	if p.decision.PossiblyRelated != "" || root == "" {
		return nil
	}
	met, err := p.tx.Client.Email.Query().Where(email.InboxID(p.row.InboxID), email.Root(root)).Order(email.ByID()).Limit(mostAlike).
		Select(email.FieldConversationID).Strings(ctx)
	if err != nil || len(met) == 0 {
		return err
	}
	kept, err := p.tx.Client.Conversation.Query().Where(entconversation.IDIn(met...), entconversation.DeletedAt(0)).Order(entconversation.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err == nil {
		p.decision.PossiblyRelated = kept.ID
	}
	return err
}

// provenSender is whose mail this is as far as joining a thread goes. Anyone can put an
// author in place of a mailing list's address, so that it is the list then; what the
// account's own addresses are named instead of was let in by the server of those.
func (p *placing) provenSender() string {
	if from := thread.Address(p.mail.From.Address); !slices.Contains(p.own, from) {
		return from
	}
	return p.sender.Address
}

// threadCandidates reads conversations, in the order of their ids.
func (p *placing) threadCandidates(ctx context.Context, ids []string) ([]thread.Conversation, error) {
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
			// A chat has no participants: only the token of a notice joins it (CH-6).
			found := thread.Conversation{Participants: p.staffAddress(), ID: c.ID, Deleted: c.DeletedAt.IsSet(), OtherInbox: c.InboxID != p.row.InboxID || c.Kind.LeavesBy(vocab.ByConnector)}
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
