package email

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/emailreference"
	"parley/internal/channel/email/parse"
	"parley/internal/id"
	"parley/internal/vocab"
)

// report ties a bounce, or a receipt, to the message that it is about. What
// names none of ours is a mail like others.
func (p *placing) report(ctx context.Context) (bool, error) {
	r := p.mail.Report
	if r == nil || r.Kind == parse.KindFeedback {
		return false, nil
	}
	sent, err := p.reported(ctx, r)
	if err != nil || sent == nil {
		return false, err
	}
	state, text := told(r)
	if r.Kind == parse.KindDeliveryStatus {
		if err := p.outcome(ctx, sent, r, state); err != nil {
			return false, err
		}
	}
	if state != "" {
		if err := p.service.conversations.SetDelivery(ctx, p.tx, sent.ID, state, text); err != nil {
			return false, err
		}
	}
	if r.Kind == parse.KindDisposition {
		return true, p.finish(ctx, vocab.InboundReport, sent.ConversationID, sent.ID)
	}
	messageID := id.New(id.Message)
	if _, err := p.service.conversations.AddSystem(ctx, p.tx, sent.ConversationID, messageID, text); err != nil {
		return false, err
	}
	c := &ent.Conversation{ID: sent.ConversationID, AccountID: sent.AccountID, InboxID: sent.InboxID}
	err = p.tx.Client.Email.Create().SetID(messageID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(p.c.ID).
		SetInboundMailID(p.row.ID).SetInternetID(p.mail.MessageID).SetReferences([]string{}).SetFrom(p.sender).
		SetSubject(clip(p.mail.Subject, maxSubject)).SetAutomatic(true).SetCreatedAt(p.tx.Now()).Exec(ctx)
	if err != nil {
		return false, err
	}
	if len(p.files) > 0 {
		if _, err := p.service.files.Store(inAccount(ctx, p.row.AccountID), p.tx, p.files, c, messageID); err != nil {
			return false, err
		}
	}
	return true, p.finish(ctx, vocab.InboundReport, sent.ConversationID, messageID)
}

// reported is the message of this inbox that a report is about, or nil.
func (p *placing) reported(ctx context.Context, r *parse.Report) (*ent.Email, error) {
	messageID := ""
	if _, told, ok := p.service.tokens.Conversation([]string{r.OriginalMessageID}, nil); ok {
		messageID = told
	} else if r.OriginalMessageID != "" {
		found, err := p.tx.Client.EmailReference.Query().
			Where(emailreference.InboxID(p.row.InboxID), emailreference.InternetID(r.OriginalMessageID)).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if found != nil {
			messageID = found.MessageID
		}
	}
	if messageID == "" {
		return nil, nil
	}
	sent, err := p.tx.Client.Email.Get(ctx, messageID)
	if ent.IsNotFound(err) || err == nil && (sent.InboundMailID != "" || sent.InboxID != p.row.InboxID) {
		return nil, nil
	}
	return sent, err
}

// told says what a report means for the message, and in words.
func told(r *parse.Report) (vocab.DeliveryState, string) {
	to := r.Recipient
	if to == "" {
		to = "a recipient"
	}
	why := strings.TrimSpace(r.Status + " " + r.Diagnostic)
	switch {
	case r.Kind == parse.KindDisposition:
		if r.Action == "displayed" {
			return vocab.DeliveryRead, ""
		}
		return vocab.DeliveryDelivered, ""
	case r.Action == "failed":
		return vocab.DeliveryFailed, clip("The mail could not be delivered to "+to+": "+why, 1000)
	case r.Action == "delayed":
		return "", clip("The mail to "+to+" is delayed; the server goes on trying. "+why, 1000)
	case r.Action == "delivered":
		return vocab.DeliveryDelivered, "The mail was delivered to " + to + "."
	}
	return "", clip("About the mail to "+to+": "+r.Action+". "+why, 1000)
}

// outcome notes on the message what a report tells of one recipient.
func (p *placing) outcome(ctx context.Context, sent *ent.Email, r *parse.Report, state vocab.DeliveryState) error {
	if state == "" {
		return nil
	}
	recipients := slices.Clone(sent.Recipients)
	for i := range recipients {
		if r.Recipient == "" && len(recipients) == 1 || strings.EqualFold(recipients[i].Address, r.Recipient) {
			recipients[i].State, recipients[i].Detail = state, clip(strings.TrimSpace(r.Status+" "+r.Diagnostic), 500)
		}
	}
	return p.tx.Client.Email.UpdateOneID(sent.ID).SetRecipients(recipients).Exec(ctx)
}
