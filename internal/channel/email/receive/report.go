package receive

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/reference"
	"parley/internal/channel/email/settings"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// applyReport ties a bounce, or a receipt, to the message that it is about. What
// names none of ours is a mail like others.
func (p *placing) applyReport(ctx context.Context) (bool, error) {
	r := p.mail.Report
	if r == nil || r.Kind == parse.KindFeedback {
		return false, nil
	}
	sent, err := p.reportedMessage(ctx, r)
	if err != nil || sent == nil {
		return false, err
	}
	state, text := reportMeaning(r)
	if r.Kind == parse.KindDeliveryStatus {
		if err := p.recordOutcome(ctx, sent, r); err != nil {
			return false, err
		}
	}
	if state != "" {
		if err := p.service.conversations.SetDelivery(ctx, p.tx, sent.ID, state, text); err != nil {
			return false, err
		}
	}
	if r.Kind == parse.KindDisposition {
		return true, p.finishMail(ctx, vocab.InboundReport, sent.ConversationID, sent.ID)
	}
	messageID := id.New(id.Message)
	if _, err := p.service.conversations.AddSystem(ctx, p.tx, sent.ConversationID, messageID, text); err != nil {
		return false, err
	}
	c := &ent.Conversation{ID: sent.ConversationID, AccountID: sent.AccountID, InboxID: sent.InboxID}
	err = p.tx.Client.Email.Create().SetID(messageID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(p.c.ID).
		SetInboundMailID(p.row.ID).SetInternetID(p.mail.MessageID).SetReferences([]string{}).SetFrom(p.sender).
		SetSubject(richtext.Clip(p.mail.Subject, maxSubject)).SetAutomatic(true).SetCreatedAt(p.tx.Now()).Exec(ctx)
	if err != nil {
		return false, err
	}
	if len(p.files) > 0 {
		if _, err := p.service.files.Store(settings.InAccount(ctx, p.row.AccountID), p.tx, p.files, c, messageID); err != nil {
			return false, err
		}
	}
	return true, p.finishMail(ctx, vocab.InboundReport, sent.ConversationID, messageID)
}

// reportedMessage is the message of this inbox that a report is about, or nil.
func (p *placing) reportedMessage(ctx context.Context, r *parse.Report) (*ent.Email, error) {
	_, messageID, ok := p.service.tokens.Conversation([]string{r.OriginalMessageID}, nil)
	if !ok {
		var err error
		if messageID, err = reference.Message(ctx, p.tx.Client, p.row.InboxID, r.OriginalMessageID); err != nil {
			return nil, err
		}
	}
	if messageID == "" {
		return nil, nil
	}
	// Locked, since what is known of its recipients is written back as a whole.
	sent, err := p.tx.Client.Email.Query().Where(entemail.ID(messageID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) || err == nil && (sent.InboundMailID != "" || sent.InboxID != p.row.InboxID) {
		return nil, nil
	}
	return sent, err
}

// reportMeaning says what a report means for the message, and in words: a message that
// did not reach all of its recipients failed.
func reportMeaning(r *parse.Report) (vocab.DeliveryState, string) {
	if r.Kind == parse.KindDisposition {
		if r.Action == "displayed" {
			return vocab.DeliveryRead, ""
		}
		return vocab.DeliveryDelivered, ""
	}
	worst, _ := fate(parse.ReportedRecipient{Action: r.Action})
	var texts []string
	for _, one := range reported(r) {
		_, text := fate(one)
		texts = append(texts, text)
	}
	return worst, richtext.Clip(strings.Join(texts, "\n"), 1000)
}

// reported are the recipients that a delivery report is about, those first whom it is
// worst for: what is cut off of a long list is what went well.
func reported(r *parse.Report) []parse.ReportedRecipient {
	if len(r.Recipients) == 0 {
		return []parse.ReportedRecipient{{Recipient: r.Recipient, Action: r.Action, Status: r.Status, Diagnostic: r.Diagnostic}}
	}
	list := slices.Clone(r.Recipients)
	good := func(one parse.ReportedRecipient) int {
		return slices.Index([]string{"failed", "delayed", one.Action}, one.Action)
	}
	slices.SortStableFunc(list, func(a, b parse.ReportedRecipient) int { return good(a) - good(b) })
	return list
}

// fate is what became of the mail to one recipient, and in words.
func fate(one parse.ReportedRecipient) (vocab.DeliveryState, string) {
	to := one.Recipient
	if to == "" {
		to = "a recipient"
	}
	why := reasonOf(one)
	switch one.Action {
	case "failed":
		return vocab.DeliveryFailed, "The mail could not be delivered to " + to + ": " + why
	case "delayed":
		return "", strings.TrimSpace("The mail to " + to + " is delayed; the server goes on trying. " + why)
	case "delivered":
		return vocab.DeliveryDelivered, "The mail was delivered to " + to + "."
	}
	return "", strings.TrimSpace("About the mail to " + to + ": " + one.Action + ". " + why)
}

func reasonOf(one parse.ReportedRecipient) string {
	return strings.TrimSpace(one.Status + " " + one.Diagnostic)
}

// recordOutcome notes on the message what a report says of its recipients.
func (p *placing) recordOutcome(ctx context.Context, sent *ent.Email, r *parse.Report) error {
	recipients := slices.Clone(sent.Recipients)
	for _, one := range reported(r) {
		state, _ := fate(one)
		for i := range recipients {
			same := strings.EqualFold(recipients[i].Address, one.Recipient)
			if state != "" && (same || one.Recipient == "" && len(recipients) == 1) {
				recipients[i].State, recipients[i].Detail = state, richtext.Clip(reasonOf(one), 500)
			}
		}
	}
	return p.tx.Client.Email.UpdateOneID(sent.ID).SetRecipients(recipients).Exec(ctx)
}
