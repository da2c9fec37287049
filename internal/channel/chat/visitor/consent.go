package visitor

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/targetedmessage"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// agreement is what a visitor says to the consents that a message asks for.
type agreement struct {
	process, communicate bool
	pageURL              string
}

// isRegulated reports whether consent is asked for at all: while the account's
// gdprEnabled is on (TM-8).
func isRegulated(ctx context.Context, client *ent.Client, accountID string) (bool, error) {
	a, err := client.Account.Get(ctx, accountID)
	if err != nil {
		return false, err
	}
	return a.GdprEnabled, nil
}

// recordAgreement keeps what the visitor agrees to, and refuses who has not
// agreed to the explicit text of the message, now or before: CONSENT_REQUIRED on
// consent (TM-8). It returns the ids of what is new.
func recordAgreement(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage, says agreement) ([]string, error) {
	asked, err := isRegulated(ctx, tx.Client, me.AccountID)
	if err != nil || !asked {
		return nil, err
	}
	if err := mayGoOn(ctx, tx.Client, me); err != nil && !says.process {
		return nil, err
	}
	if m.Consent.Processing == vocab.ConsentExplicit && !says.process {
		holds, err := consent.Holds(ctx, tx.Client, me.ID, vocab.ConsentProcess, m.Consent.ProcessingText)
		if err != nil {
			return nil, err
		}
		if !holds {
			return nil, consentRequired()
		}
	}
	return recordConsents(ctx, tx, me, m, says)
}

// mayGoOn refuses a visitor who took back their consent to process: CONSENT_REQUIRED,
// while the account asks for consent (TM-8).
func mayGoOn(ctx context.Context, client *ent.Client, me *ent.Visitor) error {
	withdrawn, err := hasWithdrawn(ctx, client, me)
	if err == nil && withdrawn {
		err = consentRequired()
	}
	return err
}

// hasWithdrawn reports whether the visitor took back their consent to process, while the
// account asks for consent.
func hasWithdrawn(ctx context.Context, client *ent.Client, me *ent.Visitor) (bool, error) {
	asked, err := isRegulated(ctx, client, me.AccountID)
	if err != nil || !asked {
		return false, err
	}
	return consent.IsWithdrawn(ctx, client, me.ID)
}

func consentRequired() error {
	return errs.New(errs.ConsentRequired, "The visitor must first consent to the processing of their data.").On("consent")
}

// recordConsents keeps each consent that the message asks for and the visitor gives.
// To legitimate interest they agree by chatting.
func recordConsents(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage, says agreement) ([]string, error) {
	given := consent.Given{Visitor: me, TargetedMessageID: m.ID, PageURL: says.pageURL}
	mayWrite, err := mayWriteContact(ctx, tx.Client, me)
	if err != nil {
		return nil, err
	}
	given.Unproved = !mayWrite
	var list []consent.Given
	switch {
	case m.Consent.Processing == vocab.ConsentExplicit && says.process:
		g := given
		g.Kind, g.Basis, g.Text = vocab.ConsentProcess, vocab.BasisExplicit, m.Consent.ProcessingText
		list = append(list, g)
	case m.Consent.Processing == vocab.ConsentLegitimateInterest:
		g := given
		g.Kind, g.Basis, g.Text = vocab.ConsentProcess, vocab.BasisLegitimateInterest, m.Consent.ProcessingText
		list = append(list, g)
	}
	if m.Consent.CommunicationText != "" && says.communicate {
		g := given
		g.Kind, g.Basis, g.Text = vocab.ConsentCommunicate, vocab.BasisExplicit, m.Consent.CommunicationText
		g.SubscriptionTypeID = m.Consent.SubscriptionTypeID
		list = append(list, g)
	}
	var made []string
	for _, g := range list {
		consentID, err := consent.Record(ctx, tx, g)
		if err != nil {
			return nil, err
		}
		if consentID != "" {
			made = append(made, consentID)
		}
	}
	return made, nil
}

// RecordConsent keeps what the visitor agrees to before they write (TM-8). An
// opt-in to be written to is kept only once they have written: it comes with
// their first message. NOT_FOUND on targetedMessageId as in StartChat.
func (s *Service) RecordConsent(ctx context.Context, in RecordVisitorConsentInput) (*ent.Visitor, error) {
	page, err := cleanURL(in.PageURL, "pageUrl")
	if err != nil {
		return nil, err
	}
	return s.actAsVisitor(ctx, "recordVisitorConsent", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
		m, err := findShownMessage(ctx, tx, v, in.TargetedMessageID)
		if err != nil {
			return err
		}
		asked, err := isRegulated(ctx, tx.Client, me.AccountID)
		if err != nil || !asked {
			return err
		}
		wrote, err := tx.Client.Conversation.Query().Where(entconversation.VisitorID(me.ID)).Exist(ctx)
		if err != nil {
			return err
		}
		says := agreement{process: isTrue(in.Consent), communicate: isTrue(in.CommunicationConsent) && wrote, pageURL: page}
		if m.Consent.Processing == vocab.ConsentLegitimateInterest && !says.process {
			withdrawn, err := hasWithdrawn(ctx, tx.Client, me)
			if err != nil || withdrawn || !wrote {
				return err // implied by chatting, not by looking, nor once it was withdrawn
			}
		}
		_, err = recordConsents(ctx, tx, me, m, says)
		return err
	})
}

// mayCapture refuses an address from a visitor who has not agreed to the text
// of the message that asked for it; without a message, to any text where the
// channel asks for consent (TM-8).
func mayCapture(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage) error {
	asked, err := isRegulated(ctx, tx.Client, me.AccountID)
	if err != nil || !asked {
		return err
	}
	if err := mayGoOn(ctx, tx.Client, me); err != nil {
		return err
	}
	if m != nil {
		_, err := recordAgreement(ctx, tx, me, m, agreement{})
		return err
	}
	holds, err := consent.HoldsAny(ctx, tx.Client, me.ID, vocab.ConsentProcess)
	if err != nil || holds {
		return err
	}
	on, err := tx.Client.TargetedMessage.Query().
		Where(targetedmessage.ChannelID(me.ChannelID), targetedmessage.StateEQ(vocab.TargetedOn)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range on {
		if m.Consent.Processing == vocab.ConsentExplicit {
			return consentRequired()
		}
	}
	return nil
}

// askingMessage returns the targeted message that asked for an address: the one that
// is named, else that of the visitor's latest chat; nil: none.
func askingMessage(ctx context.Context, tx *store.Tx, me *ent.Visitor, messageID *string) (*ent.TargetedMessage, error) {
	if messageID != nil {
		m, err := targeting.Find(ctx, tx, me.ChannelID, *messageID)
		if err == nil && m == nil {
			err = notShown(*messageID)
		}
		return m, err
	}
	c, err := tx.Client.Conversation.Query().Where(entconversation.VisitorID(me.ID)).
		Order(entconversation.ByOpenedAt(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return targeting.Find(ctx, tx, me.ChannelID, c.TargetedMessageID)
}

// actAsVisitor runs what the visitor asks for in a transaction, once per
// idempotency key, with their lock.
func (s *Service) actAsVisitor(ctx context.Context, mutation string, key *string, input any, apply func(context.Context, *store.Tx, *viewer.Viewer, *ent.Visitor) error) (*ent.Visitor, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	var me *ent.Visitor
	lock := func(ctx context.Context, tx *store.Tx, _ string) (err error) {
		me, err = lockSelf(ctx, tx, v)
		return err
	}
	call := idempotency.Call{Mutation: mutation, Key: key, Input: input, Result: v.ActorID}
	err = idempotency.Run(system(ctx, v), s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, v.ActorID); err != nil {
			return err
		}
		return apply(ctx, tx, v, me)
	}, lock)
	if err != nil {
		return nil, err
	}
	return me, nil
}

func isTrue(answer *bool) bool { return answer != nil && *answer }
