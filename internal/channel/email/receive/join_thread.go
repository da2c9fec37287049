package receive

import (
	"context"
	"slices"

	entconversation "parley/ent/conversation"
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
	if conversationID, _, ok := p.service.tokens.Conversation(slices.Concat(p.mail.References, p.mail.InReplyTo), p.replyAddresses()); ok {
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
	p.result.Thread, p.result.ThreadDetail = p.decision.Why, p.decision.PossiblyRelated
	if p.decision.ConversationID == "" {
		p.result.Thread = p.decision.WhyNot
	}
	return nil
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
			found := thread.Conversation{ID: c.ID, Deleted: c.DeletedAt.IsSet(), OtherInbox: c.InboxID != p.row.InboxID || c.Kind == vocab.Custom}
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
