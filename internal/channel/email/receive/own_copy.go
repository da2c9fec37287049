package receive

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/channel/email/reference"
	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// ownIDs are the ids that the mail itself has.
func (p *placing) ownIDs() []string {
	return append(p.mail.Header[thread.OwnIDHeader], p.mail.MessageID)
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
	if ent.IsNotFound(err) { // its conversation was purged: what this channel sent does not come back
		if !slices.Contains(p.channels, thread.Address(p.mail.From.Address)) {
			return false, nil
		}
		if err := p.finishMail(ctx, vocab.InboundOwn, "", ""); err != nil {
			return false, err
		}
		return true, p.forget(ctx)
	}
	if err != nil {
		return false, err
	}
	if sent.InboxID != p.row.InboxID || sent.ConversationID != conversationID {
		return false, nil
	}
	if err := reference.Add(ctx, p.tx, p.row.InboxID, p.mail.MessageID, conversationID, messageID); err != nil {
		return false, err
	}
	return true, p.finishMail(ctx, vocab.InboundOwn, conversationID, messageID)
}
